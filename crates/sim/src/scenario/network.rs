//! Subnets, security groups and replication templates.

use failback_core::id::{SecurityGroupId, SubnetId};
use failback_core::plan;
use failback_core::region::Region;

use super::Builder;
use super::servers::Draft;
use crate::ids;
use crate::objects::{RecoveryTemplate, Subnet};

/// A subnet and its security group.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) subnet: SubnetId,
    pub(crate) group: SecurityGroupId,
    pub(crate) vpc: String,
}

/// The networks that servers are placed in.
#[derive(Debug, Default)]
pub(crate) struct Networks {
    /// Production of the source Region, one for each wave.
    pub(crate) production: Vec<Network>,
    /// Where recovered servers go.
    pub(crate) recovered: Option<Network>,
    /// Other people's.
    pub(crate) others: Vec<(Region, Network)>,
    numbers: u32,
}

impl Builder<'_> {
    /// Adds a subnet under a given or a drawn id.
    pub(crate) fn add_subnet(
        &mut self,
        region: Region,
        id: Option<SubnetId>,
        vpc: &str,
        free: u32,
    ) -> SubnetId {
        let id = id.unwrap_or_else(|| ids::hex(&mut self.world.rng, "subnet-"));
        self.networks.numbers += 1;
        let number = self.networks.numbers;
        let subnet = Subnet {
            id: id.clone(),
            vpc: vpc.to_owned(),
            zone: format!("{region}a"),
            cidr: format!("10.{number}.0.0/16"),
            free_addresses: free,
            number,
            given: 0,
        };
        self.world.regions.entry(region).or_default().subnets.insert(id.clone(), subnet);
        id
    }

    fn add_group(&mut self, region: Region, id: Option<SecurityGroupId>, vpc: &str) -> SecurityGroupId {
        let id = id.unwrap_or_else(|| ids::hex(&mut self.world.rng, "sg-"));
        let groups = &mut self.world.regions.entry(region).or_default().security_groups;
        groups.insert(id.clone(), vpc.to_owned());
        id
    }

    /// A VPC with one subnet and one security group.
    pub(crate) fn add_network(&mut self, region: Region, free: u32) -> Network {
        let vpc: String = ids::hex(&mut self.world.rng, "vpc-");
        let subnet = self.add_subnet(region, None, &vpc, free);
        let group = self.add_group(region, None, &vpc);
        Network { subnet, group, vpc }
    }

    /// The networks that the plan names, production's, and the staging areas.
    pub(crate) fn build_networks(&mut self, drafts: &[Draft]) {
        // For A1 and A4 beside each other, with some to spare.
        let free = u32::try_from(drafts.len()).unwrap_or(u32::MAX / 4) * 2 + 50;
        let (source, recovery) = (self.source(), self.recovery());
        for _ in 0..self.plan.wave_names().len() {
            let network = self.add_network(source, free);
            self.networks.production.push(network);
        }
        self.networks.recovered = Some(self.add_network(recovery, free));
        if let plan::Network::Named(network) = self.plan.launch.network.clone() {
            self.add_named(source, network.subnet_id, network.security_group_ids, free);
        }
        if let Some(network) = self.plan.drill.network.clone() {
            self.add_named(source, network.subnet_id, network.security_group_ids, free);
        }
        for region in [source, recovery] {
            let staging = self.add_network(region, 250);
            let id: String = ids::drs(&mut self.world.rng, "rct-");
            let template = RecoveryTemplate { id, staging_subnet: staging.subnet };
            self.world.regions.entry(region).or_default().replication_templates.push(template);
        }
    }

    fn add_named(&mut self, region: Region, subnet: SubnetId, groups: Vec<SecurityGroupId>, free: u32) {
        if self.world.subnet(region, &subnet).is_some() {
            return;
        }
        let vpc: String = ids::hex(&mut self.world.rng, "vpc-");
        self.add_subnet(region, Some(subnet), &vpc, free);
        for group in groups {
            self.add_group(region, Some(group), &vpc);
        }
    }
}
