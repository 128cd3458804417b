//! Clean-up of a drill: terminates A3 and A4. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<terminate_drill_servers::TerminateDrillServers>()
}
