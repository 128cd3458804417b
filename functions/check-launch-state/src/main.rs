//! Step 2: waits until A2 is Ready, or Ready with lag. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<check_launch_state::CheckLaunchState>()
}
