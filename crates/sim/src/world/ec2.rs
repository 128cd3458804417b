//! The operations of EC2.

use failback_core::cloud::{Check, InstanceState};
use failback_core::id::{InstanceId, LaunchTemplateId, SecurityGroupId, SubnetId};
use failback_core::region::Region;

use super::{Changed, Event, World};
use crate::durations as d;
use crate::objects::{Instance, InstanceDetails, Subnet, TemplateVersion};
use crate::service_error::ServiceError;

/// What a new version of a launch template changes; absent fields are kept.
#[derive(Debug, Clone, Default)]
pub struct Version {
    /// Subnet of the first network interface.
    pub subnet: Option<SubnetId>,
    /// Security groups of the first network interface.
    pub security_groups: Option<Vec<SecurityGroupId>>,
    /// Name or ARN of the instance profile.
    pub profile: Option<String>,
    /// Type.
    pub instance_type: Option<String>,
}

/// EC2 forgets terminated instances after about an hour.
const FORGOTTEN_MS: i64 = 3_600_000;

impl World {
    /// DescribeInstances. Ids that EC2 does not know, or knows no longer, are left out.
    pub fn describe_instances(&self, region: Region, ids: &[InstanceId]) -> Vec<&Instance> {
        ids.iter()
            .filter_map(|id| self.instance(region, id))
            .filter(|instance| self.is_shown(instance))
            .collect()
    }

    fn is_shown(&self, instance: &Instance) -> bool {
        instance.state != InstanceState::Terminated || self.now_ms - instance.since_ms < FORGOTTEN_MS
    }

    /// DescribeInstanceStatus: running instances only.
    pub fn describe_instance_status(&self, region: Region, ids: &[InstanceId]) -> Vec<InstanceDetails> {
        let running = |instance: &&Instance| instance.state == InstanceState::Running;
        ids.iter()
            .filter_map(|id| self.instance(region, id))
            .filter(running)
            .map(|i| self.checks_of(i))
            .collect()
    }

    /// Both status checks of an instance now.
    pub fn checks_of(&self, instance: &Instance) -> InstanceDetails {
        let over = instance.checks_pass_ms.is_some_and(|ms| ms <= self.now_ms);
        let system = if over { Check::Ok } else { Check::Initializing };
        let own = if over && instance.impaired { Check::Impaired } else { system };
        InstanceDetails { id: instance.id.clone(), system, instance: own }
    }

    /// DescribeSubnets. Ids that EC2 does not know are left out.
    pub fn describe_subnets(&self, region: Region, ids: &[SubnetId]) -> Vec<&Subnet> {
        ids.iter().filter_map(|id| self.subnet(region, id)).collect()
    }

    /// DescribeLaunchTemplateVersions: the default version and its number.
    ///
    /// # Errors
    /// When there is no such template.
    pub fn default_launch_template_version(
        &self,
        region: Region,
        id: &LaunchTemplateId,
    ) -> Result<(u64, &TemplateVersion), ServiceError> {
        let template = self.launch_template(region, id).ok_or_else(|| unknown_template(id))?;
        let version = template.default().ok_or_else(|| unknown_version(template.default_version))?;
        Ok((template.default_version, version))
    }

    /// CreateLaunchTemplateVersion on top of a version; answers the new number.
    ///
    /// # Errors
    /// When there is no such template or version.
    pub fn create_launch_template_version(
        &mut self,
        region: Region,
        id: &LaunchTemplateId,
        from: u64,
        change: Version,
    ) -> Result<u64, ServiceError> {
        let template = self.launch_template(region, id).ok_or_else(|| unknown_template(id))?;
        let mut version = template.version(from).ok_or_else(|| unknown_version(from))?.clone();
        version.subnet = change.subnet.or(version.subnet);
        version.security_groups = change.security_groups.unwrap_or(version.security_groups);
        version.profile = change.profile.or(version.profile);
        version.instance_type = change.instance_type.or(version.instance_type);
        let template = self.regions.get_mut(&region).and_then(|state| state.launch_templates.get_mut(id));
        let template = template.ok_or_else(|| unknown_template(id))?;
        template.versions.push(version);
        let number = u64::try_from(template.versions.len()).unwrap_or(u64::MAX);
        self.note_change(Changed::LaunchTemplate(region, id.clone()));
        Ok(number)
    }

    /// ModifyLaunchTemplate: makes a version the default.
    ///
    /// # Errors
    /// When there is no such template or version.
    pub fn set_default_version(
        &mut self,
        region: Region,
        id: &LaunchTemplateId,
        version: u64,
    ) -> Result<(), ServiceError> {
        let template = self.regions.get_mut(&region).and_then(|state| state.launch_templates.get_mut(id));
        let template = template.ok_or_else(|| unknown_template(id))?;
        if template.version(version).is_none() {
            return Err(unknown_version(version));
        }
        template.default_version = version;
        self.note_change(Changed::LaunchTemplate(region, id.clone()));
        Ok(())
    }

    /// TerminateInstances: all or none.
    ///
    /// # Errors
    /// When EC2 does not know one of them, or one is protected.
    pub fn terminate_instances(&mut self, region: Region, ids: &[InstanceId]) -> Result<(), ServiceError> {
        self.known_instances(region, ids)?;
        let protected = |id: &&InstanceId| self.instance(region, id).is_some_and(|i| i.termination_protected);
        if let Some(id) = ids.iter().find(protected) {
            let message =
                format!("The instance '{id}' may not be terminated. Modify its 'disableApiTermination'");
            return Err(ServiceError::new("OperationNotPermitted", message));
        }
        let now = self.now_ms;
        for id in ids {
            self.begin_termination(region, id, Some(now));
        }
        Ok(())
    }

    /// StopInstances, for use by hand.
    ///
    /// # Errors
    /// When EC2 does not know one of them, or one is not running.
    pub fn stop_instances(&mut self, region: Region, ids: &[InstanceId]) -> Result<(), ServiceError> {
        self.known_instances(region, ids)?;
        self.all_in(region, ids, InstanceState::Running)?;
        for id in ids {
            self.change_state(region, id, InstanceState::Stopping);
            let delay = d::STOPPING.draw(&mut self.rng);
            self.after(delay, Event::Instance(region, id.clone(), InstanceState::Stopped, None));
        }
        Ok(())
    }

    /// StartInstances, for use by hand.
    ///
    /// # Errors
    /// When EC2 does not know one of them, or one is not stopped.
    pub fn start_instances(&mut self, region: Region, ids: &[InstanceId]) -> Result<(), ServiceError> {
        self.known_instances(region, ids)?;
        self.all_in(region, ids, InstanceState::Stopped)?;
        for id in ids {
            self.change_state(region, id, InstanceState::Pending);
            self.regain_agents(id);
            let delay = d::BOOT.draw(&mut self.rng);
            let at = self.now_ms + delay + d::CHECKS.draw(&mut self.rng);
            if let Some(instance) = self.instance_mut(region, id) {
                instance.checks_pass_ms = Some(at);
            }
            self.after(delay, Event::Instance(region, id.clone(), InstanceState::Running, None));
        }
        Ok(())
    }

    fn known_instances(&self, region: Region, ids: &[InstanceId]) -> Result<(), ServiceError> {
        if ids.is_empty() {
            return Err(ServiceError::new(
                "MissingParameter",
                "The request must contain the parameter InstanceId",
            ));
        }
        let known =
            |id: &&InstanceId| self.instance(region, id).is_some_and(|instance| self.is_shown(instance));
        match ids.iter().find(|id| !known(id)) {
            Some(id) => {
                let message = format!("The instance ID '{id}' does not exist");
                Err(ServiceError::new("InvalidInstanceID.NotFound", message))
            }
            None => Ok(()),
        }
    }

    fn all_in(&self, region: Region, ids: &[InstanceId], state: InstanceState) -> Result<(), ServiceError> {
        let in_state = |id: &&InstanceId| self.instance(region, id).is_some_and(|i| i.state == state);
        match ids.iter().find(|id| !in_state(id)) {
            Some(id) => {
                let message = format!("The instance '{id}' is not in a state from which it can be changed");
                Err(ServiceError::new("IncorrectInstanceState", message))
            }
            None => Ok(()),
        }
    }
}

fn unknown_template(id: &LaunchTemplateId) -> ServiceError {
    let message = format!("The specified launch template, with template ID {id}, does not exist");
    ServiceError::new("InvalidLaunchTemplateId.NotFound", message)
}

fn unknown_version(number: u64) -> ServiceError {
    let message = format!("Could not find the specified version {number} of the launch template");
    ServiceError::new("InvalidLaunchTemplateId.VersionNotFound", message)
}
