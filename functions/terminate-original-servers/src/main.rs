//! Step 4.3, failback only: terminates A1. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve(env!("CARGO_PKG_NAME"), terminate_original_servers::handle)
}
