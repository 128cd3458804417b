//! Instances, their checks, and subnets.

use failback_core::cloud::{Check, InstanceState};
use failback_core::id::{InstanceId, SubnetId};
use failback_core::region::Region;
use failback_sim::objects::{Instance, InstanceDetails, Subnet};
use failback_sim::{CallResult, ServiceError, World};

use super::{Body, Call, names, tag_set, token};
use crate::time::zulu;
use crate::xml::Xml;

/// The instances or subnets that a call selects.
enum Wanted<T> {
    /// The instances or subnets with these ids.
    Ids(Vec<T>),
    /// The instances or subnets that match every filter: a name and its values.
    Filters(Vec<(String, Vec<String>)>),
}

/// Returns the code and the name of a state (EC2's `InstanceState`).
fn state(state: InstanceState) -> (u16, &'static str) {
    match state {
        InstanceState::Pending => (0, "pending"),
        InstanceState::Running => (16, "running"),
        InstanceState::ShuttingDown => (32, "shutting-down"),
        InstanceState::Stopping => (64, "stopping"),
        InstanceState::Stopped => (80, "stopped"),
        InstanceState::Terminated | InstanceState::NotFound | InstanceState::Unknown => (48, "terminated"),
    }
}

fn wanted<T: std::str::FromStr<Err: std::fmt::Display>>(
    call: &Call<'_>,
    ids: &str,
    filter: &str,
) -> Result<Wanted<T>, ServiceError> {
    let named = call.parameters.ids::<T>(ids)?;
    if !named.is_empty() {
        return Ok(Wanted::Ids(named));
    }
    let filters = call.parameters.filters();
    if let [(name, values)] = &filters[..]
        && *name == filter
    {
        // A malformed id matches nothing, as in EC2.
        return Ok(Wanted::Filters(vec![(
            filter.to_owned(),
            values.iter().map(ToString::to_string).collect(),
        )]));
    }
    let owned = |values: &[&str]| values.iter().map(ToString::to_string).collect();
    Ok(Wanted::Filters(filters.iter().map(|(name, values)| ((*name).to_owned(), owned(values))).collect()))
}

fn not_modelled(filter: &str) -> ServiceError {
    ServiceError::new(
        "InvalidParameterValue",
        format!("The filter '{filter}' is not modelled by this simulator"),
    )
}

fn unknown(id: &InstanceId) -> ServiceError {
    ServiceError::new("InvalidInstanceID.NotFound", format!("The instance ID '{id}' does not exist"))
}

fn fits(instance: &Instance, filters: &[(String, Vec<String>)]) -> Result<bool, ServiceError> {
    for (name, values) in filters {
        let value = match name.as_str() {
            "instance-id" => Some(instance.id.to_string()),
            "instance-state-name" => Some(state(instance.state).1.to_owned()),
            "subnet-id" => Some(instance.subnet.to_string()),
            "vpc-id" => Some(instance.vpc.clone()),
            name => {
                let key = name.strip_prefix("tag:").ok_or_else(|| not_modelled(name))?;
                instance.tags.get(key).cloned()
            }
        };
        if !value.is_some_and(|value| values.contains(&value)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the instances that EC2 shows. It stops showing terminated ones after a while.
fn shown(world: &World, region: Region, wanted: &Wanted<InstanceId>) -> Result<Vec<Instance>, ServiceError> {
    match wanted {
        Wanted::Ids(ids) => {
            let found = world.describe_instances(region, ids);
            match ids.iter().find(|id| !found.iter().any(|instance| instance.id == **id)) {
                Some(id) => Err(unknown(id)),
                None => Ok(found.into_iter().cloned().collect()),
            }
        }
        Wanted::Filters(filters) => {
            let ids: Vec<InstanceId> = match filters.iter().find(|(name, _)| name == "instance-id") {
                // A filter by id does not need a scan of all instances.
                Some((_, values)) => values.iter().filter_map(|id| id.parse().ok()).collect(),
                None => world.instances(region).map(|instance| instance.id.clone()).collect(),
            };
            let mut found = Vec::new();
            for instance in world.describe_instances(region, &ids) {
                if fits(instance, filters)? {
                    found.push(instance.clone());
                }
            }
            Ok(found)
        }
    }
}

fn targets<T: ToString>(wanted: &Wanted<T>, filter: &str) -> Vec<String> {
    match wanted {
        Wanted::Ids(ids) => names(ids),
        Wanted::Filters(filters) => {
            filters.iter().filter(|(name, _)| name == filter).flat_map(|(_, values)| values.clone()).collect()
        }
    }
}

pub(super) fn describe(call: &mut Call<'_>) -> CallResult<Body> {
    let read = || {
        Ok((wanted::<InstanceId>(call, "InstanceId", "instance-id")?, call.parameters.page(call.page_size)?))
    };
    let input = read();
    call.make(
        "ec2:DescribeInstances",
        input,
        |(wanted, _)| targets(wanted, "instance-id"),
        |world, region, (wanted, page)| {
            let account = world.account().to_owned();
            let zone = |instance: &Instance| {
                world.subnet(region, &instance.subnet).map(|subnet| subnet.zone.clone()).unwrap_or_default()
            };
            let found: Vec<(String, Instance)> =
                shown(world, region, &wanted)?.into_iter().map(|found| (zone(&found), found)).collect();
            let (items, next) = page.cut(found);
            Ok(Box::new(move |xml: &mut Xml| {
                xml.list("reservationSet", "item", &items, |xml, (zone, found)| {
                    xml.leaf("reservationId", format!("r-{}", &found.id.as_str()[2..]));
                    xml.leaf("ownerId", &account);
                    xml.element("groupSet", |_| ());
                    xml.list("instancesSet", "item", [found], |xml, found| instance(xml, found, zone));
                });
                token(xml, next.as_ref());
            }))
        },
    )
}

fn instance(xml: &mut Xml, found: &Instance, zone: &str) {
    let (code, name) = state(found.state);
    let attached = found.state != InstanceState::Terminated;
    xml.leaf("instanceId", &found.id);
    xml.element("instanceState", |xml| {
        xml.leaf("code", code);
        xml.leaf("name", name);
    });
    if let Some(reason) = found.state_reason {
        xml.element("stateReason", |xml| {
            xml.leaf("code", reason.code);
            xml.leaf("message", reason.message);
        });
    }
    xml.leaf("instanceType", &found.instance_type);
    xml.leaf("launchTime", zulu(found.launched_ms));
    xml.element("placement", |xml| xml.leaf("availabilityZone", zone));
    if attached {
        xml.leaf("subnetId", &found.subnet);
        xml.leaf("vpcId", &found.vpc);
        xml.leaf("privateIpAddress", &found.private_ip);
        xml.leaf("ipAddress", &found.public_ip);
    }
    let groups = if attached { &found.security_groups[..] } else { &[] };
    xml.list("groupSet", "item", groups, |xml, group| xml.leaf("groupId", group));
    xml.list("networkInterfaceSet", "item", attached.then_some(found), |xml, found| {
        xml.leaf("networkInterfaceId", format!("eni-{}", &found.id.as_str()[2..]));
        xml.leaf("subnetId", &found.subnet);
        xml.leaf("privateIpAddress", &found.private_ip);
        xml.element("attachment", |xml| xml.leaf("deviceIndex", 0));
    });
    if let Some(profile) = &found.profile_arn {
        xml.element("iamInstanceProfile", |xml| xml.leaf("arn", profile));
    }
    xml.element("metadataOptions", |xml| {
        xml.leaf("state", "applied");
        xml.leaf("httpEndpoint", if found.metadata_reachable { "enabled" } else { "disabled" });
    });
    tag_set(xml, &found.tags);
}

fn check(check: Check) -> &'static str {
    match check {
        Check::Ok => "ok",
        Check::Initializing => "initializing",
        Check::Impaired => "impaired",
        Check::InsufficientData => "insufficient-data",
        Check::NotApplicable => "not-applicable",
    }
}

pub(super) fn status(call: &mut Call<'_>) -> CallResult<Body> {
    let read =
        || Ok((call.parameters.ids::<InstanceId>("InstanceId")?, call.parameters.page(call.page_size)?));
    let input = read();
    call.make(
        "ec2:DescribeInstanceStatus",
        input,
        |(ids, _)| names(ids),
        |world, region, (mut ids, page)| {
            if ids.is_empty() {
                ids = world.instances(region).map(|instance| instance.id.clone()).collect();
            } else {
                // Refuses ids that EC2 does not know.
                shown(world, region, &Wanted::Ids(ids.clone()))?;
            }
            let (items, next) = page.cut(world.describe_instance_status(region, &ids));
            Ok(Box::new(move |xml: &mut Xml| {
                xml.list("instanceStatusSet", "item", &items, instance_status);
                token(xml, next.as_ref());
            }))
        },
    )
}

/// The one attribute that is modelled.
const PROTECTION: &str = "disableApiTermination";

pub(super) fn attribute(call: &mut Call<'_>) -> CallResult<Body> {
    let read = || match call.parameters.text("Attribute") {
        Some(PROTECTION) => call.parameters.id::<InstanceId>("InstanceId"),
        name => Err(ServiceError::new(
            "InvalidParameterValue",
            format!("The attribute {} is not modelled; {PROTECTION} is", name.unwrap_or("(none)")),
        )),
    };
    let input = read();
    call.make(
        "ec2:DescribeInstanceAttribute",
        input,
        |id| vec![id.to_string()],
        |world, region, id| {
            let is_protected = world.is_protected_from_termination(region, &id)?;
            Ok(Box::new(move |xml: &mut Xml| {
                xml.leaf("instanceId", &id);
                xml.element(PROTECTION, |xml| xml.leaf("value", is_protected));
            }))
        },
    )
}

fn instance_status(xml: &mut Xml, found: &InstanceDetails) {
    xml.leaf("instanceId", &found.id);
    xml.element("instanceState", |xml| {
        xml.leaf("code", 16);
        xml.leaf("name", "running");
    });
    for (name, value) in [("systemStatus", found.system), ("instanceStatus", found.instance)] {
        xml.element(name, |xml| xml.leaf("status", check(value)));
    }
}

pub(super) fn subnets(call: &mut Call<'_>) -> CallResult<Body> {
    let read =
        || Ok((wanted::<SubnetId>(call, "SubnetId", "subnet-id")?, call.parameters.page(call.page_size)?));
    let input = read();
    call.make(
        "ec2:DescribeSubnets",
        input,
        |(wanted, _)| targets(wanted, "subnet-id"),
        |world, region, (wanted, page)| {
            let found: Vec<Subnet> = match &wanted {
                Wanted::Ids(ids) => {
                    let found = world.describe_subnets(region, ids);
                    if let Some(id) = ids.iter().find(|id| !found.iter().any(|subnet| subnet.id == **id)) {
                        let message = format!("The subnet ID '{id}' does not exist");
                        return Err(ServiceError::new("InvalidSubnetID.NotFound", message));
                    }
                    found.into_iter().cloned().collect()
                }
                Wanted::Filters(filters) => {
                    let [(name, values)] = &filters[..] else {
                        return Err(not_modelled("none, or more than one"));
                    };
                    if name != "subnet-id" {
                        return Err(not_modelled(name));
                    }
                    let ids: Vec<SubnetId> = values.iter().filter_map(|id| id.parse().ok()).collect();
                    world.describe_subnets(region, &ids).into_iter().cloned().collect()
                }
            };
            let (items, next) = page.cut(found);
            Ok(Box::new(move |xml: &mut Xml| {
                xml.list("subnetSet", "item", &items, |xml, subnet| {
                    xml.leaf("subnetId", &subnet.id);
                    xml.leaf("vpcId", &subnet.vpc);
                    xml.leaf("state", "available");
                    xml.leaf("availabilityZone", &subnet.zone);
                    xml.leaf("cidrBlock", &subnet.cidr);
                    xml.leaf("availableIpAddressCount", subnet.free_addresses);
                });
                token(xml, next.as_ref());
            }))
        },
    )
}

pub(super) fn terminate(call: &mut Call<'_>) -> CallResult<Body> {
    change(call, "ec2:TerminateInstances", World::terminate_instances)
}

pub(super) fn stop(call: &mut Call<'_>) -> CallResult<Body> {
    change(call, "ec2:StopInstances", World::stop_instances)
}

pub(super) fn start(call: &mut Call<'_>) -> CallResult<Body> {
    change(call, "ec2:StartInstances", World::start_instances)
}

/// Changes the state of instances, and returns each one's state before and after.
fn change(
    call: &mut Call<'_>,
    operation: &str,
    run: fn(&mut World, Region, &[InstanceId]) -> Result<(), ServiceError>,
) -> CallResult<Body> {
    let input = call.parameters.ids::<InstanceId>("InstanceId");
    call.make(
        operation,
        input,
        |ids| names(ids),
        |world, region, ids| {
            let states = |world: &World| -> Vec<InstanceState> {
                let of = |id| world.instance(region, id).map_or(InstanceState::NotFound, |found| found.state);
                ids.iter().map(of).collect()
            };
            let before = states(world);
            run(world, region, &ids)?;
            let after = states(world);
            let changes: Vec<_> = ids.into_iter().zip(before.into_iter().zip(after)).collect();
            Ok(Box::new(move |xml: &mut Xml| {
                xml.list("instancesSet", "item", changes, |xml, (id, (before, after))| {
                    xml.leaf("instanceId", id);
                    for (name, of) in [("currentState", after), ("previousState", before)] {
                        let (code, word) = state(of);
                        xml.element(name, |xml| {
                            xml.leaf("code", code);
                            xml.leaf("name", word);
                        });
                    }
                });
            }))
        },
    )
}
