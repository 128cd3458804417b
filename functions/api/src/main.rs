//! Starts, shows, approves and stops runs. As a Lambda function behind an HTTP API.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve_http(env!("CARGO_PKG_NAME"), &api::answer)
}
