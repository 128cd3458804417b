//! Hosted zones and changes.

use std::collections::BTreeMap;

use failback_core::id::{ChangeId, HostedZoneId};

/// A record set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsRecord {
    /// Name with its final dot.
    pub name: String,
    /// Type, such as `A`.
    pub kind: String,
    /// `SetIdentifier`, where a routing policy chooses between several sets.
    pub set_identifier: Option<String>,
    /// `Weight`, where the policy is weighted.
    pub weight: Option<u64>,
    /// TTL; an alias has none.
    pub ttl_seconds: Option<u64>,
    /// Values as Route 53 lists them.
    pub values: Vec<String>,
    /// Values as the name servers answer them: those of the last change that is INSYNC.
    pub answered: Vec<String>,
}

/// Name, type and set identifier: what tells record sets of a zone apart.
pub(crate) type RecordKey = (String, String, Option<String>);

impl DnsRecord {
    pub(crate) fn key(&self) -> RecordKey {
        (self.name.clone(), self.kind.clone(), self.set_identifier.clone())
    }
}

/// A hosted zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its id.
    pub id: HostedZoneId,
    /// Its name with the final dot.
    pub name: String,
    pub(crate) records: BTreeMap<RecordKey, DnsRecord>,
}

impl Zone {
    /// Its record sets, by name, type and set identifier.
    pub fn records(&self) -> impl Iterator<Item = &DnsRecord> {
        self.records.values()
    }
}

/// A batch of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its id.
    pub id: ChangeId,
    /// Which zone.
    pub zone: HostedZoneId,
    /// When it was submitted.
    pub submitted_ms: i64,
    /// True once all name servers answer it.
    pub in_sync: bool,
    /// Which record sets.
    pub keys: Vec<(String, String, Option<String>)>,
}
