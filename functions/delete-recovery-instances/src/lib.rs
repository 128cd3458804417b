//! Clean-up, step 4.4, failback only: deletes the recovery instances A3. Only DRS's record goes: A4 keeps running and
//! stays protected by B1. A3 is never terminated and never disconnected.
//!
//! Done when no record A3 is left.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::Cloud;
use failback_core::fleet::Fleet;
use failback_core::live::Look;
use failback_core::plan::Plan;
use failback_core::poll_interval;
use failback_core::procedure::Failback;
use failback_core::step::{self, Context, Step, Verdict, Waiting, refused};
use failback_core::timestamp::Timestamp;
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct DeleteRecoveryInstances;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    step::handle::<DeleteRecoveryInstances>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for DeleteRecoveryInstances {
    type Scope = Failback;
    const NAME: &'static str = "delete-recovery-instances";

    async fn run(ctx: &Context<'_, Failback>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look { b1: true, b2: true, a3: true, source_instances: true, ..Look::default() };
        let live = ctx.look(fleet, look).await?;
        for server in fleet.pending() {
            if live.a3(server)?.is_none() {
                continue;
            }
            if ctx.is_late() {
                return Ok(Verdict::Waiting(Waiting::new("this call has no time left", 1)));
            }
            let asked = match refused(ctx.guard.delete_a3(&live, ctx.now(), server))? {
                Ok(warrant) => refused(ctx.cloud.delete_recovery_instance(warrant).await)?,
                Err(why) => Err(why),
            };
            if let Err(why) = asked {
                let why = format!("{}: A3 cannot be deleted yet: {why}", server.name);
                return Ok(Verdict::Waiting(Waiting::new(why, poll_interval::backoff(ctx.waited_seconds()))));
            }
        }
        Ok(Verdict::Done("the records of the failback launch are deleted".to_owned()))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.cleanup_minutes * 60
    }
}

#[cfg(test)]
mod tests;
