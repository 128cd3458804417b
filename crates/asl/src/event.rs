//! What happens in an execution, for a display.

use std::sync::Arc;

use serde_json::Value;

use crate::interpreter::{ErrorOutput, ExecutionResult};

/// Something that happened. Each has the moment, `at`, in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the fields are the same throughout, and named for what they are")]
pub enum Event {
    /// A state was entered.
    Entered { at: i64, state: String, kind: &'static str, input: Arc<Value> },
    /// A Task was started, or started again.
    TaskStarted { at: i64, state: String, resource: String, attempt: u32, arguments: Arc<Value> },
    /// A Task gave its result.
    TaskSucceeded { at: i64, state: String, result: Arc<Value> },
    /// A Task failed, or one of its expressions did.
    TaskFailed { at: i64, state: String, failure: ErrorOutput },
    /// A Task will be started again, as retry number `retry`, after so many seconds.
    RetryScheduled { at: i64, state: String, retry: u32, seconds: f64 },
    /// A failure was caught, and the execution goes on at `next`.
    Caught { at: i64, state: String, error: String, next: String },
    /// A Choice went by the rule of this index, or by its default.
    Chosen { at: i64, state: String, rule: Option<usize>, next: String },
    /// A Wait waits.
    Waiting { at: i64, state: String, until: i64 },
    /// A variable was set.
    Assigned { at: i64, state: String, variable: String },
    /// A state was left.
    Exited { at: i64, state: String, output: Arc<Value> },
    /// The execution ended.
    Ended { at: i64, outcome: ExecutionResult },
}

impl Event {
    /// When it happened.
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
