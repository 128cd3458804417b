//! Options of a world.

use failback_core::cloud::Tags;
use failback_core::id::SourceServerId;
use failback_core::region::Region;
use serde::Deserialize;

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
    /// The servers as somebody has them; empty when they are drawn so that they fit the plan.
    pub fleet: Vec<ServerSpec>,
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
            fleet: Vec::new(),
            scenario: Scenario::default(),
            switches: Switches::default(),
            // 2026-11-02T08:00:00Z, a Monday morning.
            start_ms: 1_793_606_400_000,
        }
    }
}

/// A server as somebody has it: what a plan must fit, instead of what is drawn to fit a plan.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServerSpec {
    /// The name, which is the tag `Name` unless the tags have another.
    pub name: String,
    /// The tags of A1 and B1.
    #[serde(default)]
    pub tags: Tags,
    /// The id of B1; drawn if there is none.
    #[serde(default)]
    pub id: Option<SourceServerId>,
    /// The sizes of the disks in GiB, the root first; drawn if there are none.
    #[serde(default, rename = "disksGiB")]
    pub disks_gib: Vec<u64>,
    /// A1's instance type; drawn if there is none.
    #[serde(default)]
    pub instance_type: Option<String>,
    /// A1's Availability Zone; `a` if there is none.
    #[serde(default)]
    pub zone: Zone,
}

/// An Availability Zone of a Region, by the letter that its name ends with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the letters")]
pub enum Zone {
    #[default]
    A,
    B,
    C,
    D,
    E,
    F,
}

impl Zone {
    /// Returns the zone's name in a Region, such as `us-east-1b`.
    pub fn name_in(self, region: Region) -> String {
        let letter = match self {
            Self::A => 'a',
            Self::B => 'b',
            Self::C => 'c',
            Self::D => 'd',
            Self::E => 'e',
            Self::F => 'f',
        };
        format!("{region}{letter}")
    }
}
