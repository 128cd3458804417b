//! Views of DRS and EC2 resources at one moment, as AWS returns them.

use failback_core::cloud::{Check, FailbackState, InstanceState, ReplicationState};
use failback_core::id::InstanceId;

use super::{RecoveryInstance, SourceServer};

/// One of `replicatedDisks`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskView {
    /// `deviceName`.
    pub device: String,
    /// `totalStorageBytes`; 0 once the server is disconnected.
    pub total: u64,
    /// `replicatedStorageBytes`.
    pub replicated: u64,
    /// `rescannedStorageBytes`.
    pub rescanned: u64,
    /// `backloggedStorageBytes`.
    pub backlogged: u64,
}

/// `dataReplicationInfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicationView {
    /// `dataReplicationState`.
    pub state: ReplicationState,
    /// `lagDuration`, in milliseconds; absent before and after replication.
    pub lag_ms: Option<i64>,
    /// `etaDateTime`, in milliseconds since 1970; present during the initial sync.
    pub eta_ms: Option<i64>,
    /// `replicatedDisks`.
    pub disks: Vec<DiskView>,
    /// `dataReplicationError.error`; present while the state is STALLED.
    pub error: Option<&'static str>,
    /// `dataReplicationInitiation.startDateTime`, in milliseconds since 1970; absent for replication that was
    /// already healthy when the scenario started.
    pub initiation_ms: Option<i64>,
    /// `dataReplicationInitiation.steps`: the name and the status of each.
    pub steps: Vec<(&'static str, &'static str)>,
}

/// A source server at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceServerView {
    /// Properties that do not depend on the moment.
    pub server: SourceServer,
    /// `dataReplicationInfo`.
    pub replication: ReplicationView,
    /// `lifeCycle.lastSeenByServiceDateTime`, in milliseconds since 1970; absent while the source does not run.
    pub last_seen_ms: Option<i64>,
}

/// A recovery instance at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryInstanceView {
    /// Properties that do not depend on the moment.
    pub record: RecoveryInstance,
    /// `ec2InstanceState`.
    pub state: InstanceState,
    /// `failback.state`.
    pub failback_state: FailbackState,
    /// `failback.agentLastSeenByServiceDateTime`, in milliseconds since 1970; absent before the first contact.
    pub agent_seen_ms: Option<i64>,
    /// `dataReplicationInfo.dataReplicationState`.
    pub replication_state: ReplicationState,
    /// `dataReplicationInfo.lagDuration`, in milliseconds; absent without reversed replication.
    pub lag_ms: Option<i64>,
}

/// Both status checks of a running instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceDetails {
    /// `instanceId`.
    pub id: InstanceId,
    /// `systemStatus.status`.
    pub system: Check,
    /// `instanceStatus.status`.
    pub instance: Check,
}
