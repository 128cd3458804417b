//! The Lambda function that has the hook stop writes to B3.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<freeze_writes::FreezeWrites>()
}
