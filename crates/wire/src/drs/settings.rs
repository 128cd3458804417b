//! Settings of DRS: templates, launch and replication configurations, tags.

use failback_core::cloud::RightSizing;
use failback_core::id::{InstanceId, SourceServerId};
use failback_sim::{CallResult, LaunchChange, ServiceError, World};
use serde_json::json;

use super::reads::listed;
use super::writes::on;
use super::{Body, Call, shapes};

/// Returns the name that DRS gives to a source server's configurations.
fn hostname(world: &World, region: failback_core::region::Region, id: &SourceServerId) -> String {
    world.source_server(region, id).map(|server| server.hostname.clone()).unwrap_or_default()
}

pub(super) fn replication_templates(call: &mut Call<'_>) -> CallResult<Body> {
    let input = call.input.page(call.quirks.page_size());
    let none = |_: &_| Vec::new();
    call.make("drs:DescribeReplicationConfigurationTemplates", input, none, |world, region, page| {
        let found = world.describe_replication_templates(region)?;
        let account = world.account();
        let shape = |template: &failback_sim::objects::RecoveryTemplate| {
            let partition = region.partition();
            let id = &template.id;
            json!({
                "replicationConfigurationTemplateID": id,
                "arn": format!("arn:{partition}:drs:{region}:{account}:replication-configuration-template/{id}"),
                "stagingAreaSubnetId": template.staging_subnet.as_str(),
                "associateDefaultSecurityGroup": true,
                "dataPlaneRouting": "PRIVATE_IP",
                "ebsEncryption": "DEFAULT",
                "tags": {},
            })
        };
        Ok(Some(listed(page, found.iter().map(shape).collect())))
    })
}

pub(super) fn launch_templates(call: &mut Call<'_>) -> CallResult<Body> {
    let input = call.input.page(call.quirks.page_size());
    let none = |_: &_| Vec::new();
    call.make("drs:DescribeLaunchConfigurationTemplates", input, none, |world, region, page| {
        let into_source = world.describe_launch_configuration_template(region)?;
        let shape = json!({
            "launchConfigurationTemplateID": "lct-00000000000000001",
            "launchDisposition": "STARTED",
            "targetInstanceTypeRightSizingMethod": "BASIC",
            "copyPrivateIp": false,
            "copyTags": false,
            "licensing": { "osByol": false },
            "postLaunchEnabled": false,
            "launchIntoSourceInstance": into_source,
            "tags": {},
        });
        Ok(Some(listed(page, vec![shape])))
    })
}

pub(super) fn launch_configuration(call: &mut Call<'_>) -> CallResult<Body> {
    on(call, "drs:GetLaunchConfiguration", "/sourceServerID", |world, region, id: &SourceServerId| {
        let config = world.launch_configuration(region, id)?;
        Ok(Some(shapes::launch_configuration(id.as_str(), &hostname(world, region, id), &config)))
    })
}

pub(super) fn replication_configuration(call: &mut Call<'_>) -> CallResult<Body> {
    on(call, "drs:GetReplicationConfiguration", "/sourceServerID", |world, region, id: &SourceServerId| {
        // Refuses an unknown server as GetLaunchConfiguration does.
        world.launch_configuration(region, id)?;
        let subnet =
            world.describe_replication_templates(region)?.first().map(|t| t.staging_subnet.to_string());
        let disks = world.source_server(region, id).map(|server| server.disks.clone()).unwrap_or_default();
        let disk = |(index, disk): (usize, &failback_sim::objects::DiskSpec)| json!({ "deviceName": disk.device, "isBootDisk": index == 0, "stagingDiskType": "AUTO" });
        let mut body = json!({
            "sourceServerID": id.as_str(),
            "name": hostname(world, region, id),
            "associateDefaultSecurityGroup": true,
            "dataPlaneRouting": "PRIVATE_IP",
            "ebsEncryption": "DEFAULT",
            "replicatedDisks": disks.iter().enumerate().map(disk).collect::<Vec<_>>(),
        });
        if let Some(subnet) = subnet {
            body["stagingAreaSubnetId"] = json!(subnet);
        }
        Ok(Some(body))
    })
}

pub(super) fn update_launch_configuration(call: &mut Call<'_>) -> CallResult<Body> {
    let read = || {
        let right_sizing = match call.input.text("/targetInstanceTypeRightSizingMethod")? {
            None => None,
            Some("NONE") => Some(RightSizing::None),
            Some("BASIC") => Some(RightSizing::Basic),
            Some("IN_AWS") => Some(RightSizing::InAws),
            Some(_) => {
                let message = "targetInstanceTypeRightSizingMethod must be NONE, BASIC or IN_AWS";
                return Err(ServiceError::new("ValidationException", message));
            }
        };
        let into = "/launchIntoInstanceProperties/launchIntoEC2InstanceID";
        let launch_into = match call.input.text(into)? {
            None => None,
            Some("") => Some(None),
            Some(_) => Some(Some(call.input.id::<InstanceId>(into)?)),
        };
        let change = LaunchChange {
            right_sizing,
            copy_private_ip: call.input.flag("/copyPrivateIp")?,
            copy_tags: call.input.flag("/copyTags")?,
            starts: call.input.text("/launchDisposition")?.map(|word| word == "STARTED"),
            post_launch: call.input.flag("/postLaunchEnabled")?,
            launch_into,
        };
        Ok((call.input.id::<SourceServerId>("/sourceServerID")?, change))
    };
    let input = read();
    call.make(
        "drs:UpdateLaunchConfiguration",
        input,
        |(id, _)| vec![id.to_string()],
        |world, region, (id, change)| {
            let config = world.update_launch_configuration(region, &id, &change)?;
            Ok(Some(shapes::launch_configuration(id.as_str(), &hostname(world, region, &id), &config)))
        },
    )
}

pub(super) fn initialize_service(call: &mut Call<'_>) -> CallResult<Body> {
    call.make(
        "drs:InitializeService",
        Ok(()),
        |()| Vec::new(),
        |world, region, ()| {
            world.initialize_service(region);
            Ok(None)
        },
    )
}

pub(super) fn tag_resource(call: &mut Call<'_>) -> CallResult<Body> {
    let arn = call.input.arn.clone();
    let input = call.input.tags();
    call.make(
        "drs:TagResource",
        input,
        |_| vec![arn.clone()],
        |world, _, tags| world.tag_resource(&arn, &tags).map(|()| None),
    )
}

pub(super) fn untag_resource(call: &mut Call<'_>) -> CallResult<Body> {
    let (arn, keys) = (call.input.arn.clone(), call.input.tag_keys.clone());
    call.make(
        "drs:UntagResource",
        Ok(()),
        |()| vec![arn.clone()],
        |world, _, ()| world.untag_resource(&arn, &keys).map(|()| None),
    )
}

pub(super) fn list_tags(call: &mut Call<'_>) -> CallResult<Body> {
    let arn = call.input.arn.clone();
    call.make(
        "drs:ListTagsForResource",
        Ok(()),
        |()| vec![arn.clone()],
        |world, _, ()| {
            let found = world.tags_of(&arn);
            let missing =
                || ServiceError::new("ResourceNotFoundException", format!("Resource {arn} was not found"));
            Ok(Some(json!({ "tags": shapes::tags(found.ok_or_else(missing)?) })))
        },
    )
}
