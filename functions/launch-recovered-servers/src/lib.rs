//! Drill only, when the plan says so: launches the recovered servers first (B1 → B2, B3).
//!
//! Done when every B2 runs, its agent was seen and it carries the drill's tags. A B2 that an earlier, interrupted run
//! of a drill launched is adopted; any other live B2 stops the drill, because launching would terminate it.

use async_trait::async_trait;
use failback_core::cloud::{Cloud, InstanceState, Job, LaunchStatus, RecoveryInstance};
use failback_core::fleet::{Fleet, Server, count, listed};
use failback_core::job_capacity::JobCapacity;
use failback_core::live::{Live, Look};
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Drill;
use failback_core::step::{self, Context, Step, Verdict, Waiting, refused};
use failback_core::timestamp::Timestamp;
use failback_core::{Error, ErrorName, Result};
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct LaunchRecoveredServers;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    step::handle::<LaunchRecoveredServers>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for LaunchRecoveredServers {
    type Scope = Drill;
    const NAME: &'static str = "launch-recovered-servers";

    async fn run(ctx: &Context<'_, Drill>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look {
            b1: true,
            b2: true,
            source_jobs: true,
            recovery_jobs: true,
            source_instances: true,
            ..Look::default()
        };
        let live = ctx.look(fleet, look).await?;
        let mut missing = Vec::new();
        let mut launching = Vec::new();
        let mut unseen = Vec::new();
        for server in fleet.pending() {
            match live.b2(server)? {
                Some(b2) if !is_up(b2) => unseen.push(server),
                Some(_) => {}
                None => match attempt(ctx, &live, server)? {
                    Attempt::Running => launching.push(server),
                    Attempt::None => missing.push(server),
                },
            }
        }
        tag(ctx, &live, fleet).await?;
        if let Some(verdict) = launch(ctx, &live, &missing).await? {
            return Ok(verdict);
        }
        Ok(verdict(ctx, &launching, &unseen, fleet.pending().count()))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        (plan.limits.launch_minutes + plan.limits.reversal_minutes) * 60
    }
}

fn is_up(b2: &RecoveryInstance) -> bool {
    b2.state == InstanceState::Running && b2.agent_seen.is_some()
}

enum Attempt {
    None,
    Running,
}

/// What this run has tried already: a launch in flight is adopted, a failed one is repeated as the plan allows.
fn attempt(ctx: &Context<'_, Drill>, live: &Live, server: &Server) -> Result<Attempt> {
    let jobs: Vec<&Job> =
        live.recovery_jobs()?.iter().filter(|job| job.part_of(&server.b1).is_some()).collect();
    if jobs.iter().any(|job| job.is_active()) {
        return Ok(Attempt::Running);
    }
    let parts: Vec<_> =
        jobs.iter().filter(|job| ctx.run.owns(&job.tags)).filter_map(|job| job.part_of(&server.b1)).collect();
    if parts.first().is_some_and(|part| part.launch != LaunchStatus::Failed) {
        // Launched, and its recovery instance not visible yet.
        return Ok(Attempt::Running);
    }
    let relaunches_max = ctx.run.plan.launch.relaunches_max;
    if parts.len() > relaunches_max as usize {
        let message = format!(
            "{}: launching B2 failed {} times; see the log of job {} in {}",
            server.name,
            parts.len(),
            jobs.first().map_or("(unknown)", |job| job.id.as_str()),
            ctx.run.recovery()
        );
        return Err(Error::new(ErrorName::LaunchFailed, message));
    }
    Ok(Attempt::None)
}

/// Tags every B2 of this drill, so that no later run takes it for production.
async fn tag(ctx: &Context<'_, Drill>, live: &Live, fleet: &Fleet) -> Result<()> {
    let tags = ctx.run.tags();
    for server in fleet.pending() {
        if let Some(b2) = live.b2(server)?.filter(|b2| tags.iter().any(|(k, v)| b2.tags.get(k) != Some(v))) {
            ctx.cloud.tag_resource(ctx.guard.tag_b2(live, ctx.now(), b2)?).await?;
        }
    }
    Ok(())
}

/// Starts what is missing, as many servers at once as DRS allows.
async fn launch(ctx: &Context<'_, Drill>, live: &Live, missing: &[&Server]) -> Result<Option<Verdict>> {
    if missing.is_empty() {
        return Ok(None);
    }
    let capacity = JobCapacity::left(ctx.cloud.drs_quotas(ctx.run.recovery()).await?, live.recovery_jobs()?);
    let left_out = capacity.left_out(missing);
    let mut held_up = (left_out > 0).then(|| format!("no room for {left_out} of them in its jobs"));
    for batch in capacity.batches(missing) {
        if ctx.is_late() {
            let why = "launching the recovered servers: this call has no time left";
            return Ok(Some(Verdict::Waiting(Waiting::new(why, 1))));
        }
        let warrant = ctx.guard.launch_b1(live, ctx.now(), batch)?;
        held_up = refused(ctx.cloud.start_recovery(warrant).await)?.err().or(held_up);
    }
    if let Some(why) = held_up {
        let why = format!("DRS does not launch all recovered servers yet: {why}");
        return Ok(Some(Verdict::Waiting(Waiting::new(why, poll_interval::backoff(ctx.waited_seconds())))));
    }
    let why = format!("launching {}", count(missing.len(), "recovered server"));
    let mut waiting = Waiting::new(why, poll_interval::by_typical(typical::LAUNCH_JOB, missing.len(), 0));
    waiting.memo = Some(Value::from(ctx.now().millis()));
    Ok(Some(Verdict::Waiting(waiting)))
}

fn verdict(ctx: &Context<'_, Drill>, launching: &[&Server], unseen: &[&Server], servers: usize) -> Verdict {
    let begun = ctx.memo::<i64>().map_or(ctx.now(), Timestamp::from_millis);
    let waited = ctx.now().seconds_since(begun);
    let names = |servers: &[&Server]| listed(servers.iter().map(|server| server.name.as_str()));
    let (why, usual) = if !launching.is_empty() {
        (format!("launching recovered servers {}", names(launching)), typical::LAUNCH_JOB)
    } else if !unseen.is_empty() {
        let why = format!("DRS has not seen the agents of {} yet", names(unseen));
        (why, typical::AGENT)
    } else {
        return Verdict::Done(format!("{} up", count(servers, "recovered server")));
    };
    let mut waiting =
        Waiting::new(why, poll_interval::by_typical(usual, launching.len().max(unseen.len()), waited));
    waiting.memo = Some(Value::from(begun.millis()));
    Verdict::Waiting(waiting)
}

#[cfg(test)]
mod tests;
