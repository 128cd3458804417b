//! The Lambda function of the note of step 1, failback only, which stops replication of B1.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<stop_original_replication::StopOriginalReplication>()
}
