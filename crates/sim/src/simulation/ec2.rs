//! EC2 over the world.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{Ec2, Instance, InstanceState, InstanceStatus, LaunchTemplateVersion, Subnet};
use failback_core::guard::{CreateLaunchTemplateVersion, SetDefaultVersion, TerminateInstances, Warrant};
use failback_core::id::{InstanceId, LaunchTemplateId, SubnetId};
use failback_core::region::Region;

use super::{Simulation, names};
use crate::objects::Instance as SimInstance;
use crate::world::{Version, World};

/// Ids that fit in one describe call.
const PAGE: usize = 1_000;
/// DescribeInstanceStatus takes fewer.
const STATUS_PAGE: usize = 100;

fn instance(found: &SimInstance) -> Instance {
    let attached = found.state != InstanceState::Terminated;
    Instance {
        id: found.id.clone(),
        state: found.state,
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

#[async_trait]
impl Ec2 for Simulation {
    async fn instances(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<Instance>> {
        let mut found = Vec::new();
        for page in ids.chunks(PAGE) {
            let run =
                |w: &mut World| Ok(w.describe_instances(region, page).into_iter().map(instance).collect());
            let some: Vec<Instance> = self.call("ec2:DescribeInstances", region, names(page), run).await?;
            found.extend(some);
        }
        Ok(found)
    }

    async fn instance_status(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<InstanceStatus>> {
        let mut found = Vec::new();
        for page in ids.chunks(STATUS_PAGE) {
            let run = |w: &mut World| Ok(w.describe_instance_status(region, page));
            let some = self.call("ec2:DescribeInstanceStatus", region, names(page), run).await?;
            found.extend(some.into_iter().map(|s| InstanceStatus {
                id: s.id,
                system: s.system,
                instance: s.instance,
            }));
        }
        Ok(found)
    }

    async fn subnets(&self, region: Region, ids: &[SubnetId]) -> Result<Vec<Subnet>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.call("ec2:DescribeSubnets", region, names(ids), |w| {
            let subnet = |s: &crate::objects::Subnet| Subnet {
                id: s.id.clone(),
                vpc: s.vpc.clone(),
                free_addresses: s.free_addresses,
            };
            Ok(w.describe_subnets(region, ids).into_iter().map(subnet).collect())
        })
        .await
    }

    async fn default_launch_template_version(
        &self,
        region: Region,
        template: &LaunchTemplateId,
    ) -> Result<LaunchTemplateVersion> {
        let targets = vec![template.to_string()];
        self.call("ec2:DescribeLaunchTemplateVersions", region, targets, |w| {
            let (version, found) = w.default_launch_template_version(region, template)?;
            Ok(LaunchTemplateVersion {
                template: template.clone(),
                version,
                subnet: found.subnet.clone(),
                security_groups: found.security_groups.clone(),
                profile: found.profile.clone(),
                instance_type: found.instance_type.clone(),
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
        let run = |w: &mut World| w.create_launch_template_version(region, &template, from, change);
        self.call("ec2:CreateLaunchTemplateVersion", region, vec![template.to_string()], run).await
    }

    async fn set_default_version(&self, warrant: Warrant<SetDefaultVersion>) -> Result<()> {
        let SetDefaultVersion { region, template, version } = warrant.spend();
        let run = |w: &mut World| w.set_default_version(region, &template, version);
        self.call("ec2:ModifyLaunchTemplate", region, vec![template.to_string()], run).await
    }

    async fn terminate_instances(&self, warrant: Warrant<TerminateInstances>) -> Result<()> {
        let TerminateInstances { region, instances } = warrant.spend();
        let run = |w: &mut World| w.terminate_instances(region, &instances);
        self.call("ec2:TerminateInstances", region, names(&instances), run).await
    }
}
