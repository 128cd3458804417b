//! The next action that an execution needs from its caller.

use std::sync::Arc;

use serde_json::Value;

use crate::error_output::ExecutionResult;

/// The next action that an execution needs from its caller.
#[derive(Debug, Clone, PartialEq)]
pub enum NextAction {
    /// A task to run. Its result goes to `Interpreter::task_done`. Until then, the next action stays the
    /// same.
    Task(TaskCall),
    /// A time to advance the execution to, in milliseconds since 1970. Until then, nothing happens.
    SleepUntil(i64),
    /// The end of the execution.
    Ended(ExecutionResult),
}

/// One call of the resource of a Task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskCall {
    /// The name of the Task.
    pub state: String,
    /// The `Resource` of the Task: the ARN of a Lambda function or of a service integration.
    pub resource: String,
    /// The evaluated `Arguments` of the Task, or else the input of the state.
    pub arguments: Arc<Value>,
    /// The task token. None where the resource does not wait for one.
    pub token: Option<String>,
    /// The number of the attempt; 1 for the first.
    pub attempt: u32,
    /// The time, in milliseconds since 1970, at which the caller ends the task with `ErrorOutput::timeout`. None if
    /// neither the Task nor the machine has a timeout.
    pub times_out_at: Option<i64>,
}
