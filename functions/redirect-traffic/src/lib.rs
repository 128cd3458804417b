//! Step 2.3, failback only: redirects traffic to the failed-back servers by Route 53.
//!
//! A record is changed only while it is what was read: one batch deletes exactly that set and creates the new one.
//! Before the first change, the machine writes the sets as they are to the bucket for evidence, so that a person can put
//! them back: a set that is not as it was written is written again, and not changed. Done
//! when every record of the plan points at its A4 and Route 53 reports INSYNC. A record that points at A4 already is not
//! changed again. Its change may still be propagating, and its id is lost, so the step waits as long as that takes.
//!
//! Where the hook has frozen B3, it is asked before each change whether A4 holds all that B3 has accepted.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use failback_core::catalogue::{fault, reason};
use failback_core::cloud::{ChangeStatus, RecordSet};
use failback_core::fleet::{
    Fleet, LiveServer, Reads, Redirected, Server, Target, UNKNOWN_TTL_SECONDS, names, old_ttl_seconds,
    oldest_data, targets, too_old,
};
use failback_core::guard::{ChangeRecords, Warrant};
use failback_core::id::{ChangeId, SourceServerId};
use failback_core::message::count;
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Failback;
use failback_core::step::{Attempt, Context, FleetInput, Limit, Step, StepResult, Waiting, attempt};
use failback_core::timestamp::Timestamp;
use failback_core::{Error, ErrorName, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The step.
#[derive(Debug)]
pub struct RedirectTraffic;

/// The time within which Route 53 propagates a change whose id is not known, in seconds (drs-facts §10).
const PROPAGATION_SECONDS: u64 = 60;

/// The pause between two calls of Route 53, which answers five a second for all of an account (drs-facts §10).
const ROUTE_53_PAUSE_MS: u64 = 150;

/// The changes that propagate.
#[derive(Debug, Serialize, Deserialize)]
struct Propagating {
    /// Changes of this run.
    changes: Vec<ChangeId>,
    /// Time at which changes that are not known have propagated, in milliseconds since 1970.
    others_until_ms: i64,
}

impl Step for RedirectTraffic {
    type Scope = Failback;
    type Input = FleetInput;
    const NAME: &'static str = "redirect-traffic";

    async fn run(ctx: &Context<'_, Failback>, fleet: &mut Fleet) -> Result<StepResult> {
        if let Some(propagating) = ctx.note::<Propagating>() {
            return follow(ctx, fleet, propagating).await;
        }
        if fleet.pending().next().is_none() {
            return Ok(StepResult::Done(reason::all_failed_back()));
        }
        let live = ctx.read(fleet, Reads::SERVING).await?;
        let a4s: Vec<_> = fleet.pending().filter_map(Server::a4).collect();
        let checks = ctx.cloud.instance_status(ctx.run.source(), &a4s).await?;
        let servers = live.servers(fleet);
        if let Some((old, result)) = relaunch(ctx, &servers)? {
            mark(fleet, &old);
            return Ok(result);
        }
        let verified = match ctx.guard.verify(&live, &servers)? {
            Some(warrant) => Some(ctx.cloud.call_hook(warrant).await?),
            None => None,
        };
        let allowed = ctx.guard.redirect(&live, &servers, &checks, verified.as_ref());
        let warrants = match attempt(allowed)? {
            Attempt::Done(warrants) => warrants,
            Attempt::NotYet(reason) => {
                let why = reason::not_redirected_yet(reason);
                return Ok(Waiting::new(why, poll_interval::backoff(ctx.waited_seconds())).into());
            }
        };
        if let Some(keep) = keep(ctx, &warrants) {
            return Ok(keep);
        }
        let mut redirected = redirected(ctx, fleet.redirected, &servers)?;
        redirected.data_from = redirected.data_from.into_iter().chain(oldest_data(ctx.run, fleet)).min();
        let mut progress = ctx.note::<Progress>().unwrap_or_default();
        let changed = change(ctx, &servers, warrants, &mut progress).await?;
        fleet.redirected = Some(redirected);
        let Some(propagating) = changed else {
            return Ok(Waiting::out_of_time().with_note(json!(progress)).into());
        };
        let records = count(ctx.run.plan.redirect.records().len(), "record");
        let (why, seconds) = match propagating.changes.len() {
            0 => (reason::already_changed(), PROPAGATION_SECONDS),
            changes => {
                (reason::records_propagate(&records), poll_interval::by_typical(typical::DNS, changes, 0))
            }
        };
        Ok(Waiting::new(why, seconds).with_note(json!(propagating)).into())
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.redirectMinutes", plan.limits.redirect_minutes)
    }
}

/// The note until every record is changed.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Progress {
    /// The fingerprints of the sets that are in the bucket for evidence and not changed yet.
    kept: Vec<String>,
    /// The changes that Route 53 has taken from earlier calls.
    #[serde(default)]
    changes: Vec<ChangeId>,
    /// The number of records that these have changed.
    #[serde(default)]
    changed: usize,
}

impl Progress {
    /// Notes that Route 53 has taken a change.
    fn taken(&mut self, id: ChangeId, change: &ChangeRecords) {
        let sets: Vec<String> = change.records.iter().map(|record| fingerprint(&record.seen)).collect();
        self.kept.retain(|kept| !sets.contains(kept));
        self.changed += sets.len();
        self.changes.push(id);
    }
}

/// Returns the sets that are to be replaced, as long as the bucket for evidence does not have them as they are now.
fn keep(ctx: &Context<'_, Failback>, warrants: &[Warrant<ChangeRecords>]) -> Option<StepResult> {
    let seen = warrants.iter().flat_map(|warrant| &warrant.action().records).map(|record| &record.seen);
    let present: Vec<String> = seen.map(fingerprint).collect();
    let note = ctx.note::<Progress>().unwrap_or_default();
    if present.iter().all(|set| note.kept.contains(set)) {
        return None;
    }
    let why = reason::records_are_kept(count(present.len(), "record"));
    Some(StepResult::Keep {
        why,
        previous: previous(warrants),
        note: json!(Progress { kept: present, ..note }),
    })
}

/// Returns the fingerprint of a set, in hexadecimal: a state machine passes numbers on as floating point.
fn fingerprint(set: &RecordSet) -> String {
    let mut hasher = DefaultHasher::new();
    (&set.name, set.kind.as_str(), set.ttl_seconds, &set.values).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Returns the present sets as inputs of `aws route53 change-resource-record-sets --cli-input-json`, one for each zone.
fn previous(warrants: &[Warrant<ChangeRecords>]) -> Value {
    let mut zones: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for change in warrants.iter().map(Warrant::action) {
        let sets = zones.entry(change.zone.as_str()).or_default();
        for set in change.records.iter().map(|record| &record.seen) {
            let values: Vec<Value> = set.values.iter().map(|value| json!({ "Value": value })).collect();
            sets.push(json!({
                "Action": "UPSERT",
                "ResourceRecordSet": {
                    "Name": set.name, "Type": set.kind, "TTL": set.ttl_seconds, "ResourceRecords": values
                }
            }));
        }
    }
    let inputs = zones.into_iter();
    let inputs: Vec<Value> = inputs
        .map(|(zone, changes)| json!({ "HostedZoneId": zone, "ChangeBatch": { "Changes": changes } }))
        .collect();
    json!({ "records": inputs })
}

/// Returns the servers whose A4 holds data that is older than the plan allows, and the result that has them launched
/// again, if there are any.
fn relaunch(
    ctx: &Context<'_, Failback>,
    servers: &[LiveServer<'_>],
) -> Result<Option<(Vec<SourceServerId>, StepResult)>> {
    let mut old = Vec::new();
    for server in servers {
        if too_old(ctx.run, server)?.is_some() {
            old.push(server);
        }
    }
    if old.is_empty() {
        return Ok(None);
    }
    let limit = ctx.run.plan.launch.data_age_seconds_max;
    let how_old = if ctx.run.freezes() {
        format!("older than {limit} s, or from before the freeze")
    } else {
        format!("older than {limit} s")
    };
    for server in &old {
        if server.launches(ctx.run)? > ctx.run.plan.launch.relaunches_max as usize {
            return Err(Error::from(fault::a4_is_too_old_again(names(&old), how_old)));
        }
    }
    let why = reason::old_data_is_launched_again(how_old, names(&old));
    let old = old.iter().map(|server| server.b1.clone()).collect();
    Ok(Some((old, StepResult::Relaunch(why))))
}

/// Marks servers to be launched again.
fn mark(fleet: &mut Fleet, old: &[SourceServerId]) {
    for b1 in old {
        if let Some(server) = fleet.server_mut(b1) {
            server.replace = server.a3.take();
            server.times.validated = None;
        }
    }
}

/// Returns what is known of the redirect before its first change.
fn redirected(
    ctx: &Context<'_, Failback>,
    noted: Option<Redirected>,
    servers: &[LiveServer<'_>],
) -> Result<Redirected> {
    let noted = noted.unwrap_or_default();
    let all = targets(ctx.run, servers);
    if noted.in_sync.is_some() && !to_change(&all)? {
        // An earlier execution has redirected traffic, and its tags say when.
        return Ok(noted);
    }
    let noted = Redirected { asked: noted.asked.filter(|_| noted.in_sync.is_none()), ..noted };
    // Unknown when an earlier run, or a call whose answer was lost, has changed every record already.
    let asked = match noted.asked {
        None if to_change(&all)? => Some(ctx.now()),
        asked => asked,
    };
    let unknown = noted.old_ttl_seconds.unwrap_or(UNKNOWN_TTL_SECONDS);
    // A TTL that was lowered since readiness read it counts too: clients may hold the set from before.
    let old_ttl = old_ttl_seconds(&all, unknown)?.max(noted.old_ttl_seconds.unwrap_or_default());
    Ok(Redirected { asked, in_sync: None, old_ttl_seconds: Some(old_ttl), data_from: None })
}

/// Returns true when a record does not point at its A4 yet.
fn to_change(targets: &[Target<'_>]) -> Result<bool> {
    for target in targets {
        if !target.points_at_a4()? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Changes the records of each server. A conflict does not keep the others from being changed. Returns `None` when the
/// call has no time left: the next one continues with what is noted here.
async fn change(
    ctx: &Context<'_, Failback>,
    servers: &[LiveServer<'_>],
    warrants: Vec<Warrant<ChangeRecords>>,
    note: &mut Progress,
) -> Result<Option<Propagating>> {
    let mut conflict = None;
    let known = warrants.iter().map(|warrant| warrant.action().records.len()).sum::<usize>();
    let mut has_others = note.changed + known < targets(ctx.run, servers).len();
    for warrant in warrants {
        if ctx.is_late() {
            return Ok(None);
        }
        let wanted = warrant.action().clone();
        match ctx.cloud.change_records(warrant).await {
            Ok(id) => note.taken(id, &wanted),
            // The next call goes on.
            Err(error) if error.name() == ErrorName::Throttled => return Ok(None),
            Err(error) if error.name() == ErrorName::Conflict => match found_instead(ctx, &wanted).await? {
                None => has_others = true,
                Some(found) => conflict = conflict.or_else(|| Some(changed_since(&found, &error))),
            },
            Err(error) => return Err(error),
        }
        ctx.cloud.pause(ROUTE_53_PAUSE_MS).await;
    }
    if let Some(conflict) = conflict {
        return Err(conflict);
    }
    let wait_seconds = if has_others { PROPAGATION_SECONDS } else { 0 };
    let others_until_ms = ctx.now().plus_seconds(wait_seconds).millis();
    Ok(Some(Propagating { changes: std::mem::take(&mut note.changes), others_until_ms }))
}

/// Reads the records of a refused batch again. Returns the first that is not as wanted, and its values.
async fn found_instead(ctx: &Context<'_, Failback>, wanted: &ChangeRecords) -> Result<Option<String>> {
    for record in &wanted.records {
        let seen = &record.seen;
        let sets = ctx.cloud.record_sets(&wanted.zone, &seen.name, seen.kind).await?;
        let values: Vec<&str> = sets.iter().flat_map(|set| &set.values).map(String::as_str).collect();
        if values != [record.value.as_str()] {
            let values = if values.is_empty() { "nothing".to_owned() } else { values.join(", ") };
            return Ok(Some(format!("{}: the record now holds {values}", seen.name)));
        }
    }
    Ok(None)
}

fn changed_since(found: &str, refusal: &Error) -> Error {
    let answer = refusal.aws_error().map_or_else(|| refusal.to_string(), |answer| answer.message.clone());
    Error::from(fault::record_was_changed(found, &answer))
}

/// Polls the changes until Route 53 reports each INSYNC.
async fn follow(
    ctx: &Context<'_, Failback>,
    fleet: &mut Fleet,
    propagating: Propagating,
) -> Result<StepResult> {
    let Propagating { changes, others_until_ms } = propagating;
    let pending = pending(ctx, changes).await?;
    let others_until = Timestamp::from_millis(others_until_ms);
    if pending.is_empty() && ctx.now() >= others_until {
        if let Some(redirected) = &mut fleet.redirected {
            redirected.in_sync.get_or_insert(ctx.now());
        }
        return Ok(StepResult::Done(reason::traffic_is_redirected()));
    }
    let (why, seconds) = if pending.is_empty() {
        (reason::already_changed(), others_until.seconds_since(ctx.now()).max(1))
    } else {
        let why = reason::changes_propagate(count(pending.len(), "change"));
        let seconds = poll_interval::by_typical(typical::DNS, pending.len(), ctx.waited_seconds());
        (why, if ctx.is_late() { 1 } else { seconds })
    };
    Ok(Waiting::new(why, seconds).with_note(json!(Propagating { changes: pending, others_until_ms })).into())
}

/// Returns the changes that are not INSYNC yet. Route 53 answers few calls a second, so the first that is pending is the
/// last that is asked about.
async fn pending(ctx: &Context<'_, Failback>, mut changes: Vec<ChangeId>) -> Result<Vec<ChangeId>> {
    while let Some(change) = changes.last() {
        if ctx.is_late() {
            break;
        }
        match ctx.cloud.change_status(change).await {
            Ok(ChangeStatus::InSync) => changes.pop(),
            Ok(ChangeStatus::Pending) => break,
            // What is known so far is kept for the next call.
            Err(error) if error.name() == ErrorName::Throttled => break,
            Err(error) => return Err(error),
        };
        ctx.cloud.pause(ROUTE_53_PAUSE_MS).await;
    }
    Ok(changes)
}

#[cfg(test)]
mod tests;
