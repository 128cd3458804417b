//! What each server must be like, whatever the procedure.

use failback_core::cloud::{InstanceState, Job, JobKind, LastLaunch, RecoveryInstance, Tags};
use failback_core::fleet::{Fleet, Server};
use failback_core::launch_spec::{LaunchSpec, needs_a1};
use failback_core::run::{Run, tag};

use crate::facts::Facts;
use crate::finding::{Finding, Findings};

/// An agent that was not seen for longer than this is not seen (the console warns after minutes).
const AGENT_STALE_SECONDS: u64 = 900;

/// A recovery instance that was launched this long ago shows.
const UNSEEN_SECONDS: u64 = 1_800;

pub(crate) fn check(run: &Run, facts: &Facts, fleet: &Fleet, findings: &mut Vec<Finding>) {
    for server in fleet.pending() {
        let live_b2 =
            facts.recovery_instances.iter().find(|b2| Some(&b2.id) == server.b2.as_ref() && b2.is_live());
        if let Some(b2) = live_b2 {
            recovered(facts, server, b2, findings);
        }
        original(run, facts, server, findings);
        at_work(run, facts, server, findings);
        launched_before(facts, server, findings);
    }
    records(run, facts, fleet, findings);
}

/// B2 and B3 must be fit for reversed replication (drs-facts §9).
fn recovered(facts: &Facts, server: &Server, b2: &RecoveryInstance, findings: &mut Vec<Finding>) {
    let name = &server.name;
    if !b2.originated_in_aws {
        let remedy =
            "Only servers that came from EC2 can be failed back between Regions; use the Failback Client";
        findings.block(name, "B2 did not originate in AWS", remedy);
    }
    if b2.state != InstanceState::Running {
        findings.block(name, "B3 does not run", "Start the recovered instance");
    }
    match b2.agent_seen.map(|seen| facts.now.seconds_since(seen)) {
        None => findings.warn(
            name,
            "DRS has not seen the agent on B3 yet",
            "The run waits for it; check the instance's access to DRS on TCP 443 if it does not come",
        ),
        Some(age) if age > AGENT_STALE_SECONDS && !b2.is_reversed() => findings.warn(
            name,
            "DRS has not seen the agent on B3 for more than 15 minutes",
            "Check that the agent runs and reaches DRS on TCP 443",
        ),
        Some(_) => {}
    }
    let Some(b3) = facts.instances.get(&b2.instance) else {
        findings.block(name, "EC2 does not know B3", "Recover the server again");
        return;
    };
    if b3.network_interfaces == 0 {
        findings.block(
            name,
            "B3 has no network interface",
            "Attach one that reaches DRS and the staging subnet",
        );
    }
    if !b3.metadata_reachable {
        let remedy =
            "Enable the metadata endpoint (IMDSv2 will do), and check routes to 169.254.169.254 in the guest";
        findings.block(name, "instance metadata of B3 is not reachable", remedy);
    }
    if b3.profile_arn.is_none() {
        let remedy = "Attach a profile whose role holds AWSElasticDisasterRecoveryRecoveryInstancePolicy";
        findings.block(name, "B3 has no instance profile, which the agent needs", remedy);
    }
}

/// Where the plan says like-source, A1 must show what is to be copied.
fn original(run: &Run, facts: &Facts, server: &Server, findings: &mut Vec<Finding>) {
    if !needs_a1(run) || server.a3.is_some() {
        return;
    }
    let a1 = server.a1.as_ref().and_then(|id| facts.instances.get(id));
    if let Err(error) = LaunchSpec::of(run, server, a1) {
        let prefix = format!("{}: ", server.name);
        let message = error.to_string();
        let message = message.strip_prefix(&prefix).unwrap_or(&message);
        findings.block(&server.name, message, "Name it in $.launch, or keep A1 until the failback is done");
    }
}

/// A launch terminates what was launched from A2 before, also where somebody has deleted its record (drs-facts §0.5).
fn launched_before(facts: &Facts, server: &Server, findings: &mut Vec<Finding>) {
    let a2 = facts.source_servers.iter().find(|a2| Some(&a2.id) == server.a2.as_ref());
    let Some(a2) = a2.filter(|a2| a2.last_launch == LastLaunch::Succeeded) else { return };
    // A run of this program tags A2 and looks again before it launches.
    let known = a2.tags.contains_key(tag::B1)
        || facts.source_instances.iter().any(|a3| a3.source_server == a2.id)
        || facts.source_jobs.iter().any(|job| {
            let recent = job.created.is_some_and(|at| facts.now.seconds_since(at) < UNSEEN_SECONDS);
            recent && job.part_of(&a2.id).is_some()
        });
    if !known {
        findings.block(
            &server.name,
            format!("A2 {} was launched before, and its A3 was deleted: what runs as A4 may be production", a2.id),
            "If it is production, finish the page's step 4 by hand; if not, terminate it, then disconnect and delete A2",
        );
    }
}

/// A job of somebody else holds the server; one of an earlier run is waited for.
fn at_work(run: &Run, facts: &Facts, server: &Server, findings: &mut Vec<Finding>) {
    let of = |job: &&Job| {
        let a2 = server.a2.as_ref().is_some_and(|a2| job.part_of(a2).is_some());
        job.is_active() && (a2 || job.part_of(&server.b1).is_some())
    };
    for job in facts.source_jobs.iter().chain(&facts.recovery_jobs).filter(of) {
        // A terminate job carries no tags: it is ours where A2 or B2 is.
        let tagged = |tags: &Tags| tags.get(tag::PROCEDURE).is_some_and(|it| it == run.procedure.as_str());
        let a2 = facts.source_servers.iter().find(|a2| Some(&a2.id) == server.a2.as_ref());
        let mut of_b1 = facts.recovery_instances.iter().filter(|b2| b2.source_server == server.b1);
        let terminates_ours = a2.is_some_and(|a2| tagged(&a2.tags)) || of_b1.any(|b2| tagged(&b2.tags));
        let ours = tagged(&job.tags) || (job.kind == JobKind::Terminate && terminates_ours);
        let message = format!("job {} is at work on it", job.id);
        if ours {
            findings.warn(&server.name, message, "It was begun by an earlier run, and is waited for");
        } else {
            findings.block(&server.name, message, "Wait until the job has ended, then start again");
        }
    }
}

fn records(run: &Run, facts: &Facts, fleet: &Fleet, findings: &mut Vec<Finding>) {
    for (index, (record, sets)) in run.plan.redirect.records.iter().zip(&facts.records).enumerate() {
        let path = format!("$.redirect.records[{index}]");
        if fleet.find(&record.server).is_none() {
            let message = format!("`{}` is no server of this plan", record.server);
            findings.block(
                format!("{path}.server"),
                message,
                "Name a server of the plan, or the id of its B1",
            );
        }
        match sets.as_slice() {
            [] => {
                let message = format!("{} has no {} record in the zone", record.name, record.kind.as_str());
                findings.block(format!("{path}.name"), message, "Correct name or zone, or create the record");
            }
            [set] if set.set_identifier.is_some() || set.ttl_seconds.is_none() => findings.block(
                format!("{path}.name"),
                format!("{} is an alias or has a routing policy", record.name),
                "Only simple records are redirected; make it one, or redirect by hand",
            ),
            [_] => {}
            _ => findings.block(
                format!("{path}.name"),
                format!("{} has several records chosen by a routing policy", record.name),
                "Only simple records are redirected; make it one, or redirect by hand",
            ),
        }
    }
}
