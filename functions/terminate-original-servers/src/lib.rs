//! Clean-up, step 4.3, failback only and only if the plan asks for it: terminates the original instances A1 in EC2.
//!
//! Done when every A1 is terminated. An A1 that is A4, because DRS launched into it, is left alone.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{Cloud, InstanceState};
use failback_core::fleet::{Fleet, Member, listed};
use failback_core::live::Look;
use failback_core::moment::Moment;
use failback_core::pace::{self, usual};
use failback_core::plan::Plan;
use failback_core::procedure::Failback;
use failback_core::step::{self, Cx, Step, Verdict, Waiting, refused};
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct TerminateOriginalServers;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Result<Value> {
    step::handle::<TerminateOriginalServers>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for TerminateOriginalServers {
    type Scope = Failback;
    const NAME: &'static str = "terminate-original-servers";

    async fn run(cx: &Cx<'_, Failback>, fleet: &mut Fleet) -> Result<Verdict> {
        let look =
            Look { b1: true, b2: true, a3: true, source_instances: true, records: true, ..Look::default() };
        let live = cx.look(fleet, look).await?;
        let (mut live_ones, mut going) = (Vec::new(), Vec::new());
        for member in fleet.away() {
            let Some(a1) = member.a1.as_ref().filter(|a1| member.a4().as_ref() != Some(a1)) else { continue };
            match live.instance(a1)?.map(|instance| instance.state) {
                None | Some(InstanceState::Terminated | InstanceState::NotFound) => {}
                Some(InstanceState::ShuttingDown) => going.push(member),
                Some(_) => live_ones.push(member),
            }
        }
        let names = |members: &[&Member]| listed(members.iter().map(|member| member.name.as_str()));
        if !live_ones.is_empty() {
            let asked = match refused(cx.guard.terminate_a1(&live, cx.now(), fleet, &live_ones))? {
                Ok(warrant) => refused(cx.cloud.terminate_instances(warrant).await)?,
                Err(why) => Err(why),
            };
            if let Err(why) = asked {
                let why = format!("the originals of {} cannot be terminated yet: {why}", names(&live_ones));
                return Ok(Verdict::Waiting(Waiting::new(why, pace::patiently(cx.waited_seconds()))));
            }
            let why = format!("terminating the originals of {}", names(&live_ones));
            return Ok(Verdict::Waiting(Waiting::new(
                why,
                pace::by_usual(usual::TERMINATE, live_ones.len(), 0),
            )));
        }
        if !going.is_empty() {
            let why = format!("terminating the originals of {}", names(&going));
            let seconds = pace::by_usual(usual::TERMINATE, going.len(), cx.waited_seconds());
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
