//! Reads the history of an execution, which has the newest event first.

use failback_core::fleet::{Fleet, Server};
use failback_core::report::Report;
use failback_core::step::{Answer, Status};
use failback_core::step_functions::HistoryEvent;
use serde::Deserialize;

/// The result of a Task that carries the fleet.
#[derive(Deserialize)]
struct FleetResult {
    #[serde(rename = "Payload")]
    payload: FleetPayload,
}

#[derive(Deserialize)]
struct FleetPayload {
    fleet: Fleet,
}

/// Returns the poll that the run waits for, unless the last step has ended.
pub(crate) fn waiting_poll(history: &[HistoryEvent]) -> Option<Answer> {
    let last = history.iter().find_map(|event| match event {
        HistoryEvent::Exited { output, .. } => Answer::deserialize(output).ok(),
        _ => None,
    });
    last.filter(|polled| polled.status == Status::Waiting)
}

/// Returns the report, once it is written.
pub(crate) fn report(history: &[HistoryEvent]) -> Option<Report> {
    history.iter().find_map(|event| match event {
        HistoryEvent::Exited { output, .. } => Report::deserialize(output).ok(),
        _ => None,
    })
}

/// Returns the servers as the last step returned them.
pub(crate) fn servers(history: &[HistoryEvent]) -> Vec<Server> {
    let last = history.iter().find_map(|event| match event {
        HistoryEvent::Succeeded(result) => FleetResult::deserialize(result).ok(),
        _ => None,
    });
    last.map(|result| result.payload.fleet.servers).unwrap_or_default()
}
