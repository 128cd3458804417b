//! Before step 1: claims the servers. The page assumes one person at the console; two runs of one fleet would each undo
//! what the other does.
//!
//! Done when B2 and A2 of every server name this run, have been shown to do so, and every earlier owner must have seen it:
//! its next write is refused. A server whose owner runs, or may run, is not taken over.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

mod a3;

use failback_core::Result;
use failback_core::catalogue::reason;
use failback_core::fleet::{Fleet, LiveServer, LiveState, Owners, Reads};
use failback_core::guard::{CLAIM_SETTLES_SECONDS, CLAIM_STALE_SECONDS, ClaimWarrant};
use failback_core::message::count;
use failback_core::plan::Plan;
use failback_core::procedure::Either;
use failback_core::step::{Attempt, Context, FleetInput, Limit, Step, StepResult, Waiting};
use failback_core::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use a3::claim_a3;

/// The step.
#[derive(Debug)]
pub struct ClaimServers;

impl Step for ClaimServers {
    type Scope = Either;
    type Input = FleetInput;
    const NAME: &'static str = "claim-servers";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<StepResult> {
        if ctx.run.aborted.as_ref().is_some_and(|aborted| aborted.gate.is_some()) {
            // The run has claimed the servers already, and each warrant looks again.
            return claim_a3(ctx, fleet, StepResult::Done(reason::abort_is_claimed())).await;
        }
        let mut live = ctx.read(fleet, READS).await?;
        let all = fleet.pending().count();
        let mut note: Note = ctx.note().unwrap_or_else(|| Note::at(ctx.now()));
        if note.claimed < all {
            let batch = note.claimed..all.min(note.claimed + BATCH);
            let owners = Owners::read(ctx.cloud, ctx.run, &live.servers(fleet)[batch.clone()]).await?;
            if !owners.is_empty() {
                // What was read before the owners is no proof any more. That an owner has ended stays true.
                live = ctx.read(fleet, READS).await?;
            }
            if !note.claim_batch(ctx, &live.servers(fleet), batch, &owners).await? {
                return Ok(note.goes_on(all));
            }
        }
        match note.settled(ctx, &live.servers(fleet))? {
            done @ StepResult::Done(_) => claim_a3(ctx, fleet, done).await,
            waiting => Ok(waiting),
        }
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.reversalMinutes", plan.limits.reversal_minutes)
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

/// The time after which a claim that does not show is made again: DRS shows tags within half of it (drs-facts §12.14).
const SHOWN_SECONDS_MAX: u64 = 60;

/// The state of the claims between two calls.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Note {
    /// The number of servers, from the first, that are claimed.
    claimed: usize,
    /// The time from which all claims are certain, in milliseconds since 1970.
    settles_ms: i64,
    /// The time of the last claim, in milliseconds since 1970.
    claimed_ms: i64,
}

impl Note {
    /// Returns the state before the first claim.
    fn at(now: Timestamp) -> Self {
        Self { claimed: 0, settles_ms: now.millis(), claimed_ms: now.millis() }
    }

    /// Claims some of the servers, each of which no earlier call has claimed as far as this note knows. Returns true when
    /// they are the last ones, and all of them are claimed.
    async fn claim_batch(
        &mut self,
        ctx: &Context<'_, Either>,
        servers: &[LiveServer<'_>],
        batch: Range<usize>,
        owners: &Owners,
    ) -> Result<bool> {
        let some = &servers[batch.clone()];
        if any_shown(ctx, some)? {
            // A call has claimed a moment ago, perhaps, and its note did not arrive.
            self.settles_at(ctx.now().plus_seconds(CLAIM_SETTLES_SECONDS));
        }
        let begun = AtomicU64::new(0);
        let results = ctx.at_once(some.iter().map(|server| claim(ctx, server, owners, &begun))).await?;
        self.claimed_ms = ctx.now().millis();
        let mut is_whole = true;
        for (index, result) in results.into_iter().enumerate() {
            match result {
                Attempt::Done(settles) => self.settles_at(settles),
                Attempt::NotYet(_) => {
                    // One of the server's two objects may have been claimed a moment ago.
                    is_whole = false;
                    self.settles_at(ctx.now().plus_seconds(begun.load(Ordering::Relaxed)));
                }
            }
            if is_whole {
                self.claimed = batch.start + index + 1;
            }
        }
        Ok(self.claimed == servers.len())
    }

    /// Waits until all claims are certain. Nothing is written here: a claim that does not show is made again by a call that
    /// counts its time.
    fn settled(mut self, ctx: &Context<'_, Either>, servers: &[LiveServer<'_>]) -> Result<StepResult> {
        let settles = Timestamp::from_millis(self.settles_ms).seconds_since(ctx.now());
        let missing = first_not_shown(ctx, servers)?;
        if let (0, None) = (settles, missing) {
            return Ok(StepResult::Done(reason::servers_are_claimed(count(servers.len(), "server"))));
        }
        let is_overdue = ctx.now().seconds_since(Timestamp::from_millis(self.claimed_ms)) > SHOWN_SECONDS_MAX;
        match missing {
            Some(index) if settles == 0 && is_overdue => {
                self.claimed = index;
                Ok(self.goes_on(servers.len()))
            }
            _ => {
                let why = reason::claim_settles();
                Ok(Waiting::new(why, settles.max(SHOWN_POLL_SECONDS)).with_note(json!(self)).into())
            }
        }
    }

    /// Returns the wait before the next call, which goes on with the first server that is not claimed.
    fn goes_on(self, all: usize) -> StepResult {
        let why = reason::some_are_claimed(self.claimed, count(all, "server"));
        Waiting::new(why, 1).with_note(json!(self)).into()
    }

    fn settles_at(&mut self, time: Timestamp) {
        self.settles_ms = self.settles_ms.max(time.millis());
    }
}

/// Returns true when one of the servers shows this run as the owner of a part of it.
fn any_shown(ctx: &Context<'_, Either>, servers: &[LiveServer<'_>]) -> Result<bool> {
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
        return Ok(Attempt::NotYet(reason::read_too_long_ago()));
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

/// Returns the first server whose state, as it was read, does not show this run as the owner of all of it.
fn first_not_shown(ctx: &Context<'_, Either>, servers: &[LiveServer<'_>]) -> Result<Option<usize>> {
    for (index, server) in servers.iter().enumerate() {
        let claims = server.claims()?;
        if claims.iter().any(|claim| !claim.is_written || claim.other(ctx.run).is_some()) {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
