//! Tags A2 and writes its launch template. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<prepare_launch::PrepareLaunch>()
}
