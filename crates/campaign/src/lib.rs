//! The campaign: tries in the simulated world whatever can go wrong, and says what it has tried.
//!
//! A [`Case`] is pure data: a world, and what happens in it. It has a textual form that is read back, so that what
//! one case found is seen again with one command. [`play`] carries a case out, and judges it by the
//! auditor's rules and by what must be so in the end. The rest makes cases.

mod case;
mod extreme;
mod grid;
mod manual;
mod operator;
mod options;
mod play;
mod random;
mod reference;
mod repetition;
mod run;
mod shrink;
mod summary;
mod verdict;

pub use case::{Act, Case};
pub use extreme::Extreme;
pub use grid::{classes, grid, pairs};
pub use manual::manual_starts;
pub use operator::ManualStep;
pub use options::{PlanOption, Switch};
pub use play::{play, play_with, tell};
pub use random::random;
pub use repetition::repetitions;
pub use run::{Found, Progress, Tried, campaign, play_all};
pub use shrink::shrink;
pub use summary::Summary;
pub use verdict::{Broken, CaseResult, Violation};
