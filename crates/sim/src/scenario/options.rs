//! Options of a world.

use crate::switches::Switches;

/// The state of production when the world starts.
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

/// Properties of a world that a plan does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Seed of everything random: the same seed builds the same world.
    pub seed: u64,
    /// Number of servers. There are more where the plan's records name more, and a plan of ids has exactly its ids.
    pub servers: usize,
    /// State of production.
    pub scenario: Scenario,
    /// Answers to the open questions about DRS.
    pub switches: Switches,
    /// Start of the scenario, in milliseconds since 1970.
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
