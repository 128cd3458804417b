//! Before step 2.2, failback only and only if the plan has the hook stop writes to B3: freezes B3 under a lease.
//!
//! The lease is written to B2 before the hook is called, and the hook is called once DRS shows it: a second party
//! (`lift-freezes`) then knows what to lift, whatever becomes of this execution. Done when the hook says that writes are
//! stopped and flushed. The hook is called again while it says that it is not done, or when its answer was lost.

use failback_core::Result;
use failback_core::catalogue::reason;
use failback_core::cloud::HookAnswer;
use failback_core::fleet::{Fleet, Lease, LiveServer, Reads};
use failback_core::message::{Reasons, count};
use failback_core::plan::Plan;
use failback_core::poll_interval;
use failback_core::procedure::Failback;
use failback_core::step::{Attempt, Context, FleetInput, Limit, Step, StepResult, Waiting, attempt};
use failback_core::timestamp::Timestamp;
use serde_json::json;

/// The step.
#[derive(Debug)]
pub struct FreezeWrites;

/// The longest poll interval, in seconds: some clients cannot write already.
const POLL_SECONDS_MAX: u64 = 15;

impl Step for FreezeWrites {
    type Scope = Failback;
    type Input = FleetInput;
    const NAME: &'static str = "freeze-writes";

    async fn run(ctx: &Context<'_, Failback>, fleet: &mut Fleet) -> Result<StepResult> {
        let live = ctx.read(fleet, Reads::SERVING).await?;
        let servers = live.servers(fleet);
        let until = until(ctx, &servers)?;
        let mut reasons = Reasons::default();
        let taken = ctx.at_once(servers.iter().map(|server| take(ctx, server, until))).await?;
        let mut shown = 0;
        for (server, attempt) in servers.iter().zip(taken) {
            match attempt {
                Attempt::Done(()) => shown += 1,
                Attempt::NotYet(why) => reasons.add(&server.name, why),
            }
        }
        let again = |why| {
            let seconds = poll_interval::backoff(ctx.waited_seconds()).min(POLL_SECONDS_MAX);
            let seconds = if ctx.is_late() { 1 } else { seconds };
            StepResult::from(Waiting::new(why, seconds).with_note(json!(until.millis())))
        };
        if shown < servers.len() {
            let all = count(servers.len(), "server");
            return Ok(again(reason::leases_are_taken(shown, all, reasons)));
        }
        let answer = match attempt(ctx.guard.freeze(&servers, until))? {
            Attempt::Done(warrant) => ctx.cloud.call_hook(warrant).await?,
            Attempt::NotYet(why) => return Ok(again(why)),
        };
        Ok(match answer {
            HookAnswer::Done => StepResult::Done(reason::writes_are_frozen(count(servers.len(), "server"))),
            HookAnswer::Waiting(why) | HookAnswer::Missing(why) => again(reason::hook_freezes(why)),
        })
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.drainMinutes", plan.limits.drain_minutes)
    }
}

/// Returns the end of the lease: the one that a call has noted, or that B2 shows this execution to have, or a new one.
fn until(ctx: &Context<'_, Failback>, servers: &[LiveServer<'_>]) -> Result<Timestamp> {
    if let Some(noted) = ctx.note::<i64>() {
        return Ok(Timestamp::from_millis(noted));
    }
    let mut known = None;
    for server in servers {
        if let Some((Lease::Until(until), true)) = server.lease(ctx.run)? {
            known = Some(known.map_or(until, |known: Timestamp| known.min(until)));
        }
    }
    Ok(known.unwrap_or_else(|| ctx.now().plus_seconds(ctx.run.plan.cutover.freeze_minutes_max * 60)))
}

/// Takes the lease of one server. Done once DRS shows it.
async fn take(ctx: &Context<'_, Failback>, server: &LiveServer<'_>, until: Timestamp) -> Result<Attempt<()>> {
    match attempt(ctx.guard.take_lease(server, until))? {
        Attempt::Done(None) => Ok(Attempt::Done(())),
        Attempt::Done(Some(warrant)) => {
            ctx.cloud.tag_resource(warrant).await?;
            Ok(Attempt::NotYet(reason::lease_is_taken()))
        }
        Attempt::NotYet(why) => Ok(Attempt::NotYet(why)),
    }
}

#[cfg(test)]
mod tests;
