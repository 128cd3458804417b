//! Clean-up, step 4.2: terminates the recovery instances B2, and with them the recovered instances B3.
//!
//! This call could terminate production. In a failback, the guard requires that A4 works, carries traffic and is
//! protected; in a drill, it requires proof that B3 is not production. A B3 that existed before B1 was launched into it is
//! somebody's: a failback leaves it and tags B2, and a drill is refused. Done when no other B2 lives and no job is working
//! on the server.

use failback_core::Result;
use failback_core::catalogue::reason;
use failback_core::cloud::{InstanceStatus, JobKind, RecoveryInstance};
use failback_core::fleet::{
    Fleet, LaunchConfigurations, LiveServer, LiveState, Reads, Redirected, existed_before,
    launch_configurations, names, protected_from_termination, still_protected,
};
use failback_core::guard::{ProcedureGuard, TerminateRecoveryInstances, Warrant};
use failback_core::id::InstanceId;
use failback_core::job_capacity::JobCapacity;
use failback_core::message::Reasons;
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::{Either, Procedure};
use failback_core::step::{Attempt, Context, FleetInput, Limit, Step, StepResult, Waiting, attempt};

/// The step.
#[derive(Debug)]
pub struct TerminateRecoveredServers;

/// The servers by the state of their B2.
#[derive(Default)]
struct Remaining<'s, 'l> {
    terminable: Vec<&'s LiveServer<'l>>,
    terminating: Vec<&'s LiveServer<'l>>,
    launching: Vec<&'s LiveServer<'l>>,
    /// Those whose B3 existed before: it stays, and so does B2.
    left: Vec<&'s LiveServer<'l>>,
}

/// What the guard judges by: the whole fleet, A4's checks, B1's settings and the times of the redirect.
struct Judged<'s, 'l> {
    servers: &'s [LiveServer<'l>],
    checks: &'s [InstanceStatus],
    settings: &'s LaunchConfigurations,
    redirected: Option<Redirected>,
}

impl Judged<'_, '_> {
    /// Asks the guard of the procedure to terminate B2 of these servers. The rules for B2 differ between the procedures.
    fn terminate(
        &self,
        ctx: &Context<'_, Either>,
        servers: &[&LiveServer<'_>],
    ) -> Result<Warrant<TerminateRecoveryInstances>> {
        let Self { servers: fleet, checks, settings, redirected } = self;
        match ctx.guard.of_procedure() {
            ProcedureGuard::Drill(guard) => guard.terminate_b2(servers, settings),
            ProcedureGuard::Failback(guard) => {
                guard.terminate_b2(fleet, servers, checks, settings, *redirected)
            }
        }
    }
}

impl Step for TerminateRecoveredServers {
    type Scope = Either;
    type Input = FleetInput;
    const NAME: &'static str = "terminate-recovered-servers";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<StepResult> {
        let (live, mut refused) = ctx.read_to_clean_up(fleet, Reads::SERVING).await?;
        let redirected = fleet.redirected;
        let servers = live.servers(fleet);
        let settings = settings(ctx, &servers).await?;
        let mut remaining = Remaining::default();
        for server in &servers {
            let Some(b2) = refused.unless_refused(server, server.b2())? else { continue };
            if refused.has(server) {
                continue;
            }
            match (server.active_job()?, b2) {
                (Some(job), _) if job.kind == JobKind::Terminate => remaining.terminating.push(server),
                (Some(_), _) => remaining.launching.push(server),
                (None, Some(b2)) if is_left(ctx, server, b2, &settings)? => remaining.left.push(server),
                (None, Some(_)) => remaining.terminable.push(server),
                (None, None) => {}
            }
        }
        let protected = protected(ctx, &mut remaining.terminable).await?;
        let to_judge = remaining.terminable.iter().chain(&remaining.left).copied();
        let checks = checks_of_a4(ctx, to_judge).await?;
        let judged = Judged { servers: &servers, checks: &checks, settings: &settings, redirected };
        let mut reasons = leave(ctx, &judged, &remaining.left).await?;
        let terminable = std::mem::take(&mut remaining.terminable);
        for server in terminable {
            let allowed = attempt(judged.terminate(ctx, &[server]));
            match refused.unless_refused(server, allowed)? {
                Some(Attempt::Done(_)) => remaining.terminable.push(server),
                Some(Attempt::NotYet(reason)) => reasons.add(&server.name, reason),
                None => {}
            }
        }
        terminate(ctx, &live, &judged, &remaining.terminable, &mut reasons).await?;
        match waiting(ctx, &remaining, &reasons) {
            Some(waiting) => Ok(StepResult::Waiting(waiting)),
            None if !protected.is_empty() => Err(still_protected(ctx.run.recovery(), &protected)),
            None => refused.end(reason::recovered_are_gone()),
        }
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.cleanupMinutes", plan.limits.cleanup_minutes)
    }
}

/// Reads the settings of every B1 whose B2 lives and which no job is working on.
async fn settings(ctx: &Context<'_, Either>, servers: &[LiveServer<'_>]) -> Result<LaunchConfigurations> {
    let mut b1s = Vec::new();
    for server in servers {
        if server.chain().b2.candidate().is_some() && server.active_job()?.is_none() {
            b1s.push(server.b1.clone());
        }
    }
    launch_configurations(ctx.cloud, ctx.run.recovery(), &b1s).await
}

/// Takes the servers out of these that were to be terminated before, and whose B3 somebody has protected from termination:
/// the job completed, and B3 lives. Another job would do the same.
async fn protected<'s, 'l>(
    ctx: &Context<'_, Either>,
    terminable: &mut Vec<&'s LiveServer<'l>>,
) -> Result<Vec<(&'s LiveServer<'l>, InstanceId)>> {
    let mut tried = Vec::new();
    for server in terminable.iter() {
        let jobs = server.live().recovery_jobs()?;
        let was_tried =
            jobs.iter().any(|job| job.kind == JobKind::Terminate && job.part_of(&server.b1).is_some());
        tried.extend(server.b3().filter(|_| was_tried));
    }
    let protected = protected_from_termination(ctx.cloud, ctx.run.recovery(), &tried).await?;
    let is_protected = |server: &LiveServer<'_>| server.b3().is_some_and(|b3| protected.contains(&b3));
    let (out, left): (Vec<_>, Vec<_>) = terminable.iter().copied().partition(|server| is_protected(server));
    *terminable = left;
    Ok(out.into_iter().filter_map(|server| Some((server, server.b3()?))).collect())
}

/// Returns true for a B2 of a failback whose B3 existed before. A drill with one is refused: its guard does not terminate
/// it.
fn is_left(
    ctx: &Context<'_, Either>,
    server: &LiveServer<'_>,
    b2: &RecoveryInstance,
    settings: &LaunchConfigurations,
) -> Result<bool> {
    Ok(ctx.run.procedure == Procedure::Failback && existed_before(server, b2, settings)?)
}

/// Tags each B2 that the failback leaves. Returns those that wait, with the reasons.
async fn leave(
    ctx: &Context<'_, Either>,
    judged: &Judged<'_, '_>,
    servers: &[&LiveServer<'_>],
) -> Result<Reasons> {
    let mut reasons = Reasons::default();
    let ProcedureGuard::Failback(guard) = ctx.guard.of_procedure() else { return Ok(reasons) };
    let Judged { servers: fleet, checks, settings, redirected } = judged;
    for server in servers {
        let refusal = match attempt(guard.leave_b2(fleet, server, checks, settings, *redirected))? {
            Attempt::Done(warrant) => attempt(ctx.cloud.tag_resource(warrant).await)?.refusal(),
            Attempt::NotYet(reason) => Some(reason),
        };
        if let Some(reason) = refusal {
            reasons.add(&server.name, reason);
        }
    }
    Ok(reasons)
}

/// Terminates B2 of the servers, as many at once as DRS allows. Adds those that wait, with the reasons.
async fn terminate(
    ctx: &Context<'_, Either>,
    live: &LiveState,
    judged: &Judged<'_, '_>,
    terminable: &[&LiveServer<'_>],
    reasons: &mut Reasons,
) -> Result<()> {
    let quotas = ctx.cloud.drs_quotas(ctx.run.recovery()).await?;
    let capacity = JobCapacity::left(quotas, live.recovery_jobs()?);
    for batch in capacity.batches(terminable) {
        let warrant = judged.terminate(ctx, batch)?;
        if let Some(refusal) = attempt(ctx.cloud.terminate_recovery_instances(warrant).await)?.refusal() {
            reasons.add_all(batch.iter().map(|server| server.name.as_str()), &refusal);
        }
    }
    Ok(())
}

/// Reads the status checks of A4, by which the guard of a failback judges.
async fn checks_of_a4<'s, 'l: 's>(
    ctx: &Context<'_, Either>,
    servers: impl Iterator<Item = &'s LiveServer<'l>>,
) -> Result<Vec<InstanceStatus>> {
    if ctx.run.procedure == Procedure::Drill {
        return Ok(Vec::new());
    }
    let a4s: Vec<_> = servers.filter_map(|server| server.a4()).collect();
    if a4s.is_empty() { Ok(Vec::new()) } else { ctx.cloud.instance_status(ctx.run.source(), &a4s).await }
}

/// Returns the wait. Its note is the time at which the last terminate job was started.
fn waiting(ctx: &Context<'_, Either>, remaining: &Remaining<'_, '_>, reasons: &Reasons) -> Option<Waiting> {
    let Remaining { terminable, terminating, launching, .. } = remaining;
    let mut note = None;
    let (why, seconds) = if !reasons.is_empty() {
        let why = reason::recovered_stay(reasons);
        (why, poll_interval::by_typical(typical::RELEASE, reasons.len(), ctx.waited_seconds()))
    } else if !launching.is_empty() {
        let why = reason::still_being_launched(names(launching));
        (why, poll_interval::by_typical(typical::LAUNCH_JOB, launching.len(), ctx.waited_seconds()))
    } else if !terminable.is_empty() {
        note = Some(ctx.now().millis().into());
        let why = reason::terminating(names(terminable));
        (why, poll_interval::by_typical(typical::TERMINATE_JOB, terminable.len(), 0))
    } else if !terminating.is_empty() {
        let why = reason::terminating(names(terminating));
        let waited = ctx.seconds_since_note();
        (why, poll_interval::by_typical(typical::TERMINATE_JOB, terminating.len(), waited))
    } else {
        return None;
    };
    Some(Waiting { note, ..Waiting::new(why, seconds) })
}

#[cfg(test)]
mod tests;
