//! `drs-failback check-plan`.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use failback_core::plan::Plan;
use serde_json::Value;

use super::{USAGE, usage};
use crate::output::show;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The plan file; `-` reads standard input.
    file: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let bytes = match read(&arguments.file) {
        Ok(bytes) => bytes,
        Err(message) => return usage(message),
    };
    match Plan::of_file(&bytes) {
        Ok((_, plan)) => {
            show(format_args!(
                "{}: no problem found. Failback from {} to {}, {} wave{}, {} record{} to redirect, original servers {}\n",
                plan.name,
                plan.regions.recovery(),
                plan.regions.source(),
                plan.wave_names().len(),
                if plan.wave_names().len() == 1 { "" } else { "s" },
                plan.redirect.records().len(),
                if plan.redirect.records().len() == 1 { "" } else { "s" },
                if plan.cleanup.terminate_originals { "terminated at the end" } else { "kept" },
            ));
            ExitCode::SUCCESS
        }
        Err(problems) => {
            show(format_args!("{}: {problems}\n", arguments.file.display()));
            ExitCode::from(USAGE)
        }
    }
}

/// Reads a file, or standard input for `-`.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    read.map_err(|error| format!("{}: {error}", file.display()))
}

/// Reads a plan file. Returns the execution's input and the plan.
pub(super) fn plan(file: &Path) -> Result<(Value, Plan), String> {
    Plan::of_file(&read(file)?).map_err(|problems| format!("{}: {problems}", file.display()))
}
