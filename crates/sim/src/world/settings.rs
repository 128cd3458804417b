//! Settings of DRS objects: launch configuration and tags.

use failback_core::cloud::{RightSizing, Tags};
use failback_core::id::{InstanceId, SourceServerId};
use failback_core::region::Region;

use super::{Changed, World};
use crate::objects::LaunchConfig;
use crate::permission::{About, Stage};
use crate::service_error::ServiceError;

/// Region, kind and id in an ARN of DRS.
pub(crate) fn parse_arn(arn: &str) -> Option<(Region, &str, &str)> {
    let mut fields = arn.splitn(6, ':');
    let (Some("arn"), Some(_), Some("drs")) = (fields.next(), fields.next(), fields.next()) else {
        return None;
    };
    let region = fields.next()?.parse().ok()?;
    let (_, resource) = (fields.next()?, fields.next()?);
    let (kind, id) = resource.split_once('/')?;
    Some((region, kind, id))
}

/// Members of UpdateLaunchConfiguration; absent ones stay as they are.
#[derive(Debug, Clone, Default)]
pub struct LaunchChange {
    /// `targetInstanceTypeRightSizingMethod`.
    pub right_sizing: Option<RightSizing>,
    /// `copyPrivateIp`.
    pub copy_private_ip: Option<bool>,
    /// `copyTags`.
    pub copy_tags: Option<bool>,
    /// `launchDisposition` is STARTED.
    pub starts: Option<bool>,
    /// `postLaunchEnabled`.
    pub post_launch: Option<bool>,
    /// `launchIntoInstanceProperties.launchIntoEC2InstanceID`; `Some(None)` clears it.
    pub launch_into: Option<Option<InstanceId>>,
}

/// Refuses more than 50 tags, and keys or values that are too long (§1.2).
pub(crate) fn check_tags(tags: &Tags) -> Result<(), ServiceError> {
    let fits = |(key, value): (&String, &String)| {
        !key.is_empty() && key.chars().count() <= 256 && value.chars().count() <= 256
    };
    if tags.len() > 50 || !tags.iter().all(fits) {
        return Err(ServiceError::invalid("at most 50 tags, keys and values of at most 256 characters"));
    }
    Ok(())
}

impl World {
    /// GetLaunchConfiguration.
    ///
    /// # Errors
    /// As DRS refuses: not initialised, unknown.
    pub fn launch_configuration(
        &self,
        region: Region,
        id: &SourceServerId,
    ) -> Result<LaunchConfig, ServiceError> {
        Ok(self.known_server(region, id)?.launch.clone())
    }

    /// UpdateLaunchConfiguration.
    ///
    /// # Errors
    /// As DRS refuses: not initialised, unknown, disconnected, a combination that launching into forbids.
    pub fn update_launch_configuration(
        &mut self,
        region: Region,
        id: &SourceServerId,
        change: &LaunchChange,
    ) -> Result<LaunchConfig, ServiceError> {
        let server = self.known_server(region, id)?;
        if server.disconnecting {
            return Err(ServiceError::conflict(format!("Source server {id} is disconnected"), id));
        }
        let mut launch = server.launch.clone();
        launch.right_sizing = change.right_sizing.unwrap_or(launch.right_sizing);
        launch.copy_private_ip = change.copy_private_ip.unwrap_or(launch.copy_private_ip);
        launch.copy_tags = change.copy_tags.unwrap_or(launch.copy_tags);
        launch.starts = change.starts.unwrap_or(launch.starts);
        launch.post_launch = change.post_launch.unwrap_or(launch.post_launch);
        if let Some(into) = &change.launch_into {
            launch.launch_into.clone_from(into);
        }
        if launch.launch_into.is_some() && (launch.copy_private_ip || launch.copy_tags) {
            return Err(ServiceError::invalid(
                "copyPrivateIp and copyTags must be off when launching into an instance",
            ));
        }
        if let Some(server) = self.server_mut(region, id) {
            server.launch = launch.clone();
        }
        self.forwarded(Stage::LaunchConfiguration, region, About::default());
        self.note_change(Changed::SourceServer(region, id.clone()));
        Ok(launch)
    }

    /// TagResource of DRS. Works where DRS is not initialised too.
    ///
    /// # Errors
    /// As DRS refuses: unknown, too many tags.
    pub fn tag_resource(&mut self, arn: &str, tags: &Tags) -> Result<(), ServiceError> {
        if !(20..=2048).contains(&arn.len()) {
            return Err(ServiceError::invalid("resourceArn must have 20 to 2048 characters"));
        }
        check_tags(tags)?;
        self.permissions.request_tags(tags);
        let missing = || ServiceError::not_found("Resource", arn);
        let mut all = self.tags_of(arn).ok_or_else(missing)?.clone();
        all.extend(tags.iter().map(|(key, value)| (key.clone(), value.clone())));
        check_tags(&all)?;
        let (region, kind, id) = parse_arn(arn).ok_or_else(missing)?;
        self.set_tags(region, kind, id, all);
        Ok(())
    }

    /// UntagResource of DRS. Keys that are not there are no error.
    ///
    /// # Errors
    /// As DRS refuses: unknown.
    pub fn untag_resource(&mut self, arn: &str, keys: &[String]) -> Result<(), ServiceError> {
        let missing = || ServiceError::not_found("Resource", arn);
        let mut left = self.tags_of(arn).ok_or_else(missing)?.clone();
        left.retain(|key, _| !keys.contains(key));
        let (region, kind, id) = parse_arn(arn).ok_or_else(missing)?;
        self.set_tags(region, kind, id, left);
        Ok(())
    }

    fn set_tags(&mut self, region: Region, kind: &str, id: &str, tags: Tags) {
        if kind == "source-server"
            && let Ok(id) = id.parse()
            && let Some(server) = self.server_mut(region, &id)
        {
            server.tags = tags;
            self.note_change(Changed::SourceServer(region, id));
        } else if kind == "recovery-instance"
            && let Ok(id) = id.parse()
            && let Some(record) = self.record_mut(region, &id)
        {
            record.tags = tags;
            self.note_change(Changed::RecoveryInstance(region, id));
        } else if kind == "job"
            && let Ok(id) = id.parse()
            && let Some(job) = self.job_mut(region, &id)
        {
            job.tags = tags;
            self.note_change(Changed::Job(region, id));
        }
    }

    /// InitializeService.
    pub fn initialize_service(&mut self, region: Region) {
        self.regions.entry(region).or_default().initialised = true;
    }

    /// Sets the quota of replicating source servers (L-C1D14A2B).
    pub fn set_replicating_quota(&mut self, region: Region, servers: usize) {
        self.regions.entry(region).or_default().quotas.replicating_servers = servers;
    }

    /// Sets how many addresses the subnet in which an instance stands has to spare.
    pub fn set_free_addresses_beside(&mut self, region: Region, id: &InstanceId, free: u32) {
        let subnet = self.instance(region, id).map(|instance| instance.subnet.clone());
        let subnets = self.regions.get_mut(&region).map(|state| &mut state.subnets);
        if let Some(subnet) = subnets.zip(subnet).and_then(|(subnets, id)| subnets.get_mut(&id)) {
            subnet.free_addresses = free;
        }
    }

    /// Takes DRS away from a Region, as if it had never been initialised there: for rehearsing that mistake.
    pub fn uninitialize(&mut self, region: Region) {
        self.regions.entry(region).or_default().initialised = false;
    }
}
