//! Errors, in the form of `$states.errorOutput`, and the results of executions.

use serde_json::{Value, json};

/// An error name and its cause: the members of `$states.errorOutput`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorOutput {
    /// The error name, `Error`, which `ErrorEquals` matches.
    pub error: String,
    /// `Cause`: a description for people, which may be empty.
    pub cause: String,
}

impl ErrorOutput {
    pub(crate) const QUERY: &str = "States.QueryEvaluationError";
    pub(crate) const RUNTIME: &str = "States.Runtime";
    pub(crate) const DATA_LIMIT: &str = "States.DataLimitExceeded";
    pub(crate) const TIMEOUT: &str = "States.Timeout";
    pub(crate) const NO_CHOICE: &str = "States.NoChoiceMatched";

    /// Returns an error output. Each text is cut at the length that Step Functions allows.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        ErrorOutput { error: cut(error.into(), 256), cause: cut(cause.into(), 32_768) }
    }

    /// Returns the error output of an expression that failed, or that gave a value of the wrong type.
    pub(crate) fn query(cause: impl Into<String>) -> Self {
        ErrorOutput::new(Self::QUERY, cause)
    }

    /// Returns the error output of a task that did not end within its `TimeoutSeconds`.
    pub fn timeout() -> Self {
        ErrorOutput::new(Self::TIMEOUT, "")
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "Error": self.error, "Cause": self.cause })
    }
}

/// Cuts a text after `max_chars` characters.
fn cut(mut text: String, max_chars: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(max_chars) {
        text.truncate(end);
    }
    text
}

/// The final status of an execution, with its output or its error.
#[derive(Debug, Clone, PartialEq)]
pub enum ExecutionResult {
    /// The status `SUCCEEDED`, with the output of the execution.
    Succeeded(Value),
    /// The status `FAILED`, with an error that no catcher matched.
    Failed(ErrorOutput),
    /// The status `TIMED_OUT`: the execution took longer than the machine's `TimeoutSeconds`.
    TimedOut,
}
