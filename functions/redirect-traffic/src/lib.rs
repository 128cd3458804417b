//! Step 2.3, failback only: redirects traffic to the failed-back servers by Route 53.
//!
//! Done when every record of the plan points at its A4 and Route 53 reports INSYNC. A change whose answer was lost is
//! made again: an UPSERT of the same value is harmless, and only a change's id tells when it is in sync.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{ChangeStatus, Cloud};
use failback_core::fleet::{Fleet, Redirected, Server, count};
use failback_core::id::ChangeId;
use failback_core::live::{Live, Look, targets};
use failback_core::plan::{Address, Plan};
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Failback;
use failback_core::step::{self, Context, Step, Verdict, Waiting};
use failback_core::timestamp::Timestamp;
use serde_json::{Value, json};

/// The step.
#[derive(Debug)]
pub struct RedirectTraffic;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    step::handle::<RedirectTraffic>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for RedirectTraffic {
    type Scope = Failback;
    const NAME: &'static str = "redirect-traffic";

    async fn run(ctx: &Context<'_, Failback>, fleet: &mut Fleet) -> Result<Verdict> {
        let records = ctx.run.plan.redirect.records.len();
        if let Some(changes) = ctx.memo::<Vec<ChangeId>>() {
            return follow(ctx, fleet, changes).await;
        }
        if fleet.pending().next().is_none() {
            return Ok(Verdict::Done("every server is home already".to_owned()));
        }
        let look = Look { a3: true, source_instances: true, records: true, ..Look::default() };
        let live = ctx.look(fleet, look).await?;
        let a4s: Vec<_> = fleet.pending().filter_map(Server::a4).collect();
        let checks = ctx.cloud.instance_status(ctx.run.source(), &a4s).await?;
        let asked = (!points_at_a4(ctx, &live, fleet)?).then(|| ctx.now());
        let mut changes = Vec::new();
        for warrant in ctx.guard.redirect(&live, ctx.now(), fleet, &checks)? {
            changes.push(ctx.cloud.change_records(warrant).await?);
        }
        fleet.redirected = Some(Redirected { asked, in_sync: None });
        let why = format!("Route 53 spreads the change of {}", count(records, "record"));
        let mut waiting = Waiting::new(why, poll_interval::by_typical(typical::DNS, changes.len(), 0));
        waiting.memo = Some(json!(changes));
        Ok(Verdict::Waiting(waiting))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.redirect_minutes * 60
    }
}

/// True when an earlier run, or a call whose answer was lost, has changed every record already.
fn points_at_a4(ctx: &Context<'_, Failback>, live: &Live, fleet: &Fleet) -> Result<bool> {
    for target in targets(ctx.run, fleet).filter(|target| !target.server.already_failed_back) {
        let a4 = target.server.a4().map(|a4| live.instance(&a4)).transpose()?.flatten();
        let record = &ctx.run.plan.redirect.records[target.index];
        let address = a4.and_then(|a4| match record.address {
            Address::Private => a4.private_ip.as_ref(),
            Address::Public => a4.public_ip.as_ref(),
        });
        if !live.records()?[target.index].iter().all(|set| set.values.iter().eq(address)) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn follow(ctx: &Context<'_, Failback>, fleet: &mut Fleet, changes: Vec<ChangeId>) -> Result<Verdict> {
    let mut pending = 0;
    for change in &changes {
        if ctx.cloud.change_status(change).await? == ChangeStatus::Pending {
            pending += 1;
        }
    }
    if pending == 0 {
        if let Some(redirected) = &mut fleet.redirected {
            redirected.in_sync = Some(ctx.now());
        }
        return Ok(Verdict::Done("traffic goes to the failed-back servers".to_owned()));
    }
    let why = format!("{pending} of {} changes are not INSYNC yet", changes.len());
    let mut waiting =
        Waiting::new(why, poll_interval::by_typical(typical::DNS, changes.len(), ctx.waited_seconds()));
    waiting.memo = Some(json!(changes));
    Ok(Verdict::Waiting(waiting))
}

#[cfg(test)]
mod tests;
