//! Source servers, recovery instances and jobs of DRS.

use failback_core::cloud::{Direction, JobKind, JobStatus, LastLaunch, LaunchStatus, RightSizing, Tags};
use failback_core::id::{InstanceId, JobId, LaunchTemplateId, RecoveryInstanceId, SourceServerId, SubnetId};
use failback_core::region::Region;

use super::{DiskSpec, ResourceTags};
use crate::replication::Replication;

/// The launch configuration of a source server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // DRS's own members.
pub struct LaunchConfig {
    /// `ec2LaunchTemplateID`.
    pub template: LaunchTemplateId,
    /// `launchIntoInstanceProperties.launchIntoEC2InstanceID`; absent for a launch of a new instance.
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
    /// `initiated.type` is DRILL; otherwise it is RECOVERY.
    pub is_drill: bool,
    /// `initiated.apiCallDateTime`, in milliseconds since 1970.
    pub called_ms: i64,
    /// `status`.
    pub status: LaunchStatus,
}

/// A source server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceServer {
    /// `sourceServerID`.
    pub id: SourceServerId,
    /// Region of the source server, to which it replicates.
    pub region: Region,
    /// `arn`.
    pub arn: String,
    /// `tags`.
    pub tags: ResourceTags,
    /// `replicationDirection`.
    pub direction: Direction,
    /// `identificationHints.awsInstanceID`: the instance that is replicated.
    pub source: InstanceId,
    /// `identificationHints.hostname`.
    pub hostname: String,
    /// `sourceCloudProperties.originRegion`: the Region of the replicated instance.
    pub origin: Region,
    /// `recoveryInstanceId`; absent before a launch and after the recovery instance is gone.
    pub recovery_instance: Option<RecoveryInstanceId>,
    /// `lastLaunchResult`.
    pub last_launch: LastLaunch,
    /// `lifeCycle.lastLaunch`; absent before the first launch.
    pub last_launch_info: Option<LastLaunchInfo>,
    /// `reversedDirectionSourceServerArn`. May name a source server of an earlier cycle that was deleted (§0.6).
    pub reversed_arn: Option<String>,
    /// Name and size of each replicated disk.
    pub disks: Vec<DiskSpec>,
    /// Launch configuration.
    pub launch: LaunchConfig,
    /// `lifeCycle.addedToServiceDateTime`, in milliseconds since 1970.
    pub added_ms: i64,
    /// Time from which DescribeSourceServers lists it, in milliseconds since 1970.
    pub visible_ms: i64,
    /// Timeline of its replication.
    pub replication: Replication,
    /// Every instance that was launched from it. The next StartRecovery terminates those that still live (§0.5).
    pub launched: Vec<InstanceId>,
    /// Source server that this one is the reverse of: for A2 its B1. AWS does not show it, and it is never stale.
    pub counterpart: Option<(Region, SourceServerId)>,
    /// DisconnectSourceServer was called, even where DISCONNECTED is not visible yet.
    pub disconnecting: bool,
    /// Index of its server in the fleet; absent for bystanders.
    pub server: Option<usize>,
}

impl SourceServer {
    /// Returns the sum of the sizes of its disks.
    pub fn total_bytes(&self) -> u64 {
        self.disks.iter().map(|disk| disk.bytes).sum()
    }
}

/// Reversed replication that was started from a recovery instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    /// Time of ReverseReplication, in milliseconds since 1970.
    pub at_ms: i64,
    /// Region of the source server that replicates from the recovery instance.
    pub region: Region,
    /// Source server that replicates from the recovery instance.
    pub server: SourceServerId,
}

/// A recovery instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryInstance {
    /// `recoveryInstanceID`.
    pub id: RecoveryInstanceId,
    /// Region of the recovery instance.
    pub region: Region,
    /// `arn`.
    pub arn: String,
    /// `tags`.
    pub tags: ResourceTags,
    /// `ec2InstanceID`.
    pub instance: InstanceId,
    /// `jobID`.
    pub job: JobId,
    /// `sourceServerID`.
    pub source_server: SourceServerId,
    /// `isDrill`.
    pub is_drill: bool,
    /// `pointInTimeSnapshotDateTime`, in milliseconds since 1970.
    pub point_in_time_ms: i64,
    /// Time from which DRS lists it, in milliseconds since 1970.
    pub listed_ms: i64,
    /// Reversed replication; absent until it was started.
    pub reversal: Option<Reversal>,
    /// Time before which DRS refuses to terminate it, because replication from it was just stopped (§0.7). In
    /// milliseconds since 1970; 0 if replication from it was never stopped.
    pub settles_ms: i64,
    /// DisconnectRecoveryInstance was called.
    pub disconnected: bool,
    /// Index of its server in the fleet; absent for bystanders.
    pub server: Option<usize>,
}

/// One of a job's `participatingServers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobPart {
    /// `sourceServerID`.
    pub server: SourceServerId,
    /// `recoveryInstanceID`: the launched or terminated instance; absent until a launch succeeded.
    pub recovery_instance: Option<RecoveryInstanceId>,
    /// `launchStatus`.
    pub launch: LaunchStatus,
    /// End of the post-launch actions, in milliseconds since 1970; absent without post-launch actions.
    pub actions_end_ms: Option<i64>,
    /// Point in time that the caller chose, in milliseconds since 1970. Absent for the latest data, until the
    /// snapshot is taken.
    pub wanted_point_ms: Option<i64>,
    /// Point in time of the content that is launched, in milliseconds since 1970; absent until the snapshot is taken.
    pub point_in_time_ms: Option<i64>,
    /// EC2 instance of the launch; absent until the launch of the instance starts.
    pub instance: Option<InstanceId>,
}

impl JobPart {
    pub(crate) fn new(server: SourceServerId, recovery_instance: Option<RecoveryInstanceId>) -> Self {
        Self {
            server,
            recovery_instance,
            launch: LaunchStatus::Pending,
            actions_end_ms: None,
            wanted_point_ms: None,
            point_in_time_ms: None,
            instance: None,
        }
    }

    /// Returns true while the server is still to be launched or terminated.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.launch, LaunchStatus::Pending | LaunchStatus::InProgress)
    }
}

/// One of the items of DescribeJobLogItems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// `logDateTime`, in milliseconds since 1970.
    pub at_ms: i64,
    /// `event`, such as `SNAPSHOT_START`.
    pub event: &'static str,
    /// `eventData.sourceServerID`; absent from events of the job as a whole.
    pub server: Option<SourceServerId>,
    /// `eventData.rawError`; present for some failed launches.
    pub error: Option<String>,
    /// `eventData.targetInstanceID`; present once an instance was launched.
    pub instance: Option<InstanceId>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// `jobID`.
    pub id: JobId,
    /// Region of the job.
    pub region: Region,
    /// `arn`.
    pub arn: String,
    /// `type`.
    pub kind: JobKind,
    /// `initiatedBy`, such as `START_RECOVERY`.
    pub initiated_by: &'static str,
    /// `status`.
    pub status: JobStatus,
    /// `creationDateTime`, in milliseconds since 1970.
    pub created_ms: i64,
    /// `endDateTime`, in milliseconds since 1970; absent until the job is COMPLETED.
    pub ended_ms: Option<i64>,
    /// `tags`.
    pub tags: Tags,
    /// `isDrill` of StartRecovery.
    pub is_drill: bool,
    /// `participatingServers`.
    pub parts: Vec<JobPart>,
    /// Log, oldest line first.
    pub log: Vec<LogLine>,
}

impl Job {
    /// Returns true until the job is COMPLETED.
    pub fn is_active(&self) -> bool {
        self.status != JobStatus::Completed
    }

    /// Adds a line to the log.
    pub(crate) fn log_event(&mut self, at_ms: i64, event: &'static str, server: Option<&SourceServerId>) {
        self.log.push(LogLine { at_ms, event, server: server.cloned(), error: None, instance: None });
    }

    pub(crate) fn part(&self, server: &SourceServerId) -> Option<&JobPart> {
        self.parts.iter().find(|part| part.server == *server)
    }

    pub(crate) fn part_mut(&mut self, server: &SourceServerId) -> Option<&mut JobPart> {
        self.parts.iter_mut().find(|part| part.server == *server)
    }
}

/// The replication configuration template of a Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryTemplate {
    /// `replicationConfigurationTemplateID`.
    pub id: String,
    /// `stagingAreaSubnetId`.
    pub staging_subnet: SubnetId,
}
