//! `drs-failback sim`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use failback_rehearsal::steps::STEPS;
use failback_rehearsal::worlds::{Built, WorldFile};
use failback_sim::{Scenario, Simulation};
use failback_wire::{HttpServer, Quirk, Quirks, Router, Speed};

use super::{check_plan, rehearse, usage};
use crate::output::show;

#[derive(Debug, Subcommand)]
pub(crate) enum Sub {
    /// Serve the simulated world on 127.0.0.1 until interrupted.
    Serve(Serve),
}

const NOTES: &str = "Everything is on 127.0.0.1: DRS, EC2 and Route 53 as far as the page needs them, and STS. Region and \
service are taken from the signature's credential scope; signatures are not checked. What is not modelled is refused.

Move time and inspect the world under /_sim:
  curl -s http://127.0.0.1:4580/_sim                                     the fleet by the page's labels
  curl -s -d '{\"seconds\": 600}' http://127.0.0.1:4580/_sim/advance       ten minutes pass
  curl -s 'http://127.0.0.1:4580/_sim/calls?kind=write'                  what was changed, and by whom
  curl -s -d '{\"fault\": \"boot:web-1\"}' http://127.0.0.1:4580/_sim/faults  injects a fault

Examples:
  drs-failback sim serve
  drs-failback sim serve --speed 60 --scenario recovered --servers 10
  drs-failback sim serve --quirk page-size-one --quirk throttling
  drs-failback sim serve --world examples/worlds/impaired.json";

#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Serve {
    /// The port; 0 selects a free port.
    #[arg(long, value_name = "PORT", default_value_t = 4580)]
    port: u16,
    /// The seconds of virtual time per second of real time; with 0, time moves only by /_sim/advance.
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = speed)]
    speed: Speed,
    /// A world file, which replaces --plan, --scenario, --servers, --seed and --fail.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["plan", "scenario", "servers", "seed", "fail"])]
    world: Option<PathBuf>,
    /// The plan that the world fits [default: the three-tier example].
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// The state of the fleet at the start.
    #[arg(long, alias = "scene", value_enum, default_value_t = ScenarioName::Recovered)]
    scenario: ScenarioName,
    /// The number of servers [default: as many as the plan suggests].
    #[arg(long, value_name = "N", value_parser = rehearse::servers, allow_negative_numbers = true)]
    servers: Option<usize>,
    /// The seed of all random choices.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// A fault to inject, as in `drs-failback failback --help`; can be repeated.
    #[arg(long, value_name = "FAULT")]
    fail: Vec<String>,
    /// A way in which responses differ from the service model; can be repeated.
    #[arg(long, alias = "fidelity", value_name = "NAME", value_parser = quirks())]
    quirk: Vec<String>,
}

/// The state of the fleet at the start.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScenarioName {
    /// Production runs on A1, B1 protects it, and nothing is recovered.
    Steady,
    /// The source Region has failed: production runs on B3, and A1 is stopped.
    Recovered,
    /// Production runs on A1; B2 and B3 were launched as a drill.
    DrilledRecovered,
}

impl From<ScenarioName> for Scenario {
    fn from(name: ScenarioName) -> Self {
        match name {
            ScenarioName::Steady => Self::Steady,
            ScenarioName::Recovered => Self::Recovered,
            ScenarioName::DrilledRecovered => Self::DrilledRecovered,
        }
    }
}

fn quirks() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(Quirk::ALL.map(Quirk::as_str))
}

fn speed(text: &str) -> Result<Speed, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor.is_finite() && (0.0..=1_000_000.0).contains(&factor) => Ok(Speed(factor)),
        _ => Err("not a number from 0 to 1000000".to_owned()),
    }
}

pub(crate) fn run(sub: &Sub) -> ExitCode {
    let Sub::Serve(arguments) = sub;
    let built = world_file(arguments).and_then(|file| file.build());
    match built.and_then(|built| serve(arguments, built)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => usage(message),
    }
}

/// Reads a world file.
pub(super) fn read_world(path: &Path) -> Result<WorldFile, String> {
    let text = String::from_utf8(check_plan::read(path)?)
        .map_err(|_| format!("{}: not UTF-8; save it as UTF-8", path.display()))?;
    WorldFile::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn world_file(arguments: &Serve) -> Result<WorldFile, String> {
    let mut file = match &arguments.world {
        Some(path) => read_world(path)?,
        None => WorldFile {
            plan: arguments
                .plan
                .as_deref()
                .map(|path| check_plan::plan(path).map(|(input, _)| input))
                .transpose()?,
            scenario: Some(arguments.scenario.into()),
            servers: arguments.servers,
            seed: Some(arguments.seed),
            faults: arguments.fail.clone(),
            ..WorldFile::default()
        },
    };
    file.quirks.extend(arguments.quirk.iter().cloned());
    Ok(file)
}

/// Serves until the process is interrupted. The world is in memory only.
fn serve(arguments: &Serve, built: Built) -> Result<(), String> {
    let Built { world, plan, quirks } = built;
    let steps = STEPS.iter().map(|step| step.name.to_owned()).collect();
    let router = Router::new(Simulation::new(world), arguments.speed, Quirks::new(quirks)).with_steps(steps);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the asynchronous runtime does not start: {error}"))?;
    runtime.block_on(async {
        let server = HttpServer::bind(arguments.port, Arc::new(router)).await.map_err(|error| {
            format!("port {} of 127.0.0.1: {error}; --port 0 selects a free port", arguments.port)
        })?;
        let address = server.address().map_err(|error| error.to_string())?;
        show(format_args!(
            "# The simulated world of {}. Paste this where AWS's clients are to find it:\n",
            plan.name
        ));
        show(format_args!("export AWS_ENDPOINT_URL=http://{address}\n"));
        show(format_args!("export AWS_ACCESS_KEY_ID=simulator AWS_SECRET_ACCESS_KEY=simulator\n"));
        show(format_args!("export AWS_DEFAULT_REGION={}\n", plan.regions.recovery()));
        show(format_args!("# Inspect the world: curl -s http://{address}/_sim\n"));
        show(format_args!("# Listening on {address}. Ctrl-C ends it.\n"));
        server.run(std::future::pending()).await;
        Ok(())
    })
}
