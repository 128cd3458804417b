//! The operations of Route 53.

use failback_core::id::{ChangeId, HostedZoneId};

use super::call::Changed;
use super::change_batch::{self, RecordChange, with_dot};
use super::event::ScheduledEvent;
use super::state::World;
use crate::durations as d;
use crate::ids;
use crate::objects::{Change, DnsRecord, RecordKey};
use crate::service_error::ServiceError;

/// The number of record sets in a page.
const PAGE: usize = 300;

/// Returns the place of a name in its zone.
fn place(name: &str) -> Vec<String> {
    name.trim_end_matches('.').rsplit('.').map(str::to_owned).collect()
}

/// Returns a name as IAM's condition key has it: in lower case, without its final dot.
fn normalized(name: &str) -> String {
    with_dot(name).trim_end_matches('.').to_owned()
}

impl World {
    /// ListResourceRecordSets: returns all record sets of a name and type.
    ///
    /// # Errors
    /// When there is no such zone.
    pub fn list_record_sets(
        &self,
        zone: &HostedZoneId,
        name: &str,
        kind: &str,
    ) -> Result<Vec<&DnsRecord>, ServiceError> {
        let zone = self.zones.get(zone).ok_or_else(|| no_zone(zone))?;
        let name = with_dot(name);
        Ok(zone.records.values().filter(|record| record.name == name && record.kind == kind).collect())
    }

    /// ListResourceRecordSets: returns the record sets of a page from a name on, by the labels from the last on. A name whose
    /// sets do not all fit is left out.
    ///
    /// # Errors
    /// When there is no such zone.
    pub fn record_page(&self, zone: &HostedZoneId, from: &str) -> Result<Vec<&DnsRecord>, ServiceError> {
        let zone = self.zones.get(zone).ok_or_else(|| no_zone(zone))?;
        let from = place(&with_dot(from));
        let mut page: Vec<_> = zone.records.values().filter(|record| place(&record.name) >= from).collect();
        page.sort_by_cached_key(|record| place(&record.name));
        if let Some(next) = page.get(PAGE).map(|next| next.name.clone()) {
            page.truncate(PAGE);
            page.retain(|record| record.name != next);
        }
        Ok(page)
    }

    /// GetChange: returns true when the change is INSYNC.
    ///
    /// # Errors
    /// When there is no such change.
    pub fn get_change(&self, id: &ChangeId) -> Result<bool, ServiceError> {
        let Some(change) = self.changes.get(id) else {
            let message = format!("Could not find resource with ID: /change/{id}");
            return Err(ServiceError::new("NoSuchChange", message));
        };
        Ok(change.in_sync)
    }

    /// ChangeResourceRecordSets: makes all changes of a batch or none, and returns the id of the change.
    ///
    /// # Errors
    /// When there is no such zone, or the batch does not fit it.
    pub fn change_record_sets(
        &mut self,
        zone: &HostedZoneId,
        batch: &[RecordChange],
    ) -> Result<ChangeId, ServiceError> {
        self.add_batch_keys(batch);
        let found = self.zones.get_mut(zone).ok_or_else(|| no_zone(zone))?;
        let after = change_batch::after(found, batch)?;
        let before = std::mem::replace(&mut found.records, after);
        let mut keys: Vec<RecordKey> = batch.iter().map(RecordChange::key).collect();
        keys.sort();
        keys.dedup();
        let mut replaced = Vec::new();
        for key in &keys {
            let held = before.get(key).map(|set| set.values.clone());
            replaced.push((key.0.clone(), held.unwrap_or_default()));
            self.mark_record_changed(zone, key.clone());
        }
        let id: ChangeId = ids::route53(&mut self.rng, "C");
        let (zone, submitted_ms) = (zone.clone(), self.now_ms);
        let change = Change { id: id.clone(), zone, submitted_ms, in_sync: false, keys, replaced };
        self.changes.insert(id.clone(), change);
        self.mark_changed(Changed::Change(id.clone()));
        let delay = d::DNS.draw(&mut self.rng);
        self.schedule(delay, ScheduledEvent::ChangeInSync { change: id.clone() });
        Ok(id)
    }

    /// Adds the condition keys of a change batch.
    fn add_batch_keys(&mut self, batch: &[RecordChange]) {
        let (mut names, mut kinds, mut actions) = (Vec::new(), Vec::new(), Vec::new());
        for change in batch {
            names.push(normalized(&change.name));
            kinds.push(change.kind.clone());
            actions.push(change.action.as_str().to_owned());
        }
        // A condition compares the set of values: each counts once.
        for values in [&mut names, &mut kinds, &mut actions] {
            values.sort();
            values.dedup();
        }
        for (key, values) in [("NormalizedRecordNames", names), ("RecordTypes", kinds), ("Actions", actions)]
        {
            self.authorizations.add_key(format!("route53:ChangeResourceRecordSets{key}"), values);
        }
    }

    /// Brings a change to INSYNC: the name servers return its values. Clients follow later.
    pub(super) fn bring_in_sync(&mut self, id: &ChangeId) {
        let Some(change) = self.changes.get_mut(id) else { return };
        change.in_sync = true;
        let change = change.clone();
        let now = self.now_ms;
        for key in &change.keys {
            let Some(zone) = self.zones.get_mut(&change.zone) else { break };
            let followed_ms = zone.publish(key, now);
            let event = ScheduledEvent::ClientsFollow { zone: change.zone.clone(), key: key.clone() };
            self.schedule(followed_ms - now, event);
            self.mark_record_changed(&change.zone, key.clone());
        }
        self.mark_changed(Changed::Change(id.clone()));
        for server in self.servers_behind(&change) {
            self.record_work(change.submitted_ms, "DNS change", Some(server));
        }
    }

    /// Lets the clients of a record set use the answer of the name servers, and traffic follow.
    pub(super) fn let_clients_follow(&mut self, zone: &HostedZoneId, key: RecordKey) {
        let now = self.now_ms;
        if let Some(found) = self.zones.get_mut(zone) {
            found.let_clients_follow(&key, now);
        }
        self.mark_record_changed(zone, key);
        self.follow_all_traffic();
    }

    fn mark_record_changed(&mut self, zone: &HostedZoneId, key: RecordKey) {
        let (name, kind, set_identifier) = key;
        self.mark_changed(Changed::Record { zone: zone.clone(), name, kind, set_identifier });
    }
}

fn no_zone(zone: &HostedZoneId) -> ServiceError {
    ServiceError::new("NoSuchHostedZone", format!("No hosted zone found with ID: {zone}"))
}
