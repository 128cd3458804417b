//! The launch settings of B1, where a launch of it would lead to, and instances that existed before B1 was launched into them.
//!
//! B1 may launch into an instance of the recovery Region, as people do who keep a server ready there. DRS exchanges its
//! volumes, and it becomes B3. It is somebody's: no run launches into it, and none terminates it.

use std::collections::BTreeMap;

use super::live_server::LiveServer;
use crate::at_once::read_at_once;
use crate::catalogue::fault;
use crate::cloud::{Cloud, Drs, Ec2, LaunchConfiguration, LaunchTemplateVersion, RecoveryInstance};
use crate::error::{Error, Result};
use crate::id::{LaunchTemplateId, SourceServerId};
use crate::region::Region;
use crate::tags::tag;

/// The launch settings of source servers. DRS returns those of one server in a call.
pub type LaunchConfigurations = BTreeMap<SourceServerId, LaunchConfiguration>;

/// The default versions of launch templates, by source server. DRS launches a server with its own.
pub type LaunchTemplates = BTreeMap<SourceServerId, LaunchTemplateVersion>;

/// Reads the launch settings of source servers.
///
/// # Errors
/// Those of AWS.
pub async fn launch_configurations(
    cloud: &dyn Cloud,
    region: Region,
    ids: &[SourceServerId],
) -> Result<LaunchConfigurations> {
    let read = read_at_once(cloud, ids, |id| Drs::launch_configuration(cloud, region, id)).await?;
    Ok(ids.iter().cloned().zip(read).collect())
}

/// Reads the launch templates of source servers, whose launch settings name them.
///
/// # Errors
/// Those of AWS.
pub async fn launch_templates(
    cloud: &dyn Cloud,
    region: Region,
    settings: &LaunchConfigurations,
) -> Result<LaunchTemplates> {
    let named = settings.iter().filter_map(|(id, settings)| Some((id, settings.launch_template.as_ref()?)));
    let (ids, templates): (Vec<&SourceServerId>, Vec<&LaunchTemplateId>) = named.unzip();
    let read = |template| Ec2::default_launch_template_version(cloud, region, template);
    let versions = read_at_once(cloud, templates, read).await?;
    Ok(ids.into_iter().cloned().zip(versions).collect())
}

/// Returns true when B3 existed before B1 was launched into it. Either sign is enough: B1's settings, which people can
/// change after the launch, or the tag that DRS requires of such an instance.
///
/// # Errors
/// `Internal` when B1's settings or B3 were not read.
pub fn existed_before(
    server: &LiveServer<'_>,
    b2: &RecoveryInstance,
    settings: &LaunchConfigurations,
) -> Result<bool> {
    let Some(settings) = settings.get(&server.b1) else {
        return Err(Error::from(fault::was_not_read("the launch settings of B1")));
    };
    let b3 = server.live().instance(&b2.instance)?;
    let allows_it = b3.and_then(|b3| b3.tags.get(tag::LAUNCH_INTO));
    Ok(settings.launch_into.as_ref() == Some(&b2.instance)
        || allows_it.is_some_and(|value| value == tag::ALLOWED_TO_LAUNCH_INTO))
}
