//! The operations of Route 53.

use failback_core::id::{ChangeId, HostedZoneId};

use super::call::Changed;
use super::event::ScheduledEvent;
use super::state::World;
use crate::durations as d;
use crate::ids;
use crate::objects::{Change, DnsRecord, RecordKey, Zone};
use crate::service_error::ServiceError;

/// An UPSERT of a simple record set in a change batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordChange {
    /// `Name`, with or without its final dot.
    pub name: String,
    /// `Type`, such as `A`.
    pub kind: String,
    /// `TTL`.
    pub ttl_seconds: u64,
    /// `ResourceRecords`.
    pub values: Vec<String>,
}

/// Returns a name as Route 53 writes it: in lower case, with its final dot.
pub(crate) fn with_dot(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    if name.ends_with('.') { name } else { format!("{name}.") }
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

    /// ChangeResourceRecordSets with UPSERTs of simple record sets, all or none: returns the id of the change.
    ///
    /// # Errors
    /// When there is no such zone, or the batch does not fit it.
    pub fn change_record_sets(
        &mut self,
        zone: &HostedZoneId,
        batch: &[RecordChange],
    ) -> Result<ChangeId, ServiceError> {
        self.add_batch_keys(batch);
        let found = self.zones.get(zone).ok_or_else(|| no_zone(zone))?;
        // §10: an UPSERT counts twice towards 1,000 elements.
        if batch.is_empty() || batch.len() * 2 > 1_000 {
            return Err(bad_batch("the batch must have 1 to 500 UPSERTs"));
        }
        let mut keys = Vec::new();
        for change in batch {
            let key = check_upsert(found, change)?;
            if keys.contains(&key) {
                return Err(bad_batch(&format!("RRSet with DNS name {} occurs twice", key.0)));
            }
            keys.push(key);
        }
        for change in batch {
            self.upsert(zone, change);
        }
        let id: ChangeId = ids::route53(&mut self.rng, "C");
        let change =
            Change { id: id.clone(), zone: zone.clone(), submitted_ms: self.now_ms, in_sync: false, keys };
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
            actions.push("UPSERT".to_owned());
        }
        for (key, values) in [("NormalizedRecordNames", names), ("RecordTypes", kinds), ("Actions", actions)]
        {
            self.authorizations.add_key(format!("route53:ChangeResourceRecordSets{key}"), values);
        }
    }

    fn upsert(&mut self, zone: &HostedZoneId, change: &RecordChange) {
        let key = (with_dot(&change.name), change.kind.clone(), None);
        let Some(found) = self.zones.get_mut(zone) else { return };
        let record = found.records.entry(key.clone()).or_insert_with(|| DnsRecord {
            name: key.0.clone(),
            kind: key.1.clone(),
            set_identifier: None,
            weight: None,
            ttl_seconds: None,
            values: Vec::new(),
            answered: Vec::new(),
        });
        record.ttl_seconds = Some(change.ttl_seconds);
        record.values.clone_from(&change.values);
        self.mark_record_changed(zone, key);
    }

    /// Brings a change to INSYNC: the name servers return its values, and traffic follows.
    pub(super) fn bring_in_sync(&mut self, id: &ChangeId) {
        let Some(change) = self.changes.get_mut(id) else { return };
        change.in_sync = true;
        let change = change.clone();
        if let Some(zone) = self.zones.get_mut(&change.zone) {
            for key in &change.keys {
                if let Some(record) = zone.records.get_mut(key) {
                    record.answered.clone_from(&record.values);
                }
            }
        }
        for key in &change.keys {
            self.mark_record_changed(&change.zone, key.clone());
        }
        self.mark_changed(Changed::Change(id.clone()));
        for server in self.servers_behind(&change) {
            self.record_work(change.submitted_ms, "DNS change", Some(server));
        }
        self.follow_all_traffic();
    }

    fn mark_record_changed(&mut self, zone: &HostedZoneId, key: RecordKey) {
        let (name, kind, set_identifier) = key;
        self.mark_changed(Changed::Record { zone: zone.clone(), name, kind, set_identifier });
    }
}

/// Refuses an UPSERT that does not fit the zone. Returns the key of its record set.
fn check_upsert(zone: &Zone, change: &RecordChange) -> Result<RecordKey, ServiceError> {
    let name = with_dot(&change.name);
    if name != zone.name && !name.ends_with(&format!(".{}", zone.name)) {
        let message = format!("RRSet with DNS name {name} is not permitted in zone {}", zone.name);
        return Err(bad_batch(&message));
    }
    if change.values.is_empty() {
        return Err(bad_batch(&format!("RRSet with DNS name {name} has no values")));
    }
    for record in zone.records.values() {
        if record.name == name && record.kind == change.kind && record.set_identifier.is_some() {
            let message = format!("RRSet with DNS name {name} conflicts with one that has a SetIdentifier");
            return Err(bad_batch(&message));
        }
    }
    Ok((name, change.kind.clone(), None))
}

fn no_zone(zone: &HostedZoneId) -> ServiceError {
    ServiceError::new("NoSuchHostedZone", format!("No hosted zone found with ID: {zone}"))
}

fn bad_batch(message: &str) -> ServiceError {
    ServiceError::new("InvalidChangeBatch", message)
}
