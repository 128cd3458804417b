//! Note of step 1, failback only: stops replication of B1. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<stop_original_replication::StopOriginalReplication>()
}
