//! The order in which a world is built.

use failback_core::plan::Plan;

use super::builder::Builder;
use super::options::Options;
use crate::world::World;

impl World {
    /// Builds a world that fits a plan.
    pub fn build(plan: &Plan, options: &Options) -> Self {
        let mut builder = Builder::new(plan, options);
        let drafts = builder.draft_fleet();
        builder.prepare_regions(drafts.len());
        builder.build_networks(&drafts);
        builder.build_fleet(&drafts);
        builder.build_zones();
        // Bystanders come after the fleet, so that their ids and sizes do not change those of the fleet.
        builder.build_bystanders();
        builder.start_traffic();
        builder.world.changed.clear();
        builder.world
    }
}
