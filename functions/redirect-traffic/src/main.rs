//! Step 2.3, failback only: points production DNS at A4. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<redirect_traffic::RedirectTraffic>()
}
