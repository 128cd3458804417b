//! The size of what a state machine passes to a step. Step Functions ends an execution whose payload is too large without
//! a catcher: a drill would clean up nothing.

use crate::run::Run;

/// The largest payload of a state, in bytes.
pub const BYTES_MAX: usize = 262_144;

/// The largest server of a fleet, in bytes: with every id and every milestone.
pub const SERVER_BYTES_MAX: usize = 300;

/// The largest state of polling, in bytes: the note of a step has an id of each server, or a fingerprint of each record.
pub const WAIT_BYTES_MAX: usize = 14_000;

/// Returns the size to which the payload of a run with this many servers can grow.
pub fn largest(run: &Run, servers: usize) -> usize {
    let run = serde_json::to_string(run).map_or(BYTES_MAX, |run| run.len());
    run + servers * SERVER_BYTES_MAX + WAIT_BYTES_MAX
}
