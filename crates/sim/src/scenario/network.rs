//! Subnets, security groups and replication configuration templates.

use failback_core::id::{SecurityGroupId, SubnetId};
use failback_core::plan;
use failback_core::region::Region;

use super::builder::Builder;
use super::draft::Draft;
use super::network_layout::NetworkLayout;
use super::options::Zone;
use crate::ids;
use crate::objects::{RecoveryTemplate, Subnet};

impl Builder<'_> {
    /// Adds a VPC with one subnet and one security group.
    pub(super) fn add_network(&mut self, region: Region, free_addresses: u32) -> NetworkLayout {
        self.add_network_with(region, None, free_addresses)
    }

    /// Adds a VPC with one subnet, of this id if there is one, and one security group.
    fn add_network_with(
        &mut self,
        region: Region,
        subnet: Option<SubnetId>,
        free_addresses: u32,
    ) -> NetworkLayout {
        let vpc: String = ids::hex(&mut self.world.rng, "vpc-");
        // Drawn in any case, so that a plan that names a subnet changes nothing else.
        let drawn: SubnetId = ids::hex(&mut self.world.rng, "subnet-");
        let subnet = subnet.unwrap_or(drawn);
        self.add_subnet(region, subnet.clone(), &vpc, Zone::A, free_addresses);
        let group: SecurityGroupId = ids::hex(&mut self.world.rng, "sg-");
        self.add_group(region, group.clone(), &vpc);
        NetworkLayout { subnet, group, vpc }
    }

    fn add_subnet(&mut self, region: Region, id: SubnetId, vpc: &str, zone: Zone, free_addresses: u32) {
        self.networks.subnets += 1;
        let number = self.networks.subnets;
        let subnet = Subnet {
            id: id.clone(),
            vpc: vpc.to_owned(),
            zone: zone.name_in(region),
            cidr: format!("10.{number}.0.0/16"),
            free_addresses,
            number,
            given: 0,
        };
        self.world.region_mut(region).subnets.insert(id, subnet);
    }

    /// Returns the network of a wave's originals in a zone.
    pub(super) fn production_network(&mut self, wave: usize, zone: Zone) -> Option<NetworkLayout> {
        let mut network = self.networks.production.get(wave)?.clone();
        if zone == Zone::A {
            return Some(network);
        }
        if let Some(subnet) = self.networks.elsewhere.get(&(wave, zone)) {
            network.subnet.clone_from(subnet);
            return Some(network);
        }
        let source = self.source();
        let free_addresses = self.world.subnet(source, &network.subnet)?.free_addresses;
        network.subnet = ids::hex(&mut self.world.rng, "subnet-");
        self.add_subnet(source, network.subnet.clone(), &network.vpc, zone, free_addresses);
        self.networks.elsewhere.insert((wave, zone), network.subnet.clone());
        Some(network)
    }

    fn add_group(&mut self, region: Region, id: SecurityGroupId, vpc: &str) {
        self.world.region_mut(region).security_groups.insert(id, vpc.to_owned());
    }

    /// Builds the networks of production and of the recovered servers, those that the plan names, and the staging
    /// areas.
    pub(super) fn build_networks(&mut self, drafts: &[Draft]) {
        // A1 and A4 exist side by side, and drills need additional addresses.
        let free_addresses = u32::try_from(drafts.len()).unwrap_or(u32::MAX / 4) * 2 + 50;
        let (source, recovery) = (self.source(), self.recovery());
        for _ in 0..self.plan.wave_names().len() {
            let network = self.add_network(source, free_addresses);
            self.networks.production.push(network);
        }
        let recovered = self.plan.drill.recovered_subnet_ids.first().cloned();
        self.networks.recovered = Some(self.add_network_with(recovery, recovered, free_addresses));
        if let plan::Network::Named(launch) = &self.plan.launch.network {
            self.add_named_network(
                source,
                launch.subnet_id.clone(),
                &launch.security_group_ids,
                free_addresses,
            );
        }
        if let Some(drill) = &self.plan.drill.network {
            self.add_named_network(
                source,
                drill.subnet_id.clone(),
                &drill.security_group_ids,
                free_addresses,
            );
        }
        for region in [source, recovery] {
            let staging = self.add_network(region, 250);
            let id: String = ids::drs(&mut self.world.rng, "rct-");
            let template = RecoveryTemplate { id, staging_subnet: staging.subnet };
            self.world.region_mut(region).replication_templates.push(template);
        }
    }

    /// Adds a network that the plan names, unless the plan named it before.
    fn add_named_network(
        &mut self,
        region: Region,
        subnet: SubnetId,
        groups: &[SecurityGroupId],
        free_addresses: u32,
    ) {
        if self.world.subnet(region, &subnet).is_some() {
            return;
        }
        let vpc: String = ids::hex(&mut self.world.rng, "vpc-");
        self.add_subnet(region, subnet, &vpc, Zone::A, free_addresses);
        for group in groups {
            self.add_group(region, group.clone(), &vpc);
        }
    }
}
