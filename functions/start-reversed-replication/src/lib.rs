//! Step 1: starts reversed replication. Each B2 gets an A2 in the source Region.
//!
//! Done when every A2 is there, found by the instance it replicates. A server whose replication is reversed already
//! is adopted.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::Cloud;
use failback_core::fleet::{Fleet, count, listed};
use failback_core::live::Look;
use failback_core::moment::Moment;
use failback_core::pace::{self, usual};
use failback_core::plan::Plan;
use failback_core::procedure::Either;
use failback_core::step::{self, Cx, Step, Verdict, Waiting, refused};
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct StartReversedReplication;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Result<Value> {
    step::handle::<StartReversedReplication>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for StartReversedReplication {
    type Scope = Either;
    const NAME: &'static str = "start-reversed-replication";

    async fn run(cx: &Cx<'_, Either>, fleet: &mut Fleet) -> Result<Verdict> {
        let live = cx.look(fleet, Look { b2: true, a2: true, ..Look::default() }).await?;
        let asked: Vec<String> = cx.memo().unwrap_or_default();
        let mut waiting_for: Vec<(String, String)> = Vec::new();
        let mut now_asked = asked.clone();
        for member in fleet.away().filter(|member| member.a2.is_none()) {
            let mut wait = |why: &str| waiting_for.push((member.name.clone(), why.to_owned()));
            if asked.contains(&member.name) && cx.wait.is_some_and(|wait| wait.polls % 8 != 0) {
                // ReverseReplication answered; A2 becomes visible within seconds. Asked anew if it does not.
                wait("DRS does not show A2 yet");
                continue;
            }
            let Some(b2) = live.b2(member)? else {
                wait("B2 does not run");
                continue;
            };
            if b2.agent_seen.is_none() {
                wait("DRS has not seen the agent on B3 yet");
                continue;
            }
            if cx.is_late() {
                wait("this call has no time left");
                continue;
            }
            let warrant = cx.guard.reverse_b2(&live, cx.now(), member)?;
            match refused(cx.cloud.reverse_replication(warrant).await)? {
                Ok(_) => {
                    now_asked.push(member.name.clone());
                    wait("DRS does not show A2 yet");
                }
                Err(why) => wait(&why),
            }
        }
        let Some((_, why)) = waiting_for.first() else {
            return Ok(Verdict::Done(format!("{} replicating home", count(fleet.away().count(), "server"))));
        };
        let why = format!("{}: {why}", listed(waiting_for.iter().map(|(name, _)| name.as_str())));
        let servers = waiting_for.len();
        let seconds = if cx.is_late() {
            1
        } else if now_asked.is_empty() {
            pace::patiently(cx.waited_seconds())
        } else {
            pace::by_usual(usual::VISIBLE, servers, 0)
        };
        let mut waiting = Waiting::new(why, seconds);
        now_asked.retain(|name| fleet.find(name).is_some_and(|member| member.a2.is_none()));
        waiting.memo = Some(now_asked.into());
        Ok(Verdict::Waiting(waiting))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.reversal_minutes * 60
    }
}

#[cfg(test)]
mod tests;
