//! The files of this repository agree with each other.
//!
//! Each check is a function from what it reads to the faults it finds. One test holds that the real files have none,
//! and another that a copy with a fault in it is found out.

/// Files, state machines, and copies with something changed.
mod repo;

/// Where the states of a machine lead.
mod graph;

/// Which crate may see which.
mod edges;

/// A folder in `functions/` is a step only once everything else knows of it.
mod folders;

/// Names, comments, resources and placeholders of the states.
mod machines;

/// The one form in which machines are written.
mod format;

/// What the linters of state machines miss.
mod language;

/// Every Task is tried again alike, and its failure goes to the procedure's safe end.
mod catches;

/// Every loop counts, and ends.
mod loops;

/// What must come before what.
mod order;

/// The lines of AWS's page, and the states that carry them out.
mod labels;

/// What must not happen is absent.
mod absences;

/// The machines send what the steps read, and read what the steps send.
mod payloads;

/// Only errors that exist are named.
mod errors;

/// The plan's schema and the example plans.
mod schema;

/// What no file may mention, and links that lead nowhere.
mod text;
