//! Clean-up, step 4.5: disconnects the source servers A2 from AWS, then deletes them. A source server that is left
//! behind is a danger: launching it again would terminate A4 (drs-facts §0.5).
//!
//! Done when no A2 is left.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{Cloud, ReplicationState};
use failback_core::fleet::Fleet;
use failback_core::live::Look;
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Either;
use failback_core::step::{self, Context, Step, Verdict, Waiting, refused};
use failback_core::timestamp::Timestamp;
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct RemoveSourceServers;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    step::handle::<RemoveSourceServers>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for RemoveSourceServers {
    type Scope = Either;
    const NAME: &'static str = "remove-source-servers";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look { b2: true, a3: true, source_jobs: true, recovery_jobs: true, ..Look::default() };
        let live = ctx.look(fleet, look).await?;
        let mut waiting: Option<Waiting> = None;
        let servers = fleet.pending().count();
        for server in fleet.pending() {
            let Some(a2) = live.a2(server)? else { continue };
            if ctx.is_late() {
                return Ok(Verdict::Waiting(Waiting::new("this call has no time left", 1)));
            }
            let deletes = a2.replication.state == ReplicationState::Disconnected;
            let asked = if deletes {
                ctx.cloud.delete_source_server(ctx.guard.delete_a2(&live, ctx.now(), server)?).await
            } else if ctx.wait.is_some_and(|wait| wait.polls % 8 != 0) && ctx.memo::<bool>() == Some(true) {
                // Asked; DISCONNECTED takes a while to show. Asked anew if it does not.
                Ok(())
            } else {
                ctx.cloud.disconnect_source_server(ctx.guard.disconnect_a2(&live, ctx.now(), server)?).await
            };
            match refused(asked)? {
                Ok(()) if deletes => {}
                Ok(()) => {
                    let why = format!("{}: A2 is being disconnected", server.name);
                    let seconds =
                        poll_interval::by_typical(typical::DISCONNECT, servers, ctx.waited_seconds());
                    waiting = Some(Waiting::new(why, seconds));
                }
                Err(why) => {
                    let why = format!("{}: A2 cannot be removed yet: {why}", server.name);
                    waiting = Some(Waiting::new(why, poll_interval::backoff(ctx.waited_seconds())));
                }
            }
        }
        Ok(match waiting {
            Some(mut waiting) => {
                waiting.memo = Some(Value::Bool(true));
                Verdict::Waiting(waiting)
            }
            None => Verdict::Done("the reversed source servers are deleted".to_owned()),
        })
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.cleanup_minutes * 60
    }
}

#[cfg(test)]
mod tests;
