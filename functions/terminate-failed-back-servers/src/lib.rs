//! Before step 2.3, after an abort: terminates A3, and A4 with it, of every server that a run of the failback launched.
//!
//! Nothing else is changed: B3 goes on serving, and A2 goes on replicating it. An A4 that is A1, or that no failback
//! launched, is left. If any server's traffic may have moved, nothing is terminated. Done when no other A3 lives.

use failback_core::Result;
use failback_core::catalogue::reason;
use failback_core::fleet::{Fleet, LiveServer, Reads, names};
use failback_core::guard::is_own;
use failback_core::job_capacity::JobCapacity;
use failback_core::message::count;
use failback_core::plan::{OnAbort, Plan};
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Failback;
use failback_core::step::{Context, FleetInput, Limit, Step, StepResult, Waiting, attempt};
use failback_core::tags::tag;

/// The longest wait for DRS to show the tag that *Claim Servers* has written on A3, and without which AWS does not terminate
/// it.
const CLAIM_SHOWS_SECONDS: u64 = 120;

/// The step.
#[derive(Debug)]
pub struct TerminateFailedBackServers;

/// The servers by what is done with their A4.
#[derive(Default)]
struct Sorted<'s, 'l> {
    terminable: Vec<&'s LiveServer<'l>>,
    busy: Vec<&'s LiveServer<'l>>,
    unclaimed: Vec<&'s LiveServer<'l>>,
    left: Vec<&'s LiveServer<'l>>,
}

impl Step for TerminateFailedBackServers {
    type Scope = Failback;
    type Input = FleetInput;
    const NAME: &'static str = "terminate-failed-back-servers";

    async fn run(ctx: &Context<'_, Failback>, fleet: &mut Fleet) -> Result<StepResult> {
        if ctx.run.plan.cutover.on_abort == OnAbort::Keep {
            return Ok(StepResult::Done(reason::failed_back_servers_are_kept()));
        }
        let live = ctx.read(fleet, Reads::SERVING).await?;
        let servers = live.servers(fleet);
        let Sorted { terminable, busy, unclaimed, left } = sort(ctx, fleet, &servers)?;
        let mut refusal = None;
        let quotas = ctx.cloud.drs_quotas(ctx.run.source()).await?;
        let capacity = JobCapacity::left(quotas, live.source_jobs()?);
        for batch in capacity.batches(&terminable) {
            let warrant = ctx.guard.end_a3(&servers, batch, fleet.redirected)?;
            let result = ctx.cloud.terminate_recovery_instances(warrant).await;
            refusal = attempt(result)?.refusal().or(refusal);
        }
        let (why, seconds) = if let Some(reason) = refusal {
            let why = reason::a3_is_not_terminated_yet(names(&terminable), reason);
            (why, poll_interval::backoff(ctx.waited_seconds()))
        } else if !terminable.is_empty() {
            let why = reason::terminating_failed_back_servers(names(&terminable));
            (why, poll_interval::by_typical(typical::TERMINATE_JOB, terminable.len(), 0))
        } else if !busy.is_empty() {
            let why = reason::terminating_failed_back_servers(names(&busy));
            let waited = ctx.seconds_since_note();
            (why, poll_interval::by_typical(typical::TERMINATE_JOB, busy.len(), waited))
        } else if !unclaimed.is_empty() {
            let why = reason::a3_tag_is_not_shown(names(&unclaimed));
            (why, poll_interval::by_typical(typical::VISIBLE, unclaimed.len(), 0))
        } else {
            let gone = count(servers.len() - left.len(), "server");
            return Ok(StepResult::Done(if left.is_empty() {
                reason::failed_back_servers_are_gone(gone)
            } else {
                reason::failed_back_servers_are_left(gone, names(&left))
            }));
        };
        Ok(Waiting::new(why, seconds).with_note(ctx.noted_time().millis()).into())
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.cleanupMinutes", plan.limits.cleanup_minutes)
    }
}

/// Sorts the servers that have an A3. The guard is asked about all of them before anything is terminated.
fn sort<'s, 'l>(
    ctx: &Context<'_, Failback>,
    fleet: &Fleet,
    servers: &'s [LiveServer<'l>],
) -> Result<Sorted<'s, 'l>> {
    let mut sorted = Sorted::default();
    let own = ctx.run.tag_value();
    for server in servers {
        // A job that is completed for all servers but one is not completed.
        if server.active_source_job()?.is_some() {
            sorted.busy.push(server);
            continue;
        }
        let Some(a3) = server.a3()? else { continue };
        if !is_own(server)? {
            sorted.left.push(server);
        } else if a3.tags.get(tag::RUN) != Some(&own) && ctx.waited_seconds() < CLAIM_SHOWS_SECONDS {
            sorted.unclaimed.push(server);
        } else {
            ctx.guard.end_a3(servers, &[server], fleet.redirected)?;
            sorted.terminable.push(server);
        }
    }
    Ok(sorted)
}

#[cfg(test)]
mod tests;
