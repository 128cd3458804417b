//! Answers at a failback's gate that are neither a yes nor a no: another launch, and an abort.

use failback_core::procedure::Procedure;
use failback_core::step_functions::StepFunctions;
use serde_json::{Value, json};

use crate::Response;
use crate::event::Request;
use crate::gate::{body, decided, gate, reason};
use crate::problem::HttpProblem;

/// The gate at which servers can be launched again.
const LAUNCHES: &str = "Ask Before Redirect";

/// The gate at which traffic has moved, so that nothing leads back.
const TOO_LATE: &str = "Ask Before Clean Up";

/// The most servers that an answer names: those of the largest fleet.
const NAMES_MAX: usize = 1_000;

/// `POST /failbacks/NAME/launch-again`
pub(crate) async fn launch_again(
    step_functions: &dyn StepFunctions,
    request: &Request,
    name: &str,
    caller: &str,
) -> Result<Response, HttpProblem> {
    request.parameters([])?;
    let (servers, rest) = servers(request)?;
    let body = body(rest, &["gate", "reason"])?;
    let (execution, gate) = gate(step_functions, Procedure::Failback, name, body.as_ref()).await?;
    if gate.state != LAUNCHES {
        let what =
            format!("{name} waits at `{}`, and launches servers again at `{LAUNCHES}` only", gate.state);
        return Err(HttpProblem::conflict(what));
    }
    let mut output = json!({ "launchAgain": servers, "by": caller });
    if body.as_ref().is_some_and(|body| body["reason"].is_string()) {
        output["comment"] = Value::String(reason(body.as_ref())?);
    }
    decided(step_functions.approve(&gate.token, &output).await, &execution, &gate)?;
    tracing::info!(caller, execution = execution.id, gate = gate.state, "has servers launched again");
    Ok(Response::ok(json!({ "gate": gate.state, "approved": false, "launchAgain": servers, "by": caller })))
}

/// `POST /failbacks/NAME/abort`
pub(crate) async fn abort(
    step_functions: &dyn StepFunctions,
    request: &Request,
    name: &str,
    caller: &str,
) -> Result<Response, HttpProblem> {
    request.parameters([])?;
    let body = body(request.json()?, &["gate", "reason"])?;
    let reason = reason(body.as_ref())?;
    let (execution, gate) = gate(step_functions, Procedure::Failback, name, body.as_ref()).await?;
    if gate.state == TOO_LATE {
        let what = format!("{name} waits at `{TOO_LATE}`: traffic has moved, and nothing leads back");
        return Err(HttpProblem::conflict(what));
    }
    let output = json!({ "abort": true, "by": caller, "comment": reason });
    decided(step_functions.approve(&gate.token, &output).await, &execution, &gate)?;
    tracing::info!(caller, execution = execution.id, gate = gate.state, reason, "has aborted");
    let decided = json!({
        "gate": gate.state, "approved": false, "aborted": true, "by": caller, "reason": reason
    });
    Ok(Response::ok(decided))
}

/// Returns `servers` of the body, `all` or a list of names, and the other members.
fn servers(request: &Request) -> Result<(Value, Option<Value>), HttpProblem> {
    let mut body = request.json()?;
    let servers = body.as_mut().and_then(Value::as_object_mut).and_then(|body| body.remove("servers"));
    let is_list =
        |list: &Vec<Value>| (1..=NAMES_MAX).contains(&list.len()) && list.iter().all(Value::is_string);
    match servers {
        Some(all) if all == "all" => Ok((all, body)),
        Some(Value::Array(list)) if is_list(&list) => Ok((Value::Array(list), body)),
        _ => Err(HttpProblem::bad("`servers` is neither `all` nor a list of servers' names")),
    }
}
