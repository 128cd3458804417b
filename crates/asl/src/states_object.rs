//! The reserved variable `$states`, and the Context object in it.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::error_output::ErrorOutput;
use crate::scope::References;
use crate::{deterministic, timestamp};

/// The facts of an execution that stay the same from its start to its end.
#[derive(Debug, Clone)]
pub(crate) struct ExecutionInfo {
    pub(crate) execution_id: String,
    pub(crate) execution_name: String,
    pub(crate) state_machine_name: String,
    pub(crate) input: Arc<Value>,
    /// In milliseconds since 1970.
    pub(crate) started_at: i64,
    pub(crate) seed: u64,
    pub(crate) redrives: u32,
}

impl ExecutionInfo {
    /// Returns the ARN of the state machine, derived from that of the execution. Without an ARN of the
    /// execution, it is the name of the machine.
    fn state_machine_id(&self) -> String {
        match self.execution_id.split_once(":execution:") {
            Some((before, _)) => format!("{before}:stateMachine:{}", self.state_machine_name),
            None => self.state_machine_name.clone(),
        }
    }

    /// Returns the same number each time for the same execution, seed, purpose and index.
    pub(crate) fn deterministic_number(&self, purpose: &str, index: u64) -> u64 {
        let (seed, index) = (self.seed.to_le_bytes(), index.to_le_bytes());
        deterministic::hash(&[self.execution_id.as_bytes(), &seed, purpose.as_bytes(), &index])
    }
}

/// The result of a task, or its error output once a catcher has matched.
pub(crate) type TaskResult<'a> = Result<&'a Arc<Value>, &'a ErrorOutput>;

/// The data of `$states` at one time.
#[derive(Clone, Copy)]
pub(crate) struct StatesObject<'a> {
    pub(crate) execution: &'a ExecutionInfo,
    pub(crate) state_name: &'a str,
    /// In milliseconds since 1970.
    pub(crate) entered_at: i64,
    pub(crate) retry_count: u32,
    pub(crate) input: &'a Value,
    /// None before the task has ended, and in a state that is not a Task.
    pub(crate) task_result: Option<TaskResult<'a>>,
    /// `$states.context.Task.Token`. None where the resource does not wait for a token.
    pub(crate) token: Option<&'a str>,
}

impl<'a> StatesObject<'a> {
    /// Returns the member `input` or `result`, if there is one. The other members exist only in `to_json`.
    pub(crate) fn member(&self, name: &str) -> Option<&'a Value> {
        match (name, self.task_result) {
            ("input", _) => Some(self.input),
            ("result", Some(Ok(result))) => Some(result),
            _ => None,
        }
    }

    /// Returns `$states` with those members that are read, because the others may be large.
    pub(crate) fn to_json(self, references: References) -> Value {
        let mut states = Map::new();
        if references.input {
            states.insert("input".to_owned(), self.input.clone());
        }
        match self.task_result {
            Some(Ok(result)) if references.result => {
                states.insert("result".to_owned(), Value::clone(result));
            }
            Some(Err(error_output)) if references.error_output => {
                states.insert("errorOutput".to_owned(), error_output.to_json());
            }
            _ => {}
        }
        if references.context {
            states.insert("context".to_owned(), self.context(references));
        }
        Value::Object(states)
    }

    fn context(self, references: References) -> Value {
        let mut context = json!({
            "Execution": {
                "Id": self.execution.execution_id,
                "Name": self.execution.execution_name,
                "RedriveCount": self.execution.redrives,
                "StartTime": timestamp::to_rfc3339(self.execution.started_at),
            },
            "State": {
                "EnteredTime": timestamp::to_rfc3339(self.entered_at),
                "Name": self.state_name,
                "RetryCount": self.retry_count,
            },
            "StateMachine": {
                "Id": self.execution.state_machine_id(),
                "Name": self.execution.state_machine_name,
            },
        });
        if references.execution_input {
            context["Execution"]["Input"] = Value::clone(&self.execution.input);
        }
        if let Some(token) = self.token {
            context["Task"] = json!({ "Token": token });
        }
        context
    }
}
