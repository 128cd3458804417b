//! Clean-up, step 4.5: disconnects the source servers A2 from AWS, then deletes them. A source server that is left
//! behind is dangerous: launching it again would terminate A4 (drs-facts §0.5).
//!
//! Done when no A2 is left.

use failback_core::Result;
use failback_core::cloud::{ReplicationState, SourceServer};
use failback_core::fleet::{Fleet, LiveServer, Reads};
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Either;
use failback_core::step::{Attempt, Context, FleetInput, Step, StepResult, Waiting, attempt};

/// The step.
#[derive(Debug)]
pub struct RemoveSourceServers;

/// The number of polls after which a disconnect whose effect does not show is repeated. DISCONNECTED takes a while to
/// show.
const POLLS_BETWEEN_REQUESTS: u32 = 8;

impl Step for RemoveSourceServers {
    type Scope = Either;
    type Input = FleetInput;
    const NAME: &'static str = "remove-source-servers";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<StepResult> {
        let reads = Reads { b2: true, a3: true, source_jobs: true, recovery_jobs: true, ..Reads::default() };
        let (live, mut refused) = ctx.read_to_clean_up(fleet, reads).await?;
        let servers = live.servers(fleet);
        let mut waiting = None;
        for server in &servers {
            if refused.has(server) {
                continue;
            }
            let Some(a2) = server.a2()? else { continue };
            if ctx.is_late() {
                return Ok(Waiting::out_of_time().into());
            }
            let removed = remove(ctx, server, a2, servers.len()).await;
            waiting = refused.unless_refused(server, removed)?.flatten().or(waiting);
        }
        match waiting {
            Some(waiting) => Ok(waiting.with_note(true).into()),
            None => refused.end("the reversed source servers are deleted"),
        }
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.cleanup_minutes * 60
    }
}

/// Takes the next step towards the removal of one A2. Returns the wait until it is gone.
async fn remove(
    ctx: &Context<'_, Either>,
    server: &LiveServer<'_>,
    a2: &SourceServer,
    servers: usize,
) -> Result<Option<Waiting>> {
    let is_disconnected = a2.replication.state == ReplicationState::Disconnected;
    let was_requested = ctx.note::<bool>() == Some(true)
        && ctx.poll.is_some_and(|poll| !poll.polls.is_multiple_of(POLLS_BETWEEN_REQUESTS));
    let result = if is_disconnected {
        ctx.cloud.delete_source_server(ctx.guard.delete_a2(server)?).await
    } else if was_requested {
        Ok(())
    } else {
        ctx.cloud.disconnect_source_server(ctx.guard.disconnect_a2(server)?).await
    };
    Ok(match attempt(result)? {
        Attempt::Done(()) if is_disconnected => None,
        Attempt::Done(()) => {
            let why = format!("{}: A2 is being disconnected", server.name);
            let seconds = poll_interval::by_typical(typical::DISCONNECT, servers, ctx.waited_seconds());
            Some(Waiting::new(why, seconds))
        }
        Attempt::NotYet(reason) => {
            let why = format!("{}: A2 cannot be removed yet: {reason}", server.name);
            Some(Waiting::new(why, poll_interval::backoff(ctx.waited_seconds())))
        }
    })
}

#[cfg(test)]
mod tests;
