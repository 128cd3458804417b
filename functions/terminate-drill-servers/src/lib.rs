//! Clean-up of a drill: terminates the recovery instances A3, and with them the drill's A4.
//!
//! Done when no A3 lives and no job is at work on A2.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{Cloud, Job};
use failback_core::fleet::{Fleet, Server, listed};
use failback_core::job_capacity::JobCapacity;
use failback_core::live::Look;
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Drill;
use failback_core::step::{self, Context, Step, Verdict, Waiting, refused};
use failback_core::timestamp::Timestamp;
use serde_json::{Value, json};

/// The step.
#[derive(Debug)]
pub struct TerminateDrillServers;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    step::handle::<TerminateDrillServers>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for TerminateDrillServers {
    type Scope = Drill;
    const NAME: &'static str = "terminate-drill-servers";

    async fn run(ctx: &Context<'_, Drill>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look {
            b2: true,
            a3: true,
            source_jobs: true,
            recovery_jobs: true,
            source_instances: true,
            records: true,
            ..Look::default()
        };
        let live = ctx.look(fleet, look).await?;
        let (mut terminable, mut busy) = (Vec::new(), Vec::new());
        for server in fleet.pending() {
            let a2 = server.a2.as_ref();
            // A job that is completed for all servers but one is not completed.
            let at_work = |job: &Job| job.is_active() && a2.is_some_and(|a2| job.part_of(a2).is_some());
            if live.source_jobs()?.iter().any(at_work) {
                busy.push(server);
            } else if live.a3(server)?.is_some() {
                terminable.push(server);
            }
        }
        let names = |servers: &[&Server]| listed(servers.iter().map(|server| server.name.as_str()));
        let mut refusal = None;
        let capacity = JobCapacity::left(ctx.cloud.drs_quotas(ctx.run.source()).await?, live.source_jobs()?);
        for batch in capacity.batches(&terminable) {
            let warrant = ctx.guard.terminate_a3(&live, ctx.now(), batch)?;
            refusal = refused(ctx.cloud.terminate_recovery_instances(warrant).await)?.err().or(refusal);
        }
        let begun = ctx.memo::<i64>().map_or(ctx.now(), Timestamp::from_millis);
        let (why, seconds) = if let Some(why) = refusal {
            let why = format!("DRS does not terminate A3 of {} yet: {why}", names(&terminable));
            (why, poll_interval::backoff(ctx.waited_seconds()))
        } else if !terminable.is_empty() {
            let why = format!("terminating the drill's servers of {}", names(&terminable));
            (why, poll_interval::by_typical(typical::TERMINATE_JOB, terminable.len(), 0))
        } else if !busy.is_empty() {
            let why = format!("terminating the drill's servers of {}", names(&busy));
            (
                why,
                poll_interval::by_typical(typical::TERMINATE_JOB, busy.len(), ctx.now().seconds_since(begun)),
            )
        } else {
            return Ok(Verdict::Done("the drill's servers are terminated".to_owned()));
        };
        let mut waiting = Waiting::new(why, seconds);
        waiting.memo = Some(json!(begun.millis()));
        Ok(Verdict::Waiting(waiting))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.cleanup_minutes * 60
    }
}

#[cfg(test)]
mod tests;
