//! Route 53.

use aws_sdk_route53::operation::change_resource_record_sets::builders::ChangeResourceRecordSetsInputBuilder;
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
use failback_core::catalogue::fault;
use failback_core::cloud::RecordSet;
use failback_core::guard::ChangeRecords;
use failback_core::{Error, Result};

/// One batch, which Route 53 carries out as a whole or not at all (drs-facts §10). It refuses to delete a set that is no
/// longer as it was read.
pub(crate) fn change_records(action: &ChangeRecords) -> Result<ChangeResourceRecordSetsInputBuilder> {
    let mut changes = Vec::new();
    for record in &action.records {
        let seen = &record.seen;
        let created = RecordSet {
            ttl_seconds: Some(record.ttl_seconds),
            values: vec![record.value.clone()],
            ..seen.clone()
        };
        changes.push(change(ChangeAction::Delete, seen)?);
        changes.push(change(ChangeAction::Create, &created)?);
    }
    let batch = ChangeBatch::builder().set_changes(Some(changes)).build().map_err(incomplete)?;
    Ok(ChangeResourceRecordSetsInputBuilder::default()
        .hosted_zone_id(action.zone.as_str())
        .change_batch(batch))
}

fn change(action: ChangeAction, set: &RecordSet) -> Result<Change> {
    let mut values = Vec::new();
    for value in &set.values {
        values.push(ResourceRecord::builder().value(value).build().map_err(incomplete)?);
    }
    let set = ResourceRecordSet::builder()
        .name(&set.name)
        .r#type(RrType::from(set.kind.as_str()))
        .set_set_identifier(set.set_identifier.clone())
        .set_ttl(set.ttl_seconds.and_then(|ttl| i64::try_from(ttl).ok()))
        .set_resource_records(Some(values))
        .build()
        .map_err(incomplete)?;
    Change::builder().action(action).resource_record_set(set).build().map_err(incomplete)
}

fn incomplete(error: impl std::fmt::Display) -> Error {
    Error::from(fault::request_is_incomplete(error))
}
