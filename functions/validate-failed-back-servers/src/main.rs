//! Step 2.2: finds out whether A4 works. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<validate_failed_back_servers::ValidateFailedBackServers>()
}
