//! Before step 1: claims the servers. The page assumes one person at the console; two runs of one fleet would each undo
//! what the other does.
//!
//! Done when B2 and A2 of every server name this run, have been shown to do so, and every earlier owner must have seen it:
//! its next write is refused. A server whose owner runs, or may run, is not taken over.

use std::sync::atomic::{AtomicU64, Ordering};

use failback_core::Result;
use failback_core::fleet::{Fleet, LiveServer, LiveState, Owners, Reads};
use failback_core::guard::{CLAIM_SETTLES_SECONDS, CLAIM_STALE_SECONDS, ClaimWarrant};
use failback_core::message::count;
use failback_core::plan::Plan;
use failback_core::procedure::Either;
use failback_core::step::{Attempt, Context, FleetInput, Step, StepResult, Waiting};
use failback_core::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The step.
#[derive(Debug)]
pub struct ClaimServers;

impl Step for ClaimServers {
    type Scope = Either;
    type Input = FleetInput;
    const NAME: &'static str = "claim-servers";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<StepResult> {
        // Before anything is read, which takes a while for large fleets.
        let is_retry = is_retry(ctx);
        let mut live = ctx.read(fleet, READS).await?;
        let mut note = match ctx.note() {
            Some(note) => note,
            None => Note::of(ctx, &live.servers(fleet))?,
        };
        let all = fleet.pending().count();
        // DRS may not show yet what this run has just claimed: all are looked at again once all are claimed.
        let batch = if note.claimed < all { note.claimed..all.min(note.claimed + BATCH) } else { 0..all };
        let owners = Owners::read(ctx.cloud, ctx.run, &live.servers(fleet)[batch.clone()]).await?;
        if !owners.is_empty() {
            // What was read before the owners is no proof any more. That an owner has ended stays true.
            live = ctx.read(fleet, READS).await?;
        }
        let servers = live.servers(fleet);
        if is_retry && claimed_some(ctx, &servers[batch.clone()])? {
            // A call whose answer never arrived has claimed, and its note did not arrive either.
            note.settles_at(ctx.now().plus_seconds(CLAIM_SETTLES_SECONDS));
        }
        let some = servers.iter().take(batch.end).skip(batch.start);
        let begun = AtomicU64::new(0);
        let results = ctx.at_once(some.map(|server| claim(ctx, server, &owners, &begun))).await?;
        let mut is_whole = true;
        for (index, result) in results.into_iter().enumerate() {
            match result {
                Attempt::Done(settles) => note.settles_at(settles),
                Attempt::NotYet(_) => {
                    // One of the server's two objects may have been claimed a moment ago.
                    is_whole = false;
                    note.settles_at(ctx.now().plus_seconds(begun.load(Ordering::Relaxed)));
                }
            }
            if is_whole {
                note.claimed = note.claimed.max(batch.start + index + 1);
            }
        }
        if note.claimed < all || !is_whole {
            return Ok(note.goes_on(all));
        }
        let settles = Timestamp::from_millis(note.settles_ms);
        let seconds = settles.seconds_since(ctx.now());
        if seconds == 0 && all_shown(ctx, &servers)? {
            return Ok(StepResult::Done(format!("{} claimed", count(all, "server"))));
        }
        let why = "until every other run must have seen the claim";
        Ok(Waiting::new(why, seconds.max(SHOWN_POLL_SECONDS)).with_note(json!(note)).into())
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.reversal_minutes * 60
    }
}

/// The parts of the live state that show owners.
const READS: Reads = Reads {
    b1: false,
    b2: true,
    a2: true,
    a3: false,
    source_jobs: false,
    recovery_jobs: true,
    source_instances: false,
    recovery_instances: false,
    records: false,
};

/// The number of servers that one call claims: the states of as many owners are read first.
const BATCH: usize = 250;

/// The time after which a claim that does not show yet is looked at again.
const SHOWN_POLL_SECONDS: u64 = 10;

/// The state of the claims between two calls.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Note {
    /// The number of servers, from the first, that are claimed.
    claimed: usize,
    /// The time from which all claims are certain, in milliseconds since 1970.
    settles_ms: i64,
}

impl Note {
    /// Returns the state before the first claim. A call whose answer was lost may have claimed a moment ago.
    fn of(ctx: &Context<'_, Either>, servers: &[LiveServer<'_>]) -> Result<Self> {
        let mut note = Self { claimed: 0, settles_ms: ctx.now().millis() };
        if claimed_some(ctx, servers)? {
            note.settles_at(ctx.now().plus_seconds(CLAIM_SETTLES_SECONDS));
        }
        Ok(note)
    }

    /// Returns the wait before the next call, which goes on with the first server that is not claimed.
    fn goes_on(self, all: usize) -> StepResult {
        let why = format!("{} of {all} servers are claimed", self.claimed);
        Waiting::new(why, 1).with_note(json!(self)).into()
    }

    fn settles_at(&mut self, time: Timestamp) {
        self.settles_ms = self.settles_ms.max(time.millis());
    }
}

/// The delay from which a call is taken for the repetition of one that failed. A call that claims takes longer.
const RETRY_SECONDS: u64 = 2;

fn is_retry(ctx: &Context<'_, Either>) -> bool {
    ctx.poll.is_some_and(|poll| ctx.now().seconds_since(poll.due) >= RETRY_SECONDS)
}

/// Returns true when this run has claimed some of the servers.
fn claimed_some(ctx: &Context<'_, Either>, servers: &[LiveServer<'_>]) -> Result<bool> {
    for server in servers {
        if server.claims()?.iter().any(|claim| claim.is_written && claim.other(ctx.run).is_none()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Claims one server. Returns the time from which that is certain. `begun` gets the longest time in seconds after which a
/// claim that was begun is certain, also if its answer never arrives.
async fn claim(
    ctx: &Context<'_, Either>,
    server: &LiveServer<'_>,
    owners: &Owners,
    begun: &AtomicU64,
) -> Result<Attempt<Timestamp>> {
    if is_old(ctx, server.live()) {
        return Ok(Attempt::NotYet("what was read is old".to_owned()));
    }
    let mut settles = ctx.now();
    for ClaimWarrant { warrant, settles_seconds } in ctx.guard.claim(server, owners)? {
        begun.fetch_max(settles_seconds, Ordering::Relaxed);
        ctx.cloud.tag_resource(warrant).await?;
        settles = settles.max(ctx.now().plus_seconds(settles_seconds));
    }
    Ok(Attempt::Done(settles))
}

/// Returns true for live state that soon shows nothing about owners any more.
fn is_old(ctx: &Context<'_, Either>, live: &LiveState) -> bool {
    ctx.now().seconds_since(live.read_at) + 1 >= CLAIM_STALE_SECONDS
}

/// Returns true when the state that was read at the start of this call shows this run as the owner of every server.
fn all_shown(ctx: &Context<'_, Either>, servers: &[LiveServer<'_>]) -> Result<bool> {
    for server in servers {
        let claims = server.claims()?;
        if claims.iter().any(|claim| !claim.is_written || claim.other(ctx.run).is_some()) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
