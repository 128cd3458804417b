//! Step 4.1: stops replication of A2. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve(env!("CARGO_PKG_NAME"), stop_reversed_replication::handle)
}
