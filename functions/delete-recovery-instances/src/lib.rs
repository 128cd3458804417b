//! Clean-up, step 4.4, failback only: deletes the recovery instances A3. Only DRS's record is deleted: A4 keeps running
//! and stays protected by B1. A3 is never terminated and never disconnected.
//!
//! Done when no record A3 is left.

use failback_core::Result;
use failback_core::fleet::{Fleet, Reads, Server};
use failback_core::message::Reasons;
use failback_core::plan::Plan;
use failback_core::poll_interval;
use failback_core::procedure::Failback;
use failback_core::step::{Attempt, Context, FleetInput, Step, StepResult, Waiting, attempt};

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
        for server in live.servers(fleet) {
            if server.a3()?.is_none() {
                continue;
            }
            if ctx.is_late() {
                return Ok(Waiting::out_of_time().into());
            }
            let result = match attempt(ctx.guard.delete_a3(&server, &checks))? {
                Attempt::Done(warrant) => attempt(ctx.cloud.delete_recovery_instance(warrant).await)?,
                Attempt::NotYet(reason) => Attempt::NotYet(reason),
            };
            if let Attempt::NotYet(reason) = result {
                reasons.add(&server.name, reason);
            }
        }
        if !reasons.is_empty() {
            let why = format!("A3 cannot be deleted yet: {reasons}");
            return Ok(Waiting::new(why, poll_interval::backoff(ctx.waited_seconds())).into());
        }
        Ok(StepResult::Done("the records of the failback launch are deleted".to_owned()))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.cleanup_minutes * 60
    }
}

#[cfg(test)]
mod tests;
