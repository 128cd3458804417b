//! Launch templates.

use failback_core::id::{LaunchTemplateId, SecurityGroupId, SubnetId};
use failback_core::region::Region;
use failback_sim::objects::TemplateVersion;
use failback_sim::{CallResult, ServiceError, Version, World};

use super::{Body, Call, tag_set};
use crate::time::zulu;
use crate::xml::Xml;

/// A version of a launch template, as EC2 shows it.
struct Shown {
    id: LaunchTemplateId,
    name: String,
    account: String,
    number: u64,
    is_default: bool,
    version: TemplateVersion,
    created_ms: i64,
}

fn unknown(id: &LaunchTemplateId) -> ServiceError {
    let message = format!("The specified launch template, with template ID {id}, does not exist");
    ServiceError::new("InvalidLaunchTemplateId.NotFound", message)
}

fn show(world: &World, region: Region, id: &LaunchTemplateId, number: u64) -> Result<Shown, ServiceError> {
    let template = world.launch_template(region, id).ok_or_else(|| unknown(id))?;
    let version = template.version(number).ok_or_else(|| {
        let message = format!("Could not find the specified version {number} of the launch template");
        ServiceError::new("InvalidLaunchTemplateId.VersionNotFound", message)
    })?;
    Ok(Shown {
        id: id.clone(),
        name: template.name.clone(),
        account: world.account().to_owned(),
        number,
        is_default: number == template.default_version,
        version: version.clone(),
        created_ms: world.start_ms(),
    })
}

/// Reads a version: `$Default`, `$Latest` or a number.
fn number(world: &World, region: Region, id: &LaunchTemplateId, word: &str) -> Result<u64, ServiceError> {
    let template = world.launch_template(region, id).ok_or_else(|| unknown(id))?;
    match word {
        "$Default" => Ok(template.default_version),
        "$Latest" => Ok(u64::try_from(template.versions.len()).unwrap_or(u64::MAX)),
        text => text.parse().map_err(|_| {
            ServiceError::new("InvalidParameterValue", format!("Invalid launch template version: '{text}'"))
        }),
    }
}

pub(super) fn versions(call: &mut Call<'_>) -> CallResult<Body> {
    let words = |call: &Call<'_>| -> Vec<String> {
        call.parameters.list("LaunchTemplateVersion").into_iter().map(str::to_owned).collect()
    };
    let read = || {
        let id = call.parameters.id::<LaunchTemplateId>("LaunchTemplateId")?;
        Ok((id, words(call), call.parameters.page(call.page_size)?))
    };
    let input = read();
    call.make(
        "ec2:DescribeLaunchTemplateVersions",
        input,
        |(id, ..)| vec![id.to_string()],
        |world, region, (id, words, page)| {
            let template = world.launch_template(region, &id).ok_or_else(|| unknown(&id))?;
            let numbers = if words.is_empty() {
                (1..=u64::try_from(template.versions.len()).unwrap_or(u64::MAX)).rev().collect()
            } else {
                words.iter().map(|word| number(world, region, &id, word)).collect::<Result<Vec<_>, _>>()?
            };
            let found =
                numbers.into_iter().map(|n| show(world, region, &id, n)).collect::<Result<Vec<_>, _>>()?;
            let (items, next) = page.cut(found);
            Ok(Box::new(move |xml: &mut Xml| {
                xml.list("launchTemplateVersionSet", "item", &items, version);
                super::token(xml, next.as_ref());
            }))
        },
    )
}

fn version(xml: &mut Xml, shown: &Shown) {
    xml.leaf("launchTemplateId", &shown.id);
    xml.leaf("launchTemplateName", &shown.name);
    xml.leaf("versionNumber", shown.number);
    xml.leaf("createTime", zulu(shown.created_ms));
    xml.leaf("createdBy", format!("arn:aws:iam::{}:root", shown.account));
    xml.leaf("defaultVersion", shown.is_default);
    xml.element("launchTemplateData", |xml| {
        let data = &shown.version;
        xml.maybe("instanceType", data.instance_type.as_ref());
        if data.termination_protected {
            xml.leaf("disableApiTermination", true);
        }
        if let Some(profile) = &data.profile {
            let member = if profile.starts_with("arn:") { "arn" } else { "name" };
            xml.element("iamInstanceProfile", |xml| xml.leaf(member, profile));
        }
        let has_network = data.subnet.is_some() || !data.security_groups.is_empty();
        if has_network {
            xml.list("networkInterfaceSet", "item", [data], |xml, data| {
                xml.leaf("deviceIndex", 0);
                xml.maybe("subnetId", data.subnet.as_ref());
                xml.element("groupSet", |xml| {
                    for group in &data.security_groups {
                        xml.leaf("groupId", group);
                    }
                });
            });
        }
        if !data.tags.is_empty() {
            xml.list("tagSpecificationSet", "item", [&data.tags], |xml, tags| {
                xml.leaf("resourceType", "instance");
                tag_set(xml, tags);
            });
        }
    });
}

pub(super) fn create_version(call: &mut Call<'_>) -> CallResult<Body> {
    let read = || {
        let parameters = &call.parameters;
        let data = "LaunchTemplateData";
        let interface = format!("{data}.NetworkInterface.1");
        let subnet = parameters.text(&format!("{interface}.SubnetId")).map(str::parse::<SubnetId>);
        let wrong =
            |error: failback_core::id::BadId| ServiceError::new("InvalidParameterValue", error.to_string());
        let groups = format!("{interface}.SecurityGroupId");
        let profile = ["Arn", "Name"]
            .into_iter()
            .find_map(|member| parameters.text(&format!("{data}.IamInstanceProfile.{member}")));
        let change = Version {
            subnet: subnet.transpose().map_err(wrong)?,
            security_groups: parameters
                .has(&groups)
                .then(|| parameters.ids::<SecurityGroupId>(&groups))
                .transpose()?,
            profile: profile.map(str::to_owned),
            instance_type: parameters.text(&format!("{data}.InstanceType")).map(str::to_owned),
        };
        let from = parameters.text("SourceVersion").unwrap_or("$Default").to_owned();
        Ok((parameters.id::<LaunchTemplateId>("LaunchTemplateId")?, from, change))
    };
    let input = read();
    call.make(
        "ec2:CreateLaunchTemplateVersion",
        input,
        |(id, ..)| vec![id.to_string()],
        |world, region, (id, from, change)| {
            let from = number(world, region, &id, &from)?;
            let created = world.create_launch_template_version(region, &id, from, change)?;
            let shown = show(world, region, &id, created)?;
            Ok(Box::new(move |xml: &mut Xml| {
                xml.element("launchTemplateVersion", |xml| version(xml, &shown));
            }))
        },
    )
}

pub(super) fn modify(call: &mut Call<'_>) -> CallResult<Body> {
    let read = || {
        let missing = || {
            ServiceError::new("MissingParameter", "The request must contain the parameter SetDefaultVersion")
        };
        let word = call.parameters.text("SetDefaultVersion").ok_or_else(missing)?.to_owned();
        Ok((call.parameters.id::<LaunchTemplateId>("LaunchTemplateId")?, word))
    };
    let input = read();
    call.make(
        "ec2:ModifyLaunchTemplate",
        input,
        |(id, _)| vec![id.to_string()],
        |world, region, (id, word)| {
            let wanted = number(world, region, &id, &word)?;
            world.set_default_version(region, &id, wanted)?;
            let template = world.launch_template(region, &id).ok_or_else(|| unknown(&id))?;
            let (name, latest) = (template.name.clone(), template.versions.len());
            Ok(Box::new(move |xml: &mut Xml| {
                xml.element("launchTemplate", |xml| {
                    xml.leaf("launchTemplateId", &id);
                    xml.leaf("launchTemplateName", &name);
                    xml.leaf("defaultVersionNumber", wanted);
                    xml.leaf("latestVersionNumber", latest);
                });
            }))
        },
    )
}
