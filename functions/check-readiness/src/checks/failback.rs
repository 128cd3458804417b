//! What a failback alone needs: that B3 is production, and that nothing stands where A4 goes.

use failback_core::cloud::{Instance, InstanceState, RecoveryInstance};
use failback_core::fleet::{Fleet, Server};
use failback_core::run::{Run, made_by_a_drill, tag};

use super::drill::pointed_at;
use crate::facts::Facts;
use crate::finding::{Finding, Findings};

pub(crate) fn check(run: &Run, facts: &Facts, fleet: &Fleet, findings: &mut Vec<Finding>) {
    for server in fleet.pending() {
        let b2 =
            facts.recovery_instances.iter().find(|b2| Some(&b2.id) == server.b2.as_ref() && b2.is_live());
        if let Some(b2) = b2 {
            of_a_drill(facts, server, b2, findings);
            at_home(facts, server, findings);
        }
        launched_by_a_drill(facts, server, findings);
        into_source(run, facts, server, findings);
        may_terminate(run, facts, server, findings);
    }
    for server in fleet.servers.iter().filter(|server| server.already_failed_back) {
        findings.warn(
            &server.name,
            "it has no recovered server: it is home",
            "Nothing is done to it; leave it out of the plan to silence this",
        );
    }
    if run.plan.stop_original_replication {
        findings.warn(
            "$.stopOriginalReplication",
            "stopping replication of B1 deletes every point in time of the original servers",
            "Leave it out to keep them until the failed-back servers are protected; that costs double replication",
        );
    }
    if run.plan.cleanup.terminate_originals {
        findings.warn(
            "$.cleanup.terminateOriginals",
            "the original servers (A1) will be terminated after redirect and protection",
            "Leave it out to keep them",
        );
    }
}

/// Failing back a drill's copy would make it production.
fn of_a_drill(facts: &Facts, server: &Server, b2: &RecoveryInstance, findings: &mut Vec<Finding>) {
    let by_job =
        facts.recovery_jobs.iter().any(|job| Some(&job.id) == b2.job.as_ref() && made_by_a_drill(&job.tags));
    if b2.is_drill || made_by_a_drill(&b2.tags) || by_job {
        findings.block(
            &server.name,
            "B3 was launched by a drill, so it is not production",
            "Recover the server in the DRS console first, or let the drill clean up",
        );
    }
}

/// Failing back a copy that is not production would take the place of what is.
fn at_home(facts: &Facts, server: &Server, findings: &mut Vec<Finding>) {
    let a1 = server.a1.as_ref().and_then(|a1| facts.instances.get(a1));
    if server.a2.is_none() && pointed_at(facts, a1) {
        findings.block(
            &server.name,
            "a record of the plan points at A1, so production is home, and B3 is not production",
            "Terminate the recovered server if nobody needs it, or point the record at it if it is production",
        );
    }
}

/// The function that terminates A1 has leave for no instance but those that their owner has tagged for it. Found out
/// here, and not in the last step of a failback.
fn may_terminate(run: &Run, facts: &Facts, server: &Server, findings: &mut Vec<Finding>) {
    let a1 = server.a1.as_ref().and_then(|a1| facts.instances.get(a1));
    let a1_is_a4 = facts.launches_into_source || (server.a1.is_some() && server.a1 == server.a4());
    let tagged =
        |a1: &Instance| a1.tags.get(tag::ORIGINAL).is_some_and(|value| value == tag::MAY_BE_TERMINATED);
    if run.plan.cleanup.terminate_originals
        && !a1_is_a4
        && a1.is_some_and(|a1| a1.state.is_live() && !tagged(a1))
    {
        findings.block(
            &server.name,
            "A1 is to be terminated, and its owner has not tagged it for that",
            format!(
                "Tag the instance {}={}, or leave cleanup.terminateOriginals out",
                tag::ORIGINAL,
                tag::MAY_BE_TERMINATED
            ),
        );
    }
}

/// A drill's A4 stands in an isolated network: it must not be taken for the failed-back server. And what a drill had
/// begun to clean up, with its B2 gone or its A2 stopped, is nothing to fail back from.
fn launched_by_a_drill(facts: &Facts, server: &Server, findings: &mut Vec<Finding>) {
    let a2 = facts.source_servers.iter().find(|a2| Some(&a2.id) == server.a2.as_ref());
    let Some(a2) = a2.filter(|a2| made_by_a_drill(&a2.tags)) else { return };
    let b2_lives =
        facts.recovery_instances.iter().any(|b2| Some(&b2.id) == server.b2.as_ref() && b2.is_live());
    let remedy = "Start the drill with its plan again: it cleans up first";
    if server.a3.is_some() {
        findings.block(&server.name, "an interrupted drill left A3 and A4 in its isolated network", remedy);
    } else if !b2_lives || !a2.replication.is_running() {
        findings.block(&server.name, "an interrupted drill had begun to clean up and left A2", remedy);
    }
}

/// DRS may launch A4 into A1 (drs-facts §0.4).
fn into_source(run: &Run, facts: &Facts, server: &Server, findings: &mut Vec<Finding>) {
    if !facts.launches_into_source || server.a3.is_some() {
        return;
    }
    if !run.plan.launch.into_source {
        findings.block(
            run.source().as_str(),
            "DRS launches into the source instance here: A4 would become A1",
            "Set launch.intoSource if that is wanted, or turn it off in the Region's default launch settings",
        );
        return;
    }
    let a1 = server.a1.as_ref().and_then(|a1| facts.instances.get(a1));
    if a1.is_none_or(|a1| a1.state != InstanceState::Stopped) {
        findings.block(&server.name, "A1 is not stopped, and is to be launched into", "Stop A1");
    }
}
