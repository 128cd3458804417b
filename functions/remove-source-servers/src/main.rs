//! Step 4.5: disconnects and deletes A2. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<remove_source_servers::RemoveSourceServers>()
}
