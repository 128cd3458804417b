//! Builds a world that fits a plan, in the state in which a procedure finds it.

mod bystanders;
mod network;
mod past;
mod servers;

use failback_core::cloud::DrsQuotas;
use failback_core::plan::Plan;
use failback_core::region::Region;

use crate::switches::Switches;
use crate::world::World;
use network::Networks;

const HOUR: i64 = 3_600_000;

/// What has happened before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scenario {
    /// Production runs on A1, B1 protects it, nothing is recovered.
    Steady,
    /// The source Region had failed: production runs on B3, A1 is stopped.
    #[default]
    Recovered,
    /// Production runs on A1; B2 and B3 were launched as a drill.
    DrilledRecovered,
}

/// What to build besides what the plan says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Same seed, same world.
    pub seed: u64,
    /// How many servers; more where the plan's records name more, exactly its ids where it names ids.
    pub servers: usize,
    /// What has happened before.
    pub scenario: Scenario,
    /// How open questions are answered.
    pub switches: Switches,
    /// When the scenario begins, in milliseconds since 1970.
    pub start_ms: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            servers: 3,
            scenario: Scenario::default(),
            switches: Switches::default(),
            // 2026-11-02T08:00:00Z, a Monday morning.
            start_ms: 1_793_606_400_000,
        }
    }
}

/// What the builders share.
pub(crate) struct Builder<'a> {
    pub(crate) world: World,
    pub(crate) plan: &'a Plan,
    pub(crate) options: &'a Options,
    pub(crate) networks: Networks,
    /// When record 0 was written and protection began.
    pub(crate) origin_ms: i64,
    /// When the source Region failed.
    pub(crate) failed_ms: i64,
    /// When the recovered servers were up.
    pub(crate) recovered_ms: i64,
}

impl World {
    /// Builds a world that fits a plan.
    pub fn build(plan: &Plan, options: &Options) -> Self {
        let pair = (plan.regions.source(), plan.regions.recovery());
        let world = Self::empty(options.seed, options.start_ms, pair, options.switches);
        let mut builder = Builder {
            world,
            plan,
            options,
            networks: Networks::default(),
            origin_ms: options.start_ms - 24 * HOUR,
            failed_ms: options.start_ms - 6 * HOUR,
            recovered_ms: options.start_ms - 5 * HOUR,
        };
        let drafts = builder.draft_fleet();
        builder.prepare_regions(drafts.len());
        builder.build_networks(&drafts);
        builder.build_fleet(&drafts);
        builder.build_zones();
        builder.build_bystanders();
        builder.begin_traffic();
        builder.world.changed.clear();
        builder.world
    }
}

impl Builder<'_> {
    pub(crate) fn source(&self) -> Region {
        self.plan.regions.source()
    }

    pub(crate) fn recovery(&self) -> Region {
        self.plan.regions.recovery()
    }

    /// DRS is initialised in both Regions; the quota of replicating servers was raised for a large fleet.
    fn prepare_regions(&mut self, servers: usize) {
        let quotas = DrsQuotas { replicating_servers: 300.max(servers * 2 + 50), ..DrsQuotas::default() };
        let into_source = self.options.switches.launch_into_source;
        let (source, recovery) = (self.source(), self.recovery());
        for region in [source, recovery] {
            let state = self.world.regions.entry(region).or_default();
            state.initialised = true;
            state.quotas = quotas;
            state.launch_into_source = into_source && region == source;
        }
    }
}
