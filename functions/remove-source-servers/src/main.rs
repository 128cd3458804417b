//! Step 4.5: disconnects and deletes A2. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve(env!("CARGO_PKG_NAME"), remove_source_servers::handle)
}
