//! Clean-up, step 4.1: stops replication of A2. Required before B2 can be terminated.
//!
//! Done when no A2 replicates any more. A launch that still runs is waited for, so that its A4 is not missed.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{Cloud, SourceServer};
use failback_core::fleet::{Fleet, Server};
use failback_core::live::{Live, Look};
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Either;
use failback_core::run::tag;
use failback_core::step::{self, Context, Step, Verdict, Waiting, refused};
use failback_core::timestamp::Timestamp;
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct StopReversedReplication;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    step::handle::<StopReversedReplication>(cloud, payload, deadline).await
}

/// How long an A2 that does not show is waited for. Where a person deleted it, it never will.
const UNSEEN_SECONDS_MAX: u64 = 60;

#[async_trait]
impl Step for StopReversedReplication {
    type Scope = Either;
    const NAME: &'static str = "stop-reversed-replication";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look { b2: true, a2: true, source_jobs: true, ..Look::default() };
        let live = ctx.look(fleet, look).await?;
        let mut waiting: Option<Waiting> = None;
        for server in fleet.pending() {
            if live.is_a2_unseen(server)? && ctx.waited_seconds() < UNSEEN_SECONDS_MAX {
                let why = format!("{}: B2 replicates and DRS does not show A2 yet", server.name);
                waiting = Some(Waiting::new(why, poll_interval::by_typical(typical::VISIBLE, 1, 0)));
                continue;
            }
            let Some(a2) = live.a2(server)?.filter(|a2| a2.replication.is_running()) else { continue };
            let launching =
                live.source_jobs()?.iter().find(|job| job.is_active() && job.part_of(&a2.id).is_some());
            if let Some(job) = launching {
                let waited = job.created.map_or(0, |created| ctx.now().seconds_since(created));
                let why = format!("{}: job {} must end first", server.name, job.id);
                waiting = Some(Waiting::new(
                    why,
                    poll_interval::by_typical(typical::LAUNCH_JOB, job.servers.len(), waited),
                ));
                continue;
            }
            if ctx.is_late() {
                return Ok(Verdict::Waiting(Waiting::new("this call has no time left", 1)));
            }
            own(ctx, &live, server, a2).await;
            let warrant = ctx.guard.stop_a2(&live, ctx.now(), server)?;
            if let Err(why) = refused(ctx.cloud.stop_replication(warrant).await)? {
                let why = format!("{}: replication of A2 does not stop yet: {why}", server.name);
                waiting = Some(Waiting::new(why, poll_interval::backoff(ctx.waited_seconds())));
            }
        }
        Ok(match waiting {
            Some(waiting) => Verdict::Waiting(waiting),
            None => Verdict::Done("no server replicates home any more".to_owned()),
        })
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.cleanup_minutes * 60
    }
}

/// Tags an A2 that is not tagged yet, while B2 still proves whose it is: a clean-up that is interrupted after B2 is gone
/// must find it. Where that is refused the clean-up goes on all the same.
async fn own(ctx: &Context<'_, Either>, live: &Live, server: &Server, a2: &SourceServer) {
    if !a2.tags.contains_key(tag::B1)
        && let Ok(warrant) = ctx.guard.tag_a2(live, ctx.now(), server)
    {
        ctx.cloud.tag_resource(warrant).await.ok();
    }
}

#[cfg(test)]
mod tests;
