//! Networks that the scenario places instances in.

use std::collections::BTreeMap;

use failback_core::id::{SecurityGroupId, SubnetId};
use failback_core::region::Region;

use super::options::Zone;

/// A VPC with one subnet and one security group.
#[derive(Debug, Clone)]
pub(super) struct NetworkLayout {
    pub(super) subnet: SubnetId,
    pub(super) group: SecurityGroupId,
    pub(super) vpc: String,
}

/// The networks of all instances.
#[derive(Debug, Default)]
pub(super) struct NetworkLayouts {
    /// Production of the source Region, one for each wave.
    pub(super) production: Vec<NetworkLayout>,
    /// Subnets of production in other zones than the first, by wave.
    pub(super) elsewhere: BTreeMap<(usize, Zone), SubnetId>,
    /// Recovered servers; absent until the networks are built.
    pub(super) recovered: Option<NetworkLayout>,
    /// Bystanders, by Region.
    pub(super) bystanders: Vec<(Region, NetworkLayout)>,
    /// Count of subnets, each of which has a /16 of its own.
    pub(super) subnets: u32,
}

impl NetworkLayouts {
    /// Returns the network of the bystanders in a Region.
    pub(super) fn of_bystanders(&self, region: Region) -> Option<&NetworkLayout> {
        let (_, network) = self.bystanders.iter().find(|(of, _)| *of == region)?;
        Some(network)
    }
}
