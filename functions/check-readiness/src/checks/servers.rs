//! Checks of each server, for both procedures.

use failback_core::Result;
use failback_core::catalogue::fact;
use failback_core::cloud::{
    Direction, InstanceState, Job, JobKind, LastLaunch, RecordSet, RecoveryInstance, ReplicationState,
    SourceServer,
};
use failback_core::fleet::Fleet;
use failback_core::launch_spec::{LaunchSpec, lacking, needs_a1};
use failback_core::plan::Record;
use failback_core::run::Run;
use failback_core::tags::{Tags, tag};

use crate::facts::{Facts, Found, launches_b1};
use crate::finding::{Finding, Findings};

/// The time without contact after which the run warns of an agent. DRS warns after minutes.
const AGENT_STALE_SECONDS: u64 = 900;

/// The TTL from which the run warns that clients follow late.
const TTL_SECONDS_MAX: u64 = 300;

/// The time after which a launched recovery instance is listed.
const UNSEEN_SECONDS: u64 = 1_800;

pub(crate) fn check(
    run: &Run,
    facts: &Facts,
    servers: &[Found<'_>],
    findings: &mut Vec<Finding>,
) -> Result<()> {
    for server in servers {
        if let Some(b2) = server.b2 {
            recovered(server, b2, findings)?;
            disconnected(server, findings);
        }
        left_over(run, facts, server, findings);
        original(run, facts, server, findings);
        jobs(run, facts, server, findings)?;
        launched_before(facts, server, findings)?;
    }
    Ok(())
}

/// Checks that B2 and B3 are fit for reversed replication (drs-facts §9).
fn recovered(server: &Found<'_>, b2: &RecoveryInstance, findings: &mut Vec<Finding>) -> Result<()> {
    let name = &server.name;
    if !b2.originated_in_aws {
        findings.block(name, fact::b2_is_not_of_ec2());
    }
    if b2.state != InstanceState::Running {
        findings.block(name, fact::b3_does_not_run());
    }
    agent(server, b2, findings);
    let Some(b3) = server.live().instance(&b2.instance)? else {
        findings.block(name, fact::ec2_does_not_know_b3());
        return Ok(());
    };
    if b3.network_interfaces == 0 {
        findings.block(name, fact::b3_has_no_interface());
    }
    if !b3.metadata_reachable {
        findings.block(name, fact::b3_has_no_metadata());
    }
    if b3.profile_arn.is_none() {
        findings.block(name, fact::b3_has_no_profile());
    }
    Ok(())
}

/// Refuses an A2 that somebody has disconnected while B3 is needed: the agent on B3 uninstalls itself, and nothing
/// replicates B3 any more (drs-facts §6).
fn disconnected(server: &Found<'_>, findings: &mut Vec<Finding>) {
    if server.a2.is_none_or(|a2| a2.replication.state != ReplicationState::Disconnected) {
        return;
    }
    findings.block(&server.name, fact::a2_was_disconnected());
}

fn agent(server: &Found<'_>, b2: &RecoveryInstance, findings: &mut Vec<Finding>) {
    match b2.agent_seen.map(|seen| server.live().read_at.seconds_since(seen)) {
        None => findings.warn(&server.name, fact::agent_not_seen()),
        Some(age) if age > AGENT_STALE_SECONDS && !b2.is_reversed() => {
            findings.warn(&server.name, fact::agent_not_seen_for_long());
        }
        Some(_) => {}
    }
}

/// Refuses a server of which an earlier failback has left an A2 that replicates another B3: its A4 may run and be billed,
/// nobody would report it, and DRS may have that A2 replicate the new B3.
fn left_over(run: &Run, facts: &Facts, server: &Found<'_>, findings: &mut Vec<Finding>) {
    if server.b2.is_none() && !launches_b1(run, server) {
        return;
    }
    let drs = facts.live.drs();
    for a2 in drs.source_servers().filter(|a2| a2.direction == Direction::Failback) {
        let is_tagged = a2.tags.get(tag::B1).is_some_and(|b1| *b1 == server.b1.as_str());
        let mut replicated =
            drs.recovery_instances().filter(|one| Some(&one.instance) == a2.instance.as_ref());
        // An A2 that replicates a live B3 is not left over, whatever its tag says. DRS shows a B2 for some time after
        // its end.
        let of_b1 = |one: &RecoveryInstance| is_tagged || one.source_server == server.b1;
        let is_left = match replicated.next() {
            Some(one) => !one.is_live() && of_b1(one),
            None => is_tagged,
        };
        if !is_left || server.a2.is_some_and(|own| own.id == a2.id) {
            continue;
        }
        let mut launched = drs.source_instances().filter(|a3| a3.source_server == a2.id && a3.is_live());
        let with_a4 = launched.next().map_or_else(String::new, |a3| format!(", with A4 {}", a3.instance));
        findings.block(server.with(format_args!("{}{with_a4}", a2.id)), fact::a2_is_left());
    }
}

/// Checks that A1 shows the settings that the plan copies with like-source, or that A2's launch template may stand in for it.
fn original(run: &Run, facts: &Facts, server: &Found<'_>, findings: &mut Vec<Finding>) {
    if !lacks_original(run, server) {
        return;
    }
    let template = facts.stand_ins.get(&server.b1);
    if LaunchSpec::of(run, server, server.a1, template).is_ok() {
        findings.warn(&server.name, fact::a1_is_stood_in_for());
        return;
    }
    for fact in lacking(run, server.a1) {
        findings.block(&server.name, fact);
    }
}

/// Returns true for a server that is to be launched like an A1 that does not show what is to be copied.
pub(crate) fn lacks_original(run: &Run, server: &Found<'_>) -> bool {
    let is_launched = server.server.a3.is_some();
    needs_a1(run) && !is_launched && LaunchSpec::of(run, server, server.a1, None).is_err()
}

/// Refuses a server that a job of another person holds. The run waits for a job of an earlier run.
fn jobs(run: &Run, facts: &Facts, server: &Found<'_>, findings: &mut Vec<Finding>) -> Result<()> {
    let all = facts.live.source_jobs()?.iter().chain(facts.live.recovery_jobs()?);
    for job in all.filter(|job| holds(job, server)) {
        if is_ours(run, facts, server, job) {
            findings.warn(server.with(&job.id), fact::a_job_of_an_earlier_run());
        } else {
            findings.block(server.with(&job.id), fact::a_job_of_somebody());
        }
    }
    Ok(())
}

fn holds(job: &Job, server: &Found<'_>) -> bool {
    let of_a2 = server.server.a2.as_ref().is_some_and(|a2| job.is_working_on(a2));
    of_a2 || job.is_working_on(&server.b1)
}

/// Returns true for a job of an earlier run of this procedure. A terminate job carries no tags: those of A2 or B2
/// decide.
fn is_ours(run: &Run, facts: &Facts, server: &Found<'_>, job: &Job) -> bool {
    let tagged = |tags: &Tags| tags.get(tag::PROCEDURE).is_some_and(|it| it == run.procedure.as_str());
    if tagged(&job.tags) {
        return true;
    }
    let mut b2s = facts.live.drs().recovery_instances().filter(|b2| b2.source_server == server.b1);
    let is_of_a_run = server.a2.is_some_and(|a2| tagged(&a2.tags)) || b2s.any(|b2| tagged(&b2.tags));
    job.kind == JobKind::Terminate && is_of_a_run
}

/// Refuses an A2 whose earlier launch is not known: another launch terminates that instance, even if its record was
/// deleted (drs-facts §0.5).
fn launched_before(facts: &Facts, server: &Found<'_>, findings: &mut Vec<Finding>) -> Result<()> {
    let Some(a2) = server.a2.filter(|a2| a2.last_launch == LastLaunch::Succeeded) else { return Ok(()) };
    // A run of this program tags A2, and reads again before it launches.
    let is_known =
        a2.tags.contains_key(tag::B1) || server.has_record_of(a2)? || server.was_launched_by_a_drill(a2)?;
    if !is_known && !was_launched_recently(facts, a2)? {
        findings.block(server.with(&a2.id), fact::a3_was_deleted());
    }
    Ok(())
}

fn was_launched_recently(facts: &Facts, a2: &SourceServer) -> Result<bool> {
    let now = facts.live.read_at;
    let mut of_a2 = facts.live.source_jobs()?.iter().filter(|job| job.part_of(&a2.id).is_some());
    Ok(of_a2.any(|job| job.created.is_some_and(|at| now.seconds_since(at) < UNSEEN_SECONDS)))
}

/// Checks that each record of the plan exists, is simple, and names a server of the fleet.
pub(crate) fn check_records(
    run: &Run,
    facts: &Facts,
    fleet: &Fleet,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let records = run.plan.redirect.records().iter();
    let sets = facts.live.records()?.iter().zip(&facts.ipv6_records);
    for (index, (record, (sets, ipv6_sets))) in records.zip(sets).enumerate() {
        let path = format!("$.redirect.records[{index}]");
        if fleet.find(&record.server).is_none() {
            findings.block(format!("{path}.server (`{}`)", record.server), fact::record_of_no_server());
        }
        let path = format!("{path}.name ({})", record.name);
        check_sets(record, sets, &path, findings);
        check_ipv6(ipv6_sets, &path, findings);
    }
    Ok(())
}

fn check_sets(record: &Record, sets: &[RecordSet], path: &str, findings: &mut Vec<Finding>) {
    match sets {
        [] => findings.block(path, fact::record_is_missing(record.kind.as_str())),
        [set] if set.set_identifier.is_some() || set.ttl_seconds.is_none() => {
            findings.block(path, fact::record_is_not_simple());
        }
        [set] if set.values.len() != 1 => findings.block(path, fact::record_has_several_values()),
        [set] if set.ttl_seconds > Some(TTL_SECONDS_MAX) => {
            findings.warn(path, fact::ttl_is_long(TTL_SECONDS_MAX));
        }
        [_] => {}
        _ => findings.block(path, fact::record_has_a_routing_policy()),
    }
}

/// Refuses a record beside which an AAAA record stands: the run changes A records only.
fn check_ipv6(sets: &[RecordSet], path: &str, findings: &mut Vec<Finding>) {
    if !sets.is_empty() {
        findings.block(path, fact::aaaa_record_too());
    }
}
