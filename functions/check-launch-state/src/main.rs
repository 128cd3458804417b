//! The Lambda function of step 2, which waits until A2 is Ready, or Ready with lag.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<check_launch_state::CheckLaunchState>()
}
