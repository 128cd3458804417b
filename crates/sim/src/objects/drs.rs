//! Source servers, recovery instances and jobs.

use failback_core::cloud::{Direction, JobKind, JobStatus, LastLaunch, LaunchStatus, RightSizing, Tags};
use failback_core::id::{InstanceId, JobId, LaunchTemplateId, RecoveryInstanceId, SourceServerId, SubnetId};
use failback_core::region::Region;

use super::DiskSpec;
use crate::replication::Replication;

/// How a source server is launched.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // As DRS has them.
pub struct LaunchConfig {
    /// `ec2LaunchTemplateID`.
    pub template: LaunchTemplateId,
    /// `launchIntoInstanceProperties.launchIntoEC2InstanceID`.
    pub launch_into: Option<InstanceId>,
    /// `targetInstanceTypeRightSizingMethod`.
    pub right_sizing: RightSizing,
    /// `copyPrivateIp`.
    pub copy_private_ip: bool,
    /// `copyTags`.
    pub copy_tags: bool,
    /// `launchDisposition` is STARTED.
    pub starts: bool,
    /// `postLaunchEnabled`.
    pub post_launch: bool,
}

/// `lifeCycle.lastLaunch`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastLaunchInfo {
    /// `initiated.jobID`.
    pub job: JobId,
    /// `initiated.type` is DRILL.
    pub is_drill: bool,
    /// `initiated.apiCallDateTime`.
    pub called_ms: i64,
    /// `status`.
    pub status: LaunchStatus,
}

/// A source server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceServer {
    /// `sourceServerID`.
    pub id: SourceServerId,
    /// Where it is.
    pub region: Region,
    /// `arn`.
    pub arn: String,
    /// `tags`.
    pub tags: Tags,
    /// `replicationDirection`.
    pub direction: Direction,
    /// `identificationHints.awsInstanceID`.
    pub source: InstanceId,
    /// `identificationHints.hostname`.
    pub hostname: String,
    /// `sourceCloudProperties.originRegion`.
    pub origin: Region,
    /// `recoveryInstanceId`.
    pub recovery_instance: Option<RecoveryInstanceId>,
    /// `lastLaunchResult`.
    pub last_launch: LastLaunch,
    /// `lifeCycle.lastLaunch`.
    pub last_launch_info: Option<LastLaunchInfo>,
    /// `reversedDirectionSourceServerArn`; may be stale (§0.6).
    pub reversed_arn: Option<String>,
    /// Disks.
    pub disks: Vec<DiskSpec>,
    /// How it is launched.
    pub launch: LaunchConfig,
    /// `lifeCycle.addedToServiceDateTime`.
    pub added_ms: i64,
    /// From when it is listed.
    pub visible_ms: i64,
    /// The course of its replication.
    pub replication: Replication,
    /// Every instance launched from it: the next StartRecovery takes those down that still live (§0.5).
    pub launched: Vec<InstanceId>,
    /// The source server that this one is the reverse of: for A2 its B1. The truth, not what AWS shows.
    pub counterpart: Option<(Region, SourceServerId)>,
    /// Set once it was asked to disconnect.
    pub disconnecting: bool,
    /// Index in the fleet, for servers of the fleet.
    pub server: Option<usize>,
}

impl SourceServer {
    /// Sum of the disks.
    pub fn total_bytes(&self) -> u64 {
        self.disks.iter().map(|disk| disk.bytes).sum()
    }
}

/// Reversed replication that was started on a recovery instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    /// When.
    pub at_ms: i64,
    /// Where its source server is.
    pub region: Region,
    /// Which source server replicates from it now.
    pub server: SourceServerId,
}

/// A recovery instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryInstance {
    /// `recoveryInstanceID`.
    pub id: RecoveryInstanceId,
    /// Where.
    pub region: Region,
    /// `arn`.
    pub arn: String,
    /// `tags`.
    pub tags: Tags,
    /// `ec2InstanceID`.
    pub instance: InstanceId,
    /// `jobID`.
    pub job: JobId,
    /// `sourceServerID`.
    pub source_server: SourceServerId,
    /// `isDrill`.
    pub is_drill: bool,
    /// `pointInTimeSnapshotDateTime`.
    pub point_in_time_ms: i64,
    /// Reversed replication, once started.
    pub reversal: Option<Reversal>,
    /// Before this it cannot be terminated: replication from it was stopped only just now (§0.7).
    pub settles_ms: i64,
    /// It was disconnected.
    pub disconnected: bool,
    /// Index in the fleet, for instances of the fleet.
    pub server: Option<usize>,
}

/// A server in a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobPart {
    /// `sourceServerID`.
    pub server: SourceServerId,
    /// Launched or terminated instance, once known.
    pub recovery_instance: Option<RecoveryInstanceId>,
    /// `launchStatus`.
    pub launch: LaunchStatus,
    /// When post-launch actions are over; absent without any.
    pub actions_end_ms: Option<i64>,
    /// Point in time to launch from: the present when absent.
    pub wanted_point_ms: Option<i64>,
    /// Point in time that it is launched from, once taken.
    pub point_in_time_ms: Option<i64>,
    /// The instance that is being launched.
    pub instance: Option<InstanceId>,
}

/// A line of a job's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// `logDateTime`.
    pub at_ms: i64,
    /// `event`.
    pub event: &'static str,
    /// `eventData.sourceServerID`.
    pub server: Option<SourceServerId>,
    /// `eventData.rawError`.
    pub error: Option<String>,
    /// `eventData.targetInstanceID`.
    pub instance: Option<InstanceId>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// `jobID`.
    pub id: JobId,
    /// Where.
    pub region: Region,
    /// `arn`.
    pub arn: String,
    /// `type`.
    pub kind: JobKind,
    /// `initiatedBy`.
    pub initiated_by: &'static str,
    /// `status`.
    pub status: JobStatus,
    /// `creationDateTime`.
    pub created_ms: i64,
    /// `endDateTime`.
    pub ended_ms: Option<i64>,
    /// `tags`.
    pub tags: Tags,
    /// `isDrill` of StartRecovery.
    pub is_drill: bool,
    /// `participatingServers`.
    pub parts: Vec<JobPart>,
    /// Its log.
    pub log: Vec<LogLine>,
}

impl Job {
    /// True until it is completed.
    pub fn is_active(&self) -> bool {
        self.status != JobStatus::Completed
    }

    pub(crate) fn note(&mut self, at_ms: i64, event: &'static str, server: Option<&SourceServerId>) {
        self.log.push(LogLine { at_ms, event, server: server.cloned(), error: None, instance: None });
    }

    pub(crate) fn part_mut(&mut self, server: &SourceServerId) -> Option<&mut JobPart> {
        self.parts.iter_mut().find(|part| part.server == *server)
    }
}

/// A Region's replication configuration template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryTemplate {
    /// `replicationConfigurationTemplateID`.
    pub id: String,
    /// `stagingAreaSubnetId`.
    pub staging_subnet: SubnetId,
}
