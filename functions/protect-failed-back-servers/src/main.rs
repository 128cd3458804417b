//! Step 3, failback only: reverses replication of A3, so that B1 protects A4. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<protect_failed_back_servers::ProtectFailedBackServers>()
}
