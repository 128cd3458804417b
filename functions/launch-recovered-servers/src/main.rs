//! Drill only: launches the recovered servers first (B1 to B2, B3). As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve(env!("CARGO_PKG_NAME"), launch_recovered_servers::handle)
}
