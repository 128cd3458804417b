//! The Lambda function of an abort, which terminates A3 and A4.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<terminate_failed_back_servers::TerminateFailedBackServers>()
}
