//! Step 2.3, failback only: redirects traffic to the failed-back servers by Route 53.
//!
//! Done when every record of the plan points at its A4 and Route 53 reports INSYNC. A change whose answer was lost is
//! made again: an UPSERT of the same value is harmless, and only a change's id tells when it is in sync.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{ChangeStatus, Cloud};
use failback_core::fleet::{Fleet, Member, Redirected, count};
use failback_core::id::ChangeId;
use failback_core::live::{Live, Look, targets};
use failback_core::moment::Moment;
use failback_core::pace::{self, usual};
use failback_core::plan::{Address, Plan};
use failback_core::procedure::Failback;
use failback_core::step::{self, Cx, Step, Verdict, Waiting};
use serde_json::{Value, json};

/// The step.
#[derive(Debug)]
pub struct RedirectTraffic;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Result<Value> {
    step::handle::<RedirectTraffic>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for RedirectTraffic {
    type Scope = Failback;
    const NAME: &'static str = "redirect-traffic";

    async fn run(cx: &Cx<'_, Failback>, fleet: &mut Fleet) -> Result<Verdict> {
        let records = cx.run.plan.redirect.records.len();
        if let Some(changes) = cx.memo::<Vec<ChangeId>>() {
            return follow(cx, fleet, changes).await;
        }
        if fleet.away().next().is_none() {
            return Ok(Verdict::Done("every server is home already".to_owned()));
        }
        let look = Look { a3: true, source_instances: true, records: true, ..Look::default() };
        let live = cx.look(fleet, look).await?;
        let a4s: Vec<_> = fleet.away().filter_map(Member::a4).collect();
        let checks = cx.cloud.instance_status(cx.run.source(), &a4s).await?;
        let asked = (!points_at_a4(cx, &live, fleet)?).then(|| cx.now());
        let mut changes = Vec::new();
        for warrant in cx.guard.redirect(&live, cx.now(), fleet, &checks)? {
            changes.push(cx.cloud.change_records(warrant).await?);
        }
        fleet.redirected = Some(Redirected { asked, in_sync: None });
        let why = format!("Route 53 spreads the change of {}", count(records, "record"));
        let mut waiting = Waiting::new(why, pace::by_usual(usual::DNS, changes.len(), 0));
        waiting.memo = Some(json!(changes));
        Ok(Verdict::Waiting(waiting))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.redirect_minutes * 60
    }
}

/// True when an earlier run, or a call whose answer was lost, has changed every record already.
fn points_at_a4(cx: &Cx<'_, Failback>, live: &Live, fleet: &Fleet) -> Result<bool> {
    for target in targets(cx.run, fleet).filter(|target| !target.member.home) {
        let a4 = target.member.a4().map(|a4| live.instance(&a4)).transpose()?.flatten();
        let record = &cx.run.plan.redirect.records[target.index];
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

async fn follow(cx: &Cx<'_, Failback>, fleet: &mut Fleet, changes: Vec<ChangeId>) -> Result<Verdict> {
    let mut pending = 0;
    for change in &changes {
        if cx.cloud.change_status(change).await? == ChangeStatus::Pending {
            pending += 1;
        }
    }
    if pending == 0 {
        if let Some(redirected) = &mut fleet.redirected {
            redirected.in_sync = Some(cx.now());
        }
        return Ok(Verdict::Done("traffic goes to the failed-back servers".to_owned()));
    }
    let why = format!("{pending} of {} changes are not INSYNC yet", changes.len());
    let mut waiting = Waiting::new(why, pace::by_usual(usual::DNS, changes.len(), cx.waited_seconds()));
    waiting.memo = Some(json!(changes));
    Ok(Verdict::Waiting(waiting))
}

#[cfg(test)]
mod tests;
