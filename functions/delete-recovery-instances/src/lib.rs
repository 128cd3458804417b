//! Clean-up, step 4.4, failback only: deletes the recovery instances A3. Only DRS's record goes: A4 keeps running and
//! stays protected by B1. A3 is never terminated and never disconnected.
//!
//! Done when no record A3 is left.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::Cloud;
use failback_core::fleet::Fleet;
use failback_core::live::Look;
use failback_core::moment::Moment;
use failback_core::pace;
use failback_core::plan::Plan;
use failback_core::procedure::Failback;
use failback_core::step::{self, Cx, Step, Verdict, Waiting, refused};
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct DeleteRecoveryInstances;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Result<Value> {
    step::handle::<DeleteRecoveryInstances>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for DeleteRecoveryInstances {
    type Scope = Failback;
    const NAME: &'static str = "delete-recovery-instances";

    async fn run(cx: &Cx<'_, Failback>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look { b1: true, b2: true, a3: true, source_instances: true, ..Look::default() };
        let live = cx.look(fleet, look).await?;
        for member in fleet.away() {
            if live.a3(member)?.is_none() {
                continue;
            }
            if cx.is_late() {
                return Ok(Verdict::Waiting(Waiting::new("this call has no time left", 1)));
            }
            let asked = match refused(cx.guard.delete_a3(&live, cx.now(), member))? {
                Ok(warrant) => refused(cx.cloud.delete_recovery_instance(warrant).await)?,
                Err(why) => Err(why),
            };
            if let Err(why) = asked {
                let why = format!("{}: A3 cannot be deleted yet: {why}", member.name);
                return Ok(Verdict::Waiting(Waiting::new(why, pace::patiently(cx.waited_seconds()))));
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
