//! The Lambda function of step 3, failback only, which reverses replication of A3, so that B1 protects A4.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<protect_failed_back_servers::ProtectFailedBackServers>()
}
