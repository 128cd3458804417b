//! The Lambda function of step 1, which starts reversed replication (B2 to A2).

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<start_reversed_replication::StartReversedReplication>()
}
