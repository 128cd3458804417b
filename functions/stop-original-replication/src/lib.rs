//! The note of step 1, failback only and only if the plan asks for it: stops replication of B1, so that A1 is not
//! billed twice. Every point in time of B1 is deleted with that, so B3 must be validated first: the guard wants it
//! running, passing its status checks, replicated home, and traffic no longer on A1.

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
pub struct StopOriginalReplication;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Result<Value> {
    step::handle::<StopOriginalReplication>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for StopOriginalReplication {
    type Scope = Failback;
    const NAME: &'static str = "stop-original-replication";

    async fn run(cx: &Cx<'_, Failback>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look {
            b1: true,
            b2: true,
            a3: true,
            source_instances: true,
            recovery_instances: true,
            records: true,
            ..Look::default()
        };
        let live = cx.look(fleet, look).await?;
        let b3s: Vec<_> = fleet.away().filter_map(failback_core::fleet::Member::b3).collect();
        let checks = cx.cloud.instance_status(cx.run.recovery(), &b3s).await?;
        let mut stopped = 0;
        for member in fleet.away() {
            let Some(b1) = live.b1(member)? else { continue };
            // A server that is further along, whose A4 runs or is protected by B1 already, is left as it is.
            let launched = live.a3(member)?.is_some();
            if launched || !b1.replication.is_running() || b1.instance != member.a1 {
                continue;
            }
            if cx.is_late() {
                return Ok(Verdict::Waiting(Waiting::new("this call has no time left", 1)));
            }
            let warrant = cx.guard.stop_b1(&live, cx.now(), member, &checks)?;
            if let Err(why) = refused(cx.cloud.stop_replication(warrant).await)? {
                let why = format!("{}: replication of B1 does not stop yet: {why}", member.name);
                return Ok(Verdict::Waiting(Waiting::new(why, pace::patiently(cx.waited_seconds()))));
            }
            stopped += 1;
        }
        Ok(Verdict::Done(format!(
            "replication of {stopped} original servers stopped; their points in time are deleted"
        )))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.reversal_minutes * 60
    }
}

#[cfg(test)]
mod tests;
