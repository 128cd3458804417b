//! The subcommands, one file each.

mod api;
mod check_plan;
mod graph;
mod prove;
mod rehearse;
mod sim;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use failback_core::procedure::Procedure;

use crate::output::{show, tell};

/// Rehearse and run the failback of AWS Elastic Disaster Recovery.
///
/// Runs AWS's cross-Region failback procedure, and its drill, on your computer: the same Step Functions state machines
/// and the same step code that are deployed, against a simulator of two DRS Regions, in virtual time. No AWS account
/// is needed and none is touched.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, term_width = 80)]
pub(crate) struct Command {
    #[command(subcommand)]
    subcommand: Sub,
}

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  the procedure failed, safely; or a drill only removed what an interrupted
     one had left
  2  the command line or the plan is wrong
  3  a safety rule was broken; the seed to see it again is printed
  4  the procedure was held, safely: somebody has to decide or to mend
     something, and to start it again; or a person aborted it
  5  the output could not be written";

#[derive(Debug, Subcommand)]
enum Sub {
    /// Rehearse the drill: steps 1 and 2 of AWS's procedure, then the drill's own clean-up.
    Drill(rehearse::Arguments),
    /// Rehearse the failback: steps 1 to 4 of AWS's procedure.
    Failback(rehearse::Arguments),
    /// Test every kind of failure in thousands of simulated worlds, and report what was tried and what broke.
    Prove(prove::Arguments),
    /// Print every problem of a plan file with its JSON path and remedy.
    CheckPlan(check_plan::Arguments),
    /// Print the JSON Schema of the plan file.
    PlanSchema,
    /// Print a state machine as a Mermaid diagram.
    Graph(graph::Arguments),
    /// Serve the simulated world over AWS's own protocols, for AWS's own clients.
    #[command(subcommand)]
    Sim(sim::Sub),
    /// Serve or describe the HTTP API, with runs in simulated worlds.
    #[command(subcommand)]
    Api(api::Sub),
}

/// A procedure on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ProcedureName {
    /// The drill: launch test servers in the source Region, validate them and remove them.
    Drill,
    /// The failback: move production back to the source Region.
    Failback,
}

impl From<ProcedureName> for Procedure {
    fn from(name: ProcedureName) -> Self {
        match name {
            ProcedureName::Drill => Self::Drill,
            ProcedureName::Failback => Self::Failback,
        }
    }
}

/// The exit code for a wrong command line or a wrong plan.
const USAGE: u8 = 2;

/// The exit code for a broken safety rule.
const UNSAFE: u8 = 3;

impl Command {
    /// Runs the subcommand.
    pub(crate) fn run(self) -> ExitCode {
        match self.subcommand {
            Sub::Drill(arguments) => rehearse::run(Procedure::Drill, &arguments),
            Sub::Failback(arguments) => rehearse::run(Procedure::Failback, &arguments),
            Sub::Prove(arguments) => prove::run(&arguments),
            Sub::CheckPlan(arguments) => check_plan::run(&arguments),
            Sub::PlanSchema => {
                show(failback_rehearsal::plans::schema());
                ExitCode::SUCCESS
            }
            Sub::Graph(arguments) => graph::run(&arguments),
            Sub::Sim(sub) => sim::run(&sub),
            Sub::Api(sub) => api::run(&sub),
        }
    }
}

/// Reports a wrong command line or a wrong plan.
fn usage(message: impl std::fmt::Display) -> ExitCode {
    tell(format_args!("error: {message}\n"));
    ExitCode::from(USAGE)
}
