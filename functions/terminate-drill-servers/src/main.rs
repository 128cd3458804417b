//! Clean-up of a drill: terminates A3 and A4. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve(env!("CARGO_PKG_NAME"), terminate_drill_servers::handle)
}
