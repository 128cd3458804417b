//! Checks for a failback only: B3 must be production, and nothing may be in the place of A4.

use failback_core::Result;
use failback_core::catalogue::fact;
use failback_core::cloud::{Cloud, Instance, InstanceState, RecoveryInstance};
use failback_core::fleet::{
    self, Fleet, Server, Serving, a1_may_serve, data_age_seconds, existed_before, serving,
};
use failback_core::guard::Guard;
use failback_core::id::SourceServerId;
use failback_core::procedure::{Either, Procedure};
use failback_core::run::Run;
use failback_core::tags::tag;

use crate::facts::{Facts, Found};
use crate::finding::{Finding, Findings};
use crate::servers::is_of_a_drill;

/// Warns of what the plan deletes on request.
pub(crate) fn check_plan(run: &Run, findings: &mut Vec<Finding>) {
    if run.plan.stop_original_replication {
        findings.warn("$.stopOriginalReplication", fact::stop_deletes_points_in_time());
    }
    if run.plan.cleanup.terminate_originals {
        findings.warn("$.cleanup.terminateOriginals", fact::originals_will_end());
    }
}

pub(crate) fn check(
    run: &Run,
    facts: &Facts,
    fleet: &Fleet,
    servers: &[Found<'_>],
    findings: &mut Vec<Finding>,
) -> Result<()> {
    for server in servers {
        if let Some(b2) = server.b2 {
            of_a_drill(run, server, b2, findings)?;
            if existed_before(server, b2, &facts.launch_configurations)? {
                findings.warn(&server.name, fact::b3_existed());
            }
        }
        launched_by_a_drill(server, findings);
        into_source(run, facts, server, findings);
        launched_by_a_person(run, server, findings)?;
        nothing_serves(server, findings)?;
        original_runs(run, server, findings)?;
        may_terminate(run, facts, server, findings);
    }
    points_at_b3(run, servers, findings)?;
    for server in fleet.servers.iter().filter(|server| server.already_failed_back) {
        at_home(facts, server, findings)?;
    }
    Ok(())
}

/// Checks that a server without B2 has failed back: the instance that B1 replicates runs. DRS may have lost B2, whose
/// B3 is production.
fn at_home(facts: &Facts, server: &Server, findings: &mut Vec<Finding>) -> Result<()> {
    let runs = match &server.a1 {
        Some(a1) => facts.live.instance(a1)?.is_some_and(|a1| a1.state == InstanceState::Running),
        None => false,
    };
    let mut b1s = facts.live.drs().recovery_servers().filter(|b1| b1.id == server.b1);
    if runs && b1s.any(|b1| b1.replication.is_running()) {
        findings.warn(&server.name, fact::already_failed_back());
    } else {
        findings.block(&server.name, fact::nowhere_to_be_found());
    }
    Ok(())
}

/// Finds an A1 that runs beside B3. It may be production: the Region is back, and somebody has put traffic back.
fn original_runs(run: &Run, server: &Found<'_>, findings: &mut Vec<Finding>) -> Result<()> {
    let Some(a1) = server.a1.filter(|a1| a1.state == InstanceState::Running) else { return Ok(()) };
    let is_a4 = server.server.a4().as_ref() == Some(&a1.id)
        || server.chain().a3.candidate().is_some_and(|a3| a3.instance == a1.id);
    if server.b2.is_none() || is_a4 {
        return Ok(());
    }
    if !run.plan.redirect.allows_running_originals() {
        findings.block(server.with(&a1.id), fact::a1_runs_and_no_record_shows_what_serves());
    } else if run.plan.stop_original_replication && a1_may_serve(run, server)?.is_some() {
        findings.block(server.with(&a1.id), fact::b1_of_a_running_a1_is_to_be_stopped());
    } else {
        findings.warn(server.with(&a1.id), fact::a1_runs());
    }
    Ok(())
}

/// Finds the servers of a failback whose A4 an earlier run or a person launched too long ago. Those that no client can use
/// are launched again, and the others are refused.
pub(crate) fn too_old(
    cloud: &dyn Cloud,
    run: &Run,
    servers: &[Found<'_>],
    findings: &mut Vec<Finding>,
) -> Result<Vec<SourceServerId>> {
    if run.procedure == Procedure::Drill {
        return Ok(Vec::new());
    }
    let guard = Guard::<Either>::new(run, cloud)?;
    let mut old = Vec::new();
    for server in servers {
        // An ambiguous A3 is a finding of its own.
        if server.chain().a3.ambiguity().is_some() || server.chain().a2.ambiguity().is_some() {
            continue;
        }
        let Some(a3) = fleet::too_old(run, server)? else { continue };
        let age = match data_age_seconds(server, a3)? {
            Some(seconds) if run.freezes() => format!("from before the freeze, {} min old", seconds / 60),
            Some(seconds) => format!("{} min old", seconds / 60),
            None => "of unknown age".to_owned(),
        };
        let about = server.with(format_args!("{}, data {age}", a3.instance));
        if guard.replaceable(server).is_ok() {
            findings.warn(about, fact::a4_is_old());
            old.push(server.b1.clone());
        } else {
            findings.block(about, fact::old_a4_may_serve());
        }
    }
    Ok(old)
}

/// Refuses a server whose B2 is gone and whose A4 does not run: there is nothing left to fail back.
fn nothing_serves(server: &Found<'_>, findings: &mut Vec<Finding>) -> Result<()> {
    let (None, Some(_), Some(a4)) = (server.b2, server.a2, server.server.a4()) else { return Ok(()) };
    let state = server.live().instance(&a4)?.map(|a4| a4.state);
    if state == Some(InstanceState::Running) {
        return Ok(());
    }
    let is_live = state.is_some_and(InstanceState::is_live);
    let fact = if is_live { fact::b2_is_gone_and_a4_is_stopped() } else { fact::b2_and_a4_are_gone() };
    findings.block(&server.name, fact);
    Ok(())
}

/// Finds an A4 that no run launched and that is young enough to be used: that needs a person's yes at the gate.
fn launched_by_a_person(run: &Run, server: &Found<'_>, findings: &mut Vec<Finding>) -> Result<()> {
    // An ambiguous A3 is a finding of its own.
    if server.chain().a3.ambiguity().is_some() || server.chain().a2.ambiguity().is_some() {
        return Ok(());
    }
    if fleet::launched_by_a_person(run, server)?.is_none() || fleet::too_old(run, server)?.is_some() {
        return Ok(());
    }
    if run.plan.gates.before_redirect.is_some() {
        findings.warn(&server.name, fact::a_person_launched_a4());
    } else {
        findings.block(&server.name, fact::a_person_launched_a4_and_nobody_is_asked());
    }
    Ok(())
}

/// Refuses a B3 that a drill launched, because a failback would make the copy production. A record that points at it
/// proves that it is production: in an emergency, a person may have started a drill in place of a recovery.
fn of_a_drill(
    run: &Run,
    server: &Found<'_>,
    b2: &RecoveryInstance,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    if !b2.is_drill && !server.live().is_of_a_drill(b2)? {
        return Ok(());
    }
    // An ambiguous A2 or A3 is a finding of its own.
    if serving(run, server).is_ok_and(|serving| serving == Serving::B3) {
        findings.warn(&server.name, fact::b3_is_a_drills_and_production());
    } else {
        findings.block(&server.name, fact::b3_is_a_drills());
    }
    Ok(())
}

/// Refuses a record that holds neither an address of B3 nor one of A4: something else may be production.
fn points_at_b3(run: &Run, servers: &[Found<'_>], findings: &mut Vec<Finding>) -> Result<()> {
    for (index, record) in run.plan.redirect.records().iter().enumerate() {
        let Some(found) = servers.iter().find(|found| found.is_called(&record.server)) else { continue };
        let live = found.live();
        let [set] = live.records()?[index].as_slice() else { continue };
        let b3 = match found.b3() {
            Some(b3) => live.instance(&b3)?,
            None => None,
        };
        let own = [b3, found.a4_instance()?];
        let is_own = |value: &String| own.into_iter().flatten().any(|instance| instance.has_address(value));
        // A B3 that EC2 does not know is another finding.
        if b3.is_none() && found.b3().is_some() {
            continue;
        }
        if let [held] = set.values.as_slice()
            && !is_own(held)
        {
            let is_a1 = found.a1.is_some_and(|a1| a1.has_address(held));
            let fact = if is_a1 { fact::record_points_at_a1() } else { fact::record_points_elsewhere() };
            findings.block(found.with(format_args!("{} holds {held}", record.name)), fact);
        }
    }
    Ok(())
}

/// Checks that the owner of A1 has tagged it for termination, because the function can terminate no other instance. A
/// failback finds out before its first step, not in its last.
fn may_terminate(run: &Run, facts: &Facts, server: &Found<'_>, findings: &mut Vec<Finding>) {
    let a1_is_a4 = facts.launches_into_source || (server.a1.is_some() && server.server.a1 == server.a4());
    let Some(a1) = server.a1.filter(|a1| a1.state.is_live()) else { return };
    if run.plan.cleanup.terminate_originals && !a1_is_a4 && !may_be_terminated(a1) {
        findings
            .block(&server.name, fact::a1_is_not_tagged_for_its_end(tag::ORIGINAL, tag::MAY_BE_TERMINATED));
    }
}

fn may_be_terminated(a1: &Instance) -> bool {
    a1.tags.get(tag::ORIGINAL).is_some_and(|value| value == tag::MAY_BE_TERMINATED)
}

/// Refuses the remains of an interrupted drill. Its A4 is in an isolated network and must not be taken for the
/// failed-back server. A server that it has started to clean up, with B2 gone or A2 stopped, cannot be failed back.
fn launched_by_a_drill(server: &Found<'_>, findings: &mut Vec<Finding>) {
    let Some(a2) = server.a2.filter(|a2| is_of_a_drill(a2)) else { return };
    if server.a3.is_some() {
        findings.block(&server.name, fact::drill_left_a4());
    } else if server.b2.is_none() || !a2.replication.is_running() {
        findings.block(&server.name, fact::drill_left_a2());
    }
}

/// Checks A1 where DRS launches A4 into it (drs-facts §0.4).
fn into_source(run: &Run, facts: &Facts, server: &Found<'_>, findings: &mut Vec<Finding>) {
    if !facts.launches_into_source || server.a3.is_some() {
        return;
    }
    if !run.plan.launch.into_source {
        findings.block(run.source().as_str(), fact::a4_would_become_a1());
        return;
    }
    if server.a1.is_none_or(|a1| a1.state != InstanceState::Stopped) {
        findings.block(&server.name, fact::a1_is_not_stopped());
    }
}
