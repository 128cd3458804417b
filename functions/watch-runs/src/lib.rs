//! Between two looks of a person: watches how long a failback has waited for its answer at a gate, and how long ago the last
//! drill succeeded.
//!
//! It reads Step Functions alone, and changes nothing. A schedule calls it, not a state machine. What it answers is logged;
//! the template makes metrics of the two numbers, and an alarm of each. CloudWatch alone could not tell: an alarm looks back
//! seven days at most, and Step Functions has no metric of a task that waits.

use failback_core::catalogue::{Reason, fault, reason};
use failback_core::message::{Reasons, count};
use failback_core::procedure::Procedure;
use failback_core::step::Answer;
use failback_core::step_functions::{Execution, ExecutionStatus, StepFunctions, waiting_gate};
use failback_core::timestamp::Timestamp;
use failback_core::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The name of the crate, and of the function.
pub const NAME: &str = "watch-runs";

/// Days for which Step Functions keeps an execution that has ended: "Execution history retention time" of its quotas.
pub const KEPT_DAYS: u64 = 90;

/// Executions in one page of a list. Few run at a time.
const PAGE: u16 = 100;

/// What the watch has seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Watched {
    /// The answer, which the log shows as it shows those of steps.
    pub answer: Answer,
    /// The minutes for which the gate that has waited longest has waited; 0 if none waits.
    pub gate_minutes: u64,
    /// The days since a drill succeeded; [`KEPT_DAYS`] if Step Functions knows of none.
    pub drill_days: u64,
}

/// Looks at the executions of both machines, whatever the payload is.
///
/// # Errors
/// Those of Step Functions.
pub async fn watch(step_functions: &dyn StepFunctions, _payload: Value, now: Timestamp) -> Result<Value> {
    let mut reasons = Reasons::default();
    let mut gate_minutes = 0;
    for execution in running_failbacks(step_functions).await? {
        if let Some(gate) = waiting_gate(&step_functions.history(&execution.id).await?) {
            let minutes = now.seconds_since(gate.since) / 60;
            gate_minutes = gate_minutes.max(minutes);
            reasons.add(&execution.name, reason::gate_waits(&gate.state, minutes));
        }
    }
    let gates = if reasons.is_empty() { reason::no_gate_waits() } else { Reason::from(&reasons) };
    let drill_days = match last_drill(step_functions).await? {
        Some(last) => KEPT_DAYS.min(now.seconds_since(last) / 86_400),
        None => KEPT_DAYS,
    };
    let drill = match usize::try_from(drill_days) {
        Ok(days) if drill_days < KEPT_DAYS => reason::last_drill(count(days, "day")),
        _ => reason::no_drill_is_known(KEPT_DAYS),
    };
    let answer = Answer::done(&reason::runs_are_watched(gates, drill));
    let watched = Watched { answer, gate_minutes, drill_days };
    serde_json::to_value(watched).map_err(|error| Error::from(fault::cannot_be_written("an answer", error)))
}

async fn running_failbacks(step_functions: &dyn StepFunctions) -> Result<Vec<Execution>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let only = Some(ExecutionStatus::Running);
        let page = step_functions.list(Procedure::Failback, only, PAGE, after.as_deref()).await?;
        found.extend(page.executions);
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// Returns when the newest drill that succeeded ended. Executions are listed by their start, the newest first.
async fn last_drill(step_functions: &dyn StepFunctions) -> Result<Option<Timestamp>> {
    let page = step_functions.list(Procedure::Drill, Some(ExecutionStatus::Succeeded), 1, None).await?;
    Ok(page.executions.first().and_then(|drill| drill.stopped))
}
