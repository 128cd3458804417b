//! Warrants for changes of production DNS (step 2.3), which replace only what was read.

use std::collections::BTreeMap;

use super::failback::a4_address;
use super::warrant::{ChangeRecords, RecordChange, Warrant};
use super::{Guard, refuse, settled};
use crate::catalogue::fault;
use crate::cloud::{HookAnswer, Instance, InstanceStatus, RecordSet};
use crate::error::{Error, Result};
use crate::fleet::{LiveServer, LiveState, Redirected, Target, launched_by_a_person, targets, too_old};
use crate::id::HostedZoneId;
use crate::procedure::Failback;

impl Guard<'_, Failback> {
    /// Returns the changes that make every record of the plan point at its A4: one batch for each server and zone, so
    /// that a conflict rejects the records of one server. A record that points at its A4 already needs none.
    ///
    /// # Errors
    /// `Guard` when an A4 does not run, has no such address, a record is not a simple one, or it points at neither B3
    /// nor A4, or the freeze of B3 may be over; `NotReady` while an A4 does not pass its checks, a job is working on it, or
    /// the hook that freezes B3 has not verified it.
    pub fn redirect(
        &self,
        live: &LiveState,
        servers: &[LiveServer<'_>],
        checks: &[InstanceStatus],
        verified: Option<&HookAnswer>,
    ) -> Result<Vec<Warrant<ChangeRecords>>> {
        self.fresh(live.read_at)?;
        for server in servers {
            self.owned(server)?;
            if let Some(a3) = too_old(self.run, server)? {
                return Err(refuse(fault::a4_is_old(&server.name, &a3.instance)));
            }
            protects_no_other(server)?;
        }
        let mut batches: BTreeMap<(&str, &HostedZoneId), Vec<RecordChange>> = BTreeMap::new();
        for target in targets(self.run, servers) {
            if let Some(change) = replacement(live, &target)? {
                let key = (target.server.b1.as_str(), &target.record.zone_id);
                batches.entry(key).or_default().push(change);
            }
        }
        if !batches.is_empty() {
            self.freeze_holds()?;
            self.freeze_lasts(live, servers)?;
            self.is_verified(verified)?;
            servers.iter().try_for_each(|server| self.may_be_adopted(server))?;
            servers.iter().try_for_each(|server| self.can_take_over(live, server, checks))?;
        }
        let issue = |((_, zone), records): ((&str, &HostedZoneId), Vec<RecordChange>)| {
            Warrant::issue(ChangeRecords { zone: zone.clone(), records })
        };
        Ok(batches.into_iter().map(issue).collect())
    }

    /// Refuses to move traffic once the freeze may be over: people let writes to B3 go on when an execution ends, and a
    /// redriven one had ended.
    fn freeze_holds(&self) -> Result<()> {
        let is_voided = self.run.frozen.is_none_or(|frozen| frozen.redrives != self.run.redrives);
        if self.run.freezes() && is_voided {
            return Err(refuse(fault::redriven_since_the_freeze()));
        }
        Ok(())
    }

    /// Refuses an A4 that a person launched, where the plan has no gate at which a person has agreed to use it.
    fn may_be_adopted(&self, server: &LiveServer<'_>) -> Result<()> {
        if self.run.plan.gates.before_redirect.is_some() {
            return Ok(());
        }
        match launched_by_a_person(self.run, server)? {
            None => Ok(()),
            Some(a3) => Err(refuse(fault::nobody_agreed_to_a4(&server.name, &a3.instance))),
        }
    }

    /// Refuses while the server's A4 cannot take over: servers without a record follow those that have one.
    fn can_take_over(
        &self,
        live: &LiveState,
        server: &LiveServer<'_>,
        checks: &[InstanceStatus],
    ) -> Result<()> {
        settled(server, server.active_source_job()?)?;
        let Some(a4) = server.a4() else {
            return Err(refuse(fault::a4_is_not_launched(&server.name)));
        };
        self.works(live, checks, &a4, &server.name)
    }

    /// Refuses until no client can still use an address that a record held before the redirect: a resolver returns it
    /// until its TTL has passed.
    pub(super) fn clients_have_followed(
        &self,
        fleet: &[LiveServer<'_>],
        redirected: Option<Redirected>,
    ) -> Result<()> {
        if targets(self.run, fleet).is_empty() {
            return Ok(());
        }
        let Some(by) = redirected.and_then(|redirected| redirected.followed()) else {
            return Err(refuse(fault::insync_is_not_known()));
        };
        if self.clock.now() < by {
            return Err(Error::from(fault::clients_may_still_use(by)));
        }
        Ok(())
    }
}

/// Returns the replacement of one record; `None` when it points at its A4 already.
fn replacement(live: &LiveState, target: &Target<'_>) -> Result<Option<RecordChange>> {
    let (record, server) = (target.record, target.server);
    let seen = simple(&record.name, &live.records()?[target.index])?;
    let value = a4_address(server, record.address, &record.name)?;
    let held = seen.values.first().map_or("", String::as_str);
    if held == value {
        return Ok(None);
    }
    points_at_the_server(server, &record.name, held)?;
    Ok(Some(RecordChange { seen: seen.clone(), ttl_seconds: record.ttl_seconds, value }))
}

/// Returns the only set of a record, which must be simple and have one value.
fn simple<'l>(name: &str, sets: &'l [RecordSet]) -> Result<&'l RecordSet> {
    if sets.iter().any(|set| set.set_identifier.is_some()) || sets.len() > 1 {
        return Err(refuse(fault::record_has_a_routing_policy(name)));
    }
    let Some(set) = sets.first() else {
        return Err(refuse(fault::record_is_missing(name)));
    };
    if set.ttl_seconds.is_none() || set.values.len() != 1 {
        return Err(refuse(fault::record_is_not_simple(name)));
    }
    Ok(set)
}

/// Refuses while B1 protects an instance that is neither A1 nor this A4: a later failback has launched it, and it may
/// be production.
fn protects_no_other(server: &LiveServer<'_>) -> Result<()> {
    let protected = server.b1()?.and_then(|b1| b1.instance.as_ref());
    let Some(other) = protected.filter(|id| server.a1.as_ref().is_some_and(|a1| a1 != *id)) else {
        return Ok(());
    };
    if server.a4().as_ref() == Some(other) || server.live().is_gone(other)? {
        return Ok(());
    }
    Err(refuse(fault::b1_protects_another(&server.name, other)))
}

/// Refuses to change a record that holds neither an address of B3 nor one of A4: something else may be production.
fn points_at_the_server(server: &LiveServer<'_>, record: &str, held: &str) -> Result<()> {
    let live = server.live();
    let b3 = match server.b2()? {
        Some(b2) => live.instance(&b2.instance)?,
        None => None,
    };
    let holds = |instance: Option<&Instance>| instance.is_some_and(|instance| instance.has_address(held));
    if holds(b3) || holds(server.a4_instance()?) {
        return Ok(());
    }
    let what = if holds(server.a1_instance()?) {
        format!("an address of A1, the original of {}", server.name)
    } else {
        format!("not an address of B3 or A4 of {}", server.name)
    };
    Err(refuse(fault::record_points_elsewhere(record, held, &what)))
}
