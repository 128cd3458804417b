//! The Lambda function that a schedule calls to watch the runs.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve_watch(watch_runs::NAME, &watch_runs::watch)
}
