//! Step 4.4, failback only: deletes the record A3. As a Lambda function.

use std::process::ExitCode;

fn main() -> ExitCode {
    failback_lambda::serve::<delete_recovery_instances::DeleteRecoveryInstances>()
}
