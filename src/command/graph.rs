//! `drs-failback graph`.

use std::process::ExitCode;

use clap::Args;
use failback_rehearsal::machines;

use super::{ProcedureName, usage};
use crate::output::show;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The state machine to print.
    procedure: ProcedureName,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match machines::read(arguments.procedure.into()) {
        Ok(machine) => {
            show(machine.mermaid());
            ExitCode::SUCCESS
        }
        Err(problems) => usage(problems),
    }
}
