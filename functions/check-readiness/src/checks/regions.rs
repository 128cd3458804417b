//! Checks of the Regions: templates, networks, quotas.

use std::collections::BTreeMap;

use failback_core::Result;
use failback_core::catalogue::fact;
use failback_core::id::SubnetId;
use failback_core::message::count;
use failback_core::plan::{Network, Plan};
use failback_core::procedure::Procedure;
use failback_core::run::Run;

use crate::facts::{Facts, Found};
use crate::finding::{Finding, Findings};

pub(crate) fn check(
    run: &Run,
    facts: &Facts,
    servers: &[Found<'_>],
    findings: &mut Vec<Finding>,
) -> Result<()> {
    staging(run, facts, findings);
    match named_subnet(run.procedure, &run.plan) {
        Some((path, subnet)) => launch_subnet(run, facts, servers, path, subnet, findings),
        None => beside_originals(run, facts, servers, findings),
    }
    replicating(run, facts, servers, findings);
    jobs(run, facts, findings)
}

/// Checks the staging subnets. Templates outlive the VPCs that they name, and a stale subnet shows only as a stall
/// (drs-facts §9).
fn staging(run: &Run, facts: &Facts, findings: &mut Vec<Finding>) {
    let region = run.source();
    for template in &facts.source_templates {
        let Some(subnet) = &template.staging_subnet else { continue };
        match facts.subnets.get(subnet) {
            None => findings.block(region.as_str(), fact::staging_subnet_is_missing(subnet)),
            Some(subnet) if subnet.free_addresses == 0 => {
                findings.block(region.as_str(), fact::staging_subnet_is_full(&subnet.id));
            }
            Some(_) => {}
        }
    }
}

/// Returns the subnet of A4 with its place in the plan, where the plan names one.
fn named_subnet(procedure: Procedure, plan: &Plan) -> Option<(&'static str, &SubnetId)> {
    match (procedure, &plan.drill.network, &plan.launch.network) {
        (Procedure::Drill, Some(isolated), _) => Some(("$.drill.network.subnetId", &isolated.subnet_id)),
        (Procedure::Failback, _, Network::Named(named)) => {
            Some(("$.launch.network.subnetId", &named.subnet_id))
        }
        (Procedure::Drill, None, _) | (Procedure::Failback, _, Network::LikeSource) => None,
    }
}

fn launch_subnet(
    run: &Run,
    facts: &Facts,
    servers: &[Found<'_>],
    path: &str,
    subnet: &SubnetId,
    findings: &mut Vec<Finding>,
) {
    let needed = to_launch(servers).count();
    match facts.subnets.get(subnet) {
        None => findings.block(path, fact::subnet_is_missing(subnet, run.source())),
        Some(found) if (found.free_addresses as usize) < needed => findings.block(
            path,
            fact::subnet_is_too_small(subnet, free(found.free_addresses), count(needed, "server")),
        ),
        Some(_) => {}
    }
}

/// Checks the subnets of A1 if the plan names none: A4 is launched there, and A1 keeps its addresses until the end.
fn beside_originals(run: &Run, facts: &Facts, servers: &[Found<'_>], findings: &mut Vec<Finding>) {
    if run.plan.launch.into_source {
        return;
    }
    let mut needed: BTreeMap<&SubnetId, usize> = BTreeMap::new();
    for a1 in to_launch(servers).filter_map(|server| server.a1) {
        if let Some(subnet) = &a1.subnet {
            *needed.entry(subnet).or_default() += 1;
        }
    }
    for (subnet, needed) in needed {
        let Some(free_addresses) = facts.subnets.get(subnet).map(|found| found.free_addresses) else {
            continue;
        };
        if (free_addresses as usize) < needed {
            findings.block(
                subnet.as_str(),
                fact::originals_subnet_is_too_small(free(free_addresses), count(needed, "server")),
            );
        }
    }
}

fn free(addresses: u32) -> String {
    if addresses == 1 { "1 free address".to_owned() } else { format!("{addresses} free addresses") }
}

fn to_launch<'s, 'f>(servers: &'s [Found<'f>]) -> impl Iterator<Item = &'s Found<'f>> {
    servers.iter().filter(|server| server.a3.is_none())
}

/// Checks the quota of the source Region, towards which every A2 counts.
fn replicating(run: &Run, facts: &Facts, servers: &[Found<'_>], findings: &mut Vec<Finding>) {
    let running = facts.live.drs().source_servers().filter(|server| server.replication.is_running()).count();
    let new = servers.iter().filter(|server| server.a2.is_none()).count();
    let quota = facts.source_quotas.replicating_servers;
    if running + new > quota {
        findings.block(
            run.source().as_str(),
            fact::replication_quota(count(running, "source server"), new, quota),
        );
    }
}

fn jobs(run: &Run, facts: &Facts, findings: &mut Vec<Finding>) -> Result<()> {
    let regions = [
        (run.source(), facts.live.source_jobs()?, facts.source_quotas),
        (run.recovery(), facts.live.recovery_jobs()?, facts.recovery_quotas),
    ];
    for (region, jobs, quotas) in regions {
        let active = jobs.iter().filter(|job| job.is_active()).count();
        if active >= quotas.concurrent_jobs {
            findings.warn(region.as_str(), fact::jobs_quota(count(active, "job")));
        }
    }
    Ok(())
}
