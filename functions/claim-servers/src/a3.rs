//! An abort: each A3 that it is about to terminate carries the run's tag first.

use failback_core::Result;
use failback_core::catalogue::reason;
use failback_core::cloud::{Job, JobKind, LaunchStatus};
use failback_core::fleet::{Fleet, LiveServer, Reads};
use failback_core::guard::{ClaimOfA3, ProcedureGuard, is_own};
use failback_core::id::RecoveryInstanceId;
use failback_core::message::listed;
use failback_core::plan::OnAbort;
use failback_core::procedure::Either;
use failback_core::step::{Attempt, Context, StepResult, attempt};
use failback_core::tags::tag;

/// The time from the start of a job after which a launch that succeeded shows its recovery instance, if there is one, as in
/// *Launch For Failback*.
const UNSEEN_SECONDS_MAX: u64 = 4_500;

/// Writes this run on A3 of each server whose failback is aborted. Waits for launches that an earlier execution has begun:
/// what they launch is terminated too.
pub(crate) async fn claim_a3(
    ctx: &Context<'_, Either>,
    fleet: &mut Fleet,
    done: StepResult,
) -> Result<StepResult> {
    let ProcedureGuard::Failback(guard) = ctx.guard.of_procedure() else { return Ok(done) };
    if ctx.run.aborted.is_none() || ctx.run.plan.cutover.on_abort == OnAbort::Keep {
        return Ok(done);
    }
    let mut live = ctx.read(fleet, Reads::SERVING).await?;
    let mut launched = Vec::new();
    for server in live.servers(fleet) {
        launched.extend(server.a2()?.map(|a2| live.last_launched(a2)).transpose()?.flatten());
    }
    live.add_instances(ctx.cloud, ctx.run.source(), launched.into_iter().collect()).await?;
    let (servers, own) = (live.servers(fleet), ctx.run.tag_value());
    let mut unseen = Vec::new();
    for server in &servers {
        if server.active_source_job()?.is_some() || is_unseen(ctx, server)? {
            unseen.push(server.name.as_str());
        }
    }
    if !unseen.is_empty() {
        return Ok(ctx.again(reason::launch_is_not_shown(listed(unseen))).into());
    }
    let mut warrants = Vec::new();
    for server in &servers {
        let is_claimed = server.a3()?.is_some_and(|a3| a3.tags.get(tag::RUN) == Some(&own));
        if is_claimed || !is_own(server)? {
            continue;
        }
        match attempt(guard.claim_a3(&servers, server, fleet.redirected))? {
            Attempt::Done(warrant) => warrants.push(warrant),
            Attempt::NotYet(reason) => return Ok(ctx.again(reason).into()),
        }
    }
    let tagged = ctx.at_once(warrants.into_iter().map(|ClaimOfA3 { note, claim }| async {
        ctx.cloud.tag_resource(note).await?;
        ctx.cloud.tag_resource(claim).await?;
        Ok(Attempt::Done(()))
    }));
    let refusal = tagged.await?.into_iter().find_map(Attempt::refusal);
    Ok(refusal.map_or(done, |refusal| ctx.again(refusal).into()))
}

/// Returns true for a server whose last launch succeeded, and whose A3 does not show yet, as far as EC2 does not show that
/// its instance has ended.
fn is_unseen(ctx: &Context<'_, Either>, server: &LiveServer<'_>) -> Result<bool> {
    let Some(a2) = server.a2()?.filter(|_| server.a3().is_ok_and(|a3| a3.is_none())) else {
        return Ok(false);
    };
    let is_launch = |job: &&Job| job.kind == JobKind::Launch && job.part_of(&a2.id).is_some();
    let Some(last) = server.live().source_jobs()?.iter().find(is_launch) else { return Ok(false) };
    let succeeded = last.part_of(&a2.id).is_some_and(|part| part.launch == LaunchStatus::Launched);
    let is_recent = last.created.is_some_and(|created| ctx.now().seconds_since(created) < UNSEEN_SECONDS_MAX);
    if !succeeded || !is_recent {
        return Ok(false);
    }
    let launched = last.part_of(&a2.id).and_then(|part| part.recovery_instance.as_ref());
    let Some(launched) = launched.map(RecoveryInstanceId::instance) else { return Ok(true) };
    let shown = server.live().instance(&launched).ok().flatten();
    Ok(shown.is_none_or(|instance| instance.state.is_live()))
}
