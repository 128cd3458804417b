//! The servers of a wave, by what became of their launches.

use failback_core::Result;
use failback_core::catalogue::Reason;
use failback_core::cloud::{Job, LaunchStatus};
use failback_core::fleet::{LiveServer, Server, from_before_the_freeze};
use failback_core::id::SourceServerId;
use failback_core::procedure::Either;
use failback_core::step::Context;
use failback_core::timestamp::Timestamp;

use crate::failed::{Failed, reason_of_end};

/// The time from the start of a job after which a launch that succeeded shows its recovery instance, if there is one: jobs
/// of 36 minutes were seen, and an instance that was listed 32 minutes after its job (docs/reality.md).
const UNSEEN_SECONDS_MAX: u64 = 4_500;

/// The servers of a wave by the progress of their launch.
#[derive(Default)]
pub(crate) struct Wave<'s, 'l> {
    pub(crate) launched: Vec<&'s LiveServer<'l>>,
    pub(crate) launching: Vec<&'s LiveServer<'l>>,
    pub(crate) missing: Vec<&'s LiveServer<'l>>,
    /// Servers whose launches have failed as often as the plan allows, or that no other launch can cure.
    pub(crate) failed: Vec<Failed<'s, 'l>>,
    /// Servers whose last launch failed, and that may be launched again.
    pub(crate) again: Vec<Failed<'s, 'l>>,
    /// Servers whose A4, which the run knows, has ended and is to be replaced.
    pub(crate) ended: Vec<SourceServerId>,
    /// Servers whose A4 lacks what B3 accepted before the freeze.
    pub(crate) before_freeze: Vec<&'s LiveServer<'l>>,
    /// Creation time of the oldest running job.
    pub(crate) oldest_job: Option<Timestamp>,
}

pub(crate) fn sort<'s, 'l>(ctx: &Context<'_, Either>, servers: &'s [LiveServer<'l>]) -> Result<Wave<'s, 'l>> {
    let mut wave = Wave::default();
    for server in servers {
        let a3 = server.a3()?;
        if from_before_the_freeze(ctx.run, server)?.is_some_and(|a3| Some(&a3.id) != server.replace.as_ref())
        {
            // Its job may have been under way when this run froze: only now is its point in time known.
            wave.ended.push(server.b1.clone());
            wave.before_freeze.push(server);
            continue;
        }
        if a3.is_some_and(|a3| Some(&a3.id) != server.replace.as_ref()) || server.is_past_launch()? {
            wave.launched.push(server);
            continue;
        }
        let jobs = jobs_of(ctx, server)?;
        if let Some(job) = jobs.iter().find(|job| job.is_active()) {
            wave.oldest_job = wave.oldest_job.into_iter().chain(job.created).min();
            wave.launching.push(server);
            continue;
        }
        let last = jobs.first().copied();
        let fate = last.map(|last| fate(ctx, server, last)).transpose()?;
        match last.zip(fate) {
            Some((job, Fate::Failed(reason))) => {
                let counted = jobs.iter().filter(|job| server.counts(ctx.run, job)).count();
                let used_up = counted > ctx.run.plan.launch.relaunches_max as usize;
                let of = if used_up { &mut wave.failed } else { &mut wave.again };
                of.push(Failed { server, job, reason });
            }
            Some((_, Fate::Unseen)) => wave.launching.push(server),
            None | Some((_, Fate::Past)) => wave.missing.push(server),
        }
    }
    Ok(wave)
}

/// What became of the last launch of a server without an A3.
enum Fate {
    /// It failed, or what it launched has ended: for this reason, where EC2 gives it.
    Failed(Option<Reason>),
    /// It succeeded, and nothing shows what it launched yet.
    Unseen,
    /// It explains nothing: what it launched was seen, or should have been by now.
    Past,
}

fn fate(ctx: &Context<'_, Either>, server: &LiveServer<'_>, last: &Job) -> Result<Fate> {
    match launch_status(server, last) {
        Some(LaunchStatus::Failed) => return Ok(Fate::Failed(None)),
        Some(LaunchStatus::Launched) => {}
        _ => return Ok(Fate::Past),
    }
    Ok(match reason_of_end(server, last)? {
        Some(reason) => Fate::Failed(Some(reason)),
        None if is_unseen(ctx, server, last) => Fate::Unseen,
        None => Fate::Past,
    })
}

/// Returns the launch jobs of a server, newest first: this run's, and any that is working on it now.
pub(crate) fn jobs_of<'l>(ctx: &Context<'_, Either>, server: &LiveServer<'l>) -> Result<Vec<&'l Job>> {
    let Some(a2) = &server.a2 else { return Ok(Vec::new()) };
    let jobs = server.live().source_jobs()?.iter().filter(|job| job.part_of(a2).is_some());
    Ok(jobs.filter(|job| job.is_active() || ctx.run.owns(&job.tags)).collect())
}

fn launch_status(server: &Server, job: &Job) -> Option<LaunchStatus> {
    let part = job.part_of(server.a2.as_ref()?)?;
    Some(part.launch)
}

/// Returns true for a launch that succeeded and whose recovery instance does not show yet. The launch of an A3 that
/// must be replaced was seen, so only a later one counts.
fn is_unseen(ctx: &Context<'_, Either>, server: &Server, last: &Job) -> bool {
    let Some(created) = last.created else { return false };
    let recent = ctx.now().seconds_since(created) < UNSEEN_SECONDS_MAX;
    let newer = server.times.launched.is_none_or(|launched| ctx.run.seconds(created) >= launched);
    recent && newer
}
