//! Clean-up, step 4.4, failback only: deletes the recovery instances A3. Only DRS's record is deleted: A4 keeps running
//! and stays protected by B1. A3 is never terminated and never disconnected.
//!
//! Done when no record A3 is left.

use failback_core::Result;
use failback_core::catalogue::reason;
use failback_core::cloud::InstanceStatus;
use failback_core::fleet::{Fleet, LiveServer, Reads, Server};
use failback_core::message::Reasons;
use failback_core::plan::Plan;
use failback_core::procedure::Failback;
use failback_core::step::{Attempt, Context, FleetInput, Limit, Step, StepResult, attempt};

/// The step.
#[derive(Debug)]
pub struct DeleteRecoveryInstances;

impl Step for DeleteRecoveryInstances {
    type Scope = Failback;
    type Input = FleetInput;
    const NAME: &'static str = "delete-recovery-instances";

    async fn run(ctx: &Context<'_, Failback>, fleet: &mut Fleet) -> Result<StepResult> {
        let live = ctx.read(fleet, Reads { records: false, ..Reads::PROTECTION }).await?;
        let a4s: Vec<_> = fleet.pending().filter_map(Server::a4).collect();
        let checks = ctx.cloud.instance_status(ctx.run.source(), &a4s).await?;
        let mut reasons = Reasons::default();
        let servers = live.servers(fleet);
        let mut left = Vec::new();
        for server in &servers {
            if server.a3()?.is_some() {
                left.push(server);
            }
        }
        let results = ctx.at_once(left.iter().map(|server| delete(ctx, server, &checks))).await?;
        for (server, result) in left.into_iter().zip(results) {
            if let Attempt::NotYet(reason) = result {
                reasons.add(&server.name, reason);
            }
        }
        if !reasons.is_empty() {
            return Ok(ctx.again(reason::a3_stays(&reasons)).into());
        }
        Ok(StepResult::Done(reason::records_are_deleted()))
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.cleanupMinutes", plan.limits.cleanup_minutes)
    }
}

async fn delete(
    ctx: &Context<'_, Failback>,
    server: &LiveServer<'_>,
    checks: &[InstanceStatus],
) -> Result<Attempt<()>> {
    match attempt(ctx.guard.delete_a3(server, checks))? {
        Attempt::Done(warrant) => attempt(ctx.cloud.delete_recovery_instance(warrant).await),
        Attempt::NotYet(reason) => Ok(Attempt::NotYet(reason)),
    }
}

#[cfg(test)]
mod tests;
