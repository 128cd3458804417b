//! Clean-up, step 4.3, failback only and only if the plan requests it: terminates the original instances A1 in EC2.
//!
//! Done when every A1 is terminated. An A1 that is A4, because DRS launched into it, is kept.

use failback_core::Result;
use failback_core::catalogue::reason;
use failback_core::cloud::InstanceState;
use failback_core::fleet::{Fleet, LiveServer, Reads, names, protected_from_termination, still_protected};
use failback_core::message::Reasons;
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Failback;
use failback_core::step::{Context, FleetInput, Limit, Step, StepResult, Waiting, attempt, ready};

/// The step.
#[derive(Debug)]
pub struct TerminateOriginalServers;

impl Step for TerminateOriginalServers {
    type Scope = Failback;
    type Input = FleetInput;
    const NAME: &'static str = "terminate-original-servers";

    async fn run(ctx: &Context<'_, Failback>, fleet: &mut Fleet) -> Result<StepResult> {
        let live = ctx.read(fleet, Reads::PROTECTION).await?;
        let servers = live.servers(fleet);
        let (mut running, mut shutting_down) = (Vec::new(), Vec::new());
        for server in &servers {
            match original_state(server)? {
                None | Some(InstanceState::Terminated | InstanceState::NotFound) => {}
                Some(InstanceState::ShuttingDown) => shutting_down.push(server),
                Some(_) => running.push(server),
            }
        }
        let a1s: Vec<_> = running.iter().filter_map(|server| server.a1.clone()).collect();
        let protected = protected_from_termination(ctx.cloud, ctx.run.source(), &a1s).await?;
        let (protected, running): (Vec<_>, Vec<_>) = running
            .into_iter()
            .partition(|server| server.a1.as_ref().is_some_and(|a1| protected.contains(a1)));
        if !running.is_empty() {
            return Ok(terminate(ctx, &servers, &running).await?.into());
        }
        if shutting_down.is_empty() && !protected.is_empty() {
            let told: Vec<_> =
                protected.into_iter().filter_map(|server| Some((server, server.a1.clone()?))).collect();
            return Err(still_protected(ctx.run.source(), &told));
        }
        if shutting_down.is_empty() {
            return Ok(StepResult::Done(reason::originals_are_gone()));
        }
        let why = reason::terminating_originals(names(&shutting_down));
        let waited = ctx.waited_seconds();
        let seconds = poll_interval::by_typical(typical::TERMINATE, shutting_down.len(), waited);
        Ok(Waiting::new(why, seconds).into())
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.cleanupMinutes", plan.limits.cleanup_minutes)
    }
}

/// Returns the state of A1; `None` when EC2 does not know it, or it is A4.
fn original_state(server: &LiveServer<'_>) -> Result<Option<InstanceState>> {
    if server.a1 == server.a4() {
        return Ok(None);
    }
    Ok(server.a1_instance()?.map(|a1| a1.state))
}

async fn terminate(
    ctx: &Context<'_, Failback>,
    fleet: &[LiveServer<'_>],
    running: &[&LiveServer<'_>],
) -> Result<Waiting> {
    let a4s: Vec<_> = running.iter().filter_map(|server| server.a4()).collect();
    let checks = ctx.cloud.instance_status(ctx.run.source(), &a4s).await?;
    let mut reasons = Reasons::default();
    let terminable =
        ready(running, &mut reasons, |server| ctx.guard.terminate_a1(fleet, &[server], &checks))?;
    if !terminable.is_empty() {
        let warrant = ctx.guard.terminate_a1(fleet, &terminable, &checks)?;
        if let Some(reason) = attempt(ctx.cloud.terminate_instances(warrant).await)?.refusal() {
            reasons.add_all(terminable.iter().map(|server| server.name.as_str()), &reason);
        }
    }
    if reasons.is_empty() {
        let why = reason::terminating_originals(names(running));
        return Ok(Waiting::new(why, poll_interval::by_typical(typical::TERMINATE, running.len(), 0)));
    }
    let why = reason::originals_stay(&reasons);
    Ok(Waiting::new(why, poll_interval::backoff(ctx.waited_seconds())))
}

#[cfg(test)]
mod tests;
