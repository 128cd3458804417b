//! The Lambda function of a drill's clean-up, which terminates A3 and A4.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<terminate_drill_servers::TerminateDrillServers>()
}
