//! Clean-up, step 4.2: terminates the recovery instances B2, and with them the recovered instances B3.
//!
//! The call that may end production. In a failback the guard wants A4 to work, to carry traffic and to be protected;
//! in a drill it wants proof that B3 is not production. Done when no B2 lives and no job is at work on the
//! server.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{Cloud, JobKind};
use failback_core::fleet::{Fleet, Member, listed};
use failback_core::guard::Guard;
use failback_core::live::{Live, Look};
use failback_core::moment::Moment;
use failback_core::pace::{self, usual};
use failback_core::plan::Plan;
use failback_core::procedure::{Drill, Either, Failback, Procedure};
use failback_core::room::Room;
use failback_core::step::{self, Cx, Step, Verdict, Waiting, refused};
use serde_json::{Value, json};

/// The step.
#[derive(Debug)]
pub struct TerminateRecoveredServers;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Result<Value> {
    step::handle::<TerminateRecoveredServers>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for TerminateRecoveredServers {
    type Scope = Either;
    const NAME: &'static str = "terminate-recovered-servers";

    async fn run(cx: &Cx<'_, Either>, fleet: &mut Fleet) -> Result<Verdict> {
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
        let live = cx.look(fleet, look).await?;
        let (mut terminable, mut terminating, mut busy) = (Vec::new(), Vec::new(), Vec::new());
        for member in fleet.away() {
            match (job_at_work(&live, member)?, live.b2(member)?) {
                (Some(JobKind::Terminate), _) => terminating.push(member),
                (Some(_), _) => busy.push(member),
                (None, Some(_)) => terminable.push(member),
                (None, None) => {}
            }
        }
        let mut refusal = None;
        let room = Room::beside(cx.cloud.drs_quotas(cx.run.recovery()).await?, live.recovery_jobs()?);
        for batch in room.batches(&terminable) {
            refusal = terminate(cx, &live, fleet, batch).await?.or(refusal);
        }
        let names = |members: &[&Member]| listed(members.iter().map(|member| member.name.as_str()));
        let mut waiting = if let Some(why) = refusal {
            let why = format!("{} cannot be terminated yet: {why}", names(&terminable));
            Waiting::new(why, pace::by_usual(usual::RELEASE, terminable.len(), cx.waited_seconds()))
        } else if !busy.is_empty() {
            let why = format!("{} are still being launched", names(&busy));
            Waiting::new(why, pace::by_usual(usual::LAUNCH_JOB, busy.len(), cx.waited_seconds()))
        } else if !terminable.is_empty() {
            let mut waiting = Waiting::new(
                format!("terminating {}", names(&terminable)),
                pace::by_usual(usual::TERMINATE_JOB, terminable.len(), 0),
            );
            waiting.memo = Some(json!(cx.now().millis()));
            waiting
        } else if !terminating.is_empty() {
            let begun = cx.memo::<i64>().map_or(cx.now(), Moment::from_millis);
            let waited = cx.now().seconds_since(begun);
            let why = format!("terminating {}", names(&terminating));
            Waiting::new(why, pace::by_usual(usual::TERMINATE_JOB, terminating.len(), waited))
        } else {
            return Ok(Verdict::Done("the recovered servers are terminated".to_owned()));
        };
        waiting.memo = waiting.memo.or_else(|| cx.wait.and_then(|wait| wait.memo.clone()));
        Ok(Verdict::Waiting(waiting))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.cleanup_minutes * 60
    }
}

/// What a job of either Region is doing to a server.
fn job_at_work(live: &Live, member: &Member) -> Result<Option<JobKind>> {
    let servers = [Some(&member.b1), member.a2.as_ref()];
    let jobs = live.recovery_jobs()?.iter().chain(live.source_jobs()?).filter(|job| job.is_active());
    let mut of_member = jobs.filter(|job| servers.into_iter().flatten().any(|id| job.part_of(id).is_some()));
    Ok(of_member.next().map(|job| job.kind))
}

/// Terminates a batch under the rules of the run's procedure. Answers why DRS refuses, if it does.
async fn terminate(
    cx: &Cx<'_, Either>,
    live: &Live,
    fleet: &Fleet,
    batch: &[&Member],
) -> Result<Option<String>> {
    let warrant = match cx.run.procedure {
        Procedure::Drill => Guard::<Drill>::new(cx.run)?.terminate_b2(live, cx.now(), batch),
        Procedure::Failback => {
            let a4s: Vec<_> = batch.iter().filter_map(|member| member.a4()).collect();
            let checks = cx.cloud.instance_status(cx.run.source(), &a4s).await?;
            Guard::<Failback>::new(cx.run)?.terminate_b2(live, cx.now(), fleet, batch, &checks)
        }
    };
    match refused(warrant)? {
        Ok(warrant) => Ok(refused(cx.cloud.terminate_recovery_instances(warrant).await)?.err()),
        Err(why) => Ok(Some(why)),
    }
}

#[cfg(test)]
mod tests;
