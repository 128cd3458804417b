//! Other executions: of two that mean the same server, the one that began first goes on.

use std::collections::BTreeSet;

use failback_core::fleet::Fleet;
use failback_core::fleet::listed;
use failback_core::plan::Plan;
use failback_core::run::Run;

use crate::facts::Facts;
use crate::finding::{Finding, Findings};

pub(crate) fn check(run: &Run, facts: &Facts, fleet: &Fleet, findings: &mut Vec<Finding>) {
    for other in facts.executions.iter().filter(|other| other.id != run.id) {
        // Of two that began in the same millisecond, the name decides: both must come to the same answer.
        if (other.started, &other.id) > (run.started, &run.id) {
            continue;
        }
        // An execution whose plan cannot be read ends at its own readiness check.
        let Ok(plan) = Plan::read(&other.input) else { continue };
        if plan.regions != run.plan.regions {
            continue;
        }
        let fleet_ids: BTreeSet<_> = fleet.servers.iter().map(|server| &server.b1).collect();
        let shared = facts.recovery_servers.iter().filter(|b1| fleet_ids.contains(&b1.id));
        let shared: Vec<&str> =
            shared.filter(|b1| plan.means(&b1.id, &b1.tags)).map(|b1| b1.id.as_str()).collect();
        if !shared.is_empty() {
            findings.block(
                listed(shared),
                format!(
                    "a {} that began {} is at work on these servers: {}",
                    other.procedure, other.started, other.id
                ),
                "Wait until it has ended, or stop it; then start again with the same plan",
            );
        }
    }
}
