//! Drill only, when the plan says so: launches the recovered servers first (B1 → B2, B3).
//!
//! Done when every B2 runs, its agent was seen and it carries the drill's tags. A B2 that an earlier, interrupted run
//! of a drill launched is adopted; any other live B2 stops the drill, because launching would terminate it.

use async_trait::async_trait;
use failback_core::cloud::{Cloud, InstanceState, Job, LaunchStatus, RecoveryInstance};
use failback_core::fleet::{Fleet, Member, count, listed};
use failback_core::live::{Live, Look};
use failback_core::moment::Moment;
use failback_core::pace::{self, usual};
use failback_core::plan::Plan;
use failback_core::procedure::Drill;
use failback_core::room::Room;
use failback_core::step::{self, Cx, Step, Verdict, Waiting, refused};
use failback_core::{Error, ErrorName, Result};
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct LaunchRecoveredServers;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Result<Value> {
    step::handle::<LaunchRecoveredServers>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for LaunchRecoveredServers {
    type Scope = Drill;
    const NAME: &'static str = "launch-recovered-servers";

    async fn run(cx: &Cx<'_, Drill>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look {
            b1: true,
            b2: true,
            source_jobs: true,
            recovery_jobs: true,
            source_instances: true,
            ..Look::default()
        };
        let live = cx.look(fleet, look).await?;
        let mut missing = Vec::new();
        let mut launching = Vec::new();
        let mut unseen = Vec::new();
        for member in fleet.away() {
            match live.b2(member)? {
                Some(b2) if !is_up(b2) => unseen.push(member),
                Some(_) => {}
                None => match attempt(cx, &live, member)? {
                    Attempt::Running => launching.push(member),
                    Attempt::None => missing.push(member),
                },
            }
        }
        tag(cx, &live, fleet).await?;
        if let Some(verdict) = launch(cx, &live, &missing).await? {
            return Ok(verdict);
        }
        Ok(verdict(cx, &launching, &unseen, fleet.away().count()))
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
fn attempt(cx: &Cx<'_, Drill>, live: &Live, member: &Member) -> Result<Attempt> {
    let jobs: Vec<&Job> =
        live.recovery_jobs()?.iter().filter(|job| job.part_of(&member.b1).is_some()).collect();
    if jobs.iter().any(|job| job.is_active()) {
        return Ok(Attempt::Running);
    }
    let parts: Vec<_> =
        jobs.iter().filter(|job| cx.run.owns(&job.tags)).filter_map(|job| job.part_of(&member.b1)).collect();
    if parts.first().is_some_and(|part| part.launch != LaunchStatus::Failed) {
        // Launched, and its recovery instance not visible yet.
        return Ok(Attempt::Running);
    }
    let relaunches_max = cx.run.plan.launch.relaunches_max;
    if parts.len() > relaunches_max as usize {
        let message = format!(
            "{}: launching B2 failed {} times; see the log of job {} in {}",
            member.name,
            parts.len(),
            jobs.first().map_or("(unknown)", |job| job.id.as_str()),
            cx.run.recovery()
        );
        return Err(Error::new(ErrorName::LaunchFailed, message));
    }
    Ok(Attempt::None)
}

/// Tags every B2 of this drill, so that no later run takes it for production.
async fn tag(cx: &Cx<'_, Drill>, live: &Live, fleet: &Fleet) -> Result<()> {
    let tags = cx.run.tags();
    for member in fleet.away() {
        if let Some(b2) = live.b2(member)?.filter(|b2| tags.iter().any(|(k, v)| b2.tags.get(k) != Some(v))) {
            cx.cloud.tag_resource(cx.guard.tag_b2(live, cx.now(), b2)?).await?;
        }
    }
    Ok(())
}

/// Starts what is missing, as many servers at once as DRS allows.
async fn launch(cx: &Cx<'_, Drill>, live: &Live, missing: &[&Member]) -> Result<Option<Verdict>> {
    if missing.is_empty() {
        return Ok(None);
    }
    let room = Room::beside(cx.cloud.drs_quotas(cx.run.recovery()).await?, live.recovery_jobs()?);
    let left_out = room.left_out(missing);
    let mut held_up = (left_out > 0).then(|| format!("no room for {left_out} of them in its jobs"));
    for batch in room.batches(missing) {
        if cx.is_late() {
            let why = "launching the recovered servers: this call has no time left";
            return Ok(Some(Verdict::Waiting(Waiting::new(why, 1))));
        }
        let warrant = cx.guard.launch_b1(live, cx.now(), batch)?;
        held_up = refused(cx.cloud.start_recovery(warrant).await)?.err().or(held_up);
    }
    if let Some(why) = held_up {
        let why = format!("DRS does not launch all recovered servers yet: {why}");
        return Ok(Some(Verdict::Waiting(Waiting::new(why, pace::patiently(cx.waited_seconds())))));
    }
    let why = format!("launching {}", count(missing.len(), "recovered server"));
    let mut waiting = Waiting::new(why, pace::by_usual(usual::LAUNCH_JOB, missing.len(), 0));
    waiting.memo = Some(Value::from(cx.now().millis()));
    Ok(Some(Verdict::Waiting(waiting)))
}

fn verdict(cx: &Cx<'_, Drill>, launching: &[&Member], unseen: &[&Member], servers: usize) -> Verdict {
    let begun = cx.memo::<i64>().map_or(cx.now(), Moment::from_millis);
    let waited = cx.now().seconds_since(begun);
    let names = |members: &[&Member]| listed(members.iter().map(|member| member.name.as_str()));
    let (why, usual) = if !launching.is_empty() {
        (format!("launching recovered servers {}", names(launching)), usual::LAUNCH_JOB)
    } else if !unseen.is_empty() {
        let why = format!("DRS has not seen the agents of {} yet", names(unseen));
        (why, usual::AGENT)
    } else {
        return Verdict::Done(format!("{} up", count(servers, "recovered server")));
    };
    let mut waiting = Waiting::new(why, pace::by_usual(usual, launching.len().max(unseen.len()), waited));
    waiting.memo = Some(Value::from(begun.millis()));
    Verdict::Waiting(waiting)
}

#[cfg(test)]
mod tests;
