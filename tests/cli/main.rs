//! The command as people see it, and the documents that describe it.
//!
//! What the command prints is kept in `golden/`. `UPDATE_GOLDEN=1 cargo test -p drs-failback --test cli` writes it
//! anew, and with it the parts of the documents that are copied from the command.

/// Runs the command, and compares what it prints.
mod support;

/// What a rehearsal prints.
mod transcripts;

/// What `--json` prints.
mod json;

/// What is said of a wrong command line or a wrong plan.
mod usage;

/// The documents are true.
mod documents;

/// The campaign as a command: what it prints, and what its exit code means.
mod prove;
