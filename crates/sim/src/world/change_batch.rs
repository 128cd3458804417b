//! Change batches of Route 53: what each change requires, and what a batch leaves in a zone.

use std::collections::BTreeMap;

use crate::objects::{DnsRecord, RecordKey, Zone};
use crate::service_error::ServiceError;

/// Returns a name as Route 53 writes it: in lower case, with its final dot.
pub(crate) fn with_dot(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    if name.ends_with('.') { name } else { format!("{name}.") }
}

/// The most `ResourceRecord` elements of a batch; those of an UPSERT count twice (§10).
const ELEMENTS_MAX: usize = 1_000;

/// The action of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeAction {
    /// `CREATE`: refused if the record set exists.
    Create,
    /// `DELETE`: refused unless it names the record set exactly.
    Delete,
    /// `UPSERT`: creates the record set, or replaces whatever it holds.
    Upsert,
}

impl ChangeAction {
    /// Returns the action that Route 53 calls so.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Create, Self::Delete, Self::Upsert].into_iter().find(|action| action.as_str() == text)
    }

    /// Returns the action as Route 53 writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Delete => "DELETE",
            Self::Upsert => "UPSERT",
        }
    }
}

/// One change of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordChange {
    /// `Action`.
    pub action: ChangeAction,
    /// `Name`, with or without its final dot.
    pub name: String,
    /// `Type`, such as `A`.
    pub kind: String,
    /// `TTL`.
    pub ttl_seconds: u64,
    /// `ResourceRecords`.
    pub values: Vec<String>,
    /// `SetIdentifier`; absent from a simple record set.
    pub set_identifier: Option<String>,
    /// `Weight`; absent unless the routing policy is weighted.
    pub weight: Option<u64>,
}

impl RecordChange {
    /// Creates the change of a simple A record set.
    pub fn of_simple(action: ChangeAction, name: &str, ttl_seconds: u64, values: Vec<String>) -> Self {
        let (name, kind) = (name.to_owned(), "A".to_owned());
        Self { action, name, kind, ttl_seconds, values, set_identifier: None, weight: None }
    }

    /// Returns the key of its record set.
    pub(super) fn key(&self) -> RecordKey {
        (with_dot(&self.name), self.kind.clone(), self.set_identifier.clone())
    }

    fn set(&self) -> DnsRecord {
        DnsRecord {
            name: with_dot(&self.name),
            kind: self.kind.clone(),
            set_identifier: self.set_identifier.clone(),
            weight: self.weight,
            ttl_seconds: Some(self.ttl_seconds),
            values: self.values.clone(),
        }
    }

    /// Returns true when it names this record set exactly. The order of the values does not matter.
    fn is_exactly(&self, set: &DnsRecord) -> bool {
        let sorted = |values: &[String]| {
            let mut values = values.to_vec();
            values.sort();
            values
        };
        set.ttl_seconds == Some(self.ttl_seconds)
            && set.weight == self.weight
            && sorted(&set.values) == sorted(&self.values)
    }
}

/// The record sets of a zone.
type RecordSets = BTreeMap<RecordKey, DnsRecord>;

/// Returns the record sets of a zone after a batch. Its changes are made in order, each to what the earlier ones left.
///
/// # Errors
/// `InvalidChangeBatch` when a change does not fit.
pub(super) fn after(zone: &Zone, batch: &[RecordChange]) -> Result<RecordSets, ServiceError> {
    let elements = |change: &RecordChange| match change.action {
        ChangeAction::Upsert => 2 * change.values.len().max(1),
        _ => change.values.len().max(1),
    };
    if batch.is_empty() || batch.iter().map(elements).sum::<usize>() > ELEMENTS_MAX {
        return Err(bad_batch(
            "the batch must have 1 to 1000 ResourceRecords, of which those of UPSERTs count twice",
        ));
    }
    let mut sets = zone.records.clone();
    let mut upserted = Vec::new();
    for change in batch {
        belongs(zone, change)?;
        if change.action == ChangeAction::Upsert {
            if upserted.contains(&change.key()) {
                return Err(bad_batch(format!(
                    "RRSet with DNS name {} occurs twice",
                    with_dot(&change.name)
                )));
            }
            upserted.push(change.key());
        }
        make(&mut sets, change)?;
    }
    Ok(sets)
}

/// Refuses a change that does not fit the zone, whatever the zone holds.
fn belongs(zone: &Zone, change: &RecordChange) -> Result<(), ServiceError> {
    let name = with_dot(&change.name);
    if name != zone.name && !name.ends_with(&format!(".{}", zone.name)) {
        return Err(bad_batch(format!("RRSet with DNS name {name} is not permitted in zone {}", zone.name)));
    }
    if change.values.is_empty() {
        return Err(bad_batch(format!("RRSet with DNS name {name} has no values")));
    }
    Ok(())
}

fn make(sets: &mut RecordSets, change: &RecordChange) -> Result<(), ServiceError> {
    let key = change.key();
    match (change.action, sets.get(&key)) {
        (ChangeAction::Delete, None) => Err(tried("delete", &key, "it was not found")),
        (ChangeAction::Delete, Some(set)) if !change.is_exactly(set) => {
            Err(tried("delete", &key, "the values provided do not match the current values"))
        }
        (ChangeAction::Delete, Some(_)) => {
            sets.remove(&key);
            Ok(())
        }
        (ChangeAction::Create, Some(_)) => Err(tried("create", &key, "it already exists")),
        (ChangeAction::Create | ChangeAction::Upsert, _) => {
            no_other_policy(sets, &key)?;
            sets.insert(key, change.set());
            Ok(())
        }
    }
}

/// Refuses a simple record set beside one with a routing policy, and the reverse.
fn no_other_policy(sets: &RecordSets, (name, kind, identifier): &RecordKey) -> Result<(), ServiceError> {
    let conflicts = |other: &DnsRecord| {
        other.name == *name && other.kind == *kind && other.set_identifier.is_some() != identifier.is_some()
    };
    if sets.values().any(conflicts) {
        let with = if identifier.is_some() { "no SetIdentifier" } else { "a SetIdentifier" };
        return Err(bad_batch(format!("RRSet with DNS name {name} conflicts with one that has {with}")));
    }
    Ok(())
}

/// Creates the refusal of a change, in the words of Route 53.
fn tried(what: &str, (name, kind, identifier): &RecordKey, why: &str) -> ServiceError {
    let identifier = identifier.as_ref().map(|id| format!(", set-identifier='{id}'")).unwrap_or_default();
    bad_batch(format!(
        "Tried to {what} resource record set [name='{name}', type='{kind}'{identifier}] but {why}"
    ))
}

fn bad_batch(message: impl Into<String>) -> ServiceError {
    ServiceError::new("InvalidChangeBatch", message)
}
