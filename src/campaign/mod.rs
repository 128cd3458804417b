//! The campaign: tries in the simulated world whatever can go wrong, and says what it has tried.
//!
//! A [`Case`] is pure data: a world, and what happens in it. It has a textual form that is read back, so that what
//! one case found is seen again with one command. [`play`] carries a case out, and judges it by the
//! auditor's rules and by what must be so in the end. The rest makes cases.

mod case;
mod grid;
mod hand;
mod options;
mod person;
mod play;
mod random;
mod reference;
mod run;
mod shrink;
mod tally;
mod twice;
mod verdict;

pub use case::{Act, Case};
pub use grid::{classes, grid, pairs};
pub use hand::by_hand;
pub use options::{PlanOption, Switch};
pub use person::Move;
pub use play::{play, play_with, tell};
pub use random::random;
pub use run::{Found, Progress, Tried, campaign, play_all};
pub use shrink::shrink;
pub use tally::{Tally, Worst};
pub use twice::twice;
pub use verdict::{Broken, Played, Violation};
