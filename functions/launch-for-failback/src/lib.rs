//! Step 2.2, *Launch for failback*: StartRecovery of A2 in the source Region, wave by wave.
//!
//! Done when every server of the wave has a live A3. Launches are found in DRS's jobs, which carry the run's tags, so
//! that a call that died after StartRecovery is not repeated. A job that is COMPLETED proves nothing: each server's own
//! launch status does (drs-facts §0.2).

use failback_core::Result;
use failback_core::catalogue::reason;
use failback_core::cloud::{Drs, Ec2};
use failback_core::fleet::{Fleet, LiveServer, LiveState, Reads, Server, names};
use failback_core::guard::{LaunchSettings, Launchable};
use failback_core::job_capacity::JobCapacity;
use failback_core::launch_spec::{LaunchSpec, needs_a1, stand_in};
use failback_core::message::{Reasons, count, listed};
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Either;
use failback_core::step::{Attempt, Context, Limit, Step, StepResult, Waiting, WaveInput, attempt};

mod early;
mod failed;
mod wave;

use early::{early, later_waves};
use failed::{launch_failed, unlisted};
use wave::{Wave, sort};

/// The step.
#[derive(Debug)]
pub struct LaunchForFailback;

/// The time for which AWS may still show the launch settings of before they were prepared.
const STALE_SETTINGS_SECONDS: u64 = 60;

/// What the launch of the missing servers has come to.
#[derive(Default)]
struct Begun {
    /// Servers that do not have the plan's launch settings any more.
    unprepared: Vec<String>,
    /// Servers that wait, with the reasons.
    waiting: Reasons,
}

impl Step for LaunchForFailback {
    type Scope = Either;
    type Input = WaveInput;
    const NAME: &'static str = "launch-for-failback";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<StepResult> {
        // A launch that replaces an A4 terminates it, so the step reads what may show that clients use it.
        let beside = ctx.wave..=ctx.run.plan.last_wave_beside(ctx.wave, true);
        let replaces =
            fleet.pending().any(|server| beside.contains(&server.wave) && server.replace.is_some());
        let reads = Reads {
            a3: true,
            source_jobs: true,
            source_instances: true,
            b2: true,
            recovery_jobs: true,
            recovery_instances: replaces || ctx.run.freezes(),
            records: replaces || ctx.run.freezes(),
            ..Reads::default()
        };
        let mut live = ctx.read(fleet, reads).await?;
        let unlisted = unlisted(ctx, &live, fleet)?;
        live.add_instances(ctx.cloud, ctx.run.source(), unlisted).await?;
        let servers = live.servers_in(fleet, ctx.wave);
        let mut wave = sort(ctx, &servers)?;
        let launched = launched(ctx, &wave)?;
        let later = wave.launch_again(ctx, &servers).await?;
        let ended = std::mem::take(&mut wave.ended);
        if let Some(first) = wave.failed.first() {
            return Err(launch_failed(ctx, first, &wave.failed));
        }
        let is_launched = later.is_empty()
            && wave.before_freeze.is_empty()
            && wave.missing.is_empty()
            && wave.launching.is_empty();
        let later_servers = later_waves(ctx, &live, fleet, is_launched);
        let early = early(ctx, &later_servers)?;
        let Begun { unprepared, waiting: mut reasons } = launch(ctx, &live, &wave, &early).await?;
        reasons.append(later);
        reasons.add_all(
            wave.before_freeze.iter().map(|server| server.name.as_str()),
            &reason::from_before_the_freeze(),
        );
        let result = if unprepared.is_empty() || ctx.waited_seconds() < STALE_SETTINGS_SECONDS {
            reasons.add_all(unprepared.iter().map(String::as_str), &reason::other_settings());
            match waiting(ctx, &wave, &reasons) {
                Some(waiting) => StepResult::Waiting(waiting),
                None => StepResult::Done(reason::servers_are_launched(count(wave.launched.len(), "server"))),
            }
        } else {
            let names = listed(unprepared.iter().map(String::as_str));
            StepResult::Prepare(reason::prepared_again(names))
        };
        for b1 in ended {
            if let Some(server) = fleet.server_mut(&b1) {
                server.replace = server.a3.take();
            }
        }
        for server in launched {
            if let Some(known) = fleet.server_mut(&server.b1) {
                *known = server;
            }
        }
        Ok(result)
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.launchMinutes", plan.limits.launch_minutes)
    }
}

/// Returns the launched servers with the ids and times of their launch.
fn launched(ctx: &Context<'_, Either>, wave: &Wave<'_, '_>) -> Result<Vec<Server>> {
    let mut launched = Vec::new();
    for server in &wave.launched {
        let Some(a3) = server.a3()? else { continue };
        let mut seen = Server::clone(server);
        if seen.a3.as_ref() != Some(&a3.id) || seen.times.launched.is_none() {
            seen.times.launched = Some(ctx.run.seconds(server.live().read_at));
        }
        seen.times.point_in_time = a3.point_in_time.map(|at| ctx.run.seconds(at));
        let job = server.live().source_jobs()?.iter().find(|job| Some(&job.id) == a3.job.as_ref());
        let created = job.and_then(|job| job.created);
        seen.times.lag_at_launch = match (created, a3.point_in_time) {
            (Some(created), Some(point)) => i64::try_from(created.seconds_since(point)).ok(),
            _ => None,
        };
        seen.a3 = Some(a3.id.clone());
        seen.replace = None;
        launched.push(seen);
    }
    Ok(launched)
}

/// Launches the missing servers, as many at once as DRS allows, and beside them those of later waves that need not wait.
async fn launch(
    ctx: &Context<'_, Either>,
    live: &LiveState,
    wave: &Wave<'_, '_>,
    early: &[&LiveServer<'_>],
) -> Result<Begun> {
    let mut begun = Begun::default();
    let missing: Vec<&LiveServer<'_>> = wave.missing.iter().chain(early).copied().collect();
    if missing.is_empty() {
        return Ok(begun);
    }
    let quotas = ctx.cloud.drs_quotas(ctx.run.source()).await?;
    let capacity = JobCapacity::left(quotas, live.source_jobs()?);
    for batch in capacity.batches(&missing) {
        start(ctx, batch, &mut begun).await?;
    }
    let left_out = missing[missing.len() - capacity.left_out(&missing)..].iter();
    let left_out = left_out.filter(|server| server.wave == ctx.wave).map(|server| server.name.as_str());
    begun.waiting.add_all(left_out, &reason::no_job_capacity());
    Ok(begun)
}

/// Starts one job with the servers of a batch that are fit. One that is not waits alone, and holds up the step only if it is
/// of its wave. A late call starts what it has found fit so far, so that slow answers never keep a batch from its launch.
async fn start(ctx: &Context<'_, Either>, batch: &[&LiveServer<'_>], begun: &mut Begun) -> Result<()> {
    let (mut fit, mut names) = (Vec::new(), Vec::new());
    let results = ctx.at_once(batch.iter().map(|server| launchable(ctx, server))).await?;
    for (server, result) in batch.iter().zip(results) {
        let is_own = server.wave == ctx.wave;
        match result {
            Attempt::Done(Some(launchable)) => {
                fit.push(launchable);
                names.extend(is_own.then_some(server.name.as_str()));
            }
            Attempt::Done(None) if is_own => begun.unprepared.push(server.name.clone()),
            Attempt::NotYet(reason) if is_own => begun.waiting.add(&server.name, reason),
            // Its own wave comes back to it.
            Attempt::Done(None) | Attempt::NotYet(_) => {}
        }
    }
    if !fit.is_empty() {
        let warrant = ctx.guard.launch_a2(fit)?;
        if let Some(refusal) = attempt(ctx.cloud.start_recovery(warrant).await)?.refusal() {
            begun.waiting.add_all(names, &refusal);
        }
    }
    Ok(())
}

/// Asks the guard about one server, with the settings that DRS would launch it with; `None` when they are not the plan's.
async fn launchable(
    ctx: &Context<'_, Either>,
    server: &LiveServer<'_>,
) -> Result<Attempt<Option<Launchable>>> {
    attempt(judge(ctx, server).await)
}

async fn judge(ctx: &Context<'_, Either>, server: &LiveServer<'_>) -> Result<Option<Launchable>> {
    let region = ctx.run.source();
    let ready = ctx.guard.ready_to_launch(server)?;
    let a2 = &ready.a2().id;
    let snapshots =
        if ready.needs_snapshot() { ctx.cloud.recovery_snapshots(region, a2).await? } else { Vec::new() };
    let configuration = Drs::launch_configuration(ctx.cloud, region, a2).await?;
    let template = match &configuration.launch_template {
        Some(id) => Some(Ec2::default_launch_template_version(ctx.cloud, region, id).await?),
        None => None,
    };
    let a1 = if needs_a1(ctx.run) { server.a1_instance()? } else { None };
    let prepared = template.as_ref().and_then(|template| stand_in(ctx.run, ready.a2(), template));
    let spec = LaunchSpec::of(ctx.run, server, a1, prepared)?;
    let settings = LaunchSettings { configuration, template, snapshots };
    if !settings.meet(&spec) {
        return Ok(None);
    }
    ctx.guard.launchable(server, &ready, &settings, &spec).map(Some)
}

fn waiting(ctx: &Context<'_, Either>, wave: &Wave<'_, '_>, reasons: &Reasons) -> Option<Waiting> {
    if !reasons.is_empty() {
        return Some(ctx.again(reason::not_launched_yet(reasons)));
    }
    if !wave.missing.is_empty() {
        let why = reason::launching(names(&wave.missing));
        let seconds = poll_interval::by_typical(typical::LAUNCH_JOB, wave.missing.len(), 0);
        return Some(Waiting::new(why, seconds));
    }
    if wave.launching.is_empty() {
        return None;
    }
    let waited = match wave.oldest_job {
        Some(created) => ctx.now().seconds_since(created),
        None => typical::LAUNCH_JOB.high_seconds,
    };
    let why = reason::still_launching(names(&wave.launching), waited / 60);
    let seconds = poll_interval::by_typical(typical::LAUNCH_JOB, wave.launching.len(), waited);
    Some(Waiting::new(why, seconds))
}

#[cfg(test)]
mod tests;
