//! Step 3, failback only: protects the failed-back servers by reversing replication of A3. DRS then points B1 at A4
//! instead of A1.
//!
//! Done when B1 protects A4 and is really healthy: rescanned to the last byte and without lag. CONTINUOUS alone shows
//! before that (drs-facts §3, row 4b).

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{Cloud, RecoveryInstance, Replication, ReplicationState, SourceServer};
use failback_core::fleet::{Fleet, Server, count, listed};
use failback_core::live::{Live, Look};
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Failback;
use failback_core::ready::{stalled, word};
use failback_core::step::{self, Context, Progress, Step, Verdict, Waiting, refused};
use failback_core::timestamp::Timestamp;
use serde_json::{Value, json};

/// The step.
#[derive(Debug)]
pub struct ProtectFailedBackServers;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    step::handle::<ProtectFailedBackServers>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for ProtectFailedBackServers {
    type Scope = Failback;
    const NAME: &'static str = "protect-failed-back-servers";

    async fn run(ctx: &Context<'_, Failback>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look { b1: true, a3: true, source_instances: true, records: true, ..Look::default() };
        let live = ctx.look(fleet, look).await?;
        let mut waiting_for = Vec::new();
        let mut progress = Progress::default();
        let mut protected = Vec::new();
        let mut slowest = None;
        for (index, server) in
            fleet.servers.iter().enumerate().filter(|(_, server)| !server.already_failed_back)
        {
            progress.servers += 1;
            match protect(ctx, &live, fleet, server).await? {
                None => {
                    progress.ready += 1;
                    protected.push(index);
                }
                Some(why) => {
                    if let Some(b1) = live.b1(server)? {
                        add(&mut progress, &mut slowest, b1);
                    }
                    waiting_for.push((server.name.clone(), why));
                }
            }
        }
        for index in protected {
            fleet.servers[index].times.protected.get_or_insert(ctx.run.seconds(live.at));
        }
        let Some((_, why)) = waiting_for.first() else {
            return Ok(Verdict::Done(format!("{} protected", count(progress.servers, "failed-back server"))));
        };
        let names = listed(waiting_for.iter().map(|(name, _)| name.as_str()));
        let remaining = remaining(ctx, slowest);
        progress.eta_seconds = remaining.unwrap_or(0);
        let seconds = match remaining {
            _ if ctx.is_late() => 1,
            Some(remaining) => poll_interval::by_remaining(remaining),
            None => poll_interval::by_typical(typical::PROTECTION, waiting_for.len(), ctx.waited_seconds()),
        };
        let mut waiting = Waiting::new(format!("{names}: {why}"), seconds);
        waiting.progress = Some(progress);
        waiting.memo = slowest.map(|slowest| json!((ctx.now().millis(), slowest)));
        Ok(Verdict::Waiting(waiting))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.protection_hours * 3600
    }
}

/// Does what is missing for one server. `None` when it is protected, else why not yet.
async fn protect(
    ctx: &Context<'_, Failback>,
    live: &Live,
    fleet: &Fleet,
    server: &Server,
) -> Result<Option<String>> {
    let a3 = live.a3(server)?;
    let b1 = live.b1(server)?;
    let reversed = a3.is_none_or(RecoveryInstance::is_reversed);
    if reversed {
        let Some(b1) = b1 else { return Ok(Some("B1 is not there".to_owned())) };
        let points_home = b1.instance.is_some() && b1.instance == server.a4();
        let healthy = b1.replication.protects(ctx.run.plan.stop_original_replication);
        return Ok((!points_home || !healthy).then(|| why_not(&b1.replication, points_home)));
    }
    if a3.is_some_and(|a3| a3.agent_seen.is_none()) {
        return Ok(Some("DRS has not seen the agent on A4 yet".to_owned()));
    }
    if ctx.is_late() {
        return Ok(Some("this call has no time left".to_owned()));
    }
    let warrant = ctx.guard.reverse_a3(live, ctx.now(), fleet, server)?;
    Ok(Some(match refused(ctx.cloud.reverse_replication(warrant).await)? {
        Ok(_) => "replication of A3 is being reversed".to_owned(),
        Err(why) => format!("DRS does not reverse replication of A3 yet: {why}"),
    }))
}

fn why_not(replication: &Replication, points_home: bool) -> String {
    match replication.state {
        _ if !points_home => "B1 does not protect A4 yet".to_owned(),
        // Shown for minutes after B1 is re-pointed; a lasting stall needs its remedy.
        ReplicationState::Stalled => format!("B1 is {}", stalled(replication)),
        state if replication.total_bytes > 0 => format!(
            "B1 is {}, {} % compared with A4",
            word(state),
            replication.rescanned_bytes * 100 / replication.total_bytes
        ),
        state => format!("B1 is {}", word(state)),
    }
}

fn add(progress: &mut Progress, slowest: &mut Option<u64>, b1: &SourceServer) {
    let replication = &b1.replication;
    progress.replicated_bytes += replication.rescanned_bytes;
    progress.total_bytes += replication.total_bytes;
    progress.backlog_bytes += replication.backlog_bytes;
    progress.lag_seconds_max = progress.lag_seconds_max.max(replication.lag());
    let ppm = replication.rescanned_bytes.saturating_mul(1_000_000) / replication.total_bytes.max(1);
    *slowest = Some(slowest.map_or(ppm, |slowest| slowest.min(ppm)));
}

/// DRS gives no ETA for a rescan: the slowest server's pace since the last look tells.
fn remaining(ctx: &Context<'_, Failback>, slowest: Option<u64>) -> Option<u64> {
    let (then, before) = ctx.memo::<(i64, u64)>()?;
    let seconds = ctx.now().seconds_since(Timestamp::from_millis(then));
    let compared = slowest?.checked_sub(before).filter(|compared| *compared > 0)?;
    let left = 1_000_000_u64.saturating_sub(slowest?);
    Some(left.saturating_mul(seconds) / compared)
}

#[cfg(test)]
mod tests;
