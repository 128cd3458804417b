//! The agreement of this repository's files with each other.
//!
//! Each check is a function that returns the faults it finds. One test asserts that the real files have none, and
//! another that a copy with a planted fault is detected.

/// Files, state machines, and changed copies.
mod repo;

/// The paths between the states of a machine.
mod graph;

/// The allowed dependencies between crates.
mod edges;

/// The places that must know every folder in `functions/`.
mod folders;

/// Names, comments, resources and placeholders of the states.
mod machines;

/// The format of machines.
mod format;

/// Mistakes that the linters of state machines miss.
mod language;

/// The retries and catchers of Tasks.
mod catches;

/// The bounds of loops.
mod loops;

/// The order of states.
mod order;

/// The lines of AWS's page, and the states that carry them out.
mod labels;

/// Steps that must be absent.
mod absences;

/// The payloads between machines and steps.
mod payloads;

/// The names of errors.
mod errors;

/// The plan's schema and the example plans.
mod schema;

/// Text that no file may contain, and broken links.
mod text;

/// The catalogue of messages.
mod messages;

/// What the state machines and the stack tell people themselves, against the catalogue.
mod deployed;

/// The texts of the state machines and the stack.
mod told;

/// The template as JSON.
#[path = "../permissions/yaml.rs"]
mod yaml;

/// Words outside the catalogue.
mod words;
