//! Step 1: starts reversed replication. Each B2 gets an A2 in the source Region.
//!
//! Done when every A2 is there, found by the instance it replicates. A server whose replication is reversed already
//! is adopted.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::Cloud;
use failback_core::fleet::{Fleet, count, listed};
use failback_core::live::Look;
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Either;
use failback_core::step::{self, Context, Step, Verdict, Waiting, refused};
use failback_core::timestamp::Timestamp;
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct StartReversedReplication;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    step::handle::<StartReversedReplication>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for StartReversedReplication {
    type Scope = Either;
    const NAME: &'static str = "start-reversed-replication";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<Verdict> {
        let live = ctx.look(fleet, Look { b2: true, a2: true, ..Look::default() }).await?;
        let asked: Vec<String> = ctx.memo().unwrap_or_default();
        let mut waiting_for: Vec<(String, String)> = Vec::new();
        let mut now_asked = asked.clone();
        for server in fleet.pending().filter(|server| server.a2.is_none()) {
            let mut wait = |why: &str| waiting_for.push((server.name.clone(), why.to_owned()));
            if asked.contains(&server.name) && ctx.wait.is_some_and(|wait| wait.polls % 8 != 0) {
                // ReverseReplication answered; A2 becomes visible within seconds. Asked anew if it does not.
                wait("DRS does not show A2 yet");
                continue;
            }
            let Some(b2) = live.b2(server)? else {
                wait("B2 does not run");
                continue;
            };
            if b2.agent_seen.is_none() {
                wait("DRS has not seen the agent on B3 yet");
                continue;
            }
            if ctx.is_late() {
                wait("this call has no time left");
                continue;
            }
            let warrant = ctx.guard.reverse_b2(&live, ctx.now(), server)?;
            match refused(ctx.cloud.reverse_replication(warrant).await)? {
                Ok(_) => {
                    now_asked.push(server.name.clone());
                    wait("DRS does not show A2 yet");
                }
                Err(why) => wait(&why),
            }
        }
        let Some((_, why)) = waiting_for.first() else {
            return Ok(Verdict::Done(format!(
                "{} replicating home",
                count(fleet.pending().count(), "server")
            )));
        };
        let why = format!("{}: {why}", listed(waiting_for.iter().map(|(name, _)| name.as_str())));
        let servers = waiting_for.len();
        let seconds = if ctx.is_late() {
            1
        } else if now_asked.is_empty() {
            poll_interval::backoff(ctx.waited_seconds())
        } else {
            poll_interval::by_typical(typical::VISIBLE, servers, 0)
        };
        let mut waiting = Waiting::new(why, seconds);
        now_asked.retain(|name| fleet.find(name).is_some_and(|server| server.a2.is_none()));
        waiting.memo = Some(now_asked.into());
        Ok(Verdict::Waiting(waiting))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.reversal_minutes * 60
    }
}

#[cfg(test)]
mod tests;
