//! Before step 2.2, failback only and only if the plan has writes to B3 stopped: waits until A2 holds all that B3 accepted.
//!
//! No lag does not mean that nothing is on its way: lag is the time since replication was continuous (drs-facts §3). A
//! server is drained once its agent has been in contact twice since the freeze, and A2 was continuous each time, without
//! lag and without a backlog. It stays drained: nothing is written any more.

use std::collections::BTreeMap;

use failback_core::catalogue::{Reason, fault, reason};
use failback_core::cloud::{ReplicationState, SourceServer};
use failback_core::fleet::{Fleet, Reads};
use failback_core::message::{Reasons, count};
use failback_core::plan::Plan;
use failback_core::poll_interval;
use failback_core::procedure::Failback;
use failback_core::step::{Context, FleetInput, Limit, Step, StepResult, Waiting};
use failback_core::timestamp::Timestamp;
use failback_core::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The step.
#[derive(Debug)]
pub struct DrainReplication;

/// The longest poll interval, in seconds: clients cannot write meanwhile.
const POLL_SECONDS_MAX: u64 = 30;

/// The first contacts since the freeze that showed nothing on its way.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Contacts {
    /// The time of the contact, in milliseconds since 1970, by the server's place in the fleet.
    first_ms: BTreeMap<usize, i64>,
}

impl Step for DrainReplication {
    type Scope = Failback;
    type Input = FleetInput;
    const NAME: &'static str = "drain-replication";

    async fn run(ctx: &Context<'_, Failback>, fleet: &mut Fleet) -> Result<StepResult> {
        let Some(frozen) = ctx.run.frozen else {
            return Err(Error::from(fault::drained_without_a_freeze()));
        };
        let live = ctx.read(fleet, Reads { a3: true, b2: true, ..Reads::default() }).await?;
        let mut contacts: Contacts = ctx.note().unwrap_or_default();
        let (mut drained, mut reasons) = (Vec::new(), Reasons::default());
        for server in live.servers(fleet) {
            let is_launched = server.a3()?.is_some() && server.replace.is_none();
            if server.drained || is_launched || server.is_past_launch()? {
                continue;
            }
            ctx.guard.lease_holds(&server)?;
            let place = fleet.servers.iter().position(|known| known.b1 == server.b1).unwrap_or_default();
            let Some(a2) = server.a2()? else {
                reasons.add(&server.name, reason::a2_does_not_exist());
                continue;
            };
            match contact(a2, frozen.at) {
                Ok(at) => match contacts.first_ms.get(&place) {
                    Some(first_ms) if at.millis() > *first_ms => drained.push(server.b1.clone()),
                    Some(_) => reasons.add(&server.name, reason::one_more_contact()),
                    None => {
                        contacts.first_ms.insert(place, at.millis());
                        reasons.add(&server.name, reason::one_more_contact());
                    }
                },
                Err(reason) => {
                    contacts.first_ms.remove(&place);
                    reasons.add(&server.name, reason);
                }
            }
        }
        for b1 in &drained {
            if let Some(server) = fleet.server_mut(b1) {
                server.drained = true;
            }
        }
        if reasons.is_empty() {
            let servers = count(fleet.pending().count(), "server");
            return Ok(StepResult::Done(reason::servers_are_drained(servers)));
        }
        let seconds = poll_interval::backoff(ctx.waited_seconds()).min(POLL_SECONDS_MAX);
        let why = reason::still_on_their_way(reasons);
        Ok(Waiting::new(why, seconds).with_note(json!(contacts)).into())
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.drainMinutes", plan.limits.drain_minutes)
    }
}

/// Returns the time of a contact since the freeze that shows nothing on its way, or the reason why there is none.
fn contact(a2: &SourceServer, frozen: Timestamp) -> Result<Timestamp, Reason> {
    let replication = &a2.replication;
    if replication.state != ReplicationState::Continuous {
        return Err(reason::replication_is(replication.state));
    }
    if replication.is_rescanning() {
        return Err(reason::disks_are_compared());
    }
    if replication.lag() > 0 || replication.backlog_bytes > 0 {
        return Err(reason::lags(replication.lag(), replication.backlog_bytes >> 20));
    }
    match a2.last_seen {
        Some(seen) if seen > frozen => Ok(seen),
        _ => Err(reason::no_contact_since_the_freeze()),
    }
}

#[cfg(test)]
mod tests;
