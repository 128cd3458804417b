//! Drill only: launches the recovered servers first (B1 to B2, B3). As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<launch_recovered_servers::LaunchRecoveredServers>()
}
