//! The checks. Each adds its findings, and none prevents another.

mod drill;
mod failback;
mod others;
mod protected;
mod regions;
mod servers;

use failback_core::Result;
use failback_core::catalogue::fact;
use failback_core::fleet::Fleet;
use failback_core::message::count;
use failback_core::payload;
use failback_core::plan::SERVERS_MAX;
use failback_core::procedure::Procedure;
use failback_core::run::Run;

pub(crate) use failback::too_old;
pub(crate) use protected::{original, recovered};
pub(crate) use servers::lacks_original;

use crate::facts::{Facts, Found};
use crate::finding::{Finding, Findings, merged};

/// Checks the plan alone.
pub(crate) fn before_reading(run: &Run) -> Vec<Finding> {
    let mut findings = Vec::new();
    if run.procedure == Procedure::Drill && run.plan.drill.network.is_none() {
        findings.block("$.drill.network", fact::drill_has_no_network());
    }
    if run.freezes_by_hook() && run.hook.is_none() {
        findings.block("$.cutover.freeze", fact::stack_has_no_hook());
    }
    findings
}

/// Checks the facts that were read.
pub(crate) fn all(
    run: &Run,
    facts: &Facts,
    fleet: &Fleet,
    servers: &[Found<'_>],
    findings: &mut Vec<Finding>,
) -> Result<()> {
    size(run, fleet, findings);
    regions::check(run, facts, servers, findings)?;
    servers::check(run, facts, servers, findings)?;
    servers::check_records(run, facts, fleet, findings)?;
    others::check(run, facts, fleet, findings);
    protected::check(run, facts, servers, findings)?;
    match run.procedure {
        Procedure::Drill => drill::check(run, facts, servers, findings)?,
        Procedure::Failback => {
            failback::check_plan(run, findings);
            failback::check(run, facts, fleet, servers, findings)?;
        }
    }
    *findings = merged(std::mem::take(findings));
    Ok(())
}

fn size(run: &Run, fleet: &Fleet, findings: &mut Vec<Finding>) {
    let servers = fleet.servers.len();
    if servers == 0 {
        findings.block("$.servers", fact::plan_chooses_nothing(run.recovery()));
    }
    if servers > SERVERS_MAX {
        findings.block("$.servers", fact::plan_chooses_too_many(count(servers, "server"), SERVERS_MAX));
    }
    let bytes = payload::largest(&run.plan, fleet.servers.iter().map(|server| server.name.as_str()));
    if servers <= SERVERS_MAX && bytes > payload::BYTES_MAX {
        findings
            .block("the plan", fact::plan_is_too_large(bytes, count(servers, "server"), payload::BYTES_MAX));
    }
    if servers > 0 && fleet.pending().next().is_none() {
        findings.warn("the fleet", fact::all_failed_back());
    }
}
