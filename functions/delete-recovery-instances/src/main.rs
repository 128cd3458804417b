//! The Lambda function of step 4.4, failback only, which deletes the record A3.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<delete_recovery_instances::DeleteRecoveryInstances>()
}
