//! Clean-up, step 4.1: stops replication of A2. Required before B2 can be terminated.
//!
//! Done when no A2 replicates any more. The step waits for a launch that is still running, so that its A4 is not
//! missed.

use failback_core::Result;
use failback_core::catalogue::reason;
use failback_core::cloud::SourceServer;
use failback_core::fleet::{Fleet, LiveServer, Reads};
use failback_core::guard::ProcedureGuard;
use failback_core::message::Reasons;
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Either;
use failback_core::step::{Attempt, Context, FleetInput, Limit, Step, StepResult, Waiting, attempt};
use failback_core::tags::tag;

/// The step.
#[derive(Debug)]
pub struct StopReversedReplication;

/// The longest wait for an A2 that does not show. If a person deleted it, it never shows.
const UNSEEN_SECONDS_MAX: u64 = 60;

impl Step for StopReversedReplication {
    type Scope = Either;
    type Input = FleetInput;
    const NAME: &'static str = "stop-reversed-replication";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<StepResult> {
        let reads = Reads { a2: true, ..Reads::SERVING };
        let (live, mut refused) = ctx.read_to_clean_up(fleet, reads).await?;
        let mut waiting = None;
        let servers = live.servers(fleet);
        let mut running = Vec::new();
        for server in &servers {
            let Some((is_unseen, a2)) = refused.unless_refused(server, seen(server))? else { continue };
            if is_unseen && ctx.waited_seconds() < UNSEEN_SECONDS_MAX {
                let why = reason::a2_does_not_show(&server.name);
                waiting = Some(Waiting::new(why, poll_interval::by_typical(typical::VISIBLE, 1, 0)));
            } else if let Some(a2) = a2.filter(|a2| a2.replication.is_running()) {
                running.push((server, a2));
            }
        }
        let unclaimed = claim_a3(ctx, &servers).await?;
        let results = ctx
            .at_once_unless_refused(running.iter().map(|(server, a2)| stop(ctx, &servers, server, a2)))
            .await?;
        let mut reasons = Reasons::default();
        for ((server, _), result) in running.into_iter().zip(results) {
            match refused.unless_refused(server, result)? {
                Some(Attempt::Done(job)) => waiting = job.or(waiting),
                Some(Attempt::NotYet(reason)) => reasons.add(&server.name, reason),
                None => {}
            }
        }
        if !reasons.is_empty() {
            waiting = Some(ctx.again(reason::a2_does_not_stop_yet(&reasons)));
        }
        if !unclaimed.is_empty() {
            waiting = Some(ctx.again(reason::a3_is_not_tagged_yet(&unclaimed)));
        }
        match waiting {
            Some(waiting) => Ok(StepResult::Waiting(waiting)),
            None if ctx.run.keeps_recovered_servers() => refused.end(reason::a2_goes_on()),
            None => refused.end(reason::a2_is_stopped()),
        }
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.cleanupMinutes", plan.limits.cleanup_minutes)
    }
}

/// Writes this run on every A3 that a drill launched: *Terminate Drill Servers* may terminate no other, and may not write it.
/// So no function can do both, and no crash between a launch and its tag leaves an A4. What the guard refuses here, it
/// refuses there too, with its reason.
async fn claim_a3(ctx: &Context<'_, Either>, servers: &[LiveServer<'_>]) -> Result<Reasons> {
    let mut reasons = Reasons::default();
    let ProcedureGuard::Drill(guard) = ctx.guard.of_procedure() else { return Ok(reasons) };
    let own = ctx.run.tag_value();
    let (mut unclaimed, mut work) = (Vec::new(), Vec::new());
    for server in servers {
        let Ok(Some(a3)) = server.a3() else { continue };
        if a3.tags.get(tag::RUN) == Some(&own) {
            continue;
        }
        if let Ok(warrant) = guard.claim_a3(server) {
            unclaimed.push(&server.name);
            work.push(async move { attempt(ctx.cloud.tag_resource(warrant).await) });
        }
    }
    for (name, result) in unclaimed.into_iter().zip(ctx.at_once(work).await?) {
        if let Attempt::NotYet(reason) = result {
            reasons.add(name, reason);
        }
    }
    Ok(reasons)
}

/// Returns true when A2 does not show yet, and A2.
fn seen<'l>(server: &LiveServer<'l>) -> Result<(bool, Option<&'l SourceServer>)> {
    Ok((server.is_a2_unseen()?, server.a2()?))
}

/// Stops replication of one A2, unless the plan keeps B3, whose only protection it is. Returns the wait for a job that must
/// end first.
async fn stop(
    ctx: &Context<'_, Either>,
    fleet: &[LiveServer<'_>],
    server: &LiveServer<'_>,
    a2: &SourceServer,
) -> Result<Attempt<Option<Waiting>>> {
    if let Some(job) = server.active_source_job()? {
        let waited = job.created.map_or(0, |created| ctx.now().seconds_since(created));
        let why = reason::job_goes_first(&server.name, &job.id);
        let seconds = poll_interval::by_typical(typical::LAUNCH_JOB, job.servers.len(), waited);
        return Ok(Attempt::Done(Some(Waiting::new(why, seconds))));
    }
    tag_untagged(ctx, server, a2).await;
    if ctx.run.keeps_recovered_servers() {
        return Ok(Attempt::Done(None));
    }
    let warrant = match ctx.guard.of_procedure() {
        ProcedureGuard::Drill(guard) => guard.stop_a2(server)?,
        ProcedureGuard::Failback(guard) => guard.stop_a2(fleet, server)?,
    };
    attempt(ctx.cloud.stop_replication(warrant).await.map(|()| None))
}

/// Tags an A2 that has no tags yet, while B2 still proves that it belongs to the server: a clean-up that is interrupted
/// after B2 is gone must find it. If the tagging is refused, the clean-up continues.
async fn tag_untagged(ctx: &Context<'_, Either>, server: &LiveServer<'_>, a2: &SourceServer) {
    if !a2.tags.contains_key(tag::B1)
        && let Ok(warrant) = ctx.guard.tag_a2(server)
    {
        ctx.cloud.tag_resource(warrant).await.ok();
    }
}

#[cfg(test)]
mod tests;
