//! The Lambda function that waits until A2 holds all that B3 accepted before a freeze.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<drain_replication::DrainReplication>()
}
