//! Step 4.2: terminates B2 and B3. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<terminate_recovered_servers::TerminateRecoveredServers>()
}
