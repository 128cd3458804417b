//! Note of step 1, failback only: stops replication of B1. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve(env!("CARGO_PKG_NAME"), stop_original_replication::handle)
}
