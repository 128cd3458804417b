//! Checks a plan, and starts a run with it.

use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::step_functions::{Execution, ExecutionStatus, StepFunctions};
use failback_core::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::Response;
use crate::event::Request;
use crate::execution::summary;
use crate::problem::{HttpProblem, answered};
use crate::route::{collection, is_name, path};

/// The caller makes a start safe to repeat with it.
const KEY: &str = "idempotency-key";

fn plan(request: &Request) -> Result<(Value, Plan), HttpProblem> {
    request.parameters([])?;
    let input = request.json()?.ok_or_else(|| HttpProblem::bad("there is no body: send the plan"))?;
    let plan = Plan::read(&input).map_err(|problems| HttpProblem::wrong_plan(&problems))?;
    Ok((input, plan))
}

/// `POST /plan-checks`
pub(crate) fn check(request: &Request) -> Result<Response, HttpProblem> {
    let (_, plan) = plan(request)?;
    Ok(Response::ok(json!({ "name": plan.name, "regions": plan.regions, "waves": plan.wave_names() })))
}

/// `POST /drills` and `POST /failbacks`
pub(crate) async fn start(
    step_functions: &dyn StepFunctions,
    request: &Request,
    procedure: Procedure,
    caller: &str,
    now: Timestamp,
) -> Result<Response, HttpProblem> {
    let (mut input, plan) = plan(request)?;
    input["startedBy"] = Value::String(caller.to_owned());
    let name = match request.header(KEY) {
        Some(key) if is_name(key) => key.to_owned(),
        Some(_) => return Err(HttpProblem::bad("Idempotency-Key is not 1 to 80 letters, digits, - and _")),
        None => name(procedure, &plan, now),
    };
    if let Some(earlier) = step_functions.describe(procedure, &name).await? {
        return repeated(&earlier, &input);
    }
    alone(step_functions, &plan).await?;
    let started = match step_functions.start(procedure, &name, &input).await {
        // Another request with the same name was quicker.
        Err(error) if answered(&error, &["ExecutionAlreadyExists"]) => {
            let earlier = step_functions.describe(procedure, &name).await?;
            return repeated(&earlier.ok_or_else(|| HttpProblem::from(error))?, &input);
        }
        other => other?,
    };
    tracing::info!(caller, execution = started.id, "has started a run");
    let location = path(procedure, &started.name);
    Ok(Response { status: 201, body: summary(&started), location: Some(location) })
}

/// A start that is repeated is answered with the run that it has started.
fn repeated(earlier: &Execution, input: &Value) -> Result<Response, HttpProblem> {
    let location = path(earlier.procedure, &earlier.name);
    if earlier.input.as_ref() == Some(input) {
        return Ok(Response { status: 200, body: summary(earlier), location: Some(location) });
    }
    let detail = format!("{} was started with another plan, or by another person", earlier.name);
    Err(HttpProblem::conflict(detail).with_execution(location))
}

/// Two runs of one fleet cannot both go on; Check Readiness refuses the second. Where the same servers are asked for in
/// the same words, it is told at once.
async fn alone(step_functions: &dyn StepFunctions, plan: &Plan) -> Result<(), HttpProblem> {
    for procedure in [Procedure::Drill, Procedure::Failback] {
        let running = step_functions.list(procedure, Some(ExecutionStatus::Running), 100, None).await?;
        for execution in running.executions {
            let Some(other) = step_functions.describe(procedure, &execution.name).await? else { continue };
            let other = other.input.as_ref().and_then(|input| Plan::read(input).ok());
            if other.is_some_and(|other| other.regions == plan.regions && other.servers == plan.servers) {
                let detail = format!(
                    "a {procedure} of the same servers is running: wait until {}/{} has ended, or stop it",
                    collection(procedure),
                    execution.name
                );
                return Err(HttpProblem::conflict(detail).with_execution(path(procedure, &execution.name)));
            }
        }
    }
    Ok(())
}

/// Such as `drill-shop-failback-20261102T080000123Z`.
fn name(procedure: Procedure, plan: &Plan, now: Timestamp) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let plan: String = plan.name.chars().map(word).take(40).collect();
    let now: String = now.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{procedure}-{}-{now}", plan.trim_matches('-'))
}
