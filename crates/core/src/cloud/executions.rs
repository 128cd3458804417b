//! Executions of the state machines, as far as a step needs them.

use async_trait::async_trait;
use serde_json::Value;

use crate::error::Result;
use crate::procedure::Procedure;
use crate::timestamp::Timestamp;

/// An execution of one of the state machines.
#[derive(Debug, Clone, PartialEq)]
pub struct RunningExecution {
    /// The execution's ARN.
    pub id: String,
    /// Start time of the execution.
    pub started: Timestamp,
    /// The procedure of the state machine.
    pub procedure: Procedure,
    /// The execution's input: a plan, if it is readable.
    pub input: Value,
}

/// The state of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionState {
    /// It runs.
    Runs,
    /// It has ended. A redrive may start it again.
    Ended,
}

/// Executions of Step Functions. All that it shows is eventually consistent.
#[async_trait]
pub trait Executions: Send + Sync {
    /// Returns every running execution of the drill and the failback machine, this one included.
    async fn running_executions(&self) -> Result<Vec<RunningExecution>>;

    /// Returns the state of an execution of the drill or the failback machine; `None` for any other, and for one that Step
    /// Functions does not know (yet, or after 90 days).
    async fn execution_state(&self, id: &str) -> Result<Option<ExecutionState>>;

    /// Returns an execution with its state, likewise; its start, procedure and input too.
    async fn execution(&self, id: &str) -> Result<Option<(RunningExecution, ExecutionState)>>;
}
