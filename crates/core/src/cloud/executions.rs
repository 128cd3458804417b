//! Executions of the state machines, as far as a step needs them.

use async_trait::async_trait;
use serde_json::Value;

use crate::error::Result;
use crate::procedure::Procedure;
use crate::timestamp::Timestamp;

/// An execution of one of the state machines that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RunningExecution {
    /// Its ARN.
    pub id: String,
    /// When it was started.
    pub started: Timestamp,
    /// The state machine.
    pub procedure: Procedure,
    /// Its input: a plan, if it is readable.
    pub input: Value,
}

/// Executions of Step Functions.
#[async_trait]
pub trait Executions: Send + Sync {
    /// Returns every running execution of the drill and the failback machine, this one included.
    async fn running_executions(&self) -> Result<Vec<RunningExecution>>;
}
