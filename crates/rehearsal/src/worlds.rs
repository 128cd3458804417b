//! World files: descriptions of a simulated world.

use failback_core::plan::Plan;
use failback_sim::{Fault, Known, Options, Scenario, ServerSpec, Switches, World};
use failback_wire::Quirk;
use serde::Deserialize;
use serde_json::Value;

use crate::{faults, plans};

/// The description of a world. Every member may be left out; an unknown member is an error.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct WorldFile {
    /// The plan that the world fits: its Regions, servers, networks and records. The default is the three-tier
    /// example.
    pub plan: Option<Value>,
    /// The scenario at the start.
    #[serde(alias = "scene")]
    pub scenario: Option<Scenario>,
    /// The servers as somebody has them. The default is servers that fit the plan.
    pub fleet: Vec<ServerSpec>,
    /// The number of servers. The default is the number that the plan suggests.
    pub servers: Option<usize>,
    /// The seed of all chance. The default is 1.
    pub seed: Option<u64>,
    /// The answers to the open questions of DRS.
    pub switches: Switches,
    /// The faults, in the syntax of `--fail`.
    pub faults: Vec<String>,
    /// Ways in which responses differ from the service model.
    #[serde(alias = "fidelity")]
    pub quirks: Vec<String>,
}

/// A world, with its plan and its quirks.
#[derive(Debug)]
pub struct Built {
    /// The world.
    pub world: World,
    /// The plan that it fits.
    pub plan: Plan,
    /// Ways in which its responses differ from the service model.
    pub quirks: Vec<Quirk>,
}

impl WorldFile {
    /// Reads a world file.
    ///
    /// # Errors
    /// The problem, and its place in the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// Returns the plan as an execution's input, and parsed.
    ///
    /// # Errors
    /// Every problem of the plan.
    pub fn plan(&self) -> Result<(Value, Plan), String> {
        let text = self.plan.as_ref().map_or_else(|| plans::THREE_TIER.to_owned(), Value::to_string);
        Plan::of_file(text.as_bytes()).map_err(|problems| problems.to_string())
    }

    /// Builds the world.
    ///
    /// # Errors
    /// Every problem of the plan, or the first problem of the faults and the quirks.
    pub fn build(&self) -> Result<Built, String> {
        let (_, plan) = self.plan()?;
        let options = Options {
            seed: self.seed.unwrap_or(1),
            servers: self.servers.unwrap_or_else(|| plans::suggested_servers(&plan)),
            fleet: self.fleet.clone(),
            scenario: self.scenario.unwrap_or_default(),
            switches: self.switches,
            ..Options::default()
        };
        let mut world = World::build(&plan, &options);
        let servers: Vec<String> = world.fleet().iter().map(|server| server.name.clone()).collect();
        for fault in &self.faults {
            let rule = Fault::parse(
                fault,
                &Known { steps: &faults::STEPS, servers: &servers, errors: &faults::ERRORS },
            );
            world.add_fault(rule.map_err(|error| format!("{fault}: {error}"))?);
        }
        let quirks = self.quirks.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
        Ok(Built { world, plan, quirks })
    }
}
