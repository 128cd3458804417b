//! The Lambda function that tags A2 and writes its launch template.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<prepare_launch::PrepareLaunch>()
}
