//! Before anything changes: finds everything that stands in the way. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<check_readiness::CheckReadiness>()
}
