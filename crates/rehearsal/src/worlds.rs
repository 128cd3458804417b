//! World files: a simulated world, written down.

use failback_core::plan::Plan;
use failback_sim::{Fault, Known, Options, Scenario, Switches, World};
use failback_wire::Quirk;
use serde::Deserialize;
use serde_json::Value;

use crate::{faults, plans};

/// What a world is built from. Every member may be left out; one that is not known is an error.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct WorldFile {
    /// The plan that the world fits: its Regions, servers, networks and records. The three-tier example without it.
    pub plan: Option<Value>,
    /// How things stand.
    #[serde(alias = "scene")]
    pub scenario: Scenario,
    /// How many servers; as many as the plan suggests without it.
    pub servers: Option<usize>,
    /// Decides everything that is chance; 1 without it.
    pub seed: Option<u64>,
    /// How the open questions of DRS are answered.
    pub switches: Switches,
    /// What goes wrong, as `--fail` writes it.
    pub faults: Vec<String>,
    /// How the answers strain their reader.
    #[serde(alias = "fidelity")]
    pub quirks: Vec<String>,
}

/// A world, and how it is shown.
#[derive(Debug)]
pub struct Built {
    /// The world.
    pub world: World,
    /// Its plan.
    pub plan: Plan,
    /// How its answers strain their reader.
    pub quirks: Vec<Quirk>,
}

impl WorldFile {
    /// Reads a world file.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// Builds the world.
    ///
    /// # Errors
    /// Every problem of the plan, or the first of the faults and the quirks.
    pub fn build(&self) -> Result<Built, String> {
        let text = self.plan.as_ref().map_or_else(|| plans::THREE_TIER.to_owned(), Value::to_string);
        let plan = Plan::parse(&text).map_err(|problems| problems.to_string())?;
        let options = Options {
            seed: self.seed.unwrap_or(1),
            servers: self.servers.unwrap_or_else(|| plans::suggested_servers(&plan)),
            scenario: self.scenario,
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
