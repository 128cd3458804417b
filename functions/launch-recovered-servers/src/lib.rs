//! Drill only, if the plan requests it: launches the recovered servers first (B1 → B2, B3).
//!
//! Done when every B2 runs, its agent was seen and it carries the drill's tags. A B2 that an earlier, interrupted run
//! of a drill launched is adopted; any other live B2 stops the drill, because launching would terminate it.

use failback_core::catalogue::{fault, reason};
use failback_core::cloud::{InstanceState, Job, JobServer, LaunchStatus, RecoveryInstance};
use failback_core::fleet::{
    Fleet, LiveServer, LiveState, Reads, launch_configurations, launch_templates, names,
};
use failback_core::job_capacity::JobCapacity;
use failback_core::message::{Reasons, count};
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Drill;
use failback_core::step::{Attempt, Context, FleetInput, Limit, Step, StepResult, Waiting, attempt};
use failback_core::tags::{drill_tags, has_tags};
use failback_core::{Error, Result};

/// The step.
#[derive(Debug)]
pub struct LaunchRecoveredServers;

impl Step for LaunchRecoveredServers {
    type Scope = Drill;
    type Input = FleetInput;
    const NAME: &'static str = "launch-recovered-servers";

    async fn run(ctx: &Context<'_, Drill>, fleet: &mut Fleet) -> Result<StepResult> {
        let reads = Reads {
            b1: true,
            b2: true,
            a2: true,
            source_jobs: true,
            recovery_jobs: true,
            source_instances: true,
            recovery_instances: true,
            ..Reads::default()
        };
        let live = ctx.read(fleet, reads).await?;
        let servers = live.servers(fleet);
        let (mut missing, mut launching, mut unseen) = (Vec::new(), Vec::new(), Vec::new());
        for server in &servers {
            match server.b2()? {
                Some(b2) if !is_up(b2) => unseen.push(server),
                Some(_) => {}
                None if is_launching(ctx, server)? => launching.push(server),
                None => missing.push(server),
            }
        }
        let untagged = tag(ctx, &servers).await?;
        if !missing.is_empty() {
            return Ok(launch(ctx, &live, &missing).await?.into());
        }
        if launching.is_empty() && unseen.is_empty() && !untagged.is_empty() {
            return Ok(ctx.again(reason::b2_is_not_tagged_yet(&untagged)).into());
        }
        Ok(report(ctx, &launching, &unseen, servers.len()))
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.launchMinutes", plan.limits.launch_minutes)
            .and("limits.reversalMinutes", plan.limits.reversal_minutes)
    }
}

fn is_up(b2: &RecoveryInstance) -> bool {
    b2.state == InstanceState::Running && b2.agent_seen.is_some()
}

/// Returns true while a launch of B1 runs, or has succeeded and its recovery instance does not show yet. A launch that
/// failed is repeated as often as the plan allows.
fn is_launching(ctx: &Context<'_, Drill>, server: &LiveServer<'_>) -> Result<bool> {
    let jobs: Vec<&Job> = parts(server.live().recovery_jobs()?, server);
    if jobs.iter().any(|job| job.is_active()) {
        return Ok(true);
    }
    let mut launches: Vec<&JobServer> = Vec::new();
    for job in jobs.iter().filter(|job| ctx.run.owns(&job.tags)) {
        launches.extend(job.part_of(&server.b1));
    }
    match launches.first() {
        Some(last) if last.launch != LaunchStatus::Failed => Ok(true),
        Some(_) if launches.len() > ctx.run.plan.launch.relaunches_max as usize => {
            Err(Error::from(fault::b2_was_not_launched(
                &server.name,
                count(launches.len(), "time"),
                &jobs[0].id,
                ctx.run.recovery(),
            )))
        }
        _ => Ok(false),
    }
}

/// Returns the jobs that B1 takes part in, newest first.
fn parts<'j>(jobs: &'j [Job], server: &LiveServer<'_>) -> Vec<&'j Job> {
    jobs.iter().filter(|job| job.part_of(&server.b1).is_some()).collect()
}

/// Tags every B2 of this drill, so that no later run takes it for production. Returns those that wait, with the reasons.
async fn tag(ctx: &Context<'_, Drill>, servers: &[LiveServer<'_>]) -> Result<Reasons> {
    let tags = drill_tags();
    let (mut untagged, mut warrants) = (Vec::new(), Vec::new());
    for server in servers {
        if server.b2()?.is_some_and(|b2| !has_tags(&b2.tags, &tags)) && server.other_owner(ctx.run)?.is_none()
        {
            untagged.push(&server.name);
            warrants.push(ctx.guard.tag_b2(server)?);
        }
    }
    let calls = warrants
        .into_iter()
        .map(|warrant| async { ctx.cloud.tag_resource(warrant).await.map(Attempt::Done) });
    let mut reasons = Reasons::default();
    for (name, result) in untagged.into_iter().zip(ctx.at_once(calls).await?) {
        if let Attempt::NotYet(reason) = result {
            reasons.add(name, reason);
        }
    }
    Ok(reasons)
}

/// Launches the missing servers, as many at once as DRS allows.
async fn launch(ctx: &Context<'_, Drill>, live: &LiveState, missing: &[&LiveServer<'_>]) -> Result<Waiting> {
    let quotas = ctx.cloud.drs_quotas(ctx.run.recovery()).await?;
    let capacity = JobCapacity::left(quotas, live.recovery_jobs()?);
    let mut refusal = match capacity.left_out(missing) {
        0 => None,
        left_out => Some(reason::no_job_capacity_for(count(left_out, "server"))),
    };
    for batch in capacity.batches(missing) {
        if ctx.is_late() {
            return Ok(Waiting::new(reason::out_of_time_to_launch(), 1));
        }
        let b1s: Vec<_> = batch.iter().map(|server| server.b1.clone()).collect();
        let settings = launch_configurations(ctx.cloud, ctx.run.recovery(), &b1s).await?;
        let templates = launch_templates(ctx.cloud, ctx.run.recovery(), &settings).await?;
        let warrant = ctx.guard.launch_b1(batch, &settings, &templates)?;
        refusal = attempt(ctx.cloud.start_recovery(warrant).await)?.refusal().or(refusal);
    }
    if let Some(reason) = refusal {
        let why = reason::b1_is_not_launched_yet(reason);
        return Ok(Waiting::new(why, poll_interval::backoff(ctx.waited_seconds())));
    }
    let why = reason::launching(count(missing.len(), "recovered server"));
    let seconds = poll_interval::by_typical(typical::LAUNCH_JOB, missing.len(), 0);
    Ok(Waiting::new(why, seconds).with_note(ctx.now().millis()))
}

fn report(
    ctx: &Context<'_, Drill>,
    launching: &[&LiveServer<'_>],
    unseen: &[&LiveServer<'_>],
    servers: usize,
) -> StepResult {
    let (why, typical) = if !launching.is_empty() {
        (reason::launching_recovered(names(launching)), typical::LAUNCH_JOB)
    } else if !unseen.is_empty() {
        (reason::agents_not_seen(names(unseen)), typical::AGENT)
    } else {
        return StepResult::Done(reason::recovered_are_up(count(servers, "recovered server")));
    };
    let waiting_for = launching.len().max(unseen.len());
    let seconds = poll_interval::by_typical(typical, waiting_for, ctx.seconds_since_note());
    Waiting::new(why, seconds).with_note(ctx.noted_time().millis()).into()
}

#[cfg(test)]
mod tests;
