//! The cloud trait of EC2.

use async_trait::async_trait;
use failback_core::cloud::{Ec2, Instance, InstanceState, InstanceStatus, LaunchTemplateVersion, Subnet};
use failback_core::guard::{CreateLaunchTemplateVersion, SetDefaultVersion, TerminateInstances, Warrant};
use failback_core::id::{InstanceId, LaunchTemplateId, SubnetId};
use failback_core::region::Region;
use failback_core::{ErrorName, Result};

use super::{Simulation, names};
use crate::objects::{Instance as SimInstance, InstanceDetails, Subnet as SimSubnet};
use crate::world::Version;

/// The number of ids that fit in one describing call.
const PAGE: usize = 1_000;
/// The number of ids that fit in one DescribeInstanceStatus.
const STATUS_PAGE: usize = 100;

fn instance(found: &SimInstance) -> Instance {
    // EC2 detaches the network interface of a terminated instance.
    let attached = found.state != InstanceState::Terminated;
    Instance {
        id: found.id.clone(),
        state: found.state,
        state_reason: found.state_reason.map(|reason| reason.message.to_owned()),
        tags: found.tags.clone(),
        instance_type: found.instance_type.clone(),
        subnet: attached.then(|| found.subnet.clone()),
        security_groups: if attached { found.security_groups.clone() } else { Vec::new() },
        profile_arn: found.profile_arn.clone(),
        private_ip: attached.then(|| found.private_ip.clone()),
        public_ip: attached.then(|| found.public_ip.clone()),
        network_interfaces: usize::from(attached),
        metadata_reachable: found.metadata_reachable,
    }
}

fn instance_status(checks: InstanceDetails) -> InstanceStatus {
    InstanceStatus { id: checks.id, system: checks.system, instance: checks.instance }
}

fn subnet(found: &SimSubnet) -> Subnet {
    Subnet { id: found.id.clone(), vpc: found.vpc.clone(), free_addresses: found.free_addresses }
}

#[async_trait]
impl Ec2 for Simulation {
    async fn instances(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<Instance>> {
        let mut found = Vec::new();
        for page in ids.chunks(PAGE) {
            let instances: Vec<Instance> = self
                .call("ec2:DescribeInstances", region, names(page), |world| {
                    Ok(world.describe_instances(region, page).into_iter().map(instance).collect())
                })
                .await?;
            found.extend(instances);
        }
        Ok(found)
    }

    async fn instance_status(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<InstanceStatus>> {
        let mut found = Vec::new();
        for page in ids.chunks(STATUS_PAGE) {
            let checks = self
                .call("ec2:DescribeInstanceStatus", region, names(page), |world| {
                    Ok(world.describe_instance_status(region, page))
                })
                .await?;
            found.extend(checks.into_iter().map(instance_status));
        }
        Ok(found)
    }

    async fn is_protected_from_termination(&self, region: Region, id: &InstanceId) -> Result<bool> {
        let targets = vec![id.to_string()];
        let answer = self
            .call("ec2:DescribeInstanceAttribute", region, targets, |world| {
                world.is_protected_from_termination(region, id)
            })
            .await;
        match answer {
            Err(error) if error.name() == ErrorName::NotFound => Ok(false),
            answer => answer,
        }
    }

    async fn subnets(&self, region: Region, ids: &[SubnetId]) -> Result<Vec<Subnet>> {
        // Without ids EC2 returns all subnets.
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.call("ec2:DescribeSubnets", region, names(ids), |world| {
            Ok(world.describe_subnets(region, ids).into_iter().map(subnet).collect())
        })
        .await
    }

    async fn default_launch_template_version(
        &self,
        region: Region,
        template: &LaunchTemplateId,
    ) -> Result<LaunchTemplateVersion> {
        let targets = vec![template.to_string()];
        self.call("ec2:DescribeLaunchTemplateVersions", region, targets, |world| {
            let (version, found) = world.default_launch_template_version(region, template)?;
            Ok(LaunchTemplateVersion {
                template: template.clone(),
                version,
                subnet: found.subnet.clone(),
                security_groups: found.security_groups.clone(),
                profile: found.profile.clone(),
                instance_type: found.instance_type.clone(),
                protects_from_termination: found.termination_protected,
            })
        })
        .await
    }

    async fn create_launch_template_version(
        &self,
        warrant: Warrant<CreateLaunchTemplateVersion>,
    ) -> Result<u64> {
        let action = warrant.spend();
        let (region, template, from) = (action.region, action.template, action.from_version);
        let change = Version {
            subnet: Some(action.subnet),
            security_groups: Some(action.security_groups),
            profile: Some(action.profile),
            instance_type: Some(action.instance_type),
        };
        self.call("ec2:CreateLaunchTemplateVersion", region, vec![template.to_string()], |world| {
            world.create_launch_template_version(region, &template, from, change)
        })
        .await
    }

    async fn set_default_version(&self, warrant: Warrant<SetDefaultVersion>) -> Result<()> {
        let SetDefaultVersion { region, template, version } = warrant.spend();
        self.call("ec2:ModifyLaunchTemplate", region, vec![template.to_string()], |world| {
            world.set_default_version(region, &template, version)
        })
        .await
    }

    async fn terminate_instances(&self, warrant: Warrant<TerminateInstances>) -> Result<()> {
        let TerminateInstances { region, instances } = warrant.spend();
        self.call("ec2:TerminateInstances", region, names(&instances), |world| {
            world.terminate_instances(region, &instances)
        })
        .await
    }
}
