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
}

/// The answer of the name servers for a record set, and the older answer that clients may still hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Values of the last change that is INSYNC; none where the name has no such set any more.
    pub(crate) values: Vec<String>,
    /// TTL that the name servers return with them.
    pub(crate) ttl_seconds: u64,
    /// Values that clients use: resolvers return an older answer until its TTL has passed.
    pub(crate) held: Vec<String>,
    /// Time from which no resolver returns an older answer, in milliseconds since 1970.
    pub(crate) held_until_ms: i64,
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
    pub(crate) answers: BTreeMap<RecordKey, Answer>,
}

/// TTL of an alias to another AWS service, in seconds.
const ALIAS_TTL: u64 = 60;

impl Zone {
    /// Creates a zone without record sets.
    pub(crate) fn new(id: HostedZoneId, name: String) -> Self {
        Self { id, name, records: BTreeMap::new(), answers: BTreeMap::new() }
    }

    /// Adds a record set that clients have used for long.
    pub(crate) fn place(&mut self, set: DnsRecord) {
        let answer = Answer {
            values: set.values.clone(),
            ttl_seconds: set.ttl_seconds.unwrap_or(ALIAS_TTL),
            held: set.values.clone(),
            held_until_ms: 0,
        };
        self.answers.insert(set.key(), answer);
        self.records.insert(set.key(), set);
    }

    /// Makes the name servers return the present record set. Returns the time at which all clients have followed.
    pub(crate) fn publish(&mut self, key: &RecordKey, now_ms: i64) -> i64 {
        let set = self.records.get(key);
        let values = set.map(|set| set.values.clone()).unwrap_or_default();
        let ttl_seconds = set.and_then(|set| set.ttl_seconds).unwrap_or(ALIAS_TTL);
        let Some(answer) = self.answers.get_mut(key) else {
            let answer = Answer { held: values.clone(), values, ttl_seconds, held_until_ms: now_ms };
            self.answers.insert(key.clone(), answer);
            return now_ms;
        };
        let old_ttl_ms = i64::try_from(answer.ttl_seconds).unwrap_or(0) * 1_000;
        // Resolvers that hold these values already need not follow.
        if answer.values != values {
            answer.held_until_ms = answer.held_until_ms.max(now_ms + old_ttl_ms);
        }
        (answer.values, answer.ttl_seconds) = (values, ttl_seconds);
        answer.held_until_ms
    }

    /// Makes clients use the answer of the name servers, once no resolver returns an older one.
    pub(crate) fn let_clients_follow(&mut self, key: &RecordKey, now_ms: i64) {
        if let Some(answer) = self.answers.get_mut(key)
            && answer.held_until_ms <= now_ms
        {
            answer.held.clone_from(&answer.values);
        }
    }

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
    /// Name of each record set in the batch, and the values that it held before; none where there was no such set.
    pub replaced: Vec<(String, Vec<String>)>,
}
