//! The Lambda function, drill only, that launches the recovered servers first (B1 to B2, B3).

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<launch_recovered_servers::LaunchRecoveredServers>()
}
