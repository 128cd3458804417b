//! The Lambda function that lifts freezes of B3, whatever has become of their executions.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<lift_freezes::LiftFreezes>()
}
