//! Checks of other executions: of two that include the same server, the one that started first continues, and none takes
//! a server from another that has claimed it.

use std::collections::{BTreeMap, BTreeSet};

use failback_core::catalogue::fact;
use failback_core::cloud::RunningExecution;
use failback_core::fleet::Fleet;
use failback_core::message::listed;
use failback_core::plan::Plan;
use failback_core::run::Run;

use crate::facts::Facts;
use crate::finding::{Finding, Findings};

pub(crate) fn check(run: &Run, facts: &Facts, fleet: &Fleet, findings: &mut Vec<Finding>) {
    let mut told = BTreeSet::new();
    for other in facts.executions.iter().filter(|other| goes_first(other, run)) {
        // An execution whose plan cannot be read ends at its own readiness check.
        let Ok(plan) = Plan::read(&other.input) else { continue };
        if plan.regions != run.plan.regions {
            continue;
        }
        let shared = shared_servers(&plan, facts, fleet);
        if !shared.is_empty() {
            findings.block(
                listed(shared),
                fact::another_run_is_at_work(other.procedure, other.started, &other.id),
            );
            told.insert(other.id.as_str());
        }
    }
    claims(run, facts, fleet, findings, &told);
}

/// Finds the servers that another run has claimed, unless that run was found already.
fn claims(run: &Run, facts: &Facts, fleet: &Fleet, findings: &mut Vec<Finding>, told: &BTreeSet<&str>) {
    let mut owned: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let servers = facts.live.servers(fleet);
    for server in &servers {
        // A server that is ambiguous is a finding of its own.
        let claims = server.claims().unwrap_or_default();
        for owner in claims.iter().filter_map(|claim| claim.other(run)).filter(|owner| !told.contains(owner))
        {
            owned.entry(owner).or_default().insert(&server.name);
        }
    }
    for (owner, names) in owned {
        if let Some(obstacle) = facts.owners.obstacle(run, owner) {
            findings.block(listed(names), obstacle.fact(owner));
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
