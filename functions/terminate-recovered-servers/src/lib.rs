//! Clean-up, step 4.2: terminates the recovery instances B2, and with them the recovered instances B3.
//!
//! This call could terminate production. In a failback, the guard requires that A4 works, carries traffic and is
//! protected; in a drill, it requires proof that B3 is not production. A B3 that existed before B1 was launched into it is
//! somebody's: a failback leaves it and tags B2, and a drill is refused. Done when no other B2 lives and no job is working
//! on the server.

use failback_core::Result;
use failback_core::cloud::{InstanceStatus, JobKind, RecoveryInstance};
use failback_core::fleet::{
    Fleet, LaunchConfigurations, LiveServer, LiveState, Reads, Redirected, existed_before,
    launch_configurations, names,
};
use failback_core::guard::ProcedureGuard;
use failback_core::job_capacity::JobCapacity;
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::{Either, Procedure};
use failback_core::step::{Attempt, Context, FleetInput, Step, StepResult, Waiting, attempt};

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

/// What the guard decides by: the whole fleet, B1's settings and the times of the redirect.
#[derive(Clone, Copy)]
struct Ready<'s, 'l> {
    servers: &'s [LiveServer<'l>],
    settings: &'s LaunchConfigurations,
    redirected: Option<Redirected>,
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
                (None, Some(_))
                    if refused.unless_refused(server, allowed(ctx, server, &settings))?.is_none() => {}
                (None, Some(_)) => remaining.terminable.push(server),
                (None, None) => {}
            }
        }
        let ready = Ready { servers: &servers, settings: &settings, redirected };
        let left = leave(ctx, &ready, &remaining.left).await?;
        let refusal = terminate(ctx, &live, &ready, &remaining.terminable).await?.or(left);
        match waiting(ctx, &remaining, refusal) {
            Some(waiting) => Ok(StepResult::Waiting(waiting)),
            None => refused.end("the recovered servers are terminated"),
        }
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.cleanup_minutes * 60
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

/// Tags each B2 that the failback leaves. Returns the reason why others wait.
async fn leave(
    ctx: &Context<'_, Either>,
    ready: &Ready<'_, '_>,
    servers: &[&LiveServer<'_>],
) -> Result<Option<String>> {
    let ProcedureGuard::Failback(guard) = ctx.guard.of_procedure() else { return Ok(None) };
    let mut refusal = None;
    for server in servers {
        let checks = checks_of_a4(ctx, &[server]).await?;
        let warrant = guard.leave_b2(ready.servers, server, &checks, ready.settings, ready.redirected);
        let refused = match attempt(warrant)? {
            Attempt::Done(warrant) => attempt(ctx.cloud.tag_resource(warrant).await)?.refusal(),
            Attempt::NotYet(reason) => Some(reason),
        };
        refusal = refused.or(refusal);
    }
    Ok(refusal)
}

/// Asks the guard of a drill for one server, so that its refusal does not keep the others. The guard of a failback judges
/// all at once.
fn allowed(
    ctx: &Context<'_, Either>,
    server: &LiveServer<'_>,
    settings: &LaunchConfigurations,
) -> Result<()> {
    match ctx.guard.of_procedure() {
        ProcedureGuard::Drill(guard) => guard.terminate_b2(&[server], settings).map(|_| ()),
        ProcedureGuard::Failback(_) => Ok(()),
    }
}

/// Terminates B2 of the servers, as many at once as DRS allows. Returns the reason why the others wait.
async fn terminate(
    ctx: &Context<'_, Either>,
    live: &LiveState,
    ready: &Ready<'_, '_>,
    terminable: &[&LiveServer<'_>],
) -> Result<Option<String>> {
    let Ready { servers, settings, redirected } = *ready;
    let mut refusal = None;
    let quotas = ctx.cloud.drs_quotas(ctx.run.recovery()).await?;
    let capacity = JobCapacity::left(quotas, live.recovery_jobs()?);
    for batch in capacity.batches(terminable) {
        // The rules for B2 differ between the procedures.
        let warrant = match ctx.guard.of_procedure() {
            ProcedureGuard::Drill(guard) => guard.terminate_b2(batch, settings),
            ProcedureGuard::Failback(guard) => {
                let checks = checks_of_a4(ctx, batch).await?;
                guard.terminate_b2(servers, batch, &checks, settings, redirected)
            }
        };
        let refused = match attempt(warrant)? {
            Attempt::Done(warrant) => {
                attempt(ctx.cloud.terminate_recovery_instances(warrant).await)?.refusal()
            }
            Attempt::NotYet(reason) => Some(reason),
        };
        refusal = refused.or(refusal);
    }
    Ok(refusal)
}

async fn checks_of_a4(ctx: &Context<'_, Either>, servers: &[&LiveServer<'_>]) -> Result<Vec<InstanceStatus>> {
    let a4s: Vec<_> = servers.iter().filter_map(|server| server.a4()).collect();
    ctx.cloud.instance_status(ctx.run.source(), &a4s).await
}

/// Returns the wait. Its note is the time at which the last terminate job was started.
fn waiting(
    ctx: &Context<'_, Either>,
    remaining: &Remaining<'_, '_>,
    refusal: Option<String>,
) -> Option<Waiting> {
    let Remaining { terminable, terminating, launching, left } = remaining;
    let mut note = ctx.poll.and_then(|poll| poll.note.clone());
    let (why, seconds) = if let Some(reason) = refusal {
        let refused: Vec<_> = terminable.iter().chain(left).copied().collect();
        let why = format!("{} cannot be terminated yet: {reason}", names(&refused));
        (why, poll_interval::by_typical(typical::RELEASE, refused.len(), ctx.waited_seconds()))
    } else if !launching.is_empty() {
        let why = format!("{} are still being launched", names(launching));
        (why, poll_interval::by_typical(typical::LAUNCH_JOB, launching.len(), ctx.waited_seconds()))
    } else if !terminable.is_empty() {
        note = Some(ctx.now().millis().into());
        let why = format!("terminating {}", names(terminable));
        (why, poll_interval::by_typical(typical::TERMINATE_JOB, terminable.len(), 0))
    } else if !terminating.is_empty() {
        let why = format!("terminating {}", names(terminating));
        let waited = ctx.seconds_since_note();
        (why, poll_interval::by_typical(typical::TERMINATE_JOB, terminating.len(), waited))
    } else {
        return None;
    };
    Some(Waiting { note, ..Waiting::new(why, seconds) })
}

#[cfg(test)]
mod tests;
