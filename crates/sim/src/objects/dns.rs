//! Hosted zones, record sets and changes of Route 53.

use std::collections::BTreeMap;

use failback_core::id::{ChangeId, HostedZoneId};

/// A resource record set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsRecord {
    /// `Name`, in lower case and with its final dot.
    pub name: String,
    /// `Type`, such as `A`.
    pub kind: String,
    /// `SetIdentifier`; present where a routing policy chooses between several sets.
    pub set_identifier: Option<String>,
    /// `Weight`; present where the routing policy is weighted.
    pub weight: Option<u64>,
    /// `TTL`; an alias has none.
    pub ttl_seconds: Option<u64>,
    /// `ResourceRecords` as Route 53 lists them.
    pub values: Vec<String>,
    /// Values that the name servers return: those of the last change that is INSYNC.
    pub answered: Vec<String>,
}

/// Name, type and set identifier: the key of a record set in its zone.
pub(crate) type RecordKey = (String, String, Option<String>);

impl DnsRecord {
    pub(crate) fn key(&self) -> RecordKey {
        (self.name.clone(), self.kind.clone(), self.set_identifier.clone())
    }
}

/// A hosted zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// `Id`, without `/hostedzone/`.
    pub id: HostedZoneId,
    /// `Name`, with its final dot.
    pub name: String,
    pub(crate) records: BTreeMap<RecordKey, DnsRecord>,
}

impl Zone {
    /// Returns its record sets, ordered by name, type and set identifier.
    pub fn records(&self) -> impl Iterator<Item = &DnsRecord> {
        self.records.values()
    }
}

/// A change batch that was submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `Id`, without `/change/`.
    pub id: ChangeId,
    /// Zone of every record set in the batch.
    pub zone: HostedZoneId,
    /// `SubmittedAt`, in milliseconds since 1970.
    pub submitted_ms: i64,
    /// `Status` is INSYNC: all name servers return the new values. Otherwise it is PENDING.
    pub in_sync: bool,
    /// Name, type and set identifier of each record set in the batch.
    pub keys: Vec<RecordKey>,
}
