//! Step 3, failback only: starts reversed replication of A3, so that B1 protects A4 instead of A1. Where DRS makes another
//! source server that protects A4, that one is taken for B1, and the report says so.
//!
//! Done when B1 replicates A4 and every byte was compared: CONTINUOUS alone shows earlier (drs-facts §3, row 4b). After
//! that A4 can be recovered. It also waits until no client can still use B3, which the clean-up terminates.

use failback_core::Result;
use failback_core::catalogue::{Reason, gate, reason, stall};
use failback_core::cloud::{RecoveryInstance, Replication, ReplicationState, SourceServer};
use failback_core::fleet::{Fleet, LiveServer, Reads, Redirected, oldest_data};
use failback_core::guard::traffic_tags;
use failback_core::id::SourceServerId;
use failback_core::message::{Reasons, count};
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Failback;
use failback_core::step::{
    Attempt, Context, FleetInput, GateName, Limit, Progress, Step, StepResult, Waiting, attempt,
};
use failback_core::tags::has_tags;
use failback_core::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The step.
#[derive(Debug)]
pub struct ProtectFailedBackServers;

/// All bytes of a server, in the millionths in which the compared share is counted.
const WHOLE_PPM: u64 = 1_000_000;

/// The time after replication of A3 is reversed from which B1's numbers count. DRS may show that B1 was re-pointed
/// before its counters leave those of an earlier rescan (drs-facts §12.12).
const SETTLED_SECONDS: u64 = 300;

/// The notes for the next call.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Note {
    at_ms: i64,
    /// The smallest share that any server had compared, in millionths.
    slowest_ppm: Option<u64>,
    /// The time of the first look, or of the last one that saw an A3 which was not reversed, in milliseconds since
    /// 1970.
    since_ms: i64,
}

impl Note {
    /// Returns the time until B1's numbers count; 0 once they do.
    fn settles_in_seconds(&self, ctx: &Context<'_, Failback>) -> u64 {
        SETTLED_SECONDS.saturating_sub(ctx.now().seconds_since(Timestamp::from_millis(self.since_ms)))
    }
}

/// The servers by their protection.
#[derive(Default)]
struct Protection {
    progress: Progress,
    protected: Vec<SourceServerId>,
    reasons: Reasons,
    /// The smallest share that any of the others has compared, in millionths.
    slowest_ppm: Option<u64>,
    /// True when replication of an A3 is not reversed yet.
    is_reversing: bool,
    /// True when that was not even requested, for want of time or because DRS refuses it for now: the next call follows
    /// soon, however long the others take.
    is_unrequested: bool,
}

impl Step for ProtectFailedBackServers {
    type Scope = Failback;
    type Input = FleetInput;
    const NAME: &'static str = "protect-failed-back-servers";

    async fn run(ctx: &Context<'_, Failback>, fleet: &mut Fleet) -> Result<StepResult> {
        let live = ctx.read(fleet, Reads::PROTECTION).await?;
        let redirected = redirected(ctx, fleet);
        fleet.redirected = redirected;
        let servers = live.servers(fleet);
        let recorded =
            ctx.at_once(servers.iter().map(|server| record_traffic(ctx, server, redirected))).await?;
        let mut unrecorded = Reasons::default();
        for (server, result) in servers.iter().zip(recorded) {
            if let Attempt::NotYet(reason) = result {
                unrecorded.add(&server.name, reason);
            }
        }
        if !unrecorded.is_empty() {
            let why = reason::traffic_is_not_recorded(&unrecorded);
            return Ok(ctx.again(why).into());
        }
        let mut protection = Protection::default();
        let results = ctx.at_once(servers.iter().map(|server| protect(ctx, &servers, server))).await?;
        for (server, result) in servers.iter().zip(results) {
            protection.add(server, result)?;
        }
        let note = protection.note(ctx);
        if note.settles_in_seconds(ctx) == 0 {
            for b1 in &protection.protected {
                if let Some(server) = fleet.server_mut(b1) {
                    server.times.protected.get_or_insert(ctx.run.seconds(live.read_at));
                }
            }
        }
        let followed = fleet.redirected.and_then(|redirected| redirected.followed());
        match protection.result(ctx, note, followed) {
            StepResult::Done(why) if ctx.run.plan.gates.before_cleanup.is_some() => {
                let notice = gate::before_cleanup(ctx.run, &live.servers(fleet))?;
                Ok(StepResult::DoneBeforeGate { why, gate: GateName::BeforeCleanup, notice })
            }
            result => Ok(result),
        }
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::hours("limits.protectionHours", plan.limits.protection_hours)
    }
}

impl Protection {
    fn add(&mut self, server: &LiveServer<'_>, result: Attempt<()>) -> Result<()> {
        self.progress.servers += 1;
        let Attempt::NotYet(reason) = result else {
            self.progress.ready += 1;
            self.protected.push(server.b1.clone());
            return Ok(());
        };
        let is_reversing = server.a3()?.is_some_and(|a3| !a3.is_reversed());
        self.is_reversing |= is_reversing;
        self.is_unrequested |= is_reversing && reason != reason::a3_is_reversing();
        self.reasons.add(&server.name, reason);
        if let Some(b1) = server.protector()? {
            self.add_progress(b1);
        }
        Ok(())
    }

    fn add_progress(&mut self, b1: &SourceServer) {
        let (progress, replication) = (&mut self.progress, &b1.replication);
        progress.replicated_bytes += replication.rescanned_bytes;
        progress.total_bytes += replication.total_bytes;
        progress.backlog_bytes += replication.backlog_bytes;
        progress.lag_seconds_max = progress.lag_seconds_max.max(replication.lag());
        let ppm = replication.rescanned_bytes.saturating_mul(WHOLE_PPM) / replication.total_bytes.max(1);
        self.slowest_ppm = Some(self.slowest_ppm.map_or(ppm, |slowest| slowest.min(ppm)));
    }

    fn result(mut self, ctx: &Context<'_, Failback>, note: Note, followed: Option<Timestamp>) -> StepResult {
        if self.reasons.is_empty() {
            if let Some(by) = followed.filter(|by| *by > ctx.now()) {
                let why = reason::ttl_has_not_passed(by);
                let seconds = (by.seconds_since(ctx.now()) + 1).min(poll_interval::SECONDS_MAX);
                return waiting(why, seconds, self.progress, note);
            }
            let seconds = note.settles_in_seconds(ctx);
            if seconds > 0 {
                let why = reason::looked_at_once_more();
                return waiting(why, seconds, self.progress, note);
            }
            let servers = count(self.progress.servers, "failed-back server");
            return StepResult::Done(reason::servers_are_protected(&servers));
        }
        let why = Reason::from(&self.reasons);
        let remaining = remaining_seconds(ctx, self.slowest_ppm);
        self.progress.eta_seconds = remaining.unwrap_or(0);
        let seconds = match remaining {
            _ if ctx.is_late() => 1,
            _ if self.is_unrequested => poll_interval::backoff(ctx.waited_seconds()),
            Some(remaining) => poll_interval::by_remaining(remaining),
            None => poll_interval::by_typical(typical::PROTECTION, self.reasons.len(), ctx.waited_seconds()),
        };
        waiting(why, seconds, self.progress, note)
    }

    fn note(&self, ctx: &Context<'_, Failback>) -> Note {
        let at_ms = ctx.now().millis();
        let before = ctx.note::<Note>().filter(|_| !self.is_reversing);
        Note { at_ms, slowest_ppm: self.slowest_ppm, since_ms: before.map_or(at_ms, |note| note.since_ms) }
    }
}

fn waiting(why: Reason, seconds: u64, progress: Progress, note: Note) -> StepResult {
    Waiting { progress: Some(progress), ..Waiting::new(why, seconds) }.with_note(json!(note)).into()
}

/// Returns the times of the redirect. Where people redirect traffic, it is the time at which their yes is first seen.
fn redirected(ctx: &Context<'_, Failback>, fleet: &Fleet) -> Option<Redirected> {
    let noted = fleet.redirected.unwrap_or_default();
    let in_sync = noted.in_sync.or_else(|| ctx.run.traffic_moved_by_hand.then(|| ctx.now()));
    let data_from = noted.data_from.or_else(|| oldest_data(ctx.run, fleet));
    in_sync.map(|_| Redirected { in_sync, data_from, ..noted }).or(fleet.redirected)
}

/// Records on A2 when traffic has moved and, where people have redirected it, to which instance, so that a later execution
/// knows both.
async fn record_traffic(
    ctx: &Context<'_, Failback>,
    server: &LiveServer<'_>,
    redirected: Option<Redirected>,
) -> Result<Attempt<()>> {
    let (Some(a2), Some(redirected)) = (server.a2()?, redirected) else { return Ok(Attempt::Done(())) };
    match traffic_tags(ctx.run, server, &redirected)? {
        Some(tags) if !has_tags(&a2.tags, &tags) => {
            let warrant = ctx.guard.tag_traffic(server, &redirected)?;
            ctx.cloud.tag_resource(warrant).await.map(Attempt::Done)
        }
        _ => Ok(Attempt::Done(())),
    }
}

/// Does the missing work for one server. Done when it is protected.
async fn protect(
    ctx: &Context<'_, Failback>,
    fleet: &[LiveServer<'_>],
    server: &LiveServer<'_>,
) -> Result<Attempt<()>> {
    let a3 = server.a3()?;
    if a3.is_none_or(RecoveryInstance::is_reversed) {
        return Ok(unprotected(server)?.map_or(Attempt::Done(()), Attempt::NotYet));
    }
    if a3.is_some_and(|a3| a3.agent_seen.is_none()) {
        return Ok(Attempt::NotYet(reason::agent_on_a4_not_seen()));
    }
    let warrant = match attempt(ctx.guard.reverse_a3(fleet, server))? {
        Attempt::Done(warrant) => warrant,
        Attempt::NotYet(reason) => return Ok(Attempt::NotYet(reason)),
    };
    Ok(Attempt::NotYet(match attempt(ctx.cloud.reverse_replication(warrant).await)? {
        Attempt::Done(_) => reason::a3_is_reversing(),
        Attempt::NotYet(reason) => reason::a3_is_not_reversed_yet(reason),
    }))
}

/// Returns the reason why B1 does not protect A4 yet, if so.
fn unprotected(server: &LiveServer<'_>) -> Result<Option<Reason>> {
    let Some(b1) = server.protector()? else { return Ok(Some(reason::b1_is_missing())) };
    let replicates_a4 = b1.instance.is_some() && b1.instance == server.a4();
    if !replicates_a4 {
        return Ok(Some(reason::b1_is_not_repointed()));
    }
    // One that was protected by numbers that count is looked at again before B2 is terminated, and not while others are
    // compared.
    if server.times.protected.is_some() || b1.replication.protects() {
        return Ok(None);
    }
    let how_far = how_far(&b1.replication);
    Ok(Some(match server.another_b1()? {
        Some(another) => reason::another_b1_is(&another.id, how_far),
        None => reason::b1_is(how_far),
    }))
}

fn how_far(replication: &Replication) -> String {
    match replication.state {
        // Shown for minutes after B1 is re-pointed; a lasting stall needs its remedy.
        ReplicationState::Stalled => stall::stalled(replication).to_string(),
        state if replication.total_bytes > 0 => {
            let percent = replication.rescanned_bytes * 100 / replication.total_bytes;
            format!("{state}, {percent} % compared with A4")
        }
        state => state.to_string(),
    }
}

/// Extrapolates the speed of the slowest server since the last poll, because DRS gives no ETA for a rescan.
fn remaining_seconds(ctx: &Context<'_, Failback>, slowest_ppm: Option<u64>) -> Option<u64> {
    let Note { at_ms: then_ms, slowest_ppm: before_ppm, .. } = ctx.note()?;
    let before_ppm = before_ppm?;
    let slowest_ppm = slowest_ppm?;
    let compared_ppm = slowest_ppm.checked_sub(before_ppm)?;
    if compared_ppm == 0 {
        return None;
    }
    let seconds = ctx.now().seconds_since(Timestamp::from_millis(then_ms));
    let left_ppm = WHOLE_PPM.saturating_sub(slowest_ppm);
    Some(left_ppm.saturating_mul(seconds) / compared_ppm)
}

#[cfg(test)]
mod tests;
