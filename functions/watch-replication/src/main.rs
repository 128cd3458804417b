//! The Lambda function that a schedule calls to watch reversed replication.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<watch_replication::WatchReplication>()
}
