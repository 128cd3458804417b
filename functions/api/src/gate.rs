//! Answers the gate that waits, and stops a run.

use failback_core::procedure::Procedure;
use failback_core::step_functions::{Execution, Gate, StepFunctions, waiting_gate};
use serde_json::{Value, json};

use crate::Response;
use crate::event::Request;
use crate::execution::running;
use crate::problem::{HttpProblem, answered};

/// `POST /failbacks/NAME/approve`
pub(crate) async fn approve(
    step_functions: &dyn StepFunctions,
    request: &Request,
    procedure: Procedure,
    name: &str,
    caller: &str,
) -> Result<Response, HttpProblem> {
    request.parameters([])?;
    let body = body(request.json()?, &["gate"])?;
    let (execution, gate) = gate(step_functions, procedure, name, body.as_ref()).await?;
    let sent = step_functions.approve(&gate.token, &json!({ "approved": true, "by": caller })).await;
    decided(sent, &execution, &gate)?;
    tracing::info!(caller, execution = execution.id, gate = gate.state, "has approved");
    Ok(Response::ok(json!({ "gate": gate.state, "approved": true, "by": caller })))
}

/// `POST /failbacks/NAME/reject`
pub(crate) async fn reject(
    step_functions: &dyn StepFunctions,
    request: &Request,
    procedure: Procedure,
    name: &str,
    caller: &str,
) -> Result<Response, HttpProblem> {
    request.parameters([])?;
    let body = body(request.json()?, &["gate", "reason"])?;
    let reason = reason(body.as_ref())?;
    let (execution, gate) = gate(step_functions, procedure, name, body.as_ref()).await?;
    let cause = format!("{caller} said no: {reason}");
    decided(step_functions.refuse(&gate.token, "Failback.Refused", &cause).await, &execution, &gate)?;
    tracing::info!(caller, execution = execution.id, gate = gate.state, reason, "has rejected");
    Ok(Response::ok(json!({ "gate": gate.state, "approved": false, "by": caller, "reason": reason })))
}

/// `POST /drills/NAME/stop`
pub(crate) async fn stop(
    step_functions: &dyn StepFunctions,
    request: &Request,
    procedure: Procedure,
    name: &str,
    caller: &str,
) -> Result<Response, HttpProblem> {
    request.parameters([])?;
    let body = body(request.json()?, &["reason"])?;
    let reason = reason(body.as_ref())?;
    let execution = running(step_functions, procedure, name).await?;
    step_functions.stop(&execution.id, "Failback.Stopped", &format!("{caller} stopped it: {reason}")).await?;
    tracing::info!(caller, execution = execution.id, reason, "has stopped a run");
    let next = format!(
        "AWS goes on with what was started. Start the {procedure} again with the same plan: it continues from there"
    );
    Ok(Response::ok(json!({ "status": "ABORTED", "by": caller, "reason": reason, "next": next })))
}

/// Returns a body that was given, an object with known members only, if there is one.
pub(crate) fn body(given: Option<Value>, known: &[&str]) -> Result<Option<Value>, HttpProblem> {
    let Some(body) = given else { return Ok(None) };
    let object = body.as_object().ok_or_else(|| HttpProblem::bad("the body is not a JSON object"))?;
    if let Some(unknown) = object.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(HttpProblem::bad(format!(
            "`{unknown}` is not known here; known are {}",
            known.join(", ")
        )));
    }
    if let Some((name, _)) = object.iter().find(|(_, value)| !value.is_string()) {
        return Err(HttpProblem::bad(format!("`{name}` is not a string")));
    }
    Ok(Some(body))
}

/// Returns the reason of an answer.
pub(crate) fn reason(body: Option<&Value>) -> Result<String, HttpProblem> {
    let reason = body.and_then(|body| body["reason"].as_str()).map(str::trim).unwrap_or_default();
    if (1..=1_000).contains(&reason.len()) {
        Ok(reason.to_owned())
    } else {
        Err(HttpProblem::bad("`reason` is not 1 to 1000 characters long: it goes into the run's report"))
    }
}

/// Returns the gate that waits. A caller who names the gate cannot answer another by mistake.
pub(crate) async fn gate(
    step_functions: &dyn StepFunctions,
    procedure: Procedure,
    name: &str,
    body: Option<&Value>,
) -> Result<(Execution, Gate), HttpProblem> {
    let execution = running(step_functions, procedure, name).await?;
    let gate = waiting_gate(&step_functions.history(&execution.id).await?)
        .ok_or_else(|| HttpProblem::conflict(format!("{name} waits at no gate")))?;
    let meant = body.and_then(|body| body["gate"].as_str());
    if meant.is_some_and(|meant| meant != gate.state) {
        return Err(HttpProblem::conflict(format!(
            "{name} waits at `{}`, and not at the gate you mean",
            gate.state
        )));
    }
    Ok((execution, gate))
}

/// Reports an answer that came too late: another person may have answered since the gate was read, or its time is up.
pub(crate) fn decided(
    sent: failback_core::Result<()>,
    execution: &Execution,
    gate: &Gate,
) -> Result<(), HttpProblem> {
    match sent {
        Err(error) if answered(&error, &["InvalidToken", "TaskDoesNotExist", "TaskTimedOut"]) => {
            let what = format!(
                "{} of {} was answered by another person, or its time is up",
                gate.state, execution.name
            );
            Err(HttpProblem::conflict(what))
        }
        other => Ok(other?),
    }
}
