//! Clean-up, step 4.5: disconnects the source servers A2 from AWS, then deletes them. A source server that is left
//! behind is dangerous: launching it again would terminate A4 (drs-facts §0.5).
//!
//! Done when no A2 is left.

use failback_core::Result;
use failback_core::catalogue::reason;
use failback_core::cloud::{ReplicationState, SourceServer};
use failback_core::fleet::{Fleet, LiveServer, Marks, Reads, names};
use failback_core::message::Reasons;
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Either;
use failback_core::step::{Attempt, Context, FleetInput, Limit, Step, StepResult, Waiting, attempt};
use serde_json::json;

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
        let requested = ctx.note::<Marks>().unwrap_or_default().servers(fleet);
        let may_repeat = ctx.poll.is_none_or(|poll| poll.polls.is_multiple_of(POLLS_BETWEEN_REQUESTS));
        let (mut left, mut disconnecting) = (Vec::new(), Vec::new());
        for server in servers.iter().filter(|server| !refused.has(server)) {
            match server.a2()? {
                // What was requested is no work, so it is not forgotten when there is no time for the others.
                Some(a2) if !may_repeat && requested.contains(&server.b1) && !is_disconnected(a2) => {
                    disconnecting.push(server);
                }
                Some(a2) => left.push((server, a2)),
                None => {}
            }
        }
        let removals = left.iter().map(|(server, a2)| remove(ctx, server, a2));
        let results = ctx.at_once_unless_refused(removals).await?;
        let mut reasons = Reasons::default();
        for ((server, _), result) in left.into_iter().zip(results) {
            match refused.unless_refused(server, result)? {
                Some(Attempt::Done(Removal::Disconnecting)) => disconnecting.push(server),
                Some(Attempt::Done(Removal::Deleted)) | None => {}
                Some(Attempt::NotYet(reason)) => reasons.add(&server.name, reason),
            }
        }
        let waiting = if !reasons.is_empty() {
            ctx.again(reason::a2_stays(&reasons))
        } else if !disconnecting.is_empty() {
            let why = reason::a2_is_disconnecting(names(&disconnecting));
            let waited = ctx.waited_seconds();
            Waiting::new(why, poll_interval::by_typical(typical::DISCONNECT, disconnecting.len(), waited))
        } else {
            return refused.end(reason::a2_is_deleted());
        };
        let requested = disconnecting.iter().map(|server| server.b1.clone()).collect();
        Ok(waiting.with_note(json!(Marks::of(fleet, &requested))).into())
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.cleanupMinutes", plan.limits.cleanup_minutes)
    }
}

/// What came of the removal of one A2.
enum Removal {
    Disconnecting,
    Deleted,
}

fn is_disconnected(a2: &SourceServer) -> bool {
    a2.replication.state == ReplicationState::Disconnected
}

/// Takes the next step towards the removal of one A2.
async fn remove(
    ctx: &Context<'_, Either>,
    server: &LiveServer<'_>,
    a2: &SourceServer,
) -> Result<Attempt<Removal>> {
    attempt(ask(ctx, server, a2).await)
}

async fn ask(ctx: &Context<'_, Either>, server: &LiveServer<'_>, a2: &SourceServer) -> Result<Removal> {
    if is_disconnected(a2) {
        ctx.cloud.delete_source_server(ctx.guard.delete_a2(server)?).await?;
        return Ok(Removal::Deleted);
    }
    ctx.cloud.disconnect_source_server(ctx.guard.disconnect_a2(server)?).await?;
    Ok(Removal::Disconnecting)
}

#[cfg(test)]
mod tests;
