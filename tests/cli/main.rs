//! The command as its users see it, and the documents that describe it.
//!
//! The output of the command is kept in `golden/`. `UPDATE_GOLDEN=1 cargo test -p drs-failback --test cli` rewrites
//! it, and the parts of the documents that are copied from the command.

/// The command, and comparisons of its output.
mod support;

/// The output of rehearsals.
mod transcripts;

/// The output of `--json`.
mod json;

/// The output for a wrong command line or a wrong plan.
mod usage;

/// The agreement of the documents with the code.
mod documents;

/// The output and the exit codes of the campaign.
mod prove;
