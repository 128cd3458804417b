//! Reads the history of an execution, which has the newest event first.

use failback_core::fleet::{Fleet, Server};
use failback_core::report::Report;
use failback_core::step::{Answer, Status};
use failback_core::step_functions::{HistoryEvent, gate_token};
use failback_core::timestamp::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// A gate that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gate {
    /// Its state.
    pub(crate) state: String,
    /// The question that people were asked.
    pub(crate) question: String,
    /// The task token with which it is answered.
    pub(crate) token: String,
}

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

/// Returns the gate at which a run waits. Any event newer than the question is its answer.
pub(crate) fn waiting_gate(history: &[HistoryEvent]) -> Option<Gate> {
    let HistoryEvent::Scheduled { resource, parameters } = history.first()? else { return None };
    if !resource.ends_with(".waitForTaskToken") {
        return None;
    }
    let (state, _) = last_entered(history)?;
    let arguments: Value = serde_json::from_str(parameters).ok()?;
    let token = gate_token(&arguments)?;
    // The paragraphs that follow the question say how to answer at a terminal.
    let question = arguments["Message"].as_str()?.split("\n\nYes:\n").next().unwrap_or_default();
    Some(Gate { state: state.to_owned(), question: question.to_owned(), token: token.to_owned() })
}

/// Returns the state that was entered last, and when.
pub(crate) fn last_entered(history: &[HistoryEvent]) -> Option<(&str, Timestamp)> {
    history.iter().find_map(|event| match event {
        HistoryEvent::Entered { state, at } => Some((state.as_str(), *at)),
        _ => None,
    })
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
