//! Step 1: starts reversed replication. Each B2 gets an A2 in the source Region.
//!
//! Done when every A2 exists, found by the instance that it replicates. A server whose replication is reversed already
//! is adopted.

use std::collections::BTreeSet;

use failback_core::Result;
use failback_core::catalogue::{Reason, reason};
use failback_core::fleet::{Fleet, LiveServer, Marks, Reads};
use failback_core::id::SourceServerId;
use failback_core::message::{Reasons, count};
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Either;
use failback_core::step::{Attempt, Context, FleetInput, Limit, Step, StepResult, Waiting, attempt};
use serde_json::json;

/// The step.
#[derive(Debug)]
pub struct StartReversedReplication;

/// The number of polls after which a request whose A2 does not show is repeated: its answer may have been lost.
const POLLS_BETWEEN_REQUESTS: u32 = 8;

impl Step for StartReversedReplication {
    type Scope = Either;
    type Input = FleetInput;
    const NAME: &'static str = "start-reversed-replication";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<StepResult> {
        let live = ctx.read(fleet, Reads { b2: true, a2: true, ..Reads::default() }).await?;
        let mut requested = ctx.note::<Marks>().unwrap_or_default().servers(fleet);
        let mut reasons = Reasons::default();
        let servers = live.servers(fleet);
        let missing: Vec<_> = servers.iter().filter(|server| server.a2.is_none()).collect();
        requested.retain(|b1| missing.iter().any(|server| server.b1 == *b1));
        let results = ctx.at_once(missing.iter().map(|server| reverse(ctx, server, &requested))).await?;
        for (server, result) in missing.into_iter().zip(results) {
            match result {
                Attempt::Done(()) => {
                    reasons.add(&server.name, reason::a2_not_shown());
                    requested.insert(server.b1.clone());
                }
                Attempt::NotYet(reason) => reasons.add(&server.name, reason),
            }
        }
        if reasons.is_empty() {
            let servers = count(fleet.pending().count(), "server");
            return Ok(StepResult::Done(reason::servers_replicate(servers)));
        }
        let seconds = if ctx.is_late() {
            1
        } else if requested.is_empty() {
            poll_interval::backoff(ctx.waited_seconds())
        } else {
            poll_interval::by_typical(typical::VISIBLE, reasons.len(), 0)
        };
        let why = Reason::from(&reasons);
        Ok(Waiting::new(why, seconds).with_note(json!(Marks::of(fleet, &requested))).into())
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.reversalMinutes", plan.limits.reversal_minutes)
    }
}

/// Reverses replication of one B2, unless it was requested a few polls ago.
async fn reverse(
    ctx: &Context<'_, Either>,
    server: &LiveServer<'_>,
    requested: &BTreeSet<SourceServerId>,
) -> Result<Attempt<()>> {
    let may_repeat = ctx.poll.is_none_or(|poll| poll.polls.is_multiple_of(POLLS_BETWEEN_REQUESTS));
    if requested.contains(&server.b1) && !may_repeat {
        return Ok(Attempt::NotYet(reason::a2_not_shown()));
    }
    let Some(b2) = server.b2()? else { return Ok(Attempt::NotYet(reason::b2_does_not_run())) };
    if b2.agent_seen.is_none() {
        return Ok(Attempt::NotYet(reason::agent_on_b3_not_seen()));
    }
    let warrant = ctx.guard.reverse_b2(server)?;
    match attempt(ctx.cloud.reverse_replication(warrant).await)? {
        Attempt::Done(_) => Ok(Attempt::Done(())),
        Attempt::NotYet(reason) if ctx.run.launches_as_drill() => {
            Ok(Attempt::NotYet(reason::launched_as_a_drill(reason)))
        }
        Attempt::NotYet(reason) => Ok(Attempt::NotYet(reason)),
    }
}

#[cfg(test)]
mod tests;
