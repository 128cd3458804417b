//! Step 2: waits until the *reversed direction launch state* is Ready, or Ready with lag within the plan's limit.
//!
//! Each server passes by itself: one that was ready stays so while its replication only lags, because of many servers one
//! always does. Its launch looks at it again.
//!
//! A2's own numbers decide. B2's `failback.state` is the one that the console shows; its course between Regions is not
//! documented (drs-facts §12.1), so a difference is only reported.

use std::fmt::Write as _;

use failback_core::Result;
use failback_core::catalogue::{Reason, gate, reason};
use failback_core::cloud::{FailbackState, SourceServer};
use failback_core::fleet::{Fleet, LiveServer, Reads};
use failback_core::id::SourceServerId;
use failback_core::message::{Reasons, count, listed};
use failback_core::plan::Plan;
use failback_core::poll_interval;
use failback_core::procedure::{Either, Procedure};
use failback_core::ready::{LaunchState, launch_state, only_lags};
use failback_core::step::{Context, FleetInput, GateName, Limit, Progress, Step, StepResult, Waiting};

/// The step.
#[derive(Debug)]
pub struct CheckLaunchState;

/// The longest poll interval for a server that copies nothing: a person may be repairing it.
const STALLED_SECONDS_MAX: u64 = 300;
/// The longest wait that counts for the poll interval while servers are stalled.
const STALLED_BACKOFF_SECONDS_MAX: u64 = 1_800;
/// The expected time until a first snapshot exists.
const SNAPSHOT_SECONDS: u64 = 30;

/// The servers by the progress of their replication.
#[derive(Default)]
struct LaunchStates {
    progress: Progress,
    ready: Vec<SourceServerId>,
    synchronizing: Reasons,
    stalled: Reasons,
    /// True when DRS estimates no end for one that synchronizes.
    has_no_estimate: bool,
}

impl Step for CheckLaunchState {
    type Scope = Either;
    type Input = FleetInput;
    const NAME: &'static str = "check-launch-state";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<StepResult> {
        let live = ctx.read(fleet, Reads { a3: true, b2: true, ..Reads::default() }).await?;
        let servers = live.servers(fleet);
        let mut states = LaunchStates::default();
        for server in &servers {
            states.add(ctx, server).await?;
        }
        let elsewhere = shown_differently(&servers)?;
        for b1 in &states.ready {
            if let Some(server) = fleet.server_mut(b1) {
                server.times.ready.get_or_insert(ctx.run.seconds(ctx.now()));
            }
        }
        if states.stalled.is_empty() && states.synchronizing.is_empty() {
            let servers = count(fleet.pending().count(), "server");
            return done(
                ctx,
                fleet,
                match elsewhere {
                    None => reason::servers_are_ready(servers),
                    Some(names) => reason::servers_are_ready_and_shown_otherwise(servers, names),
                },
            )
            .await;
        }
        Ok(states.waiting(ctx).into())
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::hours("limits.replicationHours", plan.limits.replication_hours)
    }
}

/// Adds what the person at the next gate is told, if one is next: before the stop of B1, or before the launch. It is read
/// only now: nearly every poll needs less.
async fn done(ctx: &Context<'_, Either>, fleet: &mut Fleet, why: Reason) -> Result<StepResult> {
    let plan = &ctx.run.plan;
    let is_asked = plan.stop_original_replication || plan.cutover.accept_loss_seconds.is_none();
    if ctx.run.procedure == Procedure::Drill || !is_asked {
        return Ok(StepResult::Done(why));
    }
    let reads = Reads { b1: true, a3: true, b2: true, source_instances: true, ..Reads::default() };
    let live = ctx.read(fleet, reads).await?;
    let servers = live.servers(fleet);
    let mut to_stop = Vec::new();
    for server in servers.iter().filter(|_| plan.stop_original_replication) {
        if server.is_original_replicated()? {
            to_stop.push(server.clone());
        }
    }
    if !to_stop.is_empty() {
        let notice = gate::before_stop(ctx.run, &to_stop)?;
        return Ok(StepResult::DoneBeforeGate { why, gate: GateName::BeforeStop, notice });
    }
    Ok(StepResult::done_before_launch(why, gate::if_asked_before_launch(ctx.run, servers)?))
}

impl LaunchStates {
    async fn add(&mut self, ctx: &Context<'_, Either>, server: &LiveServer<'_>) -> Result<()> {
        self.progress.servers += 1;
        // A server that an interrupted run has launched is past this step.
        if server.a3()?.is_some() || server.is_past_launch()? {
            self.progress.ready += 1;
            return Ok(());
        }
        let Some(a2) = server.a2()? else {
            self.stalled.add(&server.name, reason::a2_is_missing());
            return Ok(());
        };
        self.add_progress(a2);
        // One that was ready and only lags is ready again soon: its launch waits for that by itself.
        if server.times.ready.is_some() && only_lags(&a2.replication) {
            self.progress.ready += 1;
            return Ok(());
        }
        match state_of(ctx, a2).await? {
            LaunchState::Ready | LaunchState::ReadyWithLag { .. } => {
                self.progress.ready += 1;
                self.ready.push(server.b1.clone());
            }
            LaunchState::Synchronizing { remaining_seconds, is_told } => {
                self.has_no_estimate |= !is_told;
                self.progress.eta_seconds = self.progress.eta_seconds.max(remaining_seconds);
                self.synchronizing.add(&server.name, reason::replication_is(a2.replication.state));
            }
            LaunchState::Stalled { why } => self.stalled.add(&server.name, reason::not_replicating(&why)),
        }
        Ok(())
    }

    fn add_progress(&mut self, a2: &SourceServer) {
        let progress = &mut self.progress;
        progress.replicated_bytes += a2.replication.replicated_bytes;
        progress.total_bytes += a2.replication.total_bytes;
        progress.backlog_bytes += a2.replication.backlog_bytes;
        progress.lag_seconds_max = progress.lag_seconds_max.max(a2.replication.lag());
    }

    fn waiting(&self, ctx: &Context<'_, Either>) -> Waiting {
        let why = match (self.stalled.is_empty(), self.synchronizing.is_empty()) {
            (false, true) => Reason::from(&self.stalled),
            (true, _) => self.how_far(),
            (false, false) => reason::stalled_and_synchronizing(&self.stalled, self.how_far()),
        };
        let seconds = if self.synchronizing.is_empty() {
            poll_interval::backoff(ctx.waited_seconds().min(STALLED_BACKOFF_SECONDS_MAX))
        } else {
            poll_interval::by_remaining(self.progress.eta_seconds)
        };
        let seconds = if self.stalled.is_empty() { seconds } else { seconds.min(STALLED_SECONDS_MAX) };
        Waiting { progress: Some(self.progress), ..Waiting::new(why, seconds) }
    }

    /// Says how far all servers are. The end is told only as DRS estimates it: the usual time may be days from the truth.
    fn how_far(&self) -> Reason {
        let progress = &self.progress;
        let copied_percent = progress.replicated_bytes * 100 / progress.total_bytes.max(1);
        let mut rest = String::new();
        if self.has_no_estimate {
            rest.push_str(", and DRS gives no estimate of the rest");
        } else {
            let _ = write!(rest, ", about {} min to go", progress.eta_seconds.div_ceil(60));
        }
        if progress.backlog_bytes > 0 {
            let _ = write!(rest, ", backlog {} MiB", progress.backlog_bytes >> 20);
        }
        if progress.lag_seconds_max > 0 {
            let _ = write!(rest, ", lag {} s", progress.lag_seconds_max);
        }
        reason::synchronizing(&self.synchronizing, copied_percent, progress.total_bytes >> 30, rest)
    }
}

/// Returns the launch state of A2. Ready with lag launches the last recovery snapshot, so there must be one.
async fn state_of(ctx: &Context<'_, Either>, a2: &SourceServer) -> Result<LaunchState> {
    let state = launch_state(&a2.replication, ctx.now(), ctx.run.plan.launch.lag_seconds_max);
    if matches!(state, LaunchState::ReadyWithLag { .. })
        && ctx.cloud.recovery_snapshots(ctx.run.source(), &a2.id).await?.is_empty()
    {
        return Ok(LaunchState::usually(SNAPSHOT_SECONDS));
    }
    Ok(state)
}

/// Returns the servers for which the console shows another launch state.
fn shown_differently(servers: &[LiveServer<'_>]) -> Result<Option<String>> {
    let mut names = Vec::new();
    for server in servers {
        if server.b2()?.is_some_and(|b2| b2.failback_state != FailbackState::ReadyForLaunch) {
            names.push(server.name.as_str());
        }
    }
    if names.is_empty() {
        return Ok(None);
    }
    Ok(Some(listed(names)))
}

#[cfg(test)]
mod tests;
