//! Tags A2 and writes its launch template. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve(env!("CARGO_PKG_NAME"), prepare_launch::handle)
}
