//! The Lambda function of step 4.2, which terminates B2 and B3.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<terminate_recovered_servers::TerminateRecoveredServers>()
}
