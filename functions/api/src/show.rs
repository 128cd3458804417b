//! Lists runs, and shows one: where it is, why it waits, which servers, what came of it.

use failback_core::procedure::Procedure;
use failback_core::step::Answer;
use failback_core::step_functions::{ExecutionStatus, StepFunctions, last_entered, waiting_gate};
use serde_json::{Value, json};

use crate::Response;
use crate::event::Request;
use crate::execution::{described, summary};
use crate::history::{report, servers, waiting_poll};
use crate::problem::{HttpProblem, answered};

/// Runs in one page, if the caller does not say.
const LIMIT: u16 = 20;

/// Runs in one page at most.
const LIMIT_MAX: u16 = 100;

/// `GET /drills`
pub(crate) async fn list(
    step_functions: &dyn StepFunctions,
    request: &Request,
    procedure: Procedure,
) -> Result<Response, HttpProblem> {
    let [status, limit, after] = request.parameters(["status", "limit", "after"])?;
    let status = match status {
        Some(text) => Some(parse_status(&text)?),
        None => None,
    };
    let limit = match limit {
        Some(text) => parse_limit(&text)?,
        None => LIMIT,
    };
    let page = step_functions.list(procedure, status, limit, after.as_deref()).await;
    let page = page.map_err(|error| {
        if answered(&error, &["InvalidToken"]) {
            HttpProblem::bad("`after` is no end of a page, or an old one")
        } else {
            HttpProblem::from(error)
        }
    })?;
    let runs: Vec<Value> = page.executions.iter().map(summary).collect();
    let mut body = json!({ "runs": runs });
    if let Some(next) = page.next {
        body["after"] = Value::String(next);
    }
    Ok(Response::ok(body))
}

fn parse_status(text: &str) -> Result<ExecutionStatus, HttpProblem> {
    ExecutionStatus::parse(text).ok_or_else(|| {
        let known = ExecutionStatus::ALL.map(ExecutionStatus::as_str).join(", ");
        HttpProblem::bad(format!("`{text}` is not a status; known are {known}"))
    })
}

fn parse_limit(text: &str) -> Result<u16, HttpProblem> {
    match text.parse() {
        Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
        _ => Err(HttpProblem::bad(format!("`limit` is not a number from 1 to {LIMIT_MAX}"))),
    }
}

/// `GET /drills/NAME`
pub(crate) async fn one(
    step_functions: &dyn StepFunctions,
    procedure: Procedure,
    name: &str,
) -> Result<Response, HttpProblem> {
    let execution = described(step_functions, procedure, name).await?;
    let history = step_functions.history(&execution.id).await?;
    let mut body = summary(&execution);
    let input = execution.input.as_ref();
    body["plan"] = input.map_or(Value::Null, |input| input["name"].clone());
    if let Some(by) = input.and_then(|input| input.get("startedBy")) {
        body["startedBy"] = by.clone();
    }
    if let Some((error, cause)) = &execution.failure {
        body["failure"] = json!({ "error": error, "cause": cause });
    }
    if let Some((state, since)) = last_entered(&history) {
        body["step"] = json!({ "state": state, "since": since });
    }
    if execution.status == ExecutionStatus::Running {
        body["gate"] = match waiting_gate(&history) {
            Some(gate) => json!({ "state": gate.state, "question": gate.question }),
            None => Value::Null,
        };
        body["waiting"] = waiting_poll(&history).as_ref().map_or(Value::Null, waiting);
    }
    let report = report(&history);
    body["servers"] = match &report {
        Some(report) => json!(report.servers),
        None => json!(servers(&history)),
    };
    body["report"] = json!(report);
    Ok(Response::ok(body))
}

fn waiting(poll: &Answer) -> Value {
    let mut shown = json!({ "why": poll.why, "waitSeconds": poll.wait_seconds });
    if let Some(progress) = poll.progress {
        shown["progress"] = json!(progress);
    }
    shown
}
