//! Before step 1: the readiness check. Reads the plan and the live state, and reports everything that stands in the way
//! at once, each with a remedy. A blocker ends the run before anything has changed; warnings are part of the result.
//!
//! It also decides which servers the run works on, and adopts what an earlier run, or a person, has already done.

mod checks;
mod continued;
mod facts;
mod finding;
mod servers;

use failback_core::Result;
use failback_core::catalogue::fault;
use failback_core::cloud::Cloud;
use failback_core::fleet::Fleet;
use failback_core::message::count;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::run::{Aborted, Run};
use failback_core::step::Handler;
use failback_core::timestamp::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use facts::Facts;
use finding::is_blocked;
pub use finding::{Finding, Severity};

/// The readiness check.
pub struct CheckReadiness;

/// The payload of the readiness check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    /// The procedure of the state machine.
    pub procedure: Procedure,
    /// The execution's input, unchanged.
    pub plan: Value,
    /// The execution.
    pub execution: Execution,
    /// ARN of the stack's hook; empty without one.
    #[serde(default)]
    pub hook: String,
}

/// The calling execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Execution {
    /// The execution's ARN.
    pub id: String,
    /// Start time of the execution.
    pub started: Timestamp,
}

/// The result of a readiness check without blockers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// Servers, waves and warnings in one sentence.
    pub summary: String,
    /// Findings that do not end the run.
    pub warnings: Vec<Finding>,
    /// The first of them, in lines, for the questions at gates; empty if there are none.
    pub notice: String,
    /// The run.
    pub run: Run,
    /// The run's servers.
    pub fleet: Fleet,
    /// Number of waves.
    pub waves: usize,
    /// True when an interrupted drill is partly cleaned up: the run completes the clean-up, and does nothing else.
    pub leftover: bool,
}

impl Handler for CheckReadiness {
    const NAME: &'static str = "check-readiness";
    const PROCEDURES: &'static [Procedure] = &[Procedure::Drill, Procedure::Failback];
    type Input = Input;
    type Output = Output;

    /// # Errors
    /// `InvalidPlan` with every problem of the plan; `NotReady` with every finding; those of AWS.
    async fn handle(cloud: &dyn Cloud, input: Input, _deadline: Timestamp) -> Result<Output> {
        let plan = Plan::read(&input.plan).map_err(fault::plan_is_wrong)?;
        let started = input.execution.started;
        let aborted = plan.abort.clone().map(|reason| Aborted {
            gate: None,
            at: started,
            by: plan.started_by.clone(),
            comment: Some(reason),
        });
        let run = Run {
            id: input.execution.id,
            procedure: input.procedure,
            started,
            began: None,
            plan,
            traffic_moved_by_hand: false,
            clean_up_approved: None,
            frozen: None,
            hook: Some(input.hook).filter(|hook| !hook.is_empty()),
            redrives: 0,
            aborted: aborted.filter(|_| input.procedure == Procedure::Failback),
            again: None,
        };
        check(cloud, run).await
    }
}

async fn check(cloud: &dyn Cloud, mut run: Run) -> Result<Output> {
    let mut findings = checks::before_reading(&run);
    let Some(mut facts) = Facts::of_regions(cloud, &run, &mut findings).await? else {
        return Err(finding::not_ready(&findings));
    };
    let mut fleet = servers::find(&run, facts.live.drs(), &mut findings);
    facts.read_of_fleet(cloud, &run, &fleet).await?;
    let servers = facts.found(&fleet)?;
    checks::all(&run, &facts, &fleet, &servers, &mut findings)?;
    let old = checks::too_old(cloud, &run, &servers, &mut findings)?;
    if is_blocked(&findings) {
        return Err(finding::not_ready(&findings));
    }
    let leftover = servers::is_leftover(&run, &servers);
    let began = continued::began(&run, &servers);
    let redirected = match run.procedure {
        Procedure::Failback => continued::redirected(&run, &facts, &fleet)?,
        Procedure::Drill => None,
    };
    drop(servers);
    run.began = began;
    fleet.redirected = redirected;
    for b1 in old {
        if let Some(server) = fleet.server_mut(&b1) {
            server.replace = server.a3.take();
        }
    }
    let waves = run.plan.wave_names().len();
    let summary = summary(&fleet, waves, findings.len());
    let notice = finding::notice(&findings);
    Ok(Output { summary, notice, warnings: findings, waves, leftover, fleet, run })
}

fn summary(fleet: &Fleet, waves: usize, warnings: usize) -> String {
    let pending = fleet.pending().count();
    let others = match fleet.servers.len() - pending {
        0 => String::new(),
        home => format!(" ({home} more failed back already)"),
    };
    let (servers, waves) = (count(pending, "server"), count(waves, "wave"));
    format!("{servers}{others} in {waves}; {}", count(warnings, "warning"))
}

#[cfg(test)]
mod tests;
