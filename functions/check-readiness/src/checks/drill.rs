//! What a drill alone needs: that nothing it takes down at its end may be production.

use failback_core::cloud::{Instance, InstanceState, RecoveryInstance};
use failback_core::fleet::{Fleet, Server};
use failback_core::procedure::Procedure;
use failback_core::run::{Run, made_by_a_drill, tag};

use crate::facts::Facts;
use crate::finding::{Finding, Findings};
use crate::servers;

pub(crate) fn check(run: &Run, facts: &Facts, fleet: &Fleet, findings: &mut Vec<Finding>) {
    if facts.launches_into_source {
        findings.block(
            run.source().as_str(),
            "DRS launches into the source instance here: a drill would stop and overwrite A1",
            "Turn off `launch into source instance` in the Region's default launch settings for drills",
        );
    }
    isolated(run, facts, fleet, findings);
    // Then the run cleans up, and nothing else: what is cleaned up already has no B2.
    let leftover = servers::is_leftover(facts, fleet);
    for server in fleet.pending() {
        let b2 =
            facts.recovery_instances.iter().find(|b2| Some(&b2.id) == server.b2.as_ref() && b2.is_live());
        match b2 {
            Some(b2) => recovered(run, facts, server, b2, findings),
            None if leftover => {}
            None => unrecovered(run, facts, server, findings),
        }
        reversed(run, facts, server, findings);
    }
}

fn isolated(run: &Run, facts: &Facts, fleet: &Fleet, findings: &mut Vec<Finding>) {
    let Some(network) = &run.plan.drill.network else { return };
    let in_use = fleet.pending().filter_map(|server| facts.instances.get(server.a1.as_ref()?));
    if in_use.into_iter().any(|a1| a1.subnet.as_ref() == Some(&network.subnet_id)) {
        findings.block(
            "$.drill.network.subnetId",
            format!("original servers live in {}", network.subnet_id),
            "Name an isolated subnet: two servers of one name would meet there",
        );
    }
}

fn unrecovered(run: &Run, facts: &Facts, server: &Server, findings: &mut Vec<Finding>) {
    let leftover = server.a2.is_some();
    if !run.plan.drill.launch_recovered_servers && !leftover {
        findings.block(
            &server.name,
            "it has no recovered server (B2) to drill with",
            "Set drill.launchRecoveredServers, or launch a drill of it in the DRS console",
        );
    } else if !runs(facts, server) && !leftover {
        findings.block(
            &server.name,
            "A1 does not run, so production may be elsewhere",
            "Drill when production runs in the source Region, or keep the recovered servers",
        );
    }
}

/// A drill's clean-up terminates B3: refused where B3 may be production.
fn recovered(run: &Run, facts: &Facts, server: &Server, b2: &RecoveryInstance, findings: &mut Vec<Finding>) {
    let drill = &run.plan.drill;
    if drill.keep_recovered_servers {
        return;
    }
    let name = &server.name;
    let of_an_earlier_drill = made_by_a_drill(&b2.tags)
        || facts
            .recovery_jobs
            .iter()
            .any(|job| Some(&job.id) == b2.job.as_ref() && made_by_a_drill(&job.tags));
    if drill.launch_recovered_servers && !of_an_earlier_drill {
        findings.block(
            name,
            format!("B1 has the live recovery instance {}, which DRS would terminate", b2.id),
            "Set drill.launchRecoveredServers to false and drill with it, or terminate it in the DRS console",
        );
        return;
    }
    let keep = "Set drill.keepRecoveredServers to rehearse without touching B3";
    if !runs(facts, server) {
        findings.block(name, "A1 does not run, so B3 may be production", keep);
    }
    if pointed_at(facts, facts.instances.get(&b2.instance)) {
        findings.block(name, "a record of the plan points at B3, so it may be production", keep);
    }
    if !b2.is_drill && !of_an_earlier_drill && !drill.recovered_servers_are_disposable {
        findings.block(
            name,
            "B3 was not launched as a drill, so it may be production",
            "Set drill.keepRecoveredServers, or drill.recoveredServersAreDisposable if nobody needs it",
        );
    }
}

/// An A2 that exists before the drill belongs to somebody.
fn reversed(run: &Run, facts: &Facts, server: &Server, findings: &mut Vec<Finding>) {
    let a2 = facts.source_servers.iter().find(|a2| Some(&a2.id) == server.a2.as_ref());
    let Some(a2) = a2 else { return };
    if a2.tags.get(tag::PROCEDURE).is_some_and(|procedure| procedure == Procedure::Failback.as_str()) {
        findings.block(
            &server.name,
            "a failback of it was begun and not finished",
            "Start the failback again and let it end; a drill would clean up what it made",
        );
    } else if !made_by_a_drill(&a2.tags) && run.plan.drill.keep_recovered_servers {
        findings.warn(
            &server.name,
            format!("replication is reversed already, and the drill's clean-up deletes {}", a2.id),
            "Start reversed replication again after the drill, or B3 stays unprotected",
        );
    }
}

fn runs(facts: &Facts, server: &Server) -> bool {
    let a1 = server.a1.as_ref().and_then(|a1| facts.instances.get(a1));
    a1.is_some_and(|a1| a1.state == InstanceState::Running)
}

/// True when a record of the plan holds one of the instance's addresses.
pub(super) fn pointed_at(facts: &Facts, instance: Option<&Instance>) -> bool {
    let Some(instance) = instance else { return false };
    let addresses = [&instance.private_ip, &instance.public_ip];
    let holds = |value: &String| addresses.into_iter().flatten().any(|address| address == value);
    facts.records.iter().flatten().any(|set| set.values.iter().any(holds))
}
