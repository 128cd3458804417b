//! The operations of the HTTP API on the two state machines: start, read, answer a gate, stop. No step uses them.

use async_trait::async_trait;
use serde_json::Value;

use crate::error::Result;
use crate::procedure::Procedure;
use crate::timestamp::Timestamp;

/// The status of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionStatus {
    /// Running, or waiting for a person.
    Running,
    /// Ended, with all work done.
    Succeeded,
    /// Ended with an error, which contains the remedy.
    Failed,
    /// Ended by the machine's own time limit.
    TimedOut,
    /// Stopped by a person.
    Aborted,
}

impl ExecutionStatus {
    /// All statuses.
    pub const ALL: [Self; 5] = [Self::Running, Self::Succeeded, Self::Failed, Self::TimedOut, Self::Aborted];

    /// Returns the status as Step Functions writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }

    /// Reads a status as Step Functions writes it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// An execution, without its history.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// The execution's ARN.
    pub id: String,
    /// The execution's name, which is unique within its machine.
    pub name: String,
    /// The procedure of the machine.
    pub procedure: Procedure,
    /// The status.
    pub status: ExecutionStatus,
    /// Start time.
    pub started: Timestamp,
    /// End time.
    pub stopped: Option<Timestamp>,
    /// The input: a plan. Absent in a list of executions.
    pub input: Option<Value>,
    /// The error with which it ended, and the cause.
    pub failure: Option<(String, String)>,
}

/// An event of an execution's history that the API reads.
#[derive(Debug, Clone, PartialEq)]
pub enum HistoryEvent {
    /// A state was entered.
    Entered {
        /// Name of the state.
        state: String,
        /// Time of the event.
        at: Timestamp,
    },
    /// A state was left.
    Exited {
        /// Name of the state.
        state: String,
        /// Output of the state.
        output: Value,
    },
    /// A task was scheduled with these arguments as JSON.
    Scheduled {
        /// `arn:aws:states:::sns:publish.waitForTaskToken` or, in AWS's own history, `publish.waitForTaskToken`.
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

/// A gate that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The name of its state.
    pub state: String,
    /// The time at which people were asked.
    pub since: Timestamp,
    /// The question that people were asked.
    pub question: String,
    /// The task token with which it is answered.
    pub token: String,
}

/// Returns the gate at which an execution with this history waits. Any event newer than the question is its answer.
pub fn waiting_gate(history: &[HistoryEvent]) -> Option<Gate> {
    let HistoryEvent::Scheduled { resource, parameters } = history.first()? else { return None };
    if !resource.ends_with(".waitForTaskToken") {
        return None;
    }
    let (state, since) = last_entered(history)?;
    let arguments: Value = serde_json::from_str(parameters).ok()?;
    let token = gate_token(&arguments)?;
    // The paragraphs that follow the question say how to answer at a terminal.
    let question = arguments["Message"].as_str()?.split("\n\nYes:\n").next().unwrap_or_default();
    Some(Gate { state: state.to_owned(), since, question: question.to_owned(), token: token.to_owned() })
}

/// Returns the state that was entered last, and when.
pub fn last_entered(history: &[HistoryEvent]) -> Option<(&str, Timestamp)> {
    history.iter().find_map(|event| match event {
        HistoryEvent::Entered { state, at } => Some((state.as_str(), *at)),
        _ => None,
    })
}

/// A page of a list of executions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExecutionPage {
    /// The executions, newest first.
    pub executions: Vec<Execution>,
    /// The start of the next page.
    pub next: Option<String>,
}

/// The two state machines, as the HTTP API uses them.
#[async_trait]
pub trait StepFunctions: Send + Sync {
    /// Starts an execution (StartExecution).
    async fn start(&self, procedure: Procedure, name: &str, input: &Value) -> Result<Execution>;

    /// Returns a page of executions, newest first (ListExecutions).
    async fn list(
        &self,
        procedure: Procedure,
        status: Option<ExecutionStatus>,
        limit: u16,
        after: Option<&str>,
    ) -> Result<ExecutionPage>;

    /// Returns an execution; `None` when there is none of that name (DescribeExecution).
    async fn describe(&self, procedure: Procedure, name: &str) -> Result<Option<Execution>>;

    /// Returns as many events, newest first, as show the state of the execution (GetExecutionHistory).
    async fn history(&self, id: &str) -> Result<Vec<HistoryEvent>>;

    /// Approves a gate (SendTaskSuccess).
    async fn approve(&self, token: &str, output: &Value) -> Result<()>;

    /// Refuses a gate (SendTaskFailure).
    async fn refuse(&self, token: &str, error: &str, cause: &str) -> Result<()>;

    /// Stops an execution (StopExecution).
    async fn stop(&self, id: &str, error: &str, cause: &str) -> Result<()>;
}
