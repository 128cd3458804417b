//! Readiness of A2 to be launched: the console's Ready and Ready with lag (drs-facts §4).

use crate::catalogue::{Reason, stall};
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
        /// True when DRS itself estimates it. Otherwise it is the usual time, and may be far from the truth.
        is_told: bool,
    },
    /// Not copying, and unable to continue by itself.
    Stalled {
        /// The cause and the remedy.
        why: Reason,
    },
}

impl LaunchState {
    /// Returns the state of a server that usually takes this long, and for which DRS gives no estimate.
    pub fn usually(remaining_seconds: u64) -> Self {
        Self::Synchronizing { remaining_seconds, is_told: false }
    }
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
            LaunchState::Stalled { why: stall::stalled(replication) }
        }
        S::Initiating | S::NotStarted | S::NotAvailable | S::Unknown => {
            LaunchState::usually(typical::INITIATION.high_seconds)
        }
        S::InitialSync | S::Rescan => {
            // An estimate that has passed is none.
            let told = replication.eta.filter(|eta| *eta > now).map(|eta| eta.seconds_since(now));
            let left = told.unwrap_or(if replication.eta.is_some() { 0 } else { 300 });
            LaunchState::Synchronizing {
                remaining_seconds: left + typical::BACKLOG.low_seconds + typical::SNAPSHOT.low_seconds,
                is_told: told.is_some(),
            }
        }
        S::Backlog => LaunchState::usually(2 * typical::SNAPSHOT.low_seconds),
        S::CreatingSnapshot => LaunchState::usually(typical::SNAPSHOT.low_seconds / 2),
        S::Continuous if replication.is_rescanning() => LaunchState::usually(typical::SNAPSHOT.low_seconds),
        S::Continuous => LaunchState::usually(lag.min(60)),
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
