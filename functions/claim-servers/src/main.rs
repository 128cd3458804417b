//! The Lambda function that claims the servers, before step 1.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<claim_servers::ClaimServers>()
}
