//! Executions of the state machines, as far as a step needs them.

use async_trait::async_trait;
use serde_json::Value;

use crate::error::Result;
use crate::procedure::Procedure;
use crate::timestamp::Timestamp;

/// An execution of one of the state machines that has not ended.
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

/// Executions of Step Functions.
#[async_trait]
pub trait Executions: Send + Sync {
    /// Returns every running execution of the drill and the failback machine, this one included.
    async fn running_executions(&self) -> Result<Vec<RunningExecution>>;
}
