//! The Lambda function that reports the outcome of the run and what is left.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<write_report::WriteReport>()
}
