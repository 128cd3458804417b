//! What AWS answers about an object at one moment.

use failback_core::cloud::{Check, FailbackState, InstanceState, ReplicationState};
use failback_core::id::InstanceId;

use super::{RecoveryInstance, SourceServer};

/// One of `replicatedDisks`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskView {
    /// `deviceName`.
    pub device: String,
    /// `totalStorageBytes`.
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
    /// `lagDuration`.
    pub lag_ms: Option<i64>,
    /// `etaDateTime`.
    pub eta_ms: Option<i64>,
    /// `replicatedDisks`.
    pub disks: Vec<DiskView>,
    /// `dataReplicationError.error`.
    pub error: Option<&'static str>,
    /// `dataReplicationInitiation.startDateTime`.
    pub initiation_ms: Option<i64>,
    /// `dataReplicationInitiation.steps`: name and status.
    pub steps: Vec<(&'static str, &'static str)>,
}

/// A source server and what is true of it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceServerView {
    /// What does not depend on the moment.
    pub server: SourceServer,
    /// `dataReplicationInfo`.
    pub replication: ReplicationView,
    /// `lifeCycle.lastSeenByServiceDateTime`.
    pub last_seen_ms: Option<i64>,
}

/// A recovery instance and what is true of it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryInstanceView {
    /// What does not depend on the moment.
    pub record: RecoveryInstance,
    /// `ec2InstanceState`.
    pub state: InstanceState,
    /// `failback.state`.
    pub failback_state: FailbackState,
    /// `failback.agentLastSeenByServiceDateTime`.
    pub agent_seen_ms: Option<i64>,
    /// `dataReplicationInfo.dataReplicationState`.
    pub replication_state: ReplicationState,
    /// `dataReplicationInfo.lagDuration`.
    pub lag_ms: Option<i64>,
}

/// Both status checks of a running instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceDetails {
    /// Whose.
    pub id: InstanceId,
    /// `systemStatus`.
    pub system: Check,
    /// `instanceStatus`.
    pub instance: Check,
}
