//! Step 1: starts reversed replication (B2 to A2). As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<start_reversed_replication::StartReversedReplication>()
}
