//! Step 2.2, *Launch for failback*: StartRecovery of A2 in the source Region, wave by wave.
//!
//! Done when every server of the wave has a live A3. Whether a launch was tried is read from DRS's jobs, which carry
//! the run's tags, so that a call that died after StartRecovery is not repeated. A job that is COMPLETED says nothing:
//! each server's own launch status does (drs-facts §0.2).

use async_trait::async_trait;
use failback_core::cloud::{Cloud, Job, LaunchStatus};
use failback_core::fleet::{Fleet, Member, count, listed};
use failback_core::id::JobId;
use failback_core::launch::{Wanted, needs_a1};
use failback_core::live::{Live, Look};
use failback_core::moment::Moment;
use failback_core::pace::{self, usual};
use failback_core::plan::Plan;
use failback_core::procedure::Either;
use failback_core::room::Room;
use failback_core::step::{self, Cx, Step, Verdict, Waiting, refused};
use failback_core::{Error, ErrorName, Result};
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct LaunchForFailback;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle_wave`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Result<Value> {
    step::handle_wave::<LaunchForFailback>(cloud, payload, deadline).await
}

/// The wave's servers by how far their launch has come; indices into the ledger.
#[derive(Default)]
struct Wave {
    launched: Vec<usize>,
    in_flight: Vec<usize>,
    missing: Vec<usize>,
    failed: Vec<(usize, JobId)>,
    /// When the oldest job in flight was begun.
    begun: Option<Moment>,
}

#[async_trait]
impl Step for LaunchForFailback {
    type Scope = Either;
    const NAME: &'static str = "launch-for-failback";

    async fn run(cx: &Cx<'_, Either>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look { a3: true, source_jobs: true, source_instances: true, ..Look::default() };
        let live = cx.look(fleet, look).await?;
        let wave = sort(cx, &live, fleet)?;
        note(cx, &live, fleet, &wave)?;
        if !wave.failed.is_empty() {
            return Err(launch_failed(cx, fleet, &wave.failed).await?);
        }
        let held_up = launch(cx, &live, fleet, &wave).await?;
        let Some((why, seconds)) = waiting(cx, fleet, &wave, held_up) else {
            return Ok(Verdict::Done(format!("{} launched", count(wave.launched.len(), "server"))));
        };
        Ok(Verdict::Waiting(Waiting::new(why, seconds)))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.launch_minutes * 60
    }
}

fn sort(cx: &Cx<'_, Either>, live: &Live, fleet: &Fleet) -> Result<Wave> {
    let mut wave = Wave::default();
    for (index, member) in fleet.members.iter().enumerate() {
        if member.home || member.wave != cx.wave {
            continue;
        }
        let a3 = live.a3(member)?.filter(|a3| Some(&a3.id) != member.replace.as_ref());
        if a3.is_some() || live.is_past_launch(member)? {
            wave.launched.push(index);
            continue;
        }
        let jobs = jobs_of(cx, live, member)?;
        if let Some(job) = jobs.iter().find(|job| job.is_active()) {
            wave.begun = wave.begun.into_iter().chain(job.created).min();
            wave.in_flight.push(index);
        } else if let Some(failure) = used_up(cx, member, &jobs) {
            wave.failed.push((index, failure));
        } else if is_unseen(cx, member, &jobs) {
            wave.in_flight.push(index);
        } else {
            wave.missing.push(index);
        }
    }
    Ok(wave)
}

/// The launch jobs of a server: this run's, and whichever is at work on it now. Newest first.
fn jobs_of<'l>(cx: &Cx<'_, Either>, live: &'l Live, member: &Member) -> Result<Vec<&'l Job>> {
    let Some(a2) = &member.a2 else { return Ok(Vec::new()) };
    let jobs = live.source_jobs()?.iter().filter(|job| job.part_of(a2).is_some());
    Ok(jobs.filter(|job| job.is_active() || cx.run.owns(&job.tags)).collect())
}

fn launch_status(member: &Member, job: &Job) -> Option<LaunchStatus> {
    member.a2.as_ref().and_then(|a2| job.part_of(a2)).map(|part| part.launch)
}

/// The last failure, when launches have failed as often as the plan allows.
fn used_up(cx: &Cx<'_, Either>, member: &Member, jobs: &[&Job]) -> Option<JobId> {
    let last = jobs.first()?;
    let failed = launch_status(member, last) == Some(LaunchStatus::Failed);
    (failed && jobs.len() > cx.run.plan.launch.relaunches_max as usize).then(|| last.id.clone())
}

/// True for a launch that succeeded and whose recovery instance is not visible yet. The launch of an A3 that is to be
/// replaced was seen, so only a later one counts.
fn is_unseen(cx: &Cx<'_, Either>, member: &Member, jobs: &[&Job]) -> bool {
    let Some((last, created)) = jobs.first().and_then(|job| Some((job, job.created?))) else { return false };
    let recent = cx.now().seconds_since(created) < 1_800;
    let newer = member.times.launched.is_none_or(|launched| cx.run.seconds(created) >= launched);
    launch_status(member, last) == Some(LaunchStatus::Launched) && recent && newer
}

/// Writes down what was launched.
fn note(cx: &Cx<'_, Either>, live: &Live, fleet: &mut Fleet, wave: &Wave) -> Result<()> {
    for index in &wave.launched {
        let member = &mut fleet.members[*index];
        let Some(a3) = live.a3(member)? else { continue };
        if member.a3.as_ref() != Some(&a3.id) || member.times.launched.is_none() {
            member.times.launched = Some(cx.run.seconds(live.at));
        }
        member.times.point_in_time = a3.point_in_time.map(|at| cx.run.seconds(at));
        let job = live.source_jobs()?.iter().find(|job| Some(&job.id) == a3.job.as_ref());
        member.times.lag_at_launch = job
            .and_then(|job| job.created)
            .zip(a3.point_in_time)
            .and_then(|(began, point)| i64::try_from(began.seconds_since(point)).ok());
        member.a3 = Some(a3.id.clone());
        member.replace = None;
    }
    Ok(())
}

/// Starts what is missing, as many servers at once as DRS allows. Answers what holds the rest up.
async fn launch(cx: &Cx<'_, Either>, live: &Live, fleet: &Fleet, wave: &Wave) -> Result<Option<String>> {
    if wave.missing.is_empty() {
        return Ok(None);
    }
    let room = Room::beside(cx.cloud.drs_quotas(cx.run.source()).await?, live.source_jobs()?);
    let left_out = room.left_out(&wave.missing);
    let mut held_up =
        (left_out > 0).then(|| format!("DRS has no room for {left_out} of them in its jobs yet"));
    for batch in room.batches(&wave.missing) {
        if cx.is_late() {
            return Ok(Some("this call has no time left".to_owned()));
        }
        held_up = start(cx, live, fleet, batch).await?.or(held_up);
    }
    Ok(held_up)
}

/// Starts one job with those of a batch that are ready. Answers why others are not.
async fn start(cx: &Cx<'_, Either>, live: &Live, fleet: &Fleet, batch: &[usize]) -> Result<Option<String>> {
    let mut fit = Vec::new();
    let mut unfit = None;
    for index in batch {
        let member = &fleet.members[*index];
        let a1 = member.a1.as_ref().filter(|_| needs_a1(cx.run));
        let wanted = Wanted::of(cx.run, member, a1.map(|a1| live.instance(a1)).transpose()?.flatten())?;
        match cx.guard.launchable(cx.cloud, live, member, &wanted).await {
            Ok(launchable) => fit.push(launchable),
            Err(error) if error.name() == ErrorName::NotReady => unfit = Some(error.to_string()),
            Err(error) => return Err(error),
        }
    }
    if fit.is_empty() {
        return Ok(unfit);
    }
    let warrant = cx.guard.launch_a2(cx.now(), fit)?;
    Ok(refused(cx.cloud.start_recovery(warrant).await)?.err().or(unfit))
}

fn waiting(
    cx: &Cx<'_, Either>,
    fleet: &Fleet,
    wave: &Wave,
    held_up: Option<String>,
) -> Option<(String, u64)> {
    let names = |of: &[usize]| listed(of.iter().map(|index| fleet.members[*index].name.as_str()));
    if let Some(why) = held_up {
        let seconds = if cx.is_late() { 1 } else { pace::patiently(cx.waited_seconds()) };
        return Some((format!("{} wait to be launched: {why}", names(&wave.missing)), seconds));
    }
    if !wave.missing.is_empty() {
        return Some((
            format!("launching {}", names(&wave.missing)),
            pace::by_usual(usual::LAUNCH_JOB, wave.missing.len(), 0),
        ));
    }
    if wave.in_flight.is_empty() {
        return None;
    }
    let waited = wave.begun.map_or(usual::LAUNCH_JOB.high_seconds, |begun| cx.now().seconds_since(begun));
    let why = format!("launching {}, for {} min so far", names(&wave.in_flight), waited / 60);
    Some((why, pace::by_usual(usual::LAUNCH_JOB, wave.in_flight.len(), waited)))
}

/// Says which servers failed and what DRS's log says of them.
async fn launch_failed(cx: &Cx<'_, Either>, fleet: &Fleet, failed: &[(usize, JobId)]) -> Result<Error> {
    let (first, job) = &failed[0];
    let member = &fleet.members[*first];
    let log = match cx.cloud.job_log(cx.run.source(), job).await {
        // DRS forgets old jobs. That is no reason to hide which launch failed.
        Err(error) if matches!(error.name(), ErrorName::Rejected | ErrorName::NotFound) => Vec::new(),
        log => log?,
    };
    let of_server =
        |item: &&failback_core::cloud::JobLogItem| item.server.is_none() || item.server == member.a2;
    let raw = log.iter().filter(of_server).filter_map(|item| item.error.as_deref()).next_back();
    let cause = raw.unwrap_or(
        "DRS gives no reason; a missing EC2 permission of the caller or an unusable launch template look like this",
    );
    let names = listed(failed.iter().map(|(index, _)| fleet.members[*index].name.as_str()));
    Ok(Error::new(
        ErrorName::LaunchFailed,
        format!(
            "{names} could not be launched, {} times; job {job} of {}: {cause}",
            cx.run.plan.launch.relaunches_max + 1,
            member.name
        ),
    ))
}

#[cfg(test)]
mod tests;
