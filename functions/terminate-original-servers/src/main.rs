//! The Lambda function of step 4.3, failback only, which terminates A1.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<terminate_original_servers::TerminateOriginalServers>()
}
