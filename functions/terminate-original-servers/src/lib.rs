//! Clean-up, step 4.3, failback only and only if the plan asks for it: terminates the original instances A1 in EC2.
//!
//! Done when every A1 is terminated. An A1 that is A4, because DRS launched into it, is left alone.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{Cloud, InstanceState};
use failback_core::fleet::{Fleet, Server, listed};
use failback_core::live::Look;
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Failback;
use failback_core::step::{self, Context, Step, Verdict, Waiting, refused};
use failback_core::timestamp::Timestamp;
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct TerminateOriginalServers;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    step::handle::<TerminateOriginalServers>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for TerminateOriginalServers {
    type Scope = Failback;
    const NAME: &'static str = "terminate-original-servers";

    async fn run(ctx: &Context<'_, Failback>, fleet: &mut Fleet) -> Result<Verdict> {
        let look =
            Look { b1: true, b2: true, a3: true, source_instances: true, records: true, ..Look::default() };
        let live = ctx.look(fleet, look).await?;
        let (mut live_ones, mut going) = (Vec::new(), Vec::new());
        for server in fleet.pending() {
            let Some(a1) = server.a1.as_ref().filter(|a1| server.a4().as_ref() != Some(a1)) else { continue };
            match live.instance(a1)?.map(|instance| instance.state) {
                None | Some(InstanceState::Terminated | InstanceState::NotFound) => {}
                Some(InstanceState::ShuttingDown) => going.push(server),
                Some(_) => live_ones.push(server),
            }
        }
        let names = |servers: &[&Server]| listed(servers.iter().map(|server| server.name.as_str()));
        if !live_ones.is_empty() {
            let asked = match refused(ctx.guard.terminate_a1(&live, ctx.now(), fleet, &live_ones))? {
                Ok(warrant) => refused(ctx.cloud.terminate_instances(warrant).await)?,
                Err(why) => Err(why),
            };
            if let Err(why) = asked {
                let why = format!("the originals of {} cannot be terminated yet: {why}", names(&live_ones));
                return Ok(Verdict::Waiting(Waiting::new(why, poll_interval::backoff(ctx.waited_seconds()))));
            }
            let why = format!("terminating the originals of {}", names(&live_ones));
            return Ok(Verdict::Waiting(Waiting::new(
                why,
                poll_interval::by_typical(typical::TERMINATE, live_ones.len(), 0),
            )));
        }
        if !going.is_empty() {
            let why = format!("terminating the originals of {}", names(&going));
            let seconds = poll_interval::by_typical(typical::TERMINATE, going.len(), ctx.waited_seconds());
            return Ok(Verdict::Waiting(Waiting::new(why, seconds)));
        }
        Ok(Verdict::Done("the original servers are terminated".to_owned()))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.cleanup_minutes * 60
    }
}

#[cfg(test)]
mod tests;
