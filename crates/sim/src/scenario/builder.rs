//! The builder of a world.

use failback_core::cloud::DrsQuotas;
use failback_core::plan::Plan;
use failback_core::region::Region;

use super::network_layout::NetworkLayouts;
use super::options::{Options, Scenario};
use crate::world::World;

pub(super) const HOUR: i64 = 3_600_000;

/// A world that is being built. Moments are in milliseconds since 1970.
pub(super) struct Builder<'a> {
    pub(super) world: World,
    pub(super) plan: &'a Plan,
    pub(super) options: &'a Options,
    pub(super) networks: NetworkLayouts,
    /// Start of the workload and of protection.
    pub(super) origin_ms: i64,
    /// Failure of the source Region.
    pub(super) failed_ms: i64,
    /// Launch of the recovered servers.
    pub(super) recovered_ms: i64,
}

impl<'a> Builder<'a> {
    pub(super) fn new(plan: &'a Plan, options: &'a Options) -> Self {
        let region_pair = (plan.regions.source(), plan.regions.recovery());
        Self {
            world: World::empty(options.seed, options.start_ms, region_pair, options.switches),
            plan,
            options,
            networks: NetworkLayouts::default(),
            origin_ms: options.start_ms - 24 * HOUR,
            failed_ms: options.start_ms - 6 * HOUR,
            recovered_ms: options.start_ms - 5 * HOUR,
        }
    }

    pub(super) fn source(&self) -> Region {
        self.plan.regions.source()
    }

    pub(super) fn recovery(&self) -> Region {
        self.plan.regions.recovery()
    }

    pub(super) fn is_recovered(&self) -> bool {
        self.options.scenario == Scenario::Recovered
    }

    /// Initialises DRS in both Regions.
    pub(super) fn prepare_regions(&mut self, servers: usize) {
        // AWS raises the quota of replicating servers for an account with a large fleet.
        let quotas = DrsQuotas { replicating_servers: 300.max(servers * 2 + 50), ..DrsQuotas::default() };
        let into_source = self.options.switches.launch_into_source;
        let (source, recovery) = (self.source(), self.recovery());
        for region in [source, recovery] {
            let state = self.world.region_mut(region);
            state.initialised = true;
            state.quotas = quotas;
            state.launch_into_source = into_source && region == source;
        }
    }
}
