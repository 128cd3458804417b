//! One server at the end of a run, as live state shows it.

use failback_core::cloud::{RecoveryInstance, Replication, ReplicationState, SourceServer};
use failback_core::fleet::{Link, LiveServer, LiveState, Server, Serving, data_age_seconds, serving};
use failback_core::id::{InstanceId, SourceServerId};
use failback_core::procedure::Procedure;
use failback_core::report::{Outcome, Protection, ServerOutcome, ServerReport};
use failback_core::run::Run;
use failback_core::{ErrorName, Result};

/// The report of a server, and what only the sentence about the whole run needs.
pub(crate) struct Seen {
    /// The report.
    pub(crate) report: ServerReport,
    /// The instance that `protection` is about: the one that serves or, where that is not known, an A4 that B1 replicates.
    pub(crate) guarded: Serving,
    /// The protection of that instance.
    pub(crate) protection: Protection,
    /// The age of the newest copy of its data, in seconds, where known.
    pub(crate) copy_age_seconds: Option<u64>,
    /// B1 where another source server protects A4, which DRS has made instead of re-pointing B1.
    pub(crate) earlier_b1: Option<SourceServerId>,
    /// True for a B2 that a failback has left, because its B3 existed before.
    pub(crate) b2_left: bool,
    /// True unless another run has claimed the server.
    pub(crate) is_own: bool,
    /// True when replication of the original is stopped, which deletes every point in time of B1.
    pub(crate) points_deleted: bool,
}

/// Returns the report of a server.
pub(crate) fn seen(run: &Run, live: &LiveState, server: &Server, outcome: Outcome) -> Result<Seen> {
    let found = live.server(server);
    let serves = match serving(run, &found) {
        Err(error) if error.name() == ErrorName::Guard => Serving::Unknown,
        serves => serves?,
    };
    let home = server.already_failed_back;
    let guarded = match serves {
        Serving::Unknown if replicates_a4(&found) => Serving::A4,
        serves => serves,
    };
    let (protection, copy_age_seconds) =
        if home { (Protection::Unknown, None) } else { protection(&found, guarded)? };
    let is_known = serves != Serving::Unknown;
    let stopped = found.chain().b1.candidate().is_some_and(|b1| !b1.replication.is_running());
    let another_b1 = protector(&found).candidate().map(|b1| &b1.id).filter(|id| **id != server.b1);
    let report = ServerReport {
        name: server.name.clone(),
        wave: server.wave,
        outcome: server_outcome(run, server, outcome),
        a1: server.a1.clone(),
        a2: server.a2.clone(),
        a3: server.a3.clone(),
        b1: another_b1.unwrap_or(&server.b1).clone(),
        b2: server.b2.clone(),
        seconds_from_start: server.times.into(),
        lag_at_launch_seconds: server.times.lag_at_launch,
        // Nothing was read of a server that the run did not work on.
        left: if home { "B1".to_owned() } else { left(&found)?.join(" ") },
        serves,
        protection: if is_known { protection } else { Protection::Unknown },
        copy_age_seconds: copy_age_seconds.filter(|_| is_known),
        problem: problem(&found),
    };
    let points_deleted = stopped && run.procedure == Procedure::Failback;
    let b2_left = left_b2(&found).is_some();
    let earlier_b1 = another_b1.map(|_| server.b1.clone());
    let is_own = found.claims().is_ok_and(|claims| claims.iter().all(|claim| claim.other(run).is_none()));
    Ok(Seen { report, guarded, protection, copy_age_seconds, earlier_b1, b2_left, is_own, points_deleted })
}

/// Returns the B2 that a failback has left, which the chain does not have.
fn left_b2<'l>(server: &LiveServer<'l>) -> Option<&'l RecoveryInstance> {
    server.live().drs().left_b2(&server.b1)
}

/// Returns the source server that protects A4.
fn protector<'l>(server: &LiveServer<'l>) -> Link<'l, SourceServer> {
    let b1 = &server.chain().b1;
    server.a4().map_or_else(|| b1.clone(), |a4| server.live().drs().protector(b1, &a4))
}

fn replicates_a4(server: &LiveServer<'_>) -> bool {
    let b1 = protector(server);
    b1.candidate().is_some_and(|b1| b1.instance.is_some() && b1.instance == server.a4())
}

fn server_outcome(run: &Run, server: &Server, outcome: Outcome) -> ServerOutcome {
    match (run.procedure, outcome) {
        _ if server.already_failed_back => ServerOutcome::AlreadyFailedBack,
        (Procedure::Failback, _) if server.times.protected.is_some() => ServerOutcome::FailedBack,
        (Procedure::Drill, _) if server.times.validated.is_some() => ServerOutcome::Drilled,
        (_, Outcome::Held) => ServerOutcome::Held,
        (_, Outcome::Aborted) => ServerOutcome::Aborted,
        (Procedure::Failback, Outcome::Succeeded) => ServerOutcome::FailedBack,
        (_, Outcome::Ready) => ServerOutcome::Ready,
        (Procedure::Drill, Outcome::Succeeded) => ServerOutcome::Drilled,
        (_, Outcome::CleanedUp) => ServerOutcome::CleanedUp,
        (_, Outcome::Failed | Outcome::NothingToDo) => ServerOutcome::Failed,
    }
}

/// Returns what is ambiguous, with the remedy.
fn problem(server: &LiveServer<'_>) -> Option<String> {
    fn told<T>(link: &Link<'_, T>) -> Option<String> {
        link.ambiguity().map(|ambiguity| format!("{}: {}", ambiguity.objects, ambiguity.fact))
    }
    let chain = server.chain();
    told(&chain.b2)
        .or_else(|| told(&chain.a2))
        .or_else(|| told(&chain.a3))
        .or_else(|| told(&protector(server)))
}

/// Returns the protection of the instance that serves, and the age of the newest copy of its data.
fn protection(server: &LiveServer<'_>, serves: Serving) -> Result<(Protection, Option<u64>)> {
    let (link, instance) = match serves {
        Serving::Unknown => return Ok((Protection::Unknown, None)),
        Serving::B3 => (server.chain().a2.clone(), server.b3()),
        Serving::A1 => (server.chain().b1.clone(), server.a1.clone()),
        Serving::A4 => (protector(server), server.a4()),
    };
    let source_server = match link {
        Link::One(found) if found.instance == instance => Some(found),
        Link::Ambiguous(_) => return Ok((Protection::Unknown, None)),
        _ => None,
    };
    let Some(replication) = source_server.map(|found| &found.replication) else {
        return Ok((Protection::None, launched_copy(server, serves)?));
    };
    let is_complete = match serves {
        Serving::A4 => replication.protects(),
        _ => replication.is_healthy(),
    };
    let protection = match (is_complete, replication.is_running()) {
        (true, _) => Protection::Healthy,
        (false, true) => Protection::Incomplete,
        (false, false) => Protection::None,
    };
    let copies = [copy_age(replication), launched_copy(server, serves)?];
    Ok((protection, copies.into_iter().flatten().min()))
}

/// Returns the age of a replica's data. While DRS copies all of it for the first time, or compares it, there is none.
fn copy_age(replication: &Replication) -> Option<u64> {
    use ReplicationState as S;
    let is_whole = replication.total_bytes > 0 && replication.replicated_bytes >= replication.total_bytes;
    match replication.state {
        S::Continuous if is_whole => Some(replication.lag()),
        S::Backlog | S::CreatingSnapshot | S::Stalled if is_whole => replication.lag_seconds,
        _ => None,
    }
}

/// Returns the age of the data of an A4 that does not serve: it is a copy of B3's.
fn launched_copy(server: &LiveServer<'_>, serves: Serving) -> Result<Option<u64>> {
    match server.chain().a3 {
        Link::One(a3) if serves == Serving::B3 => data_age_seconds(server, a3),
        _ => Ok(None),
    }
}

/// Returns the labels of what still exists. Of several candidates, at least one exists.
fn left(server: &LiveServer<'_>) -> Result<Vec<&'static str>> {
    let chain = server.chain();
    let launched = chain.a3.candidate().map(|a3| a3.instance.clone());
    // The A4 of an earlier cycle is the original of this one.
    let is_original = |id: &InstanceId| chain.a3.ambiguity().is_some() && server.a1.as_ref() == Some(id);
    let a4s = [server.a4(), launched.filter(|id| !is_original(id))];
    let b3s = [server.b3(), chain.b2.candidate().map(|b2| b2.instance.clone())];
    let a1_is_a4 = server.a1.is_some() && a4s.contains(&server.a1);
    // DRS lists a new A2 some seconds after replication of B2 is reversed.
    let has_a2 = chain.a2.candidate().is_some() || server.is_a2_unseen().unwrap_or_default();
    let all = [
        ("A1", !a1_is_a4 && is_live(server, [server.a1.clone()])?),
        ("A2", has_a2),
        ("A3", chain.a3.candidate().is_some()),
        ("A4", is_live(server, a4s)?),
        ("B1", server.b1()?.is_some()),
        ("B2", chain.b2.candidate().or_else(|| left_b2(server)).is_some()),
        ("B3", is_live(server, b3s)?),
    ];
    Ok(all.into_iter().filter(|(_, left)| *left).map(|(label, _)| label).collect())
}

fn is_live<const N: usize>(server: &LiveServer<'_>, ids: [Option<InstanceId>; N]) -> Result<bool> {
    for id in ids.into_iter().flatten() {
        if server.live().instance(&id)?.is_some_and(|instance| instance.state.is_live()) {
            return Ok(true);
        }
    }
    Ok(false)
}
