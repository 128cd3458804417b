//! Step 2.3, failback only: redirects traffic to the failed-back servers by Route 53.
//!
//! Done when every record of the plan points at its A4 and Route 53 reports INSYNC. A change whose answer was lost is
//! made again: an UPSERT of the same value is harmless, and only a change's id shows when it is in sync.

use failback_core::cloud::ChangeStatus;
use failback_core::fleet::{
    Fleet, LiveServer, LiveState, Reads, Redirected, Server, names, targets, too_old,
};
use failback_core::id::{ChangeId, SourceServerId};
use failback_core::message::count;
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Failback;
use failback_core::step::{Context, FleetInput, Step, StepResult, Waiting};
use failback_core::{Error, ErrorName, Result};
use serde_json::json;

/// The step.
#[derive(Debug)]
pub struct RedirectTraffic;

impl Step for RedirectTraffic {
    type Scope = Failback;
    type Input = FleetInput;
    const NAME: &'static str = "redirect-traffic";

    async fn run(ctx: &Context<'_, Failback>, fleet: &mut Fleet) -> Result<StepResult> {
        if let Some(changes) = ctx.note::<Vec<ChangeId>>() {
            return follow(ctx, fleet, changes).await;
        }
        if fleet.pending().next().is_none() {
            return Ok(StepResult::Done("every server has failed back already".to_owned()));
        }
        let reads = Reads {
            b2: true,
            a3: true,
            source_jobs: true,
            source_instances: true,
            recovery_instances: true,
            records: true,
            ..Reads::default()
        };
        let live = ctx.read(fleet, reads).await?;
        let a4s: Vec<_> = fleet.pending().filter_map(Server::a4).collect();
        let checks = ctx.cloud.instance_status(ctx.run.source(), &a4s).await?;
        let servers = live.servers(fleet);
        if let Some((old, result)) = relaunch(ctx, &servers)? {
            mark(fleet, &old);
            return Ok(result);
        }
        // Unknown when an earlier run, or a call whose answer was lost, has changed every record already.
        let asked = if point_at_a4(ctx, &live, &servers)? { None } else { Some(ctx.now()) };
        let mut changes = Vec::new();
        for warrant in ctx.guard.redirect(&live, &servers, &checks)? {
            changes.push(ctx.cloud.change_records(warrant).await?);
        }
        fleet.redirected = Some(Redirected { asked, in_sync: None });
        let records = count(ctx.run.plan.redirect.records().len(), "record");
        let seconds = poll_interval::by_typical(typical::DNS, changes.len(), 0);
        let why = format!("Route 53 is propagating the change of {records}");
        Ok(Waiting::new(why, seconds).with_note(json!(changes)).into())
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.redirect_minutes * 60
    }
}

/// Returns the servers whose A4 holds data that is older than the plan allows, and the result that has them launched
/// again, if there are any.
fn relaunch(
    ctx: &Context<'_, Failback>,
    servers: &[LiveServer<'_>],
) -> Result<Option<(Vec<SourceServerId>, StepResult)>> {
    let mut old = Vec::new();
    for server in servers {
        if too_old(ctx.run, server)?.is_some() {
            old.push(server);
        }
    }
    if old.is_empty() {
        return Ok(None);
    }
    let limit = ctx.run.plan.launch.data_age_seconds_max;
    for server in &old {
        if launches(ctx, server)? > ctx.run.plan.launch.relaunches_max as usize {
            let message = format!(
                "{}: A4 holds data older than launch.dataAgeSecondsMax ({limit} s), launched as often as \
                 launch.relaunchesMax allows. Use fewer waves or a larger limit, and start again",
                names(&old)
            );
            return Err(Error::new(ErrorName::ValidationFailed, message));
        }
    }
    let why = format!("{} are launched again: their data is older than {limit} s", names(&old));
    let old = old.iter().map(|server| server.b1.clone()).collect();
    Ok(Some((old, StepResult::Relaunch(why))))
}

/// Returns the number of jobs with which this run has launched the server.
fn launches(ctx: &Context<'_, Failback>, server: &LiveServer<'_>) -> Result<usize> {
    let Some(a2) = &server.a2 else { return Ok(0) };
    let jobs = server.live().source_jobs()?.iter();
    Ok(jobs.filter(|job| ctx.run.owns(&job.tags) && job.part_of(a2).is_some()).count())
}

/// Marks servers to be launched again.
fn mark(fleet: &mut Fleet, old: &[SourceServerId]) {
    for b1 in old {
        if let Some(server) = fleet.server_mut(b1) {
            server.replace = server.a3.take();
            server.times.validated = None;
        }
    }
}

/// Returns true when every record points at its A4 already.
fn point_at_a4(ctx: &Context<'_, Failback>, live: &LiveState, servers: &[LiveServer<'_>]) -> Result<bool> {
    for target in targets(ctx.run, servers) {
        let a4 = target.server.a4_instance()?;
        let address = a4.and_then(|a4| a4.address(target.record.address));
        let mut sets = live.records()?[target.index].iter();
        if !sets.all(|set| set.values.iter().map(String::as_str).eq(address)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Polls the changes until Route 53 reports each INSYNC.
async fn follow(
    ctx: &Context<'_, Failback>,
    fleet: &mut Fleet,
    changes: Vec<ChangeId>,
) -> Result<StepResult> {
    let mut pending = 0;
    for change in &changes {
        if ctx.cloud.change_status(change).await? == ChangeStatus::Pending {
            pending += 1;
        }
    }
    if pending == 0 {
        if let Some(redirected) = &mut fleet.redirected {
            redirected.in_sync = Some(ctx.now());
        }
        return Ok(StepResult::Done("traffic is redirected to the failed-back servers".to_owned()));
    }
    let why = format!("{pending} of {} changes are not INSYNC yet", changes.len());
    let seconds = poll_interval::by_typical(typical::DNS, changes.len(), ctx.waited_seconds());
    Ok(Waiting::new(why, seconds).with_note(json!(changes)).into())
}

#[cfg(test)]
mod tests;
