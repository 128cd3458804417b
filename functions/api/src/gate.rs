//! Answers the gate that waits, and stops a run.

use failback_core::procedure::Procedure;
use failback_core::step_functions::{Execution, ExecutionStatus, HistoryEvent, StepFunctions, gate_token};
use serde_json::{Value, json};

use crate::Answer;
use crate::event::Request;
use crate::problem::{Problem, answered};
use crate::show;

/// A gate that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gate {
    /// Its state.
    pub(crate) state: String,
    /// What people were asked.
    pub(crate) question: String,
    token: String,
}

/// The gate at which a run waits. `history` has the newest first: anything newer than the question is its answer.
pub(crate) fn waiting(history: &[HistoryEvent]) -> Option<Gate> {
    let HistoryEvent::Scheduled { resource, parameters } = history.first()? else { return None };
    if !resource.ends_with(".waitForTaskToken") {
        return None;
    }
    let state = history.iter().find_map(|happened| match happened {
        HistoryEvent::Entered { state, .. } => Some(state.clone()),
        _ => None,
    })?;
    let arguments: Value = serde_json::from_str(parameters).ok()?;
    let token = gate_token(&arguments)?;
    // The paragraphs that follow the question say how to answer at a terminal.
    let question = arguments["Message"].as_str()?.split("\n\n").next().unwrap_or_default();
    Some(Gate { state, question: question.to_owned(), token: token.to_owned() })
}

/// `POST /failbacks/NAME/approve`
pub(crate) async fn approve(
    step_functions: &dyn StepFunctions,
    request: &Request,
    name: &str,
    caller: &str,
) -> Result<Answer, Problem> {
    request.parameters([])?;
    let body = body(request, &["gate"])?;
    let (execution, gate) = gate(step_functions, name, body.as_ref()).await?;
    let sent = step_functions.approve(&gate.token, &json!({ "approved": true, "by": caller })).await;
    decided(sent, &execution, &gate)?;
    tracing::info!(caller, execution = execution.id, gate = gate.state, "has approved");
    Ok(Answer::ok(json!({ "gate": gate.state, "approved": true, "by": caller })))
}

/// `POST /failbacks/NAME/reject`
pub(crate) async fn reject(
    step_functions: &dyn StepFunctions,
    request: &Request,
    name: &str,
    caller: &str,
) -> Result<Answer, Problem> {
    request.parameters([])?;
    let body = body(request, &["gate", "reason"])?;
    let reason = reason(body.as_ref())?;
    let (execution, gate) = gate(step_functions, name, body.as_ref()).await?;
    let cause = format!("{caller} said no: {reason}");
    decided(step_functions.refuse(&gate.token, "Failback.Refused", &cause).await, &execution, &gate)?;
    tracing::info!(caller, execution = execution.id, gate = gate.state, reason, "has rejected");
    Ok(Answer::ok(json!({ "gate": gate.state, "approved": false, "by": caller, "reason": reason })))
}

/// `POST /drills/NAME/stop`
pub(crate) async fn stop(
    step_functions: &dyn StepFunctions,
    request: &Request,
    procedure: Procedure,
    name: &str,
    caller: &str,
) -> Result<Answer, Problem> {
    request.parameters([])?;
    let body = body(request, &["reason"])?;
    let reason = reason(body.as_ref())?;
    let execution = show::running(step_functions, procedure, name).await?;
    step_functions.stop(&execution.id, "Failback.Stopped", &format!("{caller} stopped it: {reason}")).await?;
    tracing::info!(caller, execution = execution.id, reason, "has stopped a run");
    let next = format!(
        "AWS goes on with what was begun. Start the {procedure} again with the same plan: it carries on from there"
    );
    Ok(Answer::ok(json!({ "status": "ABORTED", "by": caller, "reason": reason, "next": next })))
}

/// An object, in which nothing is unknown; or nothing.
fn body(request: &Request, known: &[&str]) -> Result<Option<Value>, Problem> {
    let Some(body) = request.json()? else { return Ok(None) };
    let object = body.as_object().ok_or_else(|| Problem::bad("the body is not a JSON object"))?;
    if let Some(unknown) = object.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(Problem::bad(format!("`{unknown}` is not known here; known are {}", known.join(", "))));
    }
    if let Some((name, _)) = object.iter().find(|(_, value)| !value.is_string()) {
        return Err(Problem::bad(format!("`{name}` is not a text")));
    }
    Ok(Some(body))
}

fn reason(body: Option<&Value>) -> Result<String, Problem> {
    let reason = body.and_then(|body| body["reason"].as_str()).map(str::trim).unwrap_or_default();
    if (1..=1_000).contains(&reason.len()) {
        Ok(reason.to_owned())
    } else {
        Err(Problem::bad("`reason` is not 1 to 1000 characters long: it goes into the run's report"))
    }
}

/// The gate that waits. Who says which one is meant does not answer another by mistake.
async fn gate(
    step_functions: &dyn StepFunctions,
    name: &str,
    body: Option<&Value>,
) -> Result<(Execution, Gate), Problem> {
    let execution = show::running(step_functions, Procedure::Failback, name).await?;
    let gate = waiting(&step_functions.history(&execution.id).await?)
        .ok_or_else(|| Problem::conflict(format!("{name} waits at no gate")))?;
    let meant = body.and_then(|body| body["gate"].as_str());
    if meant.is_some_and(|meant| meant != gate.state) {
        return Err(Problem::conflict(format!(
            "{name} waits at `{}`, and not at the gate you mean",
            gate.state
        )));
    }
    Ok((execution, gate))
}

/// Between the look and the answer somebody else may have answered, or time may have run out.
fn decided(sent: failback_core::Result<()>, execution: &Execution, gate: &Gate) -> Result<(), Problem> {
    match sent {
        Err(error) if answered(&error, &["InvalidToken", "TaskDoesNotExist", "TaskTimedOut"]) => {
            let what = format!(
                "{} of {} was answered by somebody else, or its time is up",
                gate.state, execution.name
            );
            Err(Problem::conflict(what))
        }
        other => Ok(other?),
    }
}

impl Gate {
    /// For those who look.
    pub(crate) fn shown(&self) -> Value {
        json!({ "state": self.state, "question": self.question })
    }
}

/// True while a run can be answered or stopped.
pub(crate) fn goes_on(execution: &Execution) -> bool {
    execution.status == ExecutionStatus::Running
}
