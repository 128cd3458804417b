//! Route 53.

use aws_sdk_route53::types::{ChangeStatus as SdkChangeStatus, ResourceRecordSet};
use failback_core::cloud::{ChangeStatus, RecordSet, RecordType};
use failback_core::id::ChangeId;

pub(crate) fn record_set(set: &ResourceRecordSet, kind: RecordType) -> RecordSet {
    RecordSet {
        name: name(&set.name),
        kind,
        ttl_seconds: set.ttl.and_then(|ttl| ttl.try_into().ok()),
        values: set.resource_records().iter().map(|record| record.value().to_owned()).collect(),
        set_identifier: set.set_identifier().map(str::to_owned),
    }
}

/// A name as Route 53 compares it: lower case, with its final dot, and `*` where Route 53 answers `\052`.
pub(crate) fn name(name: &str) -> String {
    let mut name = name.to_ascii_lowercase().replace("\\052", "*");
    if !name.ends_with('.') {
        name.push('.');
    }
    name
}

/// Route 53 answers `/change/C…` and is asked with `C…`.
pub(crate) fn change_id(text: &str) -> Option<ChangeId> {
    super::id(Some(text.strip_prefix("/change/").unwrap_or(text)))
}

/// Anything but INSYNC still spreads.
pub(crate) fn change_status(status: &SdkChangeStatus) -> ChangeStatus {
    match status {
        SdkChangeStatus::Insync => ChangeStatus::InSync,
        _ => ChangeStatus::Pending,
    }
}
