//! Hosted zones and their record sets.

use failback_sim::objects::{DnsRecord, Zone};
use failback_sim::{CallResult, ServiceError, World};

use super::{Body, make, zone_id};
use crate::request::HttpRequest;
use crate::xml::Xml;

/// The most record sets on a page.
const USUAL: usize = 300;

fn no_zone(id: &str) -> ServiceError {
    ServiceError::new("NoSuchHostedZone", format!("No hosted zone found with ID: {id}"))
}

fn hosted_zone(xml: &mut Xml, id: &str, name: &str, count: usize) {
    xml.element("HostedZone", |xml| {
        xml.leaf("Id", format!("/hostedzone/{id}"));
        xml.leaf("Name", name);
        xml.leaf("CallerReference", id);
        xml.element("Config", |xml| xml.leaf("PrivateZone", false));
        xml.leaf("ResourceRecordSetCount", count);
    });
}

fn shown(zone: &Zone) -> (String, String, usize) {
    (zone.id.to_string(), zone.name.clone(), zone.records().count())
}

pub(super) fn zones(world: &mut World) -> CallResult<Body> {
    make(
        world,
        "route53:ListHostedZones",
        Ok(()),
        |()| Vec::new(),
        |world, ()| {
            let zones: Vec<_> = world.zones().map(shown).collect();
            let write = move |xml: &mut Xml| {
                xml.element("HostedZones", |xml| {
                    for (id, name, count) in zones {
                        hosted_zone(xml, &id, &name, count);
                    }
                });
                xml.leaf("Marker", "");
                xml.leaf("IsTruncated", false);
                xml.leaf("MaxItems", 100);
            };
            Ok(Body("ListHostedZonesResponse", Box::new(write)))
        },
    )
}

pub(super) fn zone(world: &mut World, zone: &str) -> CallResult<Body> {
    make(
        world,
        "route53:GetHostedZone",
        zone_id(zone),
        |id| vec![id.to_string()],
        |world, id| {
            let found = world.zones().find(|zone| zone.id == id).map(shown);
            let (id, name, count) = found.ok_or_else(|| no_zone(id.as_str()))?;
            let write = move |xml: &mut Xml| hosted_zone(xml, &id, &name, count);
            Ok(Body("GetHostedZoneResponse", Box::new(write)))
        },
    )
}

/// Returns the sort key of a record set in its zone: the labels of the name from its end, the type, the set identifier.
fn order(record: &DnsRecord) -> (Vec<String>, String, String) {
    place(&record.name, &record.kind, record.set_identifier.as_deref())
}

fn place(name: &str, kind: &str, identifier: Option<&str>) -> (Vec<String>, String, String) {
    let name = name.trim_end_matches('.').to_ascii_lowercase().replace("\\052", "*");
    let labels = name.rsplit('.').map(str::to_owned).collect();
    (labels, kind.to_owned(), identifier.unwrap_or_default().to_owned())
}

/// Lists the record sets from a place in the zone to its end, page by page.
pub(super) fn list(world: &mut World, zone: &str, request: &HttpRequest, most: usize) -> CallResult<Body> {
    let name = request.parameter("name");
    let (kind, identifier) = (request.parameter("type"), request.parameter("identifier"));
    let read = || {
        if kind.is_some() && name.is_none() {
            return Err(ServiceError::new("InvalidInput", "A start type needs a start name"));
        }
        let size = match request.parameter("maxitems") {
            None => USUAL,
            Some(text) => text
                .parse()
                .ok()
                .filter(|&n: &usize| n > 0)
                .ok_or_else(|| ServiceError::new("InvalidInput", "maxitems must be a number from 1"))?,
        };
        Ok((zone_id(zone)?, size.min(USUAL).min(most)))
    };
    let targets: Vec<String> = std::iter::once(zone.to_owned()).chain(name.clone()).collect();
    make(
        world,
        "route53:ListResourceRecordSets",
        read(),
        |_| targets,
        |world, (id, size)| {
            let zone = world.zones().find(|zone| zone.id == id).ok_or_else(|| no_zone(id.as_str()))?;
            let from =
                place(name.as_deref().unwrap_or(""), kind.as_deref().unwrap_or(""), identifier.as_deref());
            let mut records: Vec<DnsRecord> =
                zone.records().filter(|record| name.is_none() || order(record) >= from).cloned().collect();
            records.sort_by_key(order);
            let next = records.get(size).cloned();
            records.truncate(size);
            let write = move |xml: &mut Xml| {
                xml.element("ResourceRecordSets", |xml| {
                    for record in &records {
                        record_set(xml, record);
                    }
                });
                xml.leaf("IsTruncated", next.is_some());
                if let Some(next) = next {
                    xml.leaf("NextRecordName", escaped(&next.name));
                    xml.leaf("NextRecordType", next.kind);
                    xml.maybe("NextRecordIdentifier", next.set_identifier);
                }
                xml.leaf("MaxItems", size);
            };
            Ok(Body("ListResourceRecordSetsResponse", Box::new(write)))
        },
    )
}

/// Escapes an asterisk as Route 53 does: as its octal code.
fn escaped(name: &str) -> String {
    name.replace('*', "\\052")
}

fn record_set(xml: &mut Xml, record: &DnsRecord) {
    xml.element("ResourceRecordSet", |xml| {
        xml.leaf("Name", escaped(&record.name));
        xml.leaf("Type", &record.kind);
        xml.maybe("SetIdentifier", record.set_identifier.as_ref());
        xml.maybe("Weight", record.weight);
        match record.ttl_seconds {
            Some(ttl) => {
                xml.leaf("TTL", ttl);
                xml.list("ResourceRecords", "ResourceRecord", &record.values, |xml, value| {
                    xml.leaf("Value", value);
                });
            }
            // A record set without a TTL is an alias.
            None => xml.element("AliasTarget", |xml| {
                xml.leaf("HostedZoneId", "Z35SXDOTRQ7X7K");
                xml.leaf("DNSName", record.values.first().map_or("", String::as_str));
                xml.leaf("EvaluateTargetHealth", false);
            }),
        }
    });
}
