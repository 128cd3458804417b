//! The events of an execution, for a display.

use std::sync::Arc;

use serde_json::Value;

use crate::error_output::{ErrorOutput, ExecutionResult};

/// An event of an execution. Step Functions' history has more and other events; these are the ones that
/// a display shows.
///
/// `at` is the time in milliseconds since 1970. `state` is the name of the state that the execution is in.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "`at` and `state` are described above, the other fields at their event")]
pub enum Event {
    /// A state was entered. `kind` is its `Type`.
    Entered { at: i64, state: String, kind: &'static str, input: Arc<Value> },
    /// A task was started. `attempt` is 1 for the first attempt.
    TaskStarted { at: i64, state: String, resource: String, attempt: u32, arguments: Arc<Value> },
    /// A task returned its result.
    TaskSucceeded { at: i64, state: String, result: Arc<Value> },
    /// A task failed, or an expression of its state did.
    TaskFailed { at: i64, state: String, failure: ErrorOutput },
    /// A task will be started again after this many seconds. `retry` is 1 for the first retry.
    RetryScheduled { at: i64, state: String, retry: u32, seconds: f64 },
    /// A catcher matched the error of a task. `next` is the state that follows.
    Caught { at: i64, state: String, error: String, next: String },
    /// A Choice selected its next state by the choice rule of this index, or by its `Default`.
    Chosen { at: i64, state: String, rule: Option<usize>, next: String },
    /// A Wait started. `until` is its end, in milliseconds since 1970.
    Waiting { at: i64, state: String, until: i64 },
    /// A variable was assigned.
    Assigned { at: i64, state: String, variable: String },
    /// A state was exited.
    Exited { at: i64, state: String, output: Arc<Value> },
    /// The execution ended.
    Ended { at: i64, outcome: ExecutionResult },
}

impl Event {
    /// Returns the time of the event, in milliseconds since 1970.
    pub fn at(&self) -> i64 {
        match self {
            Event::Entered { at, .. }
            | Event::TaskStarted { at, .. }
            | Event::TaskSucceeded { at, .. }
            | Event::TaskFailed { at, .. }
            | Event::RetryScheduled { at, .. }
            | Event::Caught { at, .. }
            | Event::Chosen { at, .. }
            | Event::Waiting { at, .. }
            | Event::Assigned { at, .. }
            | Event::Exited { at, .. }
            | Event::Ended { at, .. } => *at,
        }
    }
}
