//! Lists runs, and shows one: where it is, why it waits, which servers, what came of it.

use failback_core::procedure::Procedure;
use failback_core::step_functions::{Execution, ExecutionStatus, HistoryEvent, StepFunctions};
use serde_json::{Map, Value, json};

use crate::Answer;
use crate::event::Request;
use crate::gate::{self, waiting};
use crate::problem::{Problem, answered};
use crate::route::path;

/// Runs in one page, if the caller does not say.
const LIMIT: u16 = 20;

/// Runs in one page at most.
const LIMIT_MAX: u16 = 100;

/// `GET /drills`
pub(crate) async fn list(
    step_functions: &dyn StepFunctions,
    request: &Request,
    procedure: Procedure,
) -> Result<Answer, Problem> {
    let [status, limit, after] = request.parameters(["status", "limit", "after"])?;
    let status = status
        .map(|text| {
            let known = ExecutionStatus::ALL.map(ExecutionStatus::as_str).join(", ");
            ExecutionStatus::parse(&text)
                .ok_or_else(|| Problem::bad(format!("`{text}` is no status; known are {known}")))
        })
        .transpose()?;
    let limit = match limit {
        None => LIMIT,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=LIMIT_MAX).contains(limit))
            .ok_or_else(|| Problem::bad(format!("`limit` is not a number from 1 to {LIMIT_MAX}")))?,
    };
    let page = step_functions.list(procedure, status, limit, after.as_deref()).await;
    let page = page.map_err(|error| {
        if answered(&error, &["InvalidToken"]) {
            Problem::bad("`after` is no end of a page, or an old one")
        } else {
            Problem::from(error)
        }
    })?;
    let runs: Vec<Value> = page.executions.iter().map(summary).collect();
    let mut body = json!({ "runs": runs });
    if let Some(next) = page.next {
        body["after"] = Value::String(next);
    }
    Ok(Answer::ok(body))
}

/// A run in a few words.
pub(crate) fn summary(execution: &Execution) -> Value {
    let mut shown = Map::new();
    shown.insert("name".into(), json!(execution.name));
    shown.insert("procedure".into(), json!(execution.procedure));
    shown.insert("status".into(), json!(execution.status.as_str()));
    shown.insert("started".into(), json!(execution.started));
    shown.insert("path".into(), json!(path(execution.procedure, &execution.name)));
    shown.insert("execution".into(), json!(execution.id));
    if let Some(stopped) = execution.stopped {
        shown.insert("stopped".into(), json!(stopped));
    }
    Value::Object(shown)
}

/// The run of this name, while it goes on.
pub(crate) async fn running(
    step_functions: &dyn StepFunctions,
    procedure: Procedure,
    name: &str,
) -> Result<Execution, Problem> {
    let execution = described(step_functions, procedure, name).await?;
    if gate::goes_on(&execution) {
        return Ok(execution);
    }
    Err(Problem::conflict(format!("{name} has ended: {}", execution.status.as_str())))
}

async fn described(
    step_functions: &dyn StepFunctions,
    procedure: Procedure,
    name: &str,
) -> Result<Execution, Problem> {
    let found = step_functions.describe(procedure, name).await?;
    found.ok_or_else(|| Problem::not_found(format!("no {procedure} is called `{name}`")))
}

/// `GET /drills/NAME`
pub(crate) async fn one(
    step_functions: &dyn StepFunctions,
    procedure: Procedure,
    name: &str,
) -> Result<Answer, Problem> {
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
        body["gate"] = waiting(&history).map_or(Value::Null, |gate| gate.shown());
        body["waiting"] = why(&history).unwrap_or(Value::Null);
    }
    let report = report(&history);
    body["servers"] = report.map_or_else(|| servers(&history), |report| report["servers"].clone());
    body["report"] = report.cloned().unwrap_or(Value::Null);
    Ok(Answer::ok(body))
}

fn last_entered(history: &[HistoryEvent]) -> Option<(&str, failback_core::timestamp::Timestamp)> {
    history.iter().find_map(|happened| match happened {
        HistoryEvent::Entered { state, at } => Some((state.as_str(), *at)),
        _ => None,
    })
}

/// Why a step waits: the last output of a step, unless something else was begun since.
fn why(history: &[HistoryEvent]) -> Option<Value> {
    let output = history.iter().find_map(|happened| match happened {
        HistoryEvent::Exited { output, .. } if output.get("status").is_some() => Some(output),
        _ => None,
    })?;
    (output["status"] == "waiting").then(|| {
        let shown = ["why", "progress", "waitSeconds"];
        let fields = shown.iter().filter_map(|name| Some(((*name).to_owned(), output.get(*name)?.clone())));
        Value::Object(fields.collect())
    })
}

/// The report, once it is written.
fn report(history: &[HistoryEvent]) -> Option<&Value> {
    history.iter().find_map(|happened| match happened {
        HistoryEvent::Exited { state, output } if state == "Write Report" => Some(output),
        _ => None,
    })
}

/// The servers as the last step left them in the ledger.
fn servers(history: &[HistoryEvent]) -> Value {
    let members = history.iter().find_map(|happened| match happened {
        HistoryEvent::Succeeded(result) => result.pointer("/Payload/fleet/servers"),
        _ => None,
    });
    members.cloned().unwrap_or_else(|| json!([]))
}
