//! The Lambda function of step 4.1, which stops replication of A2.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<stop_reversed_replication::StopReversedReplication>()
}
