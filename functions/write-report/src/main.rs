//! Says how the run ended and what is left. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<write_report::WriteReport>()
}
