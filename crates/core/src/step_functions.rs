//! What the HTTP API may do with the two state machines: start, look, answer a gate, stop. No step sees any of it.

use async_trait::async_trait;
use serde_json::Value;

use crate::error::Result;
use crate::procedure::Procedure;
use crate::timestamp::Timestamp;

/// Whether an execution goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionStatus {
    /// It goes on, or waits for a person.
    Running,
    /// It has done all it should.
    Succeeded,
    /// It has ended with an error, which says what to do.
    Failed,
    /// The machine's own time limit has ended it.
    TimedOut,
    /// Somebody has stopped it.
    Aborted,
}

impl ExecutionStatus {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Running, Self::Succeeded, Self::Failed, Self::TimedOut, Self::Aborted];

    /// As Step Functions writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }

    /// Reads what Step Functions writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// An execution, without its history.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// Its ARN.
    pub id: String,
    /// Its name, which no other execution of its machine has.
    pub name: String,
    /// Which machine.
    pub procedure: Procedure,
    /// Whether it goes on.
    pub status: ExecutionStatus,
    /// When it was started.
    pub started: Timestamp,
    /// When it ended.
    pub stopped: Option<Timestamp>,
    /// Its input: a plan. Absent where executions are listed.
    pub input: Option<Value>,
    /// The error with which it ended, and its cause.
    pub failure: Option<(String, String)>,
}

/// Something of an execution's history that the API reads.
#[derive(Debug, Clone, PartialEq)]
pub enum HistoryEvent {
    /// A state was entered.
    Entered {
        /// Which.
        state: String,
        /// When.
        at: Timestamp,
    },
    /// A state was left.
    Exited {
        /// Which.
        state: String,
        /// Its output.
        output: Value,
    },
    /// A task was handed out, with these arguments as JSON.
    Scheduled {
        /// Such as `arn:aws:states:::sns:publish.waitForTaskToken` or, in AWS's own history, `publish.waitForTaskToken`.
        resource: String,
        /// The arguments.
        parameters: String,
    },
    /// A task succeeded with this result.
    Succeeded(Value),
    /// A task failed, timed out or was refused.
    Failed,
}

/// Returns the task token that a gate's arguments carry: the message attribute `taskToken` of what it publishes.
pub fn gate_token(arguments: &Value) -> Option<&str> {
    arguments["MessageAttributes"]["taskToken"]["StringValue"].as_str()
}

/// Some executions, and how to go on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExecutionPage {
    /// The newest first.
    pub executions: Vec<Execution>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// The two state machines, from outside.
#[async_trait]
pub trait StepFunctions: Send + Sync {
    /// StartExecution.
    async fn start(&self, procedure: Procedure, name: &str, input: &Value) -> Result<Execution>;

    /// ListExecutions, the newest first.
    async fn list(
        &self,
        procedure: Procedure,
        status: Option<ExecutionStatus>,
        limit: u16,
        after: Option<&str>,
    ) -> Result<ExecutionPage>;

    /// DescribeExecution; None when there is none of that name.
    async fn describe(&self, procedure: Procedure, name: &str) -> Result<Option<Execution>>;

    /// GetExecutionHistory, the newest first, of as many events as tell how the execution stands.
    async fn history(&self, id: &str) -> Result<Vec<HistoryEvent>>;

    /// SendTaskSuccess.
    async fn approve(&self, token: &str, output: &Value) -> Result<()>;

    /// SendTaskFailure.
    async fn refuse(&self, token: &str, error: &str, cause: &str) -> Result<()>;

    /// StopExecution.
    async fn stop(&self, id: &str, error: &str, cause: &str) -> Result<()>;
}
