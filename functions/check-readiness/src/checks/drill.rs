//! Checks for a drill only: nothing that it terminates at its end may be production.

use failback_core::Result;
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
        findings.block(
            run.source().as_str(),
            "DRS launches into the source instance here: a drill would stop and overwrite A1",
            "Turn off `launch into source instance` in the Region's default launch settings for drills",
        );
    }
    isolated(run, servers, findings);
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
        findings.block(
            "$.drill.network.subnetId",
            format!("original servers use {}", network.subnet_id),
            "Name an isolated subnet: two servers with the same name would share this one",
        );
    }
}

fn unrecovered(run: &Run, facts: &Facts, server: &Found<'_>, findings: &mut Vec<Finding>) {
    if server.a2.is_some() {
        // An interrupted drill of this server must be cleaned up.
        return;
    }
    if !run.plan.drill.launch_recovered_servers {
        findings.block(
            &server.name,
            "it has no recovered server (B2) to drill with",
            "Set drill.launchRecoveredServers, or launch a drill of it in the DRS console",
        );
    } else if !a1_runs(server) {
        findings.block(
            &server.name,
            "A1 does not run, so production may be elsewhere",
            "Drill when production runs in the source Region, or keep the recovered servers",
        );
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
        findings.block(
            &server.name,
            format!(
                "a failback has left B3 {}, which another launch of B1 would terminate or overwrite",
                b2.instance
            ),
            "Leave the server out of the drill. Delete B2 in the DRS console, without terminating it",
        );
        return;
    }
    let settings = facts.launch_configurations.get(&server.b1);
    if let Some(existing) = settings.and_then(|settings| settings.launch_into.as_ref()) {
        findings.block(
            &server.name,
            format!("B1 would be launched into {existing}: the drill would overwrite it, and then terminate it"),
            "Leave the server out of the drill, or clear the instance to launch into in B1's launch settings until the \
             drill has ended",
        );
        return;
    }
    let template = facts.launch_templates.get(&server.b1);
    let Some(subnet) = template.and_then(|version| version.subnet.as_ref()) else {
        findings.block(
            &server.name,
            "B3, a copy of production, would start in the default subnet, as B1's launch template names none",
            "Name a subnet in B1's launch template, and then in $.drill.recoveredSubnetIds",
        );
        return;
    };
    if !run.plan.drill.recovered_subnet_ids.contains(subnet) {
        findings.block(
            &server.name,
            format!("B3, a copy of production, would start where a recovery would, in {subnet}"),
            "Make sure that nothing which production uses can be reached from there, because B3's jobs and services start \
             with it. Then add the subnet to $.drill.recoveredSubnetIds",
        );
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
    let name = &server.name;
    if existed_before(server, b2, &facts.launch_configurations)? {
        findings.block(
            name,
            format!(
                "B3 {} existed before B1 was launched into it, and the drill's clean-up terminates B3",
                b2.instance
            ),
            "Set drill.keepRecoveredServers to rehearse without touching B3",
        );
        return Ok(());
    }
    let of_an_earlier_drill = server.live().is_of_a_drill(b2)?;
    if drill.launch_recovered_servers && !of_an_earlier_drill {
        findings.block(
            name,
            format!("B1 has the live recovery instance {}, which DRS would terminate", b2.id),
            "Set drill.launchRecoveredServers to false and drill with it, or terminate it in the DRS console",
        );
        return Ok(());
    }
    let keep = "Set drill.keepRecoveredServers to rehearse without touching B3";
    if !a1_runs(server) {
        findings.block(name, "A1 does not run, so B3 may be production", keep);
    }
    if server.live().is_pointed_at(&b2.instance)? {
        findings.block(name, "a record of the plan points at B3, so it may be production", keep);
    }
    if !is_disposable(run, server, b2)? {
        let is_marked = if b2.is_drill {
            "no record shows that B3 is a drill's"
        } else {
            "B3 was not launched as a drill"
        };
        findings.block(
            name,
            format!("{is_marked}, so it may be production"),
            "Set drill.keepRecoveredServers, or drill.recoveredServersAreDisposable if it is not needed",
        );
    }
    Ok(())
}

/// Reports an A2 that a failback or a person created before the drill.
fn reversed(run: &Run, server: &Found<'_>, findings: &mut Vec<Finding>) {
    let Some(a2) = server.a2 else { return };
    if procedure(a2) == Some(Procedure::Failback.as_str()) {
        findings.block(
            &server.name,
            "a failback of it was started and has not finished",
            "Start the failback again and let it end; a drill would clean up what it made",
        );
    } else if !is_of_a_drill(a2) && !run.plan.drill.keep_recovered_servers {
        findings.warn(
            &server.name,
            format!("replication is reversed already, and the drill's clean-up deletes {}", a2.id),
            "Set drill.keepRecoveredServers if B3 is to stay protected",
        );
    }
}

/// Refuses a live A3 that no drill launched: its A4 may be production, and a drill would validate and terminate it.
fn launched(server: &Found<'_>, findings: &mut Vec<Finding>) -> Result<()> {
    let Some(a3) = server.chain().a3.candidate() else { return Ok(()) };
    let job = server.live().source_job_of(a3)?;
    if !job.is_some_and(|job| made_by_a_drill(&job.tags)) {
        findings.block(
            &server.name,
            format!("A4 {} runs, and no drill launched it: it may be production", a3.instance),
            "Drill after the failback that launched it has ended; if clients do not use it, terminate it in the DRS \
             console",
        );
    }
    Ok(())
}

fn a1_runs(server: &Found<'_>) -> bool {
    server.a1.is_some_and(|a1| a1.state == InstanceState::Running)
}
