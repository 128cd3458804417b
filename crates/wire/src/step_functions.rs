//! Step Functions over JSON 1.0: the running executions, which are all that a step asks for.

use failback_core::cloud::{ExecutionState, RunningExecution};
use failback_core::procedure::Procedure;
use failback_sim::{CallRequest, CallResult, ServiceError, World};
use serde_json::{Value, json};

use crate::paging::Page;
use crate::request::HttpRequest;
use crate::response::{HttpResponse, Reply};

const TARGET: &str = "AWSStepFunctions.";

/// Answers a request to Step Functions.
pub(crate) fn answer(world: &mut World, request: &HttpRequest, most: usize) -> Reply {
    let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let target = request.header("x-amz-target").unwrap_or_default();
    let outcome = match target.strip_prefix(TARGET) {
        Some("ListExecutions") => list(world, &input, most),
        Some("DescribeExecution") => describe(world, &input),
        _ => {
            let message = format!(
                "{target} is not modelled by this simulator. Operations of Step Functions that are: ListExecutions, \
                 DescribeExecution"
            );
            return Reply::Response(error(&ServiceError {
                http: 501,
                ..ServiceError::new("UnsupportedOperationException", message)
            }));
        }
    };
    let ok = |value: Value| HttpResponse {
        content_type: "application/x-amz-json-1.0",
        ..HttpResponse::json(200, &value)
    };
    Reply::of(outcome, ok, |fault| error(&fault))
}

/// Returns an error in the form of awsJson1.0: its name is in the body.
pub(crate) fn error(fault: &ServiceError) -> HttpResponse {
    let body = json!({ "__type": fault.code, "message": fault.message });
    HttpResponse { content_type: "application/x-amz-json-1.0", ..HttpResponse::json(fault.http, &body) }
}

/// Returns the procedure of a machine, by its name: `…:stateMachine:NAME`.
fn procedure(machine: &str) -> Option<Procedure> {
    let name = machine.rsplit(':').next()?.to_ascii_lowercase();
    // Both may be called `drs-failback-…`.
    if name.contains("drill") {
        Some(Procedure::Drill)
    } else {
        name.contains("failback").then_some(Procedure::Failback)
    }
}

/// Returns the machine of an execution, by the execution's ARN. Without an ARN, the machine has the name of the
/// procedure.
fn machine(execution: &RunningExecution, account: &str) -> String {
    let by_arn = execution.id.rsplit_once(':').filter(|(arn, _)| arn.contains(":execution:"));
    by_arn.map_or_else(
        || format!("arn:aws:states:us-east-1:{account}:stateMachine:{}", execution.procedure),
        |(arn, _)| arn.replacen(":execution:", ":stateMachine:", 1),
    )
}

/// Returns the start of an execution in seconds since 1970, as Step Functions writes it.
fn seconds(execution: &RunningExecution) -> f64 {
    execution.started.millis() as f64 / 1_000.0
}

fn list(world: &mut World, input: &Value, most: usize) -> CallResult<Value> {
    let machine = input["stateMachineArn"].as_str().unwrap_or_default().to_owned();
    let running = input["statusFilter"].as_str().is_none_or(|status| status == "RUNNING");
    let page = Page::new(input["maxResults"].as_u64().filter(|&n| n > 0), input["nextToken"].as_str(), most);
    world.call(CallRequest::new("states:ListExecutions", None, [""; 0]), |world| {
        let missing = || {
            ServiceError::new(
                "StateMachineDoesNotExist",
                format!("State Machine Does Not Exist: '{machine}'"),
            )
        };
        let wanted = procedure(&machine).ok_or_else(missing)?;
        let mut found = world.running_executions();
        found.retain(|execution| running && execution.procedure == wanted);
        let (items, next) =
            page.map_err(|fault| ServiceError::new("InvalidToken", fault.message))?.cut(found);
        let shape = |execution: &RunningExecution| {
            json!({
                "executionArn": execution.id,
                "stateMachineArn": machine,
                "name": execution.id.rsplit(':').next(),
                "status": "RUNNING",
                "startDate": seconds(execution),
            })
        };
        let mut body = json!({ "executions": items.iter().map(shape).collect::<Vec<_>>() });
        if let Some(token) = next {
            body["nextToken"] = json!(token);
        }
        Ok(body)
    })
}

fn describe(world: &mut World, input: &Value) -> CallResult<Value> {
    let arn = input["executionArn"].as_str().unwrap_or_default().to_owned();
    world.call(CallRequest::new("states:DescribeExecution", None, [&arn]), |world| {
        let found = world.execution(&arn).map(|(execution, state)| (execution.clone(), state));
        let missing =
            || ServiceError::new("ExecutionDoesNotExist", format!("Execution Does Not Exist: '{arn}'"));
        let (execution, state) = found.ok_or_else(missing)?;
        // The world does not know how an execution ended.
        let status = if state == ExecutionState::Runs { "RUNNING" } else { "FAILED" };
        Ok(json!({
            "executionArn": execution.id,
            "stateMachineArn": machine(&execution, world.account()),
            "name": execution.id.rsplit(':').next(),
            "status": status,
            "startDate": seconds(&execution),
            "input": execution.input.to_string(),
        }))
    })
}
