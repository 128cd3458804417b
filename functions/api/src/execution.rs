//! Finds the execution that a request names.

use failback_core::procedure::Procedure;
use failback_core::step_functions::{Execution, ExecutionStatus, StepFunctions};
use serde_json::{Value, json};

use crate::problem::HttpProblem;
use crate::route::path;

/// Returns the execution of this name.
pub(crate) async fn described(
    step_functions: &dyn StepFunctions,
    procedure: Procedure,
    name: &str,
) -> Result<Execution, HttpProblem> {
    match step_functions.describe(procedure, name).await? {
        Some(execution) => Ok(execution),
        None => Err(HttpProblem::not_found(format!("no {procedure} is called `{name}`"))),
    }
}

/// Returns the execution of this name, which must not have ended.
pub(crate) async fn running(
    step_functions: &dyn StepFunctions,
    procedure: Procedure,
    name: &str,
) -> Result<Execution, HttpProblem> {
    let execution = described(step_functions, procedure, name).await?;
    if execution.status == ExecutionStatus::Running {
        return Ok(execution);
    }
    Err(HttpProblem::conflict(format!("{name} has ended: {}", execution.status.as_str())))
}

/// Returns an execution as lists show it.
pub(crate) fn summary(execution: &Execution) -> Value {
    let mut shown = json!({
        "name": execution.name,
        "procedure": execution.procedure,
        "status": execution.status.as_str(),
        "started": execution.started,
        "path": path(execution.procedure, &execution.name),
        "execution": execution.id,
    });
    if let Some(stopped) = execution.stopped {
        shown["stopped"] = json!(stopped);
    }
    shown
}
