//! Route 53.

use aws_sdk_route53::operation::change_resource_record_sets::builders::ChangeResourceRecordSetsInputBuilder;
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
use failback_core::guard::{ChangeRecords, RecordChange};
use failback_core::{Error, Result};

/// One batch, which Route 53 carries out as a whole or not at all (drs-facts §10).
pub(crate) fn change_records(action: &ChangeRecords) -> Result<ChangeResourceRecordSetsInputBuilder> {
    let changes = action.records.iter().map(upsert).collect::<Result<_>>()?;
    let batch = ChangeBatch::builder().set_changes(Some(changes)).build().map_err(incomplete)?;
    Ok(ChangeResourceRecordSetsInputBuilder::default()
        .hosted_zone_id(action.zone.as_str())
        .change_batch(batch))
}

fn upsert(record: &RecordChange) -> Result<Change> {
    let value = ResourceRecord::builder().value(&record.value).build().map_err(incomplete)?;
    let set = ResourceRecordSet::builder()
        .name(&record.name)
        .r#type(RrType::from(record.kind.as_str()))
        .ttl(i64::try_from(record.ttl_seconds).unwrap_or(i64::MAX))
        .resource_records(value)
        .build()
        .map_err(incomplete)?;
    Change::builder().action(ChangeAction::Upsert).resource_record_set(set).build().map_err(incomplete)
}

fn incomplete(error: impl std::fmt::Display) -> Error {
    Error::internal(error.to_string())
}
