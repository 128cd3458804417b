//! The size of what a state machine passes to a step. Step Functions ends an execution whose payload is too large without
//! a catcher: a drill would clean up nothing.

use crate::plan::Plan;

/// The largest payload of a state, in bytes.
pub const BYTES_MAX: usize = 262_144;

/// The largest server of a fleet without its name, in bytes: with every id and every milestone.
pub const SERVER_BYTES_MAX: usize = 228;

/// The largest run without its plan, in bytes: above all the ARN of its execution.
pub const RUN_BYTES_MAX: usize = 600;

/// The largest state of polling, in bytes, beside the note of *Prepare Launch* or *Redirect Traffic*.
pub const WAIT_BYTES_MAX: usize = 1_000;

/// The number of servers whose launch settings *Prepare Launch* keeps at a time: about as many as one call can change. Their
/// settings are part of its answer, 35 KB at most.
pub const KEPT_AT_A_TIME: usize = 150;

/// The note of *Prepare Launch* about one server whose settings are kept, in bytes.
pub const SETTINGS_NOTE_BYTES: usize = 19;

/// The largest note of a step about one record, in bytes.
pub const RECORD_NOTE_BYTES_MAX: usize = 24;

/// Returns the size to which the payload of a run with these servers can grow.
pub fn largest<'n>(plan: &Plan, names: impl IntoIterator<Item = &'n str>) -> usize {
    let written = |value: &str| serde_json::to_string(value).map_or(BYTES_MAX, |text| text.len());
    let names: Vec<&str> = names.into_iter().collect();
    let servers: usize = names.iter().map(|name| SERVER_BYTES_MAX + written(name)).sum();
    let plan_bytes = serde_json::to_string(plan).map_or(BYTES_MAX, |plan| plan.len());
    // Two marks for each server, four of which are a digit.
    let settings = names.len() / 2 + names.len().min(KEPT_AT_A_TIME) * SETTINGS_NOTE_BYTES;
    let records = plan.redirect.records().len() * RECORD_NOTE_BYTES_MAX;
    RUN_BYTES_MAX + plan_bytes + servers + WAIT_BYTES_MAX + settings.max(records)
}
