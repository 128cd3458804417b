//! Faults: errors, lost answers, crashes, stalls and failed launches that a rehearsal asks for.

mod kind;
mod list;
mod parse;

pub use kind::{ERROR_CODES, Fault, KINDS, TaskFault};
pub use parse::{FaultError, Known};

pub(crate) use list::FaultList;
