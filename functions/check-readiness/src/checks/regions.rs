//! What both Regions must offer: templates, networks, quotas.

use std::collections::BTreeMap;

use failback_core::fleet::Fleet;
use failback_core::id::SubnetId;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::run::Run;

use crate::facts::Facts;
use crate::finding::{Finding, Findings};

pub(crate) fn check(run: &Run, facts: &Facts, fleet: &Fleet, findings: &mut Vec<Finding>) {
    staging(run, facts, findings);
    launch_subnet(run, facts, fleet, findings);
    replicating(run, facts, fleet, findings);
    jobs(run, facts, findings);
}

/// Templates outlive the VPCs they name: a stale staging subnet shows only as a stall (drs-facts §9).
fn staging(run: &Run, facts: &Facts, findings: &mut Vec<Finding>) {
    let region = run.source();
    for template in &facts.source_templates {
        let Some(subnet) = &template.staging_subnet else { continue };
        match facts.subnets.get(subnet) {
            None => findings.block(
                region.as_str(),
                format!("the replication template's staging subnet {subnet} does not exist"),
                "Name an existing subnet in the Region's default replication settings",
            ),
            Some(subnet) if subnet.free_addresses == 0 => findings.block(
                region.as_str(),
                format!("the staging subnet {} has no free address", subnet.id),
                "Free addresses, or name a larger subnet in the default replication settings",
            ),
            Some(_) => {}
        }
    }
}

fn launch_subnet(run: &Run, facts: &Facts, fleet: &Fleet, findings: &mut Vec<Finding>) {
    let Some((path, subnet)) = named_subnet(run.procedure, &run.plan) else {
        return beside_originals(run, facts, fleet, findings);
    };
    let needed = fleet.pending().filter(|server| server.a3.is_none()).count();
    match facts.subnets.get(subnet) {
        None => findings.block(
            path,
            format!("{subnet} does not exist in {}", run.source()),
            "Name a subnet of the source Region",
        ),
        Some(found) if (found.free_addresses as usize) < needed => findings.block(
            path,
            format!("{subnet} has {} free addresses for {needed} servers", found.free_addresses),
            "Name a larger subnet",
        ),
        Some(_) => {}
    }
}

/// Where the plan names no subnet, A4 goes where A1 is, and A1 keeps its addresses until the end.
fn beside_originals(run: &Run, facts: &Facts, fleet: &Fleet, findings: &mut Vec<Finding>) {
    if run.plan.launch.into_source {
        return;
    }
    let mut needed: BTreeMap<&SubnetId, usize> = BTreeMap::new();
    for server in fleet.pending().filter(|server| server.a3.is_none()) {
        let a1 = server.a1.as_ref().and_then(|a1| facts.instances.get(a1));
        if let Some(subnet) = a1.and_then(|a1| a1.subnet.as_ref()) {
            *needed.entry(subnet).or_default() += 1;
        }
    }
    for (subnet, needed) in needed {
        let found = facts.subnets.get(subnet);
        if let Some(found) = found.filter(|found| (found.free_addresses as usize) < needed) {
            findings.block(
                subnet.as_str(),
                format!(
                    "it has {} free addresses for {needed} servers beside the originals",
                    found.free_addresses
                ),
                "Free addresses, or name a larger subnet in $.launch.network",
            );
        }
    }
}

fn named_subnet(procedure: Procedure, plan: &Plan) -> Option<(&'static str, &SubnetId)> {
    match procedure {
        Procedure::Drill => {
            plan.drill.network.as_ref().map(|network| ("$.drill.network.subnetId", &network.subnet_id))
        }
        Procedure::Failback => {
            plan.launch.network.subnet_id.as_ref().map(|subnet| ("$.launch.network.subnetId", subnet))
        }
    }
}

/// Every A2 counts towards the quota of the source Region.
fn replicating(run: &Run, facts: &Facts, fleet: &Fleet, findings: &mut Vec<Finding>) {
    let now = facts.source_servers.iter().filter(|server| server.replication.is_running()).count();
    let new = fleet.pending().filter(|server| server.a2.is_none()).count();
    let quota = facts.source_quotas.replicating_servers;
    if now + new > quota {
        findings.block(
            run.source().as_str(),
            format!("{now} servers replicate and {new} more would, with a quota of {quota} (L-C1D14A2B)"),
            "Ask for a higher quota, or split the plan",
        );
    }
}

fn jobs(run: &Run, facts: &Facts, findings: &mut Vec<Finding>) {
    let both = [
        (run.source(), &facts.source_jobs, facts.source_quotas),
        (run.recovery(), &facts.recovery_jobs, facts.recovery_quotas),
    ];
    for (region, jobs, quotas) in both {
        let active = jobs.iter().filter(|job| job.is_active()).count();
        if active >= quotas.concurrent_jobs {
            findings.warn(
                region.as_str(),
                format!("{active} jobs run, as many as DRS allows (L-D88FAC3A)"),
                "The run waits for them",
            );
        }
    }
}
