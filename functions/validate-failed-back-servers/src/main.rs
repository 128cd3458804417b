//! The Lambda function of step 2.2, which finds out whether A4 works.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<validate_failed_back_servers::ValidateFailedBackServers>()
}
