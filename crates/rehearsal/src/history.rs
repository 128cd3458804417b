//! The history of a run in the format of Step Functions' `GetExecutionHistory`, for tools that read it.

use failback_asl::{Event, ExecutionResult};
use failback_core::timestamp::Timestamp;
use failback_sim::World;
use serde_json::{Value, json};

use crate::runner::{GateAnswer, Watcher};

/// A watcher that records a run's history and forwards everything to another watcher.
pub struct Recorder<'w> {
    watcher: &'w mut dyn Watcher,
    events: Vec<Value>,
    /// The type of the current state.
    kind: &'static str,
}

impl<'w> Recorder<'w> {
    /// Returns a recorder without events.
    pub fn new(watcher: &'w mut dyn Watcher) -> Self {
        Self { watcher, events: Vec::new(), kind: "" }
    }

    /// Returns the history: one object with `events`.
    pub fn history(self) -> Value {
        json!({ "events": self.events })
    }

    fn note(&mut self, at: i64, kind: &str, details: Option<(&str, Value)>) {
        let id = self.events.len() + 1;
        let timestamp = Timestamp::from_millis(at).to_string();
        let mut event = json!({ "id": id, "previousEventId": id - 1, "timestamp": timestamp, "type": kind });
        if let Some((name, details)) = details {
            event[name] = details;
        }
        self.events.push(event);
    }
}

impl Watcher for Recorder<'_> {
    fn event(&mut self, world: &World, event: &Event) {
        let at = event.at();
        match event {
            Event::Entered { state, kind, input, .. } => {
                self.kind = kind;
                if self.events.is_empty() {
                    let details = json!({ "input": input.to_string() });
                    self.note(at, "ExecutionStarted", Some(("executionStartedEventDetails", details)));
                }
                let details = json!({ "name": state, "input": input.to_string() });
                self.note(at, &format!("{kind}StateEntered"), Some(("stateEnteredEventDetails", details)));
            }
            Event::TaskStarted { resource, arguments, .. } => {
                let details = json!({ "resource": resource, "parameters": arguments.to_string() });
                self.note(at, "TaskScheduled", Some(("taskScheduledEventDetails", details)));
                self.note(
                    at,
                    "TaskStarted",
                    Some(("taskStartedEventDetails", json!({ "resource": resource }))),
                );
                if resource.ends_with(".waitForTaskToken") {
                    let details = json!({ "resource": resource });
                    self.note(at, "TaskSubmitted", Some(("taskSubmittedEventDetails", details)));
                }
            }
            Event::TaskSucceeded { result, .. } => {
                let details = json!({ "output": result.to_string() });
                self.note(at, "TaskSucceeded", Some(("taskSucceededEventDetails", details)));
            }
            Event::TaskFailed { failure, .. } => {
                let details = json!({ "error": failure.error, "cause": failure.cause });
                self.note(at, "TaskFailed", Some(("taskFailedEventDetails", details)));
            }
            Event::Exited { state, output, .. } => {
                let details = json!({ "name": state, "output": output.to_string() });
                self.note(
                    at,
                    &format!("{}StateExited", self.kind),
                    Some(("stateExitedEventDetails", details)),
                );
            }
            Event::Ended { outcome: ExecutionResult::Succeeded(output), .. } => {
                let details = json!({ "output": output.to_string() });
                self.note(at, "ExecutionSucceeded", Some(("executionSucceededEventDetails", details)));
            }
            Event::Ended { outcome: ExecutionResult::Failed(failure), .. } => {
                let details = json!({ "error": failure.error, "cause": failure.cause });
                self.note(at, "ExecutionFailed", Some(("executionFailedEventDetails", details)));
            }
            Event::Ended { outcome: ExecutionResult::TimedOut, .. } => {
                self.note(at, "ExecutionTimedOut", None);
            }
            // Step Functions has no events for these. They show in the states that follow.
            Event::RetryScheduled { .. }
            | Event::Caught { .. }
            | Event::Chosen { .. }
            | Event::Waiting { .. }
            | Event::Assigned { .. } => {}
        }
        self.watcher.event(world, event);
    }

    fn gate(&mut self, message: &str) -> GateAnswer {
        self.watcher.gate(message)
    }

    fn quiet_until(&mut self, world: &World, until: Timestamp) {
        self.watcher.quiet_until(world, until);
    }
}
