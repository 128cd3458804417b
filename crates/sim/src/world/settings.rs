//! Settings of DRS: launch configurations, tags, initialisation and quotas.

use failback_core::cloud::{RightSizing, Tags};
use failback_core::id::{InstanceId, SourceServerId};
use failback_core::region::Region;

use super::call::Changed;
use super::state::World;
use crate::objects::LaunchConfig;
use crate::permission::{Affected, Purpose};
use crate::service_error::ServiceError;

/// Returns Region, resource type and id in an ARN of DRS.
pub(super) fn parse_arn(arn: &str) -> Option<(Region, &str, &str)> {
    let mut fields = arn.splitn(6, ':');
    let (Some("arn"), Some(_), Some("drs")) = (fields.next(), fields.next(), fields.next()) else {
        return None;
    };
    let region = fields.next()?.parse().ok()?;
    let (_, resource) = (fields.next()?, fields.next()?);
    let (kind, id) = resource.split_once('/')?;
    Some((region, kind, id))
}

/// The members of UpdateLaunchConfiguration; absent ones stay as they are.
#[derive(Debug, Clone, Default)]
pub struct LaunchChange {
    /// `targetInstanceTypeRightSizingMethod`.
    pub right_sizing: Option<RightSizing>,
    /// `copyPrivateIp`.
    pub copy_private_ip: Option<bool>,
    /// `copyTags`.
    pub copy_tags: Option<bool>,
    /// `launchDisposition` is STARTED; otherwise it is STOPPED.
    pub starts: Option<bool>,
    /// `postLaunchEnabled`.
    pub post_launch: Option<bool>,
    /// `launchIntoInstanceProperties.launchIntoEC2InstanceID`; `Some(None)` clears it.
    pub launch_into: Option<Option<InstanceId>>,
}

/// Refuses more than 50 tags, and keys or values that are too long (§1.2).
pub(super) fn check_tags(tags: &Tags) -> Result<(), ServiceError> {
    let fit = tags
        .iter()
        .all(|(key, value)| (1..=256).contains(&key.chars().count()) && value.chars().count() <= 256);
    if tags.len() > 50 || !fit {
        return Err(ServiceError::invalid("at most 50 tags, keys and values of at most 256 characters"));
    }
    Ok(())
}

impl World {
    /// GetLaunchConfiguration: returns the launch configuration of a source server.
    ///
    /// # Errors
    /// As DRS refuses: not initialised, unknown.
    pub fn launch_configuration(
        &self,
        region: Region,
        id: &SourceServerId,
    ) -> Result<LaunchConfig, ServiceError> {
        Ok(self.known_source_server(region, id)?.launch.clone())
    }

    /// UpdateLaunchConfiguration: returns the changed launch configuration.
    ///
    /// # Errors
    /// As DRS refuses: not initialised, unknown, disconnected, a combination that launching into forbids.
    pub fn update_launch_configuration(
        &mut self,
        region: Region,
        id: &SourceServerId,
        change: &LaunchChange,
    ) -> Result<LaunchConfig, ServiceError> {
        let server = self.known_source_server(region, id)?;
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
        if let Some(server) = self.source_server_mut(region, id) {
            server.launch = launch.clone();
        }
        self.forward(Purpose::LaunchConfiguration, region, Affected::default());
        self.mark_changed(Changed::SourceServer(region, id.clone()));
        Ok(launch)
    }

    /// TagResource of DRS: adds tags to a resource, even where DRS is not initialised.
    ///
    /// # Errors
    /// As DRS refuses: unknown, too many tags.
    pub fn tag_resource(&mut self, arn: &str, tags: &Tags) -> Result<(), ServiceError> {
        if !(20..=2048).contains(&arn.len()) {
            return Err(ServiceError::invalid("resourceArn must have 20 to 2048 characters"));
        }
        check_tags(tags)?;
        self.authorizations.add_tags(tags);
        let mut all = self.known_tags(arn)?;
        all.extend(tags.clone());
        check_tags(&all)?;
        self.set_tags(arn, all);
        Ok(())
    }

    /// UntagResource of DRS: removes tags from a resource. Keys that it does not have are ignored.
    ///
    /// # Errors
    /// As DRS refuses: unknown.
    pub fn untag_resource(&mut self, arn: &str, keys: &[String]) -> Result<(), ServiceError> {
        let mut left = self.known_tags(arn)?;
        left.retain(|key, _| !keys.contains(key));
        self.set_tags(arn, left);
        Ok(())
    }

    fn known_tags(&self, arn: &str) -> Result<Tags, ServiceError> {
        match self.tags_of(arn) {
            Some(tags) => Ok(tags.clone()),
            None => Err(ServiceError::not_found("Resource", arn)),
        }
    }

    fn set_tags(&mut self, arn: &str, tags: Tags) {
        let Some((region, kind, id)) = parse_arn(arn) else { return };
        let now_ms = self.now_ms;
        if kind == "source-server"
            && let Ok(id) = id.parse()
            && let Some(server) = self.source_server_mut(region, &id)
        {
            server.tags.set(tags, now_ms);
            self.mark_changed(Changed::SourceServer(region, id));
        } else if kind == "recovery-instance"
            && let Ok(id) = id.parse()
            && let Some(recovery_instance) = self.recovery_instance_mut(region, &id)
        {
            recovery_instance.tags.set(tags, now_ms);
            self.mark_changed(Changed::RecoveryInstance(region, id));
        } else if kind == "job"
            && let Ok(id) = id.parse()
            && let Some(job) = self.job_mut(region, &id)
        {
            job.tags = tags;
            self.mark_changed(Changed::Job(region, id));
        }
    }

    /// InitializeService: initialises DRS in a Region.
    pub fn initialize_service(&mut self, region: Region) {
        self.region_mut(region).initialised = true;
    }

    /// Sets the quota of replicating source servers (L-C1D14A2B).
    pub fn set_replicating_quota(&mut self, region: Region, servers: usize) {
        self.region_mut(region).quotas.replicating_servers = servers;
    }

    /// Sets the count of free addresses in the subnet of an instance.
    pub fn set_free_addresses_beside(&mut self, region: Region, id: &InstanceId, free: u32) {
        let Some(state) = self.regions.get_mut(&region) else { return };
        let Some(instance) = state.instances.get(id) else { return };
        if let Some(subnet) = state.subnets.get_mut(&instance.subnet) {
            subnet.free_addresses = free;
        }
    }

    /// Undoes the initialisation of DRS in a Region, so that the missing initialisation can be rehearsed.
    pub fn uninitialize(&mut self, region: Region) {
        self.region_mut(region).initialised = false;
    }
}
