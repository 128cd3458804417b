//! Route 53.

use aws_sdk_route53::types::{ChangeStatus as SdkChangeStatus, ResourceRecordSet, RrType};
use failback_core::cloud::{ChangeStatus, RecordSet, RecordType, record_name};
use failback_core::id::ChangeId;

/// Returns an A or AAAA set; `None` for sets of other types.
pub(crate) fn address_set(set: &ResourceRecordSet) -> Option<RecordSet> {
    match set.r#type {
        RrType::A => Some(record_set(set, RecordType::A)),
        RrType::Aaaa => Some(record_set(set, RecordType::Aaaa)),
        _ => None,
    }
}

pub(crate) fn record_set(set: &ResourceRecordSet, kind: RecordType) -> RecordSet {
    RecordSet {
        name: record_name(&set.name),
        kind,
        ttl_seconds: set.ttl.and_then(|ttl| ttl.try_into().ok()),
        values: set.resource_records().iter().map(|record| record.value().to_owned()).collect(),
        set_identifier: set.set_identifier().map(str::to_owned),
    }
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
