//! The note of step 1, failback only and only if the plan asks for it: stops replication of B1, so that A1 is not
//! billed twice. Every point in time of B1 is deleted with that, so B3 must be validated first: the guard wants it
//! running, passing its status checks, replicated home, and traffic no longer on A1.

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
pub struct StopOriginalReplication;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    step::handle::<StopOriginalReplication>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for StopOriginalReplication {
    type Scope = Failback;
    const NAME: &'static str = "stop-original-replication";

    async fn run(ctx: &Context<'_, Failback>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look {
            b1: true,
            b2: true,
            a3: true,
            source_instances: true,
            recovery_instances: true,
            records: true,
            ..Look::default()
        };
        let live = ctx.look(fleet, look).await?;
        let b3s: Vec<_> = fleet.pending().filter_map(failback_core::fleet::Server::b3).collect();
        let checks = ctx.cloud.instance_status(ctx.run.recovery(), &b3s).await?;
        let mut stopped = 0;
        for server in fleet.pending() {
            let Some(b1) = live.b1(server)? else { continue };
            // A server that is further along, whose A4 runs or is protected by B1 already, is left as it is.
            let launched = live.a3(server)?.is_some();
            if launched || !b1.replication.is_running() || b1.instance != server.a1 {
                continue;
            }
            if ctx.is_late() {
                return Ok(Verdict::Waiting(Waiting::new("this call has no time left", 1)));
            }
            let warrant = ctx.guard.stop_b1(&live, ctx.now(), server, &checks)?;
            if let Err(why) = refused(ctx.cloud.stop_replication(warrant).await)? {
                let why = format!("{}: replication of B1 does not stop yet: {why}", server.name);
                return Ok(Verdict::Waiting(Waiting::new(why, poll_interval::backoff(ctx.waited_seconds()))));
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
