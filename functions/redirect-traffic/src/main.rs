//! The Lambda function of step 2.3, failback only, which points production DNS at A4.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<redirect_traffic::RedirectTraffic>()
}
