//! Clean-up, step 4.1: stops replication of A2. Required before B2 can be terminated.
//!
//! Done when no A2 replicates any more. A launch that still runs is waited for, so that its A4 is not missed.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{Cloud, SourceServer};
use failback_core::fleet::{Fleet, Member};
use failback_core::live::{Live, Look};
use failback_core::moment::Moment;
use failback_core::pace::{self, usual};
use failback_core::plan::Plan;
use failback_core::procedure::Either;
use failback_core::run::tag;
use failback_core::step::{self, Cx, Step, Verdict, Waiting, refused};
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct StopReversedReplication;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Result<Value> {
    step::handle::<StopReversedReplication>(cloud, payload, deadline).await
}

/// How long an A2 that does not show is waited for. Where a person deleted it, it never will.
const UNSEEN_SECONDS_MAX: u64 = 60;

#[async_trait]
impl Step for StopReversedReplication {
    type Scope = Either;
    const NAME: &'static str = "stop-reversed-replication";

    async fn run(cx: &Cx<'_, Either>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look { b2: true, a2: true, source_jobs: true, ..Look::default() };
        let live = cx.look(fleet, look).await?;
        let mut waiting: Option<Waiting> = None;
        for member in fleet.away() {
            if live.is_a2_unseen(member)? && cx.waited_seconds() < UNSEEN_SECONDS_MAX {
                let why = format!("{}: B2 replicates and DRS does not show A2 yet", member.name);
                waiting = Some(Waiting::new(why, pace::by_usual(usual::VISIBLE, 1, 0)));
                continue;
            }
            let Some(a2) = live.a2(member)?.filter(|a2| a2.replication.is_running()) else { continue };
            let launching =
                live.source_jobs()?.iter().find(|job| job.is_active() && job.part_of(&a2.id).is_some());
            if let Some(job) = launching {
                let waited = job.created.map_or(0, |created| cx.now().seconds_since(created));
                let why = format!("{}: job {} must end first", member.name, job.id);
                waiting =
                    Some(Waiting::new(why, pace::by_usual(usual::LAUNCH_JOB, job.servers.len(), waited)));
                continue;
            }
            if cx.is_late() {
                return Ok(Verdict::Waiting(Waiting::new("this call has no time left", 1)));
            }
            own(cx, &live, member, a2).await;
            let warrant = cx.guard.stop_a2(&live, cx.now(), member)?;
            if let Err(why) = refused(cx.cloud.stop_replication(warrant).await)? {
                let why = format!("{}: replication of A2 does not stop yet: {why}", member.name);
                waiting = Some(Waiting::new(why, pace::patiently(cx.waited_seconds())));
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
async fn own(cx: &Cx<'_, Either>, live: &Live, member: &Member, a2: &SourceServer) {
    if !a2.tags.contains_key(tag::B1)
        && let Ok(warrant) = cx.guard.tag_a2(live, cx.now(), member)
    {
        cx.cloud.tag_resource(warrant).await.ok();
    }
}

#[cfg(test)]
mod tests;
