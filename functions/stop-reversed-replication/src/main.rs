//! Step 4.1: stops replication of A2. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<stop_reversed_replication::StopReversedReplication>()
}
