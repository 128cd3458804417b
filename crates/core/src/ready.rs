//! Readiness of A2 to be launched: the console's Ready and Ready with lag (drs-facts §4).

use crate::cloud::{Replication, ReplicationState};
use crate::poll_interval::typical;
use crate::timestamp::Timestamp;

/// The *reversed direction launch state* of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaunchState {
    /// CONTINUOUS, without lag, and not in the middle of a rescan.
    Ready,
    /// Launchable if a recovery snapshot exists, with data this old.
    ReadyWithLag {
        /// The lag.
        lag_seconds: u64,
    },
    /// Still copying.
    Synchronizing {
        /// The estimated time until it is ready.
        remaining_seconds: u64,
    },
    /// Not copying, and unable to continue by itself.
    Stalled {
        /// The cause and the remedy.
        why: String,
    },
}

/// Returns the launch state of A2 by DRS's numbers, given the largest lag that the plan allows.
pub fn launch_state(replication: &Replication, now: Timestamp, lag_seconds_max: u64) -> LaunchState {
    use ReplicationState as S;
    let lag = replication.lag();
    match replication.state {
        S::Continuous if lag == 0 && !replication.is_rescanning() => LaunchState::Ready,
        S::Continuous | S::Backlog | S::CreatingSnapshot | S::Rescan | S::Stalled
            if lag > 0
                && lag <= lag_seconds_max
                && replication.replicated_bytes >= replication.total_bytes =>
        {
            LaunchState::ReadyWithLag { lag_seconds: lag }
        }
        S::Stalled | S::Stopped | S::Disconnected | S::Paused => {
            LaunchState::Stalled { why: stalled(replication) }
        }
        S::Initiating | S::NotStarted | S::NotAvailable | S::Unknown => {
            LaunchState::Synchronizing { remaining_seconds: typical::INITIATION.high_seconds }
        }
        S::InitialSync | S::Rescan => {
            let left = replication.eta.map_or(300, |eta| eta.seconds_since(now));
            LaunchState::Synchronizing {
                remaining_seconds: left + typical::BACKLOG.low_seconds + typical::SNAPSHOT.low_seconds,
            }
        }
        S::Backlog => LaunchState::Synchronizing { remaining_seconds: 2 * typical::SNAPSHOT.low_seconds },
        S::CreatingSnapshot => {
            LaunchState::Synchronizing { remaining_seconds: typical::SNAPSHOT.low_seconds / 2 }
        }
        S::Continuous if replication.is_rescanning() => {
            LaunchState::Synchronizing { remaining_seconds: typical::SNAPSHOT.low_seconds }
        }
        S::Continuous => LaunchState::Synchronizing { remaining_seconds: lag.min(60) },
    }
}

/// Returns true for an A2 that only lags: the copy is whole and follows the source, so that one which was ready is ready
/// again soon, by itself.
pub fn only_lags(replication: &Replication) -> bool {
    use ReplicationState as S;
    matches!(replication.state, S::Continuous | S::Backlog | S::CreatingSnapshot)
        && replication.replicated_bytes >= replication.total_bytes
        && !replication.is_rescanning()
}

/// Returns the cause of a stall and its remedy, by DRS's error (drs-facts §2, §9).
pub fn stalled(replication: &Replication) -> String {
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
    format!("{} ({}): {remedy}", word(replication.state), error.unwrap_or("no cause given"))
}

/// Returns a replication state as DRS writes it.
pub fn word(state: ReplicationState) -> &'static str {
    use ReplicationState as S;
    match state {
        S::Stopped => "STOPPED",
        S::Initiating => "INITIATING",
        S::InitialSync => "INITIAL_SYNC",
        S::Backlog => "BACKLOG",
        S::CreatingSnapshot => "CREATING_SNAPSHOT",
        S::Continuous => "CONTINUOUS",
        S::Paused => "PAUSED",
        S::Rescan => "RESCAN",
        S::Stalled => "STALLED",
        S::Disconnected => "DISCONNECTED",
        S::NotStarted => "NOT_STARTED",
        S::NotAvailable => "REPLICATION_STATE_NOT_AVAILABLE",
        S::Unknown => "an unknown state",
    }
}
