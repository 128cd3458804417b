//! Checks of other executions: of two that include the same server, the one that started first continues.

use std::collections::BTreeSet;

use failback_core::cloud::RunningExecution;
use failback_core::fleet::Fleet;
use failback_core::message::listed;
use failback_core::plan::Plan;
use failback_core::run::Run;

use crate::facts::Facts;
use crate::finding::{Finding, Findings};

pub(crate) fn check(run: &Run, facts: &Facts, fleet: &Fleet, findings: &mut Vec<Finding>) {
    for other in facts.executions.iter().filter(|other| goes_first(other, run)) {
        // An execution whose plan cannot be read ends at its own readiness check.
        let Ok(plan) = Plan::read(&other.input) else { continue };
        if plan.regions != run.plan.regions {
            continue;
        }
        let shared = shared_servers(&plan, facts, fleet);
        if !shared.is_empty() {
            let (procedure, started, id) = (&other.procedure, other.started, &other.id);
            findings.block(
                listed(shared),
                format!("a {procedure} that started {started} is working on these servers: {id}"),
                "Wait until it has ended, or stop it; then start again with the same plan",
            );
        }
    }
}

/// Returns true when the other execution continues. Of two that started in the same millisecond, the name decides: both
/// must come to the same result.
fn goes_first(other: &RunningExecution, run: &Run) -> bool {
    other.id != run.id && (other.started, &other.id) < (run.started, &run.id)
}

fn shared_servers<'f>(plan: &Plan, facts: &'f Facts, fleet: &Fleet) -> Vec<&'f str> {
    let own: BTreeSet<_> = fleet.servers.iter().map(|server| &server.b1).collect();
    let servers = facts.live.drs().recovery_servers();
    let shared = servers.filter(|b1| own.contains(&b1.id) && plan.means(&b1.id, &b1.tags));
    shared.map(|b1| b1.id.as_str()).collect()
}
