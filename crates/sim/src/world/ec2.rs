//! The operations of EC2.

use failback_core::cloud::{Check, InstanceState};
use failback_core::id::{InstanceId, LaunchTemplateId, SecurityGroupId, SubnetId};
use failback_core::region::Region;

use super::call::Changed;
use super::state::World;
use crate::durations as d;
use crate::objects::{Instance, InstanceDetails, LaunchTemplate, StateReason, Subnet, TemplateVersion};
use crate::service_error::ServiceError;

/// The members of CreateLaunchTemplateVersion; absent ones stay as they are in the source version.
#[derive(Debug, Clone, Default)]
pub struct Version {
    /// Subnet of the first network interface.
    pub subnet: Option<SubnetId>,
    /// Security groups of the first network interface.
    pub security_groups: Option<Vec<SecurityGroupId>>,
    /// Name or ARN of the instance profile.
    pub profile: Option<String>,
    /// `InstanceType`.
    pub instance_type: Option<String>,
}

/// Time for which EC2 still shows a terminated instance: about an hour.
const SHOWN_FOR_MS: i64 = 3_600_000;
/// Time from the launch of an instance until EC2 calls it impaired while it does not answer. Assumed.
const IMPAIRED_AFTER_MS: i64 = 15 * 60_000;

impl World {
    /// DescribeInstances. Ids that EC2 does not know, or does not know any more, are left out.
    pub fn describe_instances(&self, region: Region, ids: &[InstanceId]) -> Vec<&Instance> {
        let found = ids.iter().filter_map(|id| self.instance(region, id));
        found.filter(|instance| self.is_shown(instance)).collect()
    }

    fn is_shown(&self, instance: &Instance) -> bool {
        instance.state != InstanceState::Terminated || self.now_ms - instance.since_ms < SHOWN_FOR_MS
    }

    /// DescribeInstanceStatus: running instances only.
    pub fn describe_instance_status(&self, region: Region, ids: &[InstanceId]) -> Vec<InstanceDetails> {
        let mut found = Vec::new();
        for id in ids {
            if let Some(instance) = self.instance(region, id)
                && instance.state == InstanceState::Running
            {
                found.push(self.checks_of(instance));
            }
        }
        found
    }

    /// DescribeInstanceAttribute of `disableApiTermination`.
    ///
    /// # Errors
    /// When EC2 does not know the instance.
    pub fn is_protected_from_termination(
        &self,
        region: Region,
        id: &InstanceId,
    ) -> Result<bool, ServiceError> {
        self.check_known(region, std::slice::from_ref(id))?;
        Ok(self.instance(region, id).is_some_and(|instance| instance.termination_protected))
    }

    /// ModifyInstanceAttribute of `disableApiTermination`, which only people call.
    ///
    /// # Errors
    /// When EC2 does not know the instance.
    pub fn protect_from_termination(&mut self, region: Region, id: &InstanceId) -> Result<(), ServiceError> {
        self.check_known(region, std::slice::from_ref(id))?;
        if let Some(instance) = self.instance_mut(region, id) {
            instance.termination_protected = true;
        }
        Ok(())
    }

    /// Returns both status checks of an instance as they are now.
    pub fn checks_of(&self, instance: &Instance) -> InstanceDetails {
        let done = instance.checks_pass_ms.is_some_and(|ms| ms <= self.now_ms);
        // EC2 calls an instance impaired that does not answer yet: nothing tells one that boots slowly from a broken one.
        let is_slow = self.now_ms - instance.launched_ms > IMPAIRED_AFTER_MS;
        let (system, own) = match (done, instance.impaired) {
            (false, _) if is_slow && instance.checks_pass_ms.is_some() => (Check::Ok, Check::Impaired),
            (false, _) => (Check::Initializing, Check::Initializing),
            (true, false) => (Check::Ok, Check::Ok),
            (true, true) => (Check::Ok, Check::Impaired),
        };
        InstanceDetails { id: instance.id.clone(), system, instance: own }
    }

    /// DescribeSubnets. Ids that EC2 does not know are left out.
    pub fn describe_subnets(&self, region: Region, ids: &[SubnetId]) -> Vec<&Subnet> {
        ids.iter().filter_map(|id| self.subnet(region, id)).collect()
    }

    /// DescribeLaunchTemplateVersions: returns the default version and its number.
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

    /// CreateLaunchTemplateVersion from a source version: returns the number of the new version.
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
        let template = self.launch_template_mut(region, id)?;
        template.versions.push(version);
        let number = u64::try_from(template.versions.len()).unwrap_or(u64::MAX);
        self.mark_changed(Changed::LaunchTemplate(region, id.clone()));
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
        let template = self.launch_template_mut(region, id)?;
        if template.version(version).is_none() {
            return Err(unknown_version(version));
        }
        template.default_version = version;
        self.mark_changed(Changed::LaunchTemplate(region, id.clone()));
        Ok(())
    }

    /// TerminateInstances: terminates all instances or none.
    ///
    /// # Errors
    /// When EC2 does not know one of them, or one is protected.
    pub fn terminate_instances(&mut self, region: Region, ids: &[InstanceId]) -> Result<(), ServiceError> {
        self.check_known(region, ids)?;
        for id in ids {
            if self.instance(region, id).is_some_and(|instance| instance.termination_protected) {
                let message =
                    format!("The instance '{id}' may not be terminated. Modify its 'disableApiTermination'");
                return Err(ServiceError::new("OperationNotPermitted", message));
            }
        }
        let now = self.now_ms;
        for id in ids {
            self.start_termination(region, id, Some(now));
        }
        Ok(())
    }

    /// StopInstances, which only people call.
    ///
    /// # Errors
    /// When EC2 does not know one of them, or one is not running.
    pub fn stop_instances(&mut self, region: Region, ids: &[InstanceId]) -> Result<(), ServiceError> {
        self.check_known(region, ids)?;
        self.check_state(region, ids, InstanceState::Running)?;
        for id in ids {
            self.change_state(region, id, InstanceState::Stopping);
            self.tell_why(region, id, StateReason::BY_USER);
            let delay = d::STOPPING.draw(&mut self.rng);
            self.schedule_state(delay, region, id, InstanceState::Stopped);
        }
        Ok(())
    }

    /// StartInstances, which only people call.
    ///
    /// # Errors
    /// When EC2 does not know one of them, or one is not stopped.
    pub fn start_instances(&mut self, region: Region, ids: &[InstanceId]) -> Result<(), ServiceError> {
        self.check_known(region, ids)?;
        self.check_state(region, ids, InstanceState::Stopped)?;
        for id in ids {
            self.change_state(region, id, InstanceState::Pending);
            self.regain_agent(id);
            let delay = d::BOOT.draw(&mut self.rng);
            let at = self.now_ms + delay + d::CHECKS.draw(&mut self.rng);
            if let Some(instance) = self.instance_mut(region, id) {
                instance.checks_pass_ms = Some(at);
                instance.state_reason = None;
            }
            self.schedule_state(delay, region, id, InstanceState::Running);
        }
        Ok(())
    }

    /// RebootInstances, which only people call: the status checks pass again some minutes later.
    ///
    /// # Errors
    /// When EC2 does not know one of them, or one is not running.
    pub fn reboot_instances(&mut self, region: Region, ids: &[InstanceId]) -> Result<(), ServiceError> {
        self.check_known(region, ids)?;
        self.check_state(region, ids, InstanceState::Running)?;
        for id in ids {
            let at = self.now_ms + d::CHECKS.draw(&mut self.rng);
            if let Some(instance) = self.instance_mut(region, id) {
                instance.checks_pass_ms = Some(at);
            }
        }
        Ok(())
    }

    fn check_known(&self, region: Region, ids: &[InstanceId]) -> Result<(), ServiceError> {
        if ids.is_empty() {
            let message = "The request must contain the parameter InstanceId";
            return Err(ServiceError::new("MissingParameter", message));
        }
        for id in ids {
            if !self.instance(region, id).is_some_and(|instance| self.is_shown(instance)) {
                let message = format!("The instance ID '{id}' does not exist");
                return Err(ServiceError::new("InvalidInstanceID.NotFound", message));
            }
        }
        Ok(())
    }

    fn check_state(
        &self,
        region: Region,
        ids: &[InstanceId],
        state: InstanceState,
    ) -> Result<(), ServiceError> {
        for id in ids {
            if !self.instance(region, id).is_some_and(|instance| instance.state == state) {
                let message = format!("The instance '{id}' is not in a state from which it can be changed");
                return Err(ServiceError::new("IncorrectInstanceState", message));
            }
        }
        Ok(())
    }

    fn launch_template_mut(
        &mut self,
        region: Region,
        id: &LaunchTemplateId,
    ) -> Result<&mut LaunchTemplate, ServiceError> {
        let state = self.regions.get_mut(&region);
        let template = state.and_then(|state| state.launch_templates.get_mut(id));
        template.ok_or_else(|| unknown_template(id))
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
