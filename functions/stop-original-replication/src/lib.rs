//! The note of step 1, failback only and only if the plan requests it: stops replication of B1, so that A1 is not
//! billed twice. This deletes every point in time of B1, so a person is asked first, and the guard requires that B3 runs
//! and passes its status checks, that A2 can be launched, and that traffic is no longer on A1.

use failback_core::Result;
use failback_core::catalogue::{gate, reason};
use failback_core::cloud::InstanceStatus;
use failback_core::fleet::{Fleet, LiveServer, Reads, Server};
use failback_core::message::{Reasons, count};
use failback_core::plan::Plan;
use failback_core::procedure::Failback;
use failback_core::step::{Attempt, Context, FleetInput, Limit, Step, StepResult, attempt};

/// The step.
#[derive(Debug)]
pub struct StopOriginalReplication;

impl Step for StopOriginalReplication {
    type Scope = Failback;
    type Input = FleetInput;
    const NAME: &'static str = "stop-original-replication";

    async fn run(ctx: &Context<'_, Failback>, fleet: &mut Fleet) -> Result<StepResult> {
        let reads = Reads {
            b1: true,
            b2: true,
            a3: true,
            source_instances: true,
            recovery_instances: true,
            records: true,
            ..Reads::default()
        };
        let live = ctx.read(fleet, reads).await?;
        let b3s: Vec<_> = fleet.pending().filter_map(Server::b3).collect();
        let checks = ctx.cloud.instance_status(ctx.run.recovery(), &b3s).await?;
        let (mut stopped, mut reasons) = (0, Reasons::default());
        let servers = live.servers(fleet);
        let mut to_stop = Vec::new();
        for server in &servers {
            if server.is_original_replicated()? {
                to_stop.push(server);
            }
        }
        let results = ctx.at_once(to_stop.iter().map(|server| stop(ctx, server, &checks))).await?;
        for (server, result) in to_stop.into_iter().zip(results) {
            match result {
                Attempt::Done(()) => stopped += 1,
                Attempt::NotYet(reason) => reasons.add(&server.name, reason),
            }
        }
        if !reasons.is_empty() {
            return Ok(ctx.again(reason::b1_does_not_stop_yet(&reasons)).into());
        }
        let why = match stopped {
            0 => reason::b1_was_stopped(),
            stopped => reason::b1_is_stopped(count(stopped, "server")),
        };
        Ok(StepResult::done_before_launch(why, gate::if_asked_before_launch(ctx.run, servers)?))
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.reversalMinutes", plan.limits.reversal_minutes)
    }
}

async fn stop(
    ctx: &Context<'_, Failback>,
    server: &LiveServer<'_>,
    checks: &[InstanceStatus],
) -> Result<Attempt<()>> {
    match attempt(ctx.guard.stop_b1(server, checks))? {
        Attempt::Done(warrant) => attempt(ctx.cloud.stop_replication(warrant).await),
        Attempt::NotYet(reason) => Ok(Attempt::NotYet(reason)),
    }
}

#[cfg(test)]
mod tests;
