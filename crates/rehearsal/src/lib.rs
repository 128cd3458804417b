//! The rehearsal engine: runs the state machines of `statemachine/` and the steps of `functions/` against the simulated
//! world of `failback-sim`, in virtual time, watched by the auditor.
//!
//! Start with [`rehearsal::Rehearsal`]. [`runner`] drives one execution; [`steps`] lists every step.

pub mod account;
pub mod faults;
pub mod history;
pub mod machines;
pub mod plans;
pub mod program;
pub mod rehearsal;
pub mod result;
pub mod runner;
mod second_party;
pub mod steps;
pub mod task_output;
pub mod worlds;
