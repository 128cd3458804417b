//! Clean-up, step 4.2: terminates the recovery instances B2, and with them the recovered instances B3.
//!
//! The call that may end production. In a failback the guard wants A4 to work, to carry traffic and to be protected;
//! in a drill it wants proof that B3 is not production. Done when no B2 lives and no job is at work on the
//! server.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{Cloud, JobKind};
use failback_core::fleet::{Fleet, Server, listed};
use failback_core::guard::Guard;
use failback_core::job_capacity::JobCapacity;
use failback_core::live::{Live, Look};
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::{Drill, Either, Failback, Procedure};
use failback_core::step::{self, Context, Step, Verdict, Waiting, refused};
use failback_core::timestamp::Timestamp;
use serde_json::{Value, json};

/// The step.
#[derive(Debug)]
pub struct TerminateRecoveredServers;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    step::handle::<TerminateRecoveredServers>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for TerminateRecoveredServers {
    type Scope = Either;
    const NAME: &'static str = "terminate-recovered-servers";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look {
            b1: true,
            b2: true,
            a3: true,
            source_jobs: true,
            recovery_jobs: true,
            source_instances: true,
            recovery_instances: true,
            records: true,
            ..Look::default()
        };
        let live = ctx.look(fleet, look).await?;
        let (mut terminable, mut terminating, mut busy) = (Vec::new(), Vec::new(), Vec::new());
        for server in fleet.pending() {
            match (job_at_work(&live, server)?, live.b2(server)?) {
                (Some(JobKind::Terminate), _) => terminating.push(server),
                (Some(_), _) => busy.push(server),
                (None, Some(_)) => terminable.push(server),
                (None, None) => {}
            }
        }
        let mut refusal = None;
        let capacity =
            JobCapacity::left(ctx.cloud.drs_quotas(ctx.run.recovery()).await?, live.recovery_jobs()?);
        for batch in capacity.batches(&terminable) {
            refusal = terminate(ctx, &live, fleet, batch).await?.or(refusal);
        }
        let names = |servers: &[&Server]| listed(servers.iter().map(|server| server.name.as_str()));
        let mut waiting = if let Some(why) = refusal {
            let why = format!("{} cannot be terminated yet: {why}", names(&terminable));
            Waiting::new(
                why,
                poll_interval::by_typical(typical::RELEASE, terminable.len(), ctx.waited_seconds()),
            )
        } else if !busy.is_empty() {
            let why = format!("{} are still being launched", names(&busy));
            Waiting::new(
                why,
                poll_interval::by_typical(typical::LAUNCH_JOB, busy.len(), ctx.waited_seconds()),
            )
        } else if !terminable.is_empty() {
            let mut waiting = Waiting::new(
                format!("terminating {}", names(&terminable)),
                poll_interval::by_typical(typical::TERMINATE_JOB, terminable.len(), 0),
            );
            waiting.memo = Some(json!(ctx.now().millis()));
            waiting
        } else if !terminating.is_empty() {
            let begun = ctx.memo::<i64>().map_or(ctx.now(), Timestamp::from_millis);
            let waited = ctx.now().seconds_since(begun);
            let why = format!("terminating {}", names(&terminating));
            Waiting::new(why, poll_interval::by_typical(typical::TERMINATE_JOB, terminating.len(), waited))
        } else {
            return Ok(Verdict::Done("the recovered servers are terminated".to_owned()));
        };
        waiting.memo = waiting.memo.or_else(|| ctx.wait.and_then(|wait| wait.memo.clone()));
        Ok(Verdict::Waiting(waiting))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.cleanup_minutes * 60
    }
}

/// What a job of either Region is doing to a server.
fn job_at_work(live: &Live, server: &Server) -> Result<Option<JobKind>> {
    let servers = [Some(&server.b1), server.a2.as_ref()];
    let jobs = live.recovery_jobs()?.iter().chain(live.source_jobs()?).filter(|job| job.is_active());
    let mut of_member = jobs.filter(|job| servers.into_iter().flatten().any(|id| job.part_of(id).is_some()));
    Ok(of_member.next().map(|job| job.kind))
}

/// Terminates a batch under the rules of the run's procedure. Answers why DRS refuses, if it does.
async fn terminate(
    ctx: &Context<'_, Either>,
    live: &Live,
    fleet: &Fleet,
    batch: &[&Server],
) -> Result<Option<String>> {
    let warrant = match ctx.run.procedure {
        Procedure::Drill => Guard::<Drill>::new(ctx.run)?.terminate_b2(live, ctx.now(), batch),
        Procedure::Failback => {
            let a4s: Vec<_> = batch.iter().filter_map(|server| server.a4()).collect();
            let checks = ctx.cloud.instance_status(ctx.run.source(), &a4s).await?;
            Guard::<Failback>::new(ctx.run)?.terminate_b2(live, ctx.now(), fleet, batch, &checks)
        }
    };
    match refused(warrant)? {
        Ok(warrant) => Ok(refused(ctx.cloud.terminate_recovery_instances(warrant).await)?.err()),
        Err(why) => Ok(Some(why)),
    }
}

#[cfg(test)]
mod tests;
