//! Changes of record sets.

use failback_core::id::ChangeId;
use failback_sim::{CallResult, ChangeAction, RecordChange, ServiceError, World};
use serde::Deserialize;

use super::{Body, make, zone_id};
use crate::time::zulu;
use crate::xml::Xml;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    change_batch: Batch,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Batch {
    changes: Changes,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Changes {
    #[serde(default)]
    change: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    action: String,
    resource_record_set: Set,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Set {
    name: String,
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "TTL")]
    ttl: Option<u64>,
    resource_records: Option<Records>,
    #[serde(rename = "SetIdentifier")]
    identifier: Option<String>,
    weight: Option<u64>,
    alias_target: Option<Ignored>,
}

/// An element whose content is not read, only its presence.
#[derive(Deserialize)]
struct Ignored {}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Records {
    #[serde(default)]
    resource_record: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    value: String,
}

/// Reads a batch of simple or weighted record sets. Any other change is refused.
fn read(body: &[u8]) -> Result<Vec<RecordChange>, ServiceError> {
    let malformed = |error: &dyn std::fmt::Display| {
        ServiceError::new("InvalidInput", format!("the change batch cannot be read: {error}"))
    };
    let text = std::str::from_utf8(body).map_err(|error| malformed(&error))?;
    let request: Request = quick_xml::de::from_str(text).map_err(|error| malformed(&error))?;
    let mut changes = Vec::new();
    for Change { action, resource_record_set: set } in request.change_batch.changes.change {
        let refuse = |what: &str| {
            ServiceError::new(
                "InvalidInput",
                format!("{what} of {} is not modelled by this simulator", set.name),
            )
        };
        let Some(action) = ChangeAction::parse(&action) else {
            let message = format!("`{action}` is not an Action: DELETE, CREATE or UPSERT");
            return Err(ServiceError::new("InvalidInput", message));
        };
        if set.alias_target.is_some() || set.identifier.is_some() != set.weight.is_some() {
            return Err(refuse("an alias, or a routing policy other than weighted,"));
        }
        let values = set.resource_records.map(|records| records.resource_record).unwrap_or_default();
        changes.push(RecordChange {
            action,
            name: set.name.replace("\\052", "*"),
            kind: set.kind,
            ttl_seconds: set.ttl.ok_or_else(|| ServiceError::new("InvalidInput", "TTL is required"))?,
            values: values.into_iter().map(|record| record.value).collect(),
            set_identifier: set.identifier,
            weight: set.weight,
        });
    }
    Ok(changes)
}

fn info(xml: &mut Xml, id: &ChangeId, in_sync: bool, submitted_ms: i64) {
    xml.element("ChangeInfo", |xml| {
        xml.leaf("Id", format!("/change/{id}"));
        xml.leaf("Status", if in_sync { "INSYNC" } else { "PENDING" });
        xml.leaf("SubmittedAt", zulu(submitted_ms));
    });
}

pub(super) fn change(world: &mut World, zone: &str, body: &[u8]) -> CallResult<Body> {
    let input = zone_id(zone).and_then(|zone| Ok((zone, read(body)?)));
    let targets = |(zone, batch): &(failback_core::id::HostedZoneId, Vec<RecordChange>)| {
        std::iter::once(zone.to_string()).chain(batch.iter().map(|change| change.name.clone())).collect()
    };
    make(world, "route53:ChangeResourceRecordSets", input, targets, |world, (zone, batch)| {
        let id = world.change_record_sets(&zone, &batch)?;
        let submitted = world.now_ms();
        let write = move |xml: &mut Xml| info(xml, &id, false, submitted);
        Ok(Body("ChangeResourceRecordSetsResponse", Box::new(write)))
    })
}

pub(super) fn get(world: &mut World, id: &str) -> CallResult<Body> {
    let input = id.parse::<ChangeId>().map_err(|error| ServiceError::new("InvalidInput", error.to_string()));
    make(
        world,
        "route53:GetChange",
        input,
        |id| vec![id.to_string()],
        |world, id| {
            let in_sync = world.get_change(&id)?;
            let submitted = world.change(&id).map_or(0, |change| change.submitted_ms);
            let write = move |xml: &mut Xml| info(xml, &id, in_sync, submitted);
            Ok(Body("GetChangeResponse", Box::new(write)))
        },
    )
}
