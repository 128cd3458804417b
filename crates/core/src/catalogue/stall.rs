//! Why replication stalls, by DRS's error, and what a person does about it.

use super::{Reason, reason};
use crate::cloud::{Replication, ReplicationState};

/// Returns the cause of a stall and its remedy, by DRS's error (drs-facts §2, §9).
pub fn stalled(replication: &Replication) -> Reason {
    let error = replication.error.as_deref();
    let remedy = match error {
        Some("AGENT_NOT_SEEN") => {
            "check that the instance runs, that its instance profile holds \
             AWSElasticDisasterRecoveryRecoveryInstancePolicy, and that it reaches DRS on TCP 443"
        }
        Some("SNAPSHOTS_FAILURE") => "check the EBS snapshot quota and the KMS key of the staging area",
        Some("NOT_CONVERGING") => {
            "the servers write faster than is copied: raise the bandwidth or the replication server's type"
        }
        Some("UNSTABLE_NETWORK") => "check the route to the staging subnet on TCP 1500",
        Some("FAILED_TO_CREATE_SECURITY_GROUP") => {
            "the replication template's staging subnet may no longer exist: name a new one there"
        }
        Some("FAILED_TO_LAUNCH_REPLICATION_SERVER" | "FAILED_TO_BOOT_REPLICATION_SERVER") => {
            "check EC2 quotas, the instance type of the replication server and the staging subnet's addresses"
        }
        Some("FAILED_TO_AUTHENTICATE_WITH_SERVICE" | "FAILED_TO_DOWNLOAD_REPLICATION_SOFTWARE") => {
            "the staging subnet needs TCP 443 out to DRS, S3 and EC2"
        }
        Some("FAILED_TO_CREATE_STAGING_DISKS" | "FAILED_TO_ATTACH_STAGING_DISKS") => {
            "check the EBS volume quota and the KMS key of the staging area"
        }
        Some(
            "FAILED_TO_PAIR_REPLICATION_SERVER_WITH_AGENT"
            | "FAILED_TO_CONNECT_AGENT_TO_REPLICATION_SERVER"
            | "FAILED_TO_START_DATA_TRANSFER",
        ) => "the instance must reach the staging subnet on TCP 1500",
        _ => match replication.state {
            ReplicationState::Stopped => "replication was stopped: start it again in the DRS console",
            ReplicationState::Disconnected => "the server was disconnected: delete it and start again",
            _ => "see the server's page in the DRS console",
        },
    };
    reason::stalled(replication.state, error.unwrap_or("no cause given"), remedy)
}
