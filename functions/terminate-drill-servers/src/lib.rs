//! Clean-up of a drill: terminates the recovery instances A3, and with them the drill's A4.
//!
//! Done when no A3 lives and no job is working on A2.

use failback_core::Result;
use failback_core::catalogue::reason;
use failback_core::fleet::{Fleet, LiveServer, Reads, names};
use failback_core::job_capacity::JobCapacity;
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Drill;
use failback_core::step::{Context, FleetInput, Limit, Step, StepResult, Waiting, attempt};
use failback_core::tags::tag;

/// The longest wait for DRS to show the tag that *Stop Reversed Replication* has written on A3, and without which AWS does
/// not terminate it.
const CLAIM_SHOWS_SECONDS: u64 = 120;

/// The step.
#[derive(Debug)]
pub struct TerminateDrillServers;

impl Step for TerminateDrillServers {
    type Scope = Drill;
    type Input = FleetInput;
    const NAME: &'static str = "terminate-drill-servers";

    async fn run(ctx: &Context<'_, Drill>, fleet: &mut Fleet) -> Result<StepResult> {
        let reads = Reads {
            b2: true,
            a3: true,
            source_jobs: true,
            recovery_jobs: true,
            source_instances: true,
            records: true,
            ..Reads::default()
        };
        let (live, mut refused) = ctx.read_to_clean_up(fleet, reads).await?;
        let servers = live.servers(fleet);
        let (mut terminable, mut busy, mut unclaimed) = (Vec::new(), Vec::new(), Vec::new());
        let own = ctx.run.tag_value();
        for server in &servers {
            if refused.has(server) {
                continue;
            }
            // A job that is completed for all servers but one is not completed.
            if server.active_source_job()?.is_some() {
                busy.push(server);
            } else if ctx.waited_seconds() < CLAIM_SHOWS_SECONDS
                && (ctx.run.keeps_recovered_servers() || is_stopped(server))
                && server.a3()?.is_some_and(|a3| a3.tags.get(tag::RUN) != Some(&own))
            {
                unclaimed.push(server);
            } else if server.a3()?.is_some()
                && refused.unless_refused(server, ctx.guard.terminate_a3(&[server]))?.is_some()
            {
                terminable.push(server);
            }
        }
        let mut refusal = None;
        let quotas = ctx.cloud.drs_quotas(ctx.run.source()).await?;
        let capacity = JobCapacity::left(quotas, live.source_jobs()?);
        for batch in capacity.batches(&terminable) {
            let warrant = ctx.guard.terminate_a3(batch)?;
            let result = ctx.cloud.terminate_recovery_instances(warrant).await;
            refusal = attempt(result)?.refusal().or(refusal);
        }
        let (why, seconds) = if let Some(reason) = refusal {
            let why = reason::a3_is_not_terminated_yet(names(&terminable), reason);
            (why, poll_interval::backoff(ctx.waited_seconds()))
        } else if !terminable.is_empty() {
            let why = reason::terminating_drill_servers(names(&terminable));
            (why, poll_interval::by_typical(typical::TERMINATE_JOB, terminable.len(), 0))
        } else if !busy.is_empty() {
            let why = reason::terminating_drill_servers(names(&busy));
            let waited = ctx.seconds_since_note();
            (why, poll_interval::by_typical(typical::TERMINATE_JOB, busy.len(), waited))
        } else if !unclaimed.is_empty() {
            let why = reason::a3_tag_is_not_shown(names(&unclaimed));
            (why, poll_interval::by_typical(typical::VISIBLE, unclaimed.len(), 0))
        } else {
            return refused.end(reason::drill_servers_are_gone());
        };
        Ok(Waiting::new(why, seconds).with_note(ctx.noted_time().millis()).into())
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.cleanupMinutes", plan.limits.cleanup_minutes)
    }
}

/// Returns true once A2 replicates no more. Before, the guard refuses for that reason.
fn is_stopped(server: &LiveServer<'_>) -> bool {
    server.a2().is_ok_and(|a2| a2.is_none_or(|a2| !a2.replication.is_running()))
}

#[cfg(test)]
mod tests;
