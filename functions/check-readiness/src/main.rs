//! The Lambda function that finds everything that stands in the way, before anything changes.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<check_readiness::CheckReadiness>()
}
