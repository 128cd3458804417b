//! Step 2.2: launches A2 for failback (A3, A4). As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<launch_for_failback::LaunchForFailback>()
}
