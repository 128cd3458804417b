//! Before anything changes: reads the plan and the world, and says everything that stands in the way, at once, each
//! with its remedy. Blockers end the run here, and nothing has changed. Warnings go into the answer.
//!
//! It also decides which servers the run is about, and adopts what an earlier run, or a person, has done already.

mod checks;
mod facts;
mod finding;
mod servers;

use failback_core::cloud::Cloud;
use failback_core::fleet::{Fleet, count};
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::run::Run;
use failback_core::step;
use failback_core::timestamp::Timestamp;
use failback_core::{Error, ErrorName, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use facts::Facts;
pub use finding::{Finding, Severity};

/// The step's name.
pub const NAME: &str = "check-readiness";

/// What the state machine hands to this step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Input {
    /// Which machine runs.
    pub procedure: Procedure,
    /// The execution's input, as it came.
    pub plan: Value,
    /// Which execution it is.
    pub execution: Execution,
}

/// Which execution runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Execution {
    /// Its ARN.
    pub id: String,
    /// When it was started.
    pub started: Timestamp,
}

/// What this step answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// In one sentence.
    pub summary: String,
    /// What does not stand in the way, but should be known.
    pub warnings: Vec<Finding>,
    /// The run.
    pub run: Run,
    /// The ledger.
    pub fleet: Fleet,
    /// How many waves there are.
    pub waves: usize,
    /// True when an interrupted drill left something half cleaned up: it is cleaned up, and nothing else is done.
    pub leftover: bool,
}

/// Answers one call of the state machine.
///
/// # Errors
/// `InvalidPlan` with every problem of the plan; `NotReady` with everything that stands in the way; those of AWS.
pub async fn handle(cloud: &dyn Cloud, payload: Value, _deadline: Timestamp) -> Result<Value> {
    let input: Input = step::read(payload, NAME)?;
    let plan = Plan::read(&input.plan)
        .map_err(|problems| Error::new(ErrorName::InvalidPlan, problems.to_string()))?;
    let run = Run {
        id: input.execution.id,
        procedure: input.procedure,
        started: input.execution.started,
        plan,
        traffic_moved_by_hand: false,
    };
    let output = check(cloud, run).await?;
    serde_json::to_value(output).map_err(|error| Error::internal(error.to_string()))
}

async fn check(cloud: &dyn Cloud, run: Run) -> Result<Output> {
    let mut findings = checks::before_reading(&run);
    let Some(mut facts) = Facts::of_regions(cloud, &run, &mut findings).await? else {
        return Err(finding::stand_in_the_way(&findings));
    };
    let fleet = servers::find(&run, &facts, &mut findings);
    facts.read_of_fleet(cloud, &run, &fleet).await?;
    checks::all(&run, &facts, &fleet, &mut findings);
    if findings.iter().any(|finding| finding.severity == Severity::Blocker) {
        return Err(finding::stand_in_the_way(&findings));
    }
    let away = fleet.pending().count();
    let home = fleet.servers.len() - away;
    let summary = format!(
        "{}{} in {}; {}",
        count(away, "server"),
        if home == 0 { String::new() } else { format!(" ({home} more are home already)") },
        count(run.plan.wave_names().len(), "wave"),
        count(findings.len(), "warning")
    );
    let leftover = run.procedure == Procedure::Drill && servers::is_leftover(&facts, &fleet);
    let waves = run.plan.wave_names().len();
    Ok(Output { summary, warnings: findings, run, fleet, waves, leftover })
}

#[cfg(test)]
mod tests;
