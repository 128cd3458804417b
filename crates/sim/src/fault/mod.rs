//! Faults: errors, lost answers, crashes, stalls and failed launches that a rehearsal asks for.

mod asked;
mod kind;
mod list;
mod parse;

pub use asked::Asked;
pub use kind::{ERROR_CODES, Fault, KINDS, TaskFault};
pub use list::Faults;
pub use parse::{FaultError, Known};
