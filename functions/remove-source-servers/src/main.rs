//! The Lambda function of step 4.5, which disconnects and deletes A2.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<remove_source_servers::RemoveSourceServers>()
}
