//! `drs-failback drill` and `drs-failback failback`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::output::{self, Approval, Console, Playback, answer, show};
use clap::Args;
use failback_core::cloud::Clock as _;
use failback_core::plan::SERVERS_MAX;
use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_rehearsal::history::Recorder;
use failback_rehearsal::rehearsal::{Rehearsal, RunResult, Setting};
use failback_rehearsal::worlds::WorldFile;
use failback_rehearsal::{plans, result};

use super::{ProcedureName, UNSAFE, check_plan, sim, usage};

/// The exit code of a procedure that failed, safely.
const FAILED: u8 = 1;

/// The exit code of a procedure that was held, safely: a person has to decide or to mend something. Also of one that a
/// person aborted.
const HELD: u8 = 4;

const FAULTS: &str = "Faults for --fail, each may repeat:
  error:OPERATION=CODE[xN]  AWS refuses the operation N times (default: once)
                            with that error code
  lost:OPERATION[xN]        AWS does it, and the answer never arrives
  outage:SERVICE=MIN@MIN    drs, ec2, route53 or all refuses every call for so
                            many minutes, from that minute on
  crash:STEP[xN]            the step dies right after its first write took effect
  stall:SERVER=MINUTES      replication of the server's A2 stalls for that long
  launch:SERVER[xN]         the launch job completes with that server FAILED
  boot:SERVER[xN]           the server's A4 comes up impaired
  dies:SERVER=CODE[xN]      EC2 terminates the server's A4 as soon as it was
                            launched, with this state reason, such as
                            Client.VolumeLimitExceeded
  task:STEP=ERROR[xN]       the step, or the gate, fails with that error before
                            it does anything
  late:STEP=ERROR[xN]       the step does its work, and that error arrives
                            instead of its answer
  odd:STEP[xN]              the step does its work, and answers a status that the
                            machine does not know

Examples:
  drs-failback drill
  drs-failback failback --servers 300
  drs-failback failback --fail error:StartRecovery=ThrottlingExceptionx3
  drs-failback failback --fail launch:db-1x3 --fail boot:web-1 --then failback
  drs-failback failback --approve yes,launch-again=web-1,abort
  drs-failback failback --plan examples/plans/one-server.json --approve ask";

#[derive(Debug, Args)]
#[command(after_help = FAULTS)]
pub(crate) struct Arguments {
    /// The plan file [default: a three-tier example, which opts in to terminating the originals].
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// A world file (docs/simulator.md): servers as you have them, switches and faults; also the plan, the number of servers
    /// and the seed, unless they are given here.
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// The number of servers in the simulated fleet [default: as many as the plan suggests].
    #[arg(long, value_name = "N", value_parser = servers, allow_negative_numbers = true)]
    servers: Option<usize>,
    /// The seed of all random choices; the same seed gives the same run, byte for byte [default: 1].
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    /// A fault to inject; can be repeated.
    #[arg(long, value_name = "FAULT")]
    fail: Vec<String>,
    /// The answers at the plan's gates: `auto` approves, `deny` refuses, `ask` asks at the terminal; or one after the other,
    /// and yes after the last: yes, no, abort, launch-again, launch-again=SERVER+SERVER.
    #[arg(long, value_name = "auto|deny|ask|ANSWER,…", default_value = "auto", value_parser = approve)]
    approve: Approval,
    /// The speed of virtual time: `max`, or a multiple of real time.
    #[arg(long, value_name = "max|FACTOR", default_value = "max", value_parser = speed)]
    speed: Playback,
    /// After the run, start this procedure in the same world, without the faults and with every gate approved, unless
    /// --approve is `ask`; can be repeated.
    #[arg(long, value_enum, value_name = "PROCEDURE")]
    then: Vec<ProcedureName>,
    /// Print one JSON object, for the last run, and nothing else.
    #[arg(long)]
    json: bool,
    /// Write the last run's history to this file, in the format of Step Functions' GetExecutionHistory.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
}

/// Reads the answers at gates.
fn approve(text: &str) -> Result<Approval, String> {
    Ok(match text {
        "auto" => Approval::Auto,
        "ask" => Approval::Ask,
        "deny" => Approval::Deny,
        answers => {
            let read = |text: &str| answer(text).ok_or_else(|| format!("`{text}` is no answer at a gate"));
            Approval::InTurn(answers.split(',').map(read).collect::<Result<_, _>>()?)
        }
    })
}

/// Reads a number of servers.
pub(super) fn servers(text: &str) -> Result<usize, String> {
    let number = text.parse::<usize>().ok().filter(|number| (1..=SERVERS_MAX).contains(number));
    number.ok_or_else(|| format!("not a whole number from 1 to {SERVERS_MAX}"))
}

/// Reads the seed of a world.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("not a whole number from 0 to {}", u64::MAX))
}

fn speed(text: &str) -> Result<Playback, String> {
    if text == "max" {
        return Ok(Playback::Max);
    }
    match text.parse::<f64>() {
        Ok(factor) if factor.is_finite() && factor > 0.0 => Ok(Playback::Factor(factor)),
        _ => Err("neither `max` nor a number above 0".to_owned()),
    }
}

pub(crate) fn run(procedure: Procedure, arguments: &Arguments) -> ExitCode {
    let read = arguments.world.as_deref().map_or_else(|| Ok(WorldFile::default()), sim::read_world);
    let world = match read {
        Ok(world) => world,
        Err(message) => return usage(message),
    };
    let setting = match setting(procedure, arguments, &world) {
        Ok(setting) => setting,
        Err(message) => return usage(message),
    };
    let mut rehearsal = Rehearsal::new(setting);
    for fault in world.faults.iter().chain(&arguments.fail) {
        if let Err(message) = rehearsal.fail(fault) {
            return usage(format!("--fail {fault}: {message}"));
        }
    }
    match rehearse(procedure, arguments, &mut rehearsal) {
        Ok(runs) => exit_code(&runs),
        Err(message) => usage(message),
    }
}

/// Returns the setting that a procedure usually finds, with what the world file has of its own.
fn setting(procedure: Procedure, arguments: &Arguments, world: &WorldFile) -> Result<Setting, String> {
    if !world.quirks.is_empty() {
        return Err("--world: quirks are of the wire, which `sim serve` serves: leave them out".to_owned());
    }
    let (input, plan) = match &arguments.plan {
        Some(file) => check_plan::plan(file)?,
        None => world.plan()?,
    };
    let suggested =
        || if world.fleet.is_empty() { plans::suggested_servers(&plan) } else { world.fleet.len() };
    let servers = arguments.servers.or(world.servers).unwrap_or_else(suggested);
    let seed = arguments.seed.or(world.seed).unwrap_or(1);
    let usual = Setting::usual(procedure, input, plan, servers, seed);
    Ok(Setting {
        fleet: world.fleet.clone(),
        scenario: world.scenario.unwrap_or(usual.scenario),
        switches: world.switches,
        ..usual
    })
}

fn rehearse(
    procedure: Procedure,
    arguments: &Arguments,
    rehearsal: &mut Rehearsal,
) -> Result<Vec<RunResult>, String> {
    let procedures = std::iter::once(procedure).chain(arguments.then.iter().map(|name| (*name).into()));
    let mut runs = Vec::new();
    for (index, procedure) in procedures.enumerate() {
        let approval = match &arguments.approve {
            Approval::Ask => Approval::Ask,
            first if index == 0 => first.clone(),
            _ => Approval::Auto,
        };
        if index > 0 {
            rehearsal.mend();
        }
        runs.push(one(procedure, approval, arguments, rehearsal)?);
    }
    if let Some(run) = runs.last().filter(|_| arguments.json) {
        show(format_args!("{:#}\n", result::object(rehearsal, run)));
    }
    Ok(runs)
}

fn one(
    procedure: Procedure,
    approval: Approval,
    arguments: &Arguments,
    rehearsal: &mut Rehearsal,
) -> Result<RunResult, String> {
    let shows = !arguments.json;
    if shows {
        let setting = rehearsal.setting();
        let regions = &setting.plan.regions;
        show(format_args!(
            "{procedure} of {}: {} server{}, {} → {}, seed {}\n\n",
            setting.plan.name,
            setting.servers,
            if setting.servers == 1 { "" } else { "s" },
            regions.recovery(),
            regions.source(),
            setting.seed
        ));
        show(format_args!("{}\n", output::world(&rehearsal.simulation.world(), "before")));
        show("the run, by virtual time\n");
    }
    let mut console = Console::new(shows, arguments.speed, approval, rehearsal.simulation.now());
    let mut recorder = Recorder::new(&mut console);
    let run = rehearsal.run(procedure, &mut recorder);
    if let Some(file) = &arguments.history {
        let text = format!("{:#}\n", recorder.history());
        fs::write(file, text).map_err(|error| format!("--history {}: {error}", file.display()))?;
    }
    if shows {
        let world = rehearsal.simulation.world();
        show(format_args!("\n{}\n", output::world(&world, "after")));
        show(format_args!("{}\n", output::end(&world, &run, rehearsal.setting().seed)));
    }
    Ok(run)
}

fn exit_code(runs: &[RunResult]) -> ExitCode {
    if runs.iter().any(|run| !run.is_safe()) {
        return ExitCode::from(UNSAFE);
    }
    match runs.last().map(|run| run.outcome) {
        Some(Outcome::Succeeded | Outcome::Ready | Outcome::NothingToDo) => ExitCode::SUCCESS,
        Some(Outcome::Held | Outcome::Aborted) => ExitCode::from(HELD),
        _ => ExitCode::from(FAILED),
    }
}
