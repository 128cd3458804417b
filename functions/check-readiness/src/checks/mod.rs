//! The checks. Each reads facts and adds findings; none stops another.

mod drill;
mod failback;
mod others;
mod regions;
mod servers;

use failback_core::fleet::Fleet;
use failback_core::plan::SERVERS_MAX;
use failback_core::procedure::Procedure;
use failback_core::run::Run;

use crate::facts::Facts;
use crate::finding::{Finding, Findings, merged};

/// What the plan alone shows, for this procedure.
pub(crate) fn before_reading(run: &Run) -> Vec<Finding> {
    let mut findings = Vec::new();
    if run.procedure == Procedure::Drill && run.plan.drill.network.is_none() {
        findings.block(
            "$.drill.network",
            "a drill needs an isolated network of the source Region",
            "Add \"network\": {\"subnetId\": …, \"securityGroupIds\": […]} to $.drill",
        );
    }
    findings
}

/// Everything else.
pub(crate) fn all(run: &Run, facts: &Facts, fleet: &Fleet, findings: &mut Vec<Finding>) {
    size(run, fleet, findings);
    regions::check(run, facts, fleet, findings);
    servers::check(run, facts, fleet, findings);
    others::check(run, facts, fleet, findings);
    match run.procedure {
        Procedure::Drill => drill::check(run, facts, fleet, findings),
        Procedure::Failback => failback::check(run, facts, fleet, findings),
    }
    *findings = merged(std::mem::take(findings));
}

fn size(run: &Run, fleet: &Fleet, findings: &mut Vec<Finding>) {
    let servers = fleet.servers.len();
    if servers == 0 {
        let message = format!("chooses no source server of {}", run.recovery());
        findings.block(
            "$.servers",
            message,
            "Correct ids or tags; compare with the DRS console of that Region",
        );
    }
    if servers > SERVERS_MAX {
        let message = format!("chooses {servers} servers");
        let remedy = format!("Split the plan: one execution carries at most {SERVERS_MAX}");
        findings.block("$.servers", message, remedy);
    }
    if servers > 0 && fleet.pending().next().is_none() {
        findings.warn("the fleet", "every server is home already", "Nothing is left to do");
    }
}
