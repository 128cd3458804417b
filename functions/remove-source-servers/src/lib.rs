//! Clean-up, step 4.5: disconnects the source servers A2 from AWS, then deletes them. A source server that is left
//! behind is a danger: launching it again would terminate A4 (drs-facts §0.5).
//!
//! Done when no A2 is left.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{Cloud, ReplicationState};
use failback_core::fleet::Fleet;
use failback_core::live::Look;
use failback_core::moment::Moment;
use failback_core::pace::{self, usual};
use failback_core::plan::Plan;
use failback_core::procedure::Either;
use failback_core::step::{self, Cx, Step, Verdict, Waiting, refused};
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct RemoveSourceServers;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Result<Value> {
    step::handle::<RemoveSourceServers>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for RemoveSourceServers {
    type Scope = Either;
    const NAME: &'static str = "remove-source-servers";

    async fn run(cx: &Cx<'_, Either>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look { b2: true, a3: true, source_jobs: true, recovery_jobs: true, ..Look::default() };
        let live = cx.look(fleet, look).await?;
        let mut waiting: Option<Waiting> = None;
        let servers = fleet.away().count();
        for member in fleet.away() {
            let Some(a2) = live.a2(member)? else { continue };
            if cx.is_late() {
                return Ok(Verdict::Waiting(Waiting::new("this call has no time left", 1)));
            }
            let deletes = a2.replication.state == ReplicationState::Disconnected;
            let asked = if deletes {
                cx.cloud.delete_source_server(cx.guard.delete_a2(&live, cx.now(), member)?).await
            } else if cx.wait.is_some_and(|wait| wait.polls % 8 != 0) && cx.memo::<bool>() == Some(true) {
                // Asked; DISCONNECTED takes a while to show. Asked anew if it does not.
                Ok(())
            } else {
                cx.cloud.disconnect_source_server(cx.guard.disconnect_a2(&live, cx.now(), member)?).await
            };
            match refused(asked)? {
                Ok(()) if deletes => {}
                Ok(()) => {
                    let why = format!("{}: A2 is being disconnected", member.name);
                    let seconds = pace::by_usual(usual::DISCONNECT, servers, cx.waited_seconds());
                    waiting = Some(Waiting::new(why, seconds));
                }
                Err(why) => {
                    let why = format!("{}: A2 cannot be removed yet: {why}", member.name);
                    waiting = Some(Waiting::new(why, pace::patiently(cx.waited_seconds())));
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
