//! Step 2.2, *Launch for failback*: StartRecovery of A2 in the source Region, wave by wave.
//!
//! Done when every server of the wave has a live A3. Whether a launch was tried is read from DRS's jobs, which carry
//! the run's tags, so that a call that died after StartRecovery is not repeated. A job that is COMPLETED says nothing:
//! each server's own launch status does (drs-facts §0.2).

use async_trait::async_trait;
use failback_core::cloud::{Cloud, Job, LaunchStatus};
use failback_core::fleet::{Fleet, Server, count, listed};
use failback_core::id::JobId;
use failback_core::job_capacity::JobCapacity;
use failback_core::launch_spec::{LaunchSpec, needs_a1};
use failback_core::live::{Live, Look};
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Either;
use failback_core::step::{self, Context, Step, Verdict, Waiting, refused};
use failback_core::timestamp::Timestamp;
use failback_core::{Error, ErrorName, Result};
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct LaunchForFailback;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle_wave`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
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
    begun: Option<Timestamp>,
}

#[async_trait]
impl Step for LaunchForFailback {
    type Scope = Either;
    const NAME: &'static str = "launch-for-failback";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look { a3: true, source_jobs: true, source_instances: true, ..Look::default() };
        let live = ctx.look(fleet, look).await?;
        let wave = sort(ctx, &live, fleet)?;
        note(ctx, &live, fleet, &wave)?;
        if !wave.failed.is_empty() {
            return Err(launch_failed(ctx, fleet, &wave.failed).await?);
        }
        let held_up = launch(ctx, &live, fleet, &wave).await?;
        let Some((why, seconds)) = waiting(ctx, fleet, &wave, held_up) else {
            return Ok(Verdict::Done(format!("{} launched", count(wave.launched.len(), "server"))));
        };
        Ok(Verdict::Waiting(Waiting::new(why, seconds)))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.launch_minutes * 60
    }
}

fn sort(ctx: &Context<'_, Either>, live: &Live, fleet: &Fleet) -> Result<Wave> {
    let mut wave = Wave::default();
    for (index, server) in fleet.servers.iter().enumerate() {
        if server.already_failed_back || server.wave != ctx.wave {
            continue;
        }
        let a3 = live.a3(server)?.filter(|a3| Some(&a3.id) != server.replace.as_ref());
        if a3.is_some() || live.is_past_launch(server)? {
            wave.launched.push(index);
            continue;
        }
        let jobs = jobs_of(ctx, live, server)?;
        if let Some(job) = jobs.iter().find(|job| job.is_active()) {
            wave.begun = wave.begun.into_iter().chain(job.created).min();
            wave.in_flight.push(index);
        } else if let Some(failure) = used_up(ctx, server, &jobs) {
            wave.failed.push((index, failure));
        } else if is_unseen(ctx, server, &jobs) {
            wave.in_flight.push(index);
        } else {
            wave.missing.push(index);
        }
    }
    Ok(wave)
}

/// The launch jobs of a server: this run's, and whichever is at work on it now. Newest first.
fn jobs_of<'l>(ctx: &Context<'_, Either>, live: &'l Live, server: &Server) -> Result<Vec<&'l Job>> {
    let Some(a2) = &server.a2 else { return Ok(Vec::new()) };
    let jobs = live.source_jobs()?.iter().filter(|job| job.part_of(a2).is_some());
    Ok(jobs.filter(|job| job.is_active() || ctx.run.owns(&job.tags)).collect())
}

fn launch_status(server: &Server, job: &Job) -> Option<LaunchStatus> {
    server.a2.as_ref().and_then(|a2| job.part_of(a2)).map(|part| part.launch)
}

/// The last failure, when launches have failed as often as the plan allows.
fn used_up(ctx: &Context<'_, Either>, server: &Server, jobs: &[&Job]) -> Option<JobId> {
    let last = jobs.first()?;
    let failed = launch_status(server, last) == Some(LaunchStatus::Failed);
    (failed && jobs.len() > ctx.run.plan.launch.relaunches_max as usize).then(|| last.id.clone())
}

/// True for a launch that succeeded and whose recovery instance is not visible yet. The launch of an A3 that is to be
/// replaced was seen, so only a later one counts.
fn is_unseen(ctx: &Context<'_, Either>, server: &Server, jobs: &[&Job]) -> bool {
    let Some((last, created)) = jobs.first().and_then(|job| Some((job, job.created?))) else { return false };
    let recent = ctx.now().seconds_since(created) < 1_800;
    let newer = server.times.launched.is_none_or(|launched| ctx.run.seconds(created) >= launched);
    launch_status(server, last) == Some(LaunchStatus::Launched) && recent && newer
}

/// Writes down what was launched.
fn note(ctx: &Context<'_, Either>, live: &Live, fleet: &mut Fleet, wave: &Wave) -> Result<()> {
    for index in &wave.launched {
        let server = &mut fleet.servers[*index];
        let Some(a3) = live.a3(server)? else { continue };
        if server.a3.as_ref() != Some(&a3.id) || server.times.launched.is_none() {
            server.times.launched = Some(ctx.run.seconds(live.at));
        }
        server.times.point_in_time = a3.point_in_time.map(|at| ctx.run.seconds(at));
        let job = live.source_jobs()?.iter().find(|job| Some(&job.id) == a3.job.as_ref());
        server.times.lag_at_launch = job
            .and_then(|job| job.created)
            .zip(a3.point_in_time)
            .and_then(|(began, point)| i64::try_from(began.seconds_since(point)).ok());
        server.a3 = Some(a3.id.clone());
        server.replace = None;
    }
    Ok(())
}

/// Starts what is missing, as many servers at once as DRS allows. Answers what holds the rest up.
async fn launch(
    ctx: &Context<'_, Either>,
    live: &Live,
    fleet: &Fleet,
    wave: &Wave,
) -> Result<Option<String>> {
    if wave.missing.is_empty() {
        return Ok(None);
    }
    let capacity = JobCapacity::left(ctx.cloud.drs_quotas(ctx.run.source()).await?, live.source_jobs()?);
    let left_out = capacity.left_out(&wave.missing);
    let mut held_up =
        (left_out > 0).then(|| format!("DRS has no room for {left_out} of them in its jobs yet"));
    for batch in capacity.batches(&wave.missing) {
        if ctx.is_late() {
            return Ok(Some("this call has no time left".to_owned()));
        }
        held_up = start(ctx, live, fleet, batch).await?.or(held_up);
    }
    Ok(held_up)
}

/// Starts one job with those of a batch that are ready. Answers why others are not.
async fn start(
    ctx: &Context<'_, Either>,
    live: &Live,
    fleet: &Fleet,
    batch: &[usize],
) -> Result<Option<String>> {
    let mut fit = Vec::new();
    let mut unfit = None;
    for index in batch {
        let server = &fleet.servers[*index];
        let a1 = server.a1.as_ref().filter(|_| needs_a1(ctx.run));
        let wanted = LaunchSpec::of(ctx.run, server, a1.map(|a1| live.instance(a1)).transpose()?.flatten())?;
        match ctx.guard.launchable(ctx.cloud, live, server, &wanted).await {
            Ok(launchable) => fit.push(launchable),
            Err(error) if error.name() == ErrorName::NotReady => unfit = Some(error.to_string()),
            Err(error) => return Err(error),
        }
    }
    if fit.is_empty() {
        return Ok(unfit);
    }
    let warrant = ctx.guard.launch_a2(ctx.now(), fit)?;
    Ok(refused(ctx.cloud.start_recovery(warrant).await)?.err().or(unfit))
}

fn waiting(
    ctx: &Context<'_, Either>,
    fleet: &Fleet,
    wave: &Wave,
    held_up: Option<String>,
) -> Option<(String, u64)> {
    let names = |of: &[usize]| listed(of.iter().map(|index| fleet.servers[*index].name.as_str()));
    if let Some(why) = held_up {
        let seconds = if ctx.is_late() { 1 } else { poll_interval::backoff(ctx.waited_seconds()) };
        return Some((format!("{} wait to be launched: {why}", names(&wave.missing)), seconds));
    }
    if !wave.missing.is_empty() {
        return Some((
            format!("launching {}", names(&wave.missing)),
            poll_interval::by_typical(typical::LAUNCH_JOB, wave.missing.len(), 0),
        ));
    }
    if wave.in_flight.is_empty() {
        return None;
    }
    let waited = wave.begun.map_or(typical::LAUNCH_JOB.high_seconds, |begun| ctx.now().seconds_since(begun));
    let why = format!("launching {}, for {} min so far", names(&wave.in_flight), waited / 60);
    Some((why, poll_interval::by_typical(typical::LAUNCH_JOB, wave.in_flight.len(), waited)))
}

/// Says which servers failed and what DRS's log says of them.
async fn launch_failed(ctx: &Context<'_, Either>, fleet: &Fleet, failed: &[(usize, JobId)]) -> Result<Error> {
    let (first, job) = &failed[0];
    let server = &fleet.servers[*first];
    let log = match ctx.cloud.job_log(ctx.run.source(), job).await {
        // DRS forgets old jobs. That is no reason to hide which launch failed.
        Err(error) if matches!(error.name(), ErrorName::Rejected | ErrorName::NotFound) => Vec::new(),
        log => log?,
    };
    let of_server =
        |item: &&failback_core::cloud::JobLogItem| item.server.is_none() || item.server == server.a2;
    let raw = log.iter().filter(of_server).filter_map(|item| item.error.as_deref()).next_back();
    let cause = raw.unwrap_or(
        "DRS gives no reason; a missing EC2 permission of the caller or an unusable launch template look like this",
    );
    let names = listed(failed.iter().map(|(index, _)| fleet.servers[*index].name.as_str()));
    Ok(Error::new(
        ErrorName::LaunchFailed,
        format!(
            "{names} could not be launched, {} times; job {job} of {}: {cause}",
            ctx.run.plan.launch.relaunches_max + 1,
            server.name
        ),
    ))
}

#[cfg(test)]
mod tests;
