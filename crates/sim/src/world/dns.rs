//! Route 53.

use failback_core::id::{ChangeId, HostedZoneId};

use super::{Changed, Event, World};
use crate::durations as d;
use crate::ids;
use crate::objects::{Change, DnsRecord};
use crate::service_error::ServiceError;

/// One UPSERT of a simple record set in a change batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordChange {
    /// Name.
    pub name: String,
    /// Type, such as `A`.
    pub kind: String,
    /// TTL.
    pub ttl_seconds: u64,
    /// Values.
    pub values: Vec<String>,
}

/// A name as Route 53 writes it: lower case, with its final dot.
pub(crate) fn with_dot(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    if name.ends_with('.') { name } else { format!("{name}.") }
}

/// A name as IAM's condition key has it: lower case, without the final dot.
fn normalized(name: &str) -> String {
    let name = with_dot(name);
    name.trim_end_matches('.').to_owned()
}

impl World {
    /// ListResourceRecordSets: all sets of a name and type.
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

    /// GetChange: true when it is INSYNC.
    ///
    /// # Errors
    /// When there is no such change.
    pub fn get_change(&self, id: &ChangeId) -> Result<bool, ServiceError> {
        let message = format!("Could not find resource with ID: /change/{id}");
        self.changes
            .get(id)
            .map(|change| change.in_sync)
            .ok_or_else(|| ServiceError::new("NoSuchChange", message))
    }

    /// ChangeResourceRecordSets with UPSERTs of simple record sets: all or none.
    ///
    /// # Errors
    /// When there is no such zone, or the batch does not fit it.
    pub fn change_record_sets(
        &mut self,
        zone: &HostedZoneId,
        batch: &[RecordChange],
    ) -> Result<ChangeId, ServiceError> {
        let all = |value: fn(&RecordChange) -> String| batch.iter().map(value).collect::<Vec<_>>();
        let keys = [
            ("NormalizedRecordNames", all(|change| normalized(&change.name))),
            ("RecordTypes", all(|change| change.kind.clone())),
            ("Actions", all(|_| "UPSERT".to_owned())),
        ];
        for (key, values) in keys {
            self.permissions.request_has(format!("route53:ChangeResourceRecordSets{key}"), values);
        }
        let found = self.zones.get(zone).ok_or_else(|| no_zone(zone))?;
        // §10: an UPSERT counts twice towards 1,000 elements.
        if batch.is_empty() || batch.len() * 2 > 1_000 {
            return Err(bad_batch("the batch must have 1 to 500 UPSERTs"));
        }
        let mut keys = Vec::new();
        for change in batch {
            let name = with_dot(&change.name);
            if !(name == found.name || name.ends_with(&format!(".{}", found.name))) {
                return Err(bad_batch(&format!(
                    "RRSet with DNS name {name} is not permitted in zone {}",
                    found.name
                )));
            }
            if change.values.is_empty() {
                return Err(bad_batch(&format!("RRSet with DNS name {name} has no values")));
            }
            let rival = |r: &DnsRecord| r.name == name && r.kind == change.kind && r.set_identifier.is_some();
            if found.records.values().any(rival) {
                return Err(bad_batch(&format!(
                    "RRSet with DNS name {name} conflicts with one that has a SetIdentifier"
                )));
            }
            let key = (name, change.kind.clone(), None);
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
        self.note_change(Changed::Change(id.clone()));
        let delay = d::DNS.draw(&mut self.rng);
        self.after(delay, Event::InSync(id.clone()));
        Ok(id)
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
        let (name, kind, set_identifier) = key;
        self.note_change(Changed::Record { zone: zone.clone(), name, kind, set_identifier });
    }

    /// The name servers answer what was changed: traffic follows.
    pub(crate) fn now_in_sync(&mut self, id: &ChangeId) {
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
        for (name, kind, set_identifier) in &change.keys {
            let (zone, name) = (change.zone.clone(), name.clone());
            self.note_change(Changed::Record {
                zone,
                name,
                kind: kind.clone(),
                set_identifier: set_identifier.clone(),
            });
        }
        self.note_change(Changed::Change(id.clone()));
        let moved = self.servers_behind(&change);
        for &server in &moved {
            self.worked(change.submitted_ms, "DNS change", Some(server));
        }
        self.follow_all_traffic();
    }
}

fn no_zone(zone: &HostedZoneId) -> ServiceError {
    ServiceError::new("NoSuchHostedZone", format!("No hosted zone found with ID: {zone}"))
}

fn bad_batch(message: &str) -> ServiceError {
    ServiceError::new("InvalidChangeBatch", message)
}
