//! Step 4.3, failback only: terminates A1. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<terminate_original_servers::TerminateOriginalServers>()
}
