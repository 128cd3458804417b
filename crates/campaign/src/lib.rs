//! The campaign: plays every kind of failure in the simulated world, and reports what it tried.
//!
//! A [`Case`] is pure data: a world and the actions in it. It has a textual form, so that one command replays it.
//! [`play`] runs a case and judges it by the auditor's rules and by the required end state. The other functions
//! generate cases.

mod case;
mod console;
mod extreme;
mod grid;
mod large;
mod manual;
mod operator;
mod options;
mod play;
mod player;
mod queue;
mod random;
mod reference;
mod remedy;
mod repetition;
mod run;
mod shared;
mod shrink;
mod stage;
mod summary;
mod verdict;

pub use case::{Act, Case};
pub use extreme::Extreme;
pub use grid::{classes, grid, pairs};
pub use large::large;
pub use manual::{manual_starts, people};
pub use operator::ManualStep;
pub use options::{PlanOption, Switch};
pub use play::{play, play_with, tell};
pub use random::random;
pub use repetition::repetitions;
pub use run::{Found, Progress, Tried, campaign, play_all};
pub use shrink::shrink;
pub use summary::{Reasons, Summary};
pub use verdict::{Broken, CaseResult, Settled, Violation};
