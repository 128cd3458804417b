//! Route 53, as far as the procedures need it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Type of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RecordType {
    /// An IPv4 address. A plan may redirect these.
    A,
    /// An IPv6 address. A plan cannot name these: they are read, and never changed.
    #[serde(skip)]
    Aaaa,
}

impl RecordType {
    /// Returns the type as Route 53 writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
        }
    }
}

/// Returns a name as Route 53 compares it: lower case, with its final dot, and `*` where Route 53 answers `\\052`.
pub fn record_name(name: &str) -> String {
    let mut name = name.to_ascii_lowercase().replace("\\052", "*");
    if !name.ends_with('.') {
        name.push('.');
    }
    name
}

/// An existing record set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSet {
    /// Name with its final dot.
    pub name: String,
    /// Record type.
    pub kind: RecordType,
    /// TTL in seconds; an alias has none.
    pub ttl_seconds: Option<u64>,
    /// Values of the set's records.
    pub values: Vec<String>,
    /// `SetIdentifier`: present where a routing policy chooses between several sets.
    pub set_identifier: Option<String>,
}

/// The status of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // Route 53's own words.
pub enum ChangeStatus {
    Pending,
    InSync,
}
