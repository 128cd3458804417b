//! Checks for a drill only: nothing that it terminates at its end may be production.

use failback_core::Result;
use failback_core::catalogue::fact;
use failback_core::cloud::{InstanceState, RecoveryInstance};
use failback_core::fleet::existed_before;
use failback_core::guard::is_disposable;
use failback_core::procedure::Procedure;
use failback_core::run::Run;
use failback_core::tags::made_by_a_drill;

use crate::facts::{Facts, Found};
use crate::finding::{Finding, Findings};
use crate::servers::{is_leftover, is_of_a_drill, procedure};

pub(crate) fn check(
    run: &Run,
    facts: &Facts,
    servers: &[Found<'_>],
    findings: &mut Vec<Finding>,
) -> Result<()> {
    if facts.launches_into_source {
        findings.block(run.source().as_str(), fact::drill_would_launch_into_a1());
    }
    isolated(run, servers, findings);
    points_at_an_instance(run, servers, findings)?;
    // A run that only cleans up needs no B2: a server that is already cleaned up has none.
    let leftover = is_leftover(run, servers);
    for server in servers {
        match server.b2 {
            Some(b2) => recovered(run, facts, server, b2, findings)?,
            None if leftover => {}
            None => unrecovered(run, facts, server, findings),
        }
        reversed(run, server, findings);
        launched(server, findings)?;
    }
    Ok(())
}

fn isolated(run: &Run, servers: &[Found<'_>], findings: &mut Vec<Finding>) {
    let Some(network) = &run.plan.drill.network else { return };
    let mut originals = servers.iter().filter_map(|server| server.a1);
    if originals.any(|a1| a1.subnet.as_ref() == Some(&network.subnet_id)) {
        findings.block("$.drill.network.subnetId", fact::originals_use_the_subnet(&network.subnet_id));
    }
}

/// Refuses a drill that ends B3 while a record holds an address that is not its server's: the drill could not tell whether
/// B3 is production.
fn points_at_an_instance(run: &Run, servers: &[Found<'_>], findings: &mut Vec<Finding>) -> Result<()> {
    let Some(live) = servers.first().map(|found| found.live()) else { return Ok(()) };
    if run.plan.drill.keep_recovered_servers {
        return Ok(());
    }
    for (record, sets) in run.plan.redirect.records().iter().zip(live.records()?) {
        for value in sets.iter().flat_map(|set| &set.values) {
            if !live.is_known_address(value) {
                findings.block(format!("{} holds {value}", record.name), fact::a_record_is_at_no_instance());
            }
        }
    }
    Ok(())
}

fn unrecovered(run: &Run, facts: &Facts, server: &Found<'_>, findings: &mut Vec<Finding>) {
    if server.a2.is_some() {
        // An interrupted drill of this server must be cleaned up.
        return;
    }
    if !run.plan.drill.launch_recovered_servers {
        findings.block(&server.name, fact::no_b2_to_drill_with());
    } else if !a1_runs(server) {
        findings.block(&server.name, fact::a1_does_not_run());
    } else {
        launched_by_production_settings(run, facts, server, findings);
    }
}

/// Looks at the settings with which DRS launches B1, which are production's own. Only A4 gets the isolated network of the
/// plan.
fn launched_by_production_settings(
    run: &Run,
    facts: &Facts,
    server: &Found<'_>,
    findings: &mut Vec<Finding>,
) {
    if let Some(b2) = facts.live.drs().left_b2(&server.b1) {
        findings.block(server.with(&b2.instance), fact::b3_was_left());
        return;
    }
    let settings = facts.launch_configurations.get(&server.b1);
    if let Some(existing) = settings.and_then(|settings| settings.launch_into.as_ref()) {
        findings.block(server.with(existing), fact::b1_launches_into_an_instance());
        return;
    }
    let template = facts.launch_templates.get(&server.b1);
    let Some(subnet) = template.and_then(|version| version.subnet.as_ref()) else {
        findings.block(&server.name, fact::b3_starts_in_the_default_subnet());
        return;
    };
    if !run.plan.drill.recovered_subnet_ids.contains(subnet) {
        findings.block(&server.name, fact::b3_starts_in_an_unnamed_subnet(subnet));
    }
}

/// Refuses a drill whose clean-up would terminate a B3 that may be production.
fn recovered(
    run: &Run,
    facts: &Facts,
    server: &Found<'_>,
    b2: &RecoveryInstance,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let drill = &run.plan.drill;
    if drill.keep_recovered_servers {
        return Ok(());
    }
    if existed_before(server, b2, &facts.launch_configurations)? {
        findings.block(server.with(&b2.instance), fact::drill_would_end_a_b3_that_existed());
        return Ok(());
    }
    let of_an_earlier_drill = server.live().is_of_a_drill(b2)?;
    if drill.launch_recovered_servers && !of_an_earlier_drill {
        findings.block(server.with(&b2.id), fact::b1_has_a_live_b2());
        return Ok(());
    }
    let name = &server.name;
    if !a1_runs(server) {
        findings.block(name, fact::b3_may_be_production_without_a1());
    }
    if server.live().is_pointed_at(&b2.instance)? {
        findings.block(name, fact::a_record_points_at_b3());
    }
    if !is_disposable(run, server, b2)? {
        let fact = if b2.is_drill { fact::b3_is_not_proven_a_drills() } else { fact::b3_is_no_drills() };
        findings.block(name, fact);
    }
    Ok(())
}

/// Reports an A2 that a failback or a person created before the drill.
fn reversed(run: &Run, server: &Found<'_>, findings: &mut Vec<Finding>) {
    let Some(a2) = server.a2 else { return };
    if procedure(a2) == Some(Procedure::Failback.as_str()) {
        findings.block(&server.name, fact::failback_is_under_way());
    } else if !is_of_a_drill(a2) && !run.plan.drill.keep_recovered_servers {
        findings.warn(server.with(&a2.id), fact::drill_would_delete_a2());
    }
}

/// Refuses a live A3 that no drill launched: its A4 may be production, and a drill would validate and terminate it.
fn launched(server: &Found<'_>, findings: &mut Vec<Finding>) -> Result<()> {
    let Some(a3) = server.chain().a3.candidate() else { return Ok(()) };
    let job = server.live().source_job_of(a3)?;
    if !job.is_some_and(|job| made_by_a_drill(&job.tags)) {
        findings.block(server.with(&a3.instance), fact::no_drill_launched_a4());
    }
    Ok(())
}

fn a1_runs(server: &Found<'_>) -> bool {
    server.a1.is_some_and(|a1| a1.state == InstanceState::Running)
}
