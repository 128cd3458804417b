//! Step 1: starts reversed replication (B2 to A2). As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve(env!("CARGO_PKG_NAME"), start_reversed_replication::handle)
}
