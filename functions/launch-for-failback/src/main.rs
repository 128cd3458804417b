//! The Lambda function of step 2.2, which launches A2 for failback (A3, A4).

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<launch_for_failback::LaunchForFailback>()
}
