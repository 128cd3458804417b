//! The size of what a state machine passes to a step. Step Functions ends an execution whose payload is too large without
//! a catcher: a drill would clean up nothing.

use crate::plan::Plan;

/// The largest payload of a state, in bytes.
pub const BYTES_MAX: usize = 262_144;

/// The largest server of a fleet without its name, in bytes: with every id and every milestone.
pub const SERVER_BYTES_MAX: usize = 228;

/// The largest run without its plan, in bytes: above all the ARN of its execution.
pub const RUN_BYTES_MAX: usize = 600;

/// The largest state of polling, in bytes, beside a fingerprint of each record.
pub const WAIT_BYTES_MAX: usize = 1_000;

/// The largest note of a step about one record, in bytes.
pub const RECORD_NOTE_BYTES_MAX: usize = 24;

/// Returns the size to which the payload of a run with these servers can grow.
pub fn largest<'n>(plan: &Plan, names: impl IntoIterator<Item = &'n str>) -> usize {
    let written = |value: &str| serde_json::to_string(value).map_or(BYTES_MAX, |text| text.len());
    let servers: usize = names.into_iter().map(|name| SERVER_BYTES_MAX + written(name)).sum();
    let plan_bytes = serde_json::to_string(plan).map_or(BYTES_MAX, |plan| plan.len());
    let notes = WAIT_BYTES_MAX + plan.redirect.records().len() * RECORD_NOTE_BYTES_MAX;
    RUN_BYTES_MAX + plan_bytes + servers + notes
}
