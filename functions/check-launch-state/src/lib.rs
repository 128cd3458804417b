//! Step 2: waits until the *reversed direction launch state* is Ready, or Ready with lag within the plan's limit.
//!
//! Decided by A2's own numbers. B2's `failback.state` is what the console shows; its course between Regions is not
//! documented (drs-facts §12.1), so it is told where it disagrees and decides nothing.

use std::fmt::Write as _;

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{Cloud, FailbackState, SourceServer};
use failback_core::fleet::{Fleet, count, listed};
use failback_core::live::{Live, Look};
use failback_core::plan::Plan;
use failback_core::poll_interval;
use failback_core::procedure::Either;
use failback_core::ready::{LaunchState, launch_state, word};
use failback_core::step::{self, Context, Progress, Step, Verdict, Waiting};
use failback_core::timestamp::Timestamp;
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct CheckLaunchState;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    step::handle::<CheckLaunchState>(cloud, payload, deadline).await
}

/// What stands between the fleet and its launch.
#[derive(Default)]
struct Findings {
    progress: Progress,
    synchronizing: Vec<(String, &'static str)>,
    stalled: Vec<(String, String)>,
    ready: Vec<usize>,
}

#[async_trait]
impl Step for CheckLaunchState {
    type Scope = Either;
    const NAME: &'static str = "check-launch-state";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<Verdict> {
        let live = ctx.look(fleet, Look { a3: true, b2: true, ..Look::default() }).await?;
        let findings = find(ctx, &live, fleet).await?;
        let seconds = ctx.run.seconds(ctx.now());
        for index in &findings.ready {
            fleet.servers[*index].times.ready.get_or_insert(seconds);
        }
        if findings.stalled.is_empty() && findings.synchronizing.is_empty() {
            return Ok(Verdict::Done(format!(
                "{} ready{}",
                count(fleet.pending().count(), "server"),
                told(&live, fleet)?
            )));
        }
        Ok(Verdict::Waiting(wait(ctx, findings)))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.replication_hours * 3600
    }
}

async fn find(ctx: &Context<'_, Either>, live: &Live, fleet: &Fleet) -> Result<Findings> {
    let mut findings = Findings::default();
    for (index, server) in fleet.servers.iter().enumerate().filter(|(_, server)| !server.already_failed_back)
    {
        findings.progress.servers += 1;
        // A server that an interrupted run launched already is past this step.
        if live.a3(server)?.is_some() || live.is_past_launch(server)? {
            findings.progress.ready += 1;
            continue;
        }
        let Some(a2) = live.a2(server)? else {
            findings.stalled.push((server.name.clone(), "A2 is not there".to_owned()));
            continue;
        };
        add(&mut findings.progress, a2);
        let state = launch_state(&a2.replication, ctx.now(), ctx.run.plan.launch.lag_seconds_max);
        match with_snapshot(ctx, a2, state).await? {
            LaunchState::Ready | LaunchState::ReadyWithLag { .. } => {
                findings.progress.ready += 1;
                findings.ready.push(index);
            }
            LaunchState::Synchronizing { remaining_seconds } => {
                let progress = &mut findings.progress;
                progress.eta_seconds = progress.eta_seconds.max(remaining_seconds);
                findings.synchronizing.push((server.name.clone(), word(a2.replication.state)));
            }
            LaunchState::Stalled { why } => findings.stalled.push((server.name.clone(), why)),
        }
    }
    Ok(findings)
}

/// Ready with lag launches the last recovery snapshot, so there must be one.
async fn with_snapshot(
    ctx: &Context<'_, Either>,
    a2: &SourceServer,
    state: LaunchState,
) -> Result<LaunchState> {
    if matches!(state, LaunchState::ReadyWithLag { .. })
        && ctx.cloud.recovery_snapshots(ctx.run.source(), &a2.id).await?.is_empty()
    {
        return Ok(LaunchState::Synchronizing { remaining_seconds: 30 });
    }
    Ok(state)
}

fn add(progress: &mut Progress, a2: &SourceServer) {
    progress.replicated_bytes += a2.replication.replicated_bytes;
    progress.total_bytes += a2.replication.total_bytes;
    progress.backlog_bytes += a2.replication.backlog_bytes;
    progress.lag_seconds_max = progress.lag_seconds_max.max(a2.replication.lag());
}

fn wait(ctx: &Context<'_, Either>, findings: Findings) -> Waiting {
    let Findings { progress, synchronizing, stalled, .. } = findings;
    let mut why = Vec::new();
    if let Some((_, cause)) = stalled.first() {
        let names = listed(stalled.iter().map(|(name, _)| name.as_str()));
        why.push(format!("{names} copy nothing: {cause}"));
    }
    if let Some((_, state)) = synchronizing.first() {
        let names = listed(synchronizing.iter().map(|(name, _)| name.as_str()));
        let copied = progress.replicated_bytes * 100 / progress.total_bytes.max(1);
        let mut how_far = format!(
            "{names}: {state}, {copied} % of {} GiB copied, about {} min to go",
            progress.total_bytes >> 30,
            progress.eta_seconds.div_ceil(60)
        );
        if progress.backlog_bytes > 0 {
            let _ = write!(how_far, ", backlog {} MiB", progress.backlog_bytes >> 20);
        }
        if progress.lag_seconds_max > 0 {
            let _ = write!(how_far, ", lag {} s", progress.lag_seconds_max);
        }
        why.push(how_far);
    }
    let seconds = if synchronizing.is_empty() {
        poll_interval::backoff(ctx.waited_seconds().min(1_800))
    } else {
        poll_interval::by_remaining(progress.eta_seconds)
    };
    let mut waiting =
        Waiting::new(why.join("; "), if stalled.is_empty() { seconds } else { seconds.min(300) });
    waiting.progress = Some(progress);
    waiting
}

/// Where the console would show something else.
fn told(live: &Live, fleet: &Fleet) -> Result<String> {
    let mut other = Vec::new();
    for server in fleet.pending() {
        if live.b2(server)?.is_some_and(|b2| b2.failback_state != FailbackState::ReadyForLaunch) {
            other.push(server.name.as_str());
        }
    }
    Ok(if other.is_empty() {
        String::new()
    } else {
        format!("; the console may show another launch state for {}", listed(other))
    })
}

#[cfg(test)]
mod tests;
