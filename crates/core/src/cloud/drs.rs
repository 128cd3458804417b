//! Elastic Disaster Recovery, as far as the procedures need it (drs-facts §1 to §5).

use std::fmt;

use super::InstanceState;
use crate::id::{InstanceId, JobId, LaunchTemplateId, RecoveryInstanceId, SourceServerId, SubnetId};
use crate::tags::Tags;
use crate::timestamp::Timestamp;

/// The direction in which a source server replicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The direction from the source Region to the recovery Region: B1.
    Failover,
    /// The direction from the recovery Region to the source Region: A2.
    Failback,
    /// A value that this program does not know.
    Unknown,
}

/// `dataReplicationState` of source servers and recovery instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // DRS's own words.
pub enum ReplicationState {
    Stopped,
    Initiating,
    InitialSync,
    Backlog,
    CreatingSnapshot,
    Continuous,
    Paused,
    Rescan,
    Stalled,
    Disconnected,
    NotStarted,
    NotAvailable,
    Unknown,
}

/// Writes it as DRS does.
impl fmt::Display for ReplicationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stopped => "STOPPED",
            Self::Initiating => "INITIATING",
            Self::InitialSync => "INITIAL_SYNC",
            Self::Backlog => "BACKLOG",
            Self::CreatingSnapshot => "CREATING_SNAPSHOT",
            Self::Continuous => "CONTINUOUS",
            Self::Paused => "PAUSED",
            Self::Rescan => "RESCAN",
            Self::Stalled => "STALLED",
            Self::Disconnected => "DISCONNECTED",
            Self::NotStarted => "NOT_STARTED",
            Self::NotAvailable => "REPLICATION_STATE_NOT_AVAILABLE",
            Self::Unknown => "an unknown state",
        })
    }
}

/// `dataReplicationInfo`, its disks added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replication {
    /// `dataReplicationState`.
    pub state: ReplicationState,
    /// `lagDuration`; absent and zero both mean no lag.
    pub lag_seconds: Option<u64>,
    /// `etaDateTime`.
    pub eta: Option<Timestamp>,
    /// Sum of `totalStorageBytes`.
    pub total_bytes: u64,
    /// Sum of `replicatedStorageBytes`.
    pub replicated_bytes: u64,
    /// Sum of `rescannedStorageBytes`.
    pub rescanned_bytes: u64,
    /// Sum of `backloggedStorageBytes`.
    pub backlog_bytes: u64,
    /// True when the rescanned bytes reach the total on every disk. CONTINUOUS alone shows earlier (§3, row 4b).
    pub rescan_complete: bool,
    /// `dataReplicationError.error`.
    pub error: Option<String>,
    /// The initiation step that is in progress.
    pub step: Option<String>,
}

/// The lag up to which replication counts as healthy, in seconds. DRS shows short lags of replication that is in order, and
/// takes a point in time every ten minutes, so that a minute of lag costs none.
const HEALTHY_LAG_SECONDS_MAX: u64 = 60;

impl Replication {
    /// Returns true when the state is CONTINUOUS and there is hardly any lag.
    pub fn is_healthy(&self) -> bool {
        self.state == ReplicationState::Continuous && self.lag() <= HEALTHY_LAG_SECONDS_MAX
    }

    /// Returns true when replication is healthy and every byte was compared with the source: CONTINUOUS alone shows
    /// before that (drs-facts §3, row 4b). After a full initial sync, which follows a stop of replication, there may be
    /// nothing to compare.
    pub fn protects(&self) -> bool {
        let is_copied = self.rescanned_bytes == 0 && self.replicated_bytes >= self.total_bytes;
        self.is_healthy() && (self.rescan_complete || is_copied)
    }

    /// Returns true while blocks are compared with the source again, which CONTINUOUS may precede (drs-facts §3, row
    /// 4b): a launch would mix the blocks of two times.
    pub fn is_rescanning(&self) -> bool {
        self.rescanned_bytes > 0 && !self.rescan_complete
    }

    /// Returns the lag in seconds; DRS leaves it out when there is none.
    pub fn lag(&self) -> u64 {
        self.lag_seconds.unwrap_or(0)
    }

    /// Returns true while DRS still copies or holds a recovery instance of the other Region.
    pub fn is_running(&self) -> bool {
        !matches!(self.state, ReplicationState::Stopped | ReplicationState::Disconnected)
    }
}

/// `lastLaunchResult`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // DRS's own words.
pub enum LastLaunch {
    NotStarted,
    Pending,
    Succeeded,
    Failed,
    Unknown,
}

/// A source server: A2 in the source Region, B1 in the recovery Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceServer {
    /// `sourceServerID`.
    pub id: SourceServerId,
    /// `arn`.
    pub arn: String,
    /// `tags`.
    pub tags: Tags,
    /// `replicationDirection`.
    pub direction: Direction,
    /// `sourceProperties.identificationHints.awsInstanceID`: the instance that is replicated.
    pub instance: Option<InstanceId>,
    /// `sourceProperties.identificationHints.hostname`.
    pub hostname: Option<String>,
    /// `sourceCloudProperties.originRegion`.
    pub origin_region: Option<String>,
    /// `recoveryInstanceId`.
    pub recovery_instance: Option<RecoveryInstanceId>,
    /// `lifeCycle.lastSeenByServiceDateTime`: the last contact of the agent.
    pub last_seen: Option<Timestamp>,
    /// `lastLaunchResult`.
    pub last_launch: LastLaunch,
    /// `lifeCycle.lastLaunch.initiated.jobID`.
    pub last_launch_job: Option<JobId>,
    /// `dataReplicationInfo`.
    pub replication: Replication,
    /// `reversedDirectionSourceServerArn`. It becomes stale across cycles (§0.6), so it is shown and never followed.
    pub reversed_arn: Option<String>,
}

/// `failback.state` of a recovery instance. It is only reported: §4 and §12.1 leave its course open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // DRS's own words.
pub enum FailbackState {
    NotStarted,
    InProgress,
    ReadyForLaunch,
    Completed,
    Error,
    NotReadyForLaunch,
    NotAvailable,
    Unknown,
}

/// A recovery instance: B2 in the recovery Region, A3 in the source Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryInstance {
    /// `recoveryInstanceID`.
    pub id: RecoveryInstanceId,
    /// `arn`.
    pub arn: String,
    /// `tags`.
    pub tags: Tags,
    /// `ec2InstanceID`: B3 or A4.
    pub instance: InstanceId,
    /// `ec2InstanceState`.
    pub state: InstanceState,
    /// `jobID`: the job that launched it.
    pub job: Option<JobId>,
    /// `sourceServerID`: B1 or A2.
    pub source_server: SourceServerId,
    /// `isDrill`.
    pub is_drill: bool,
    /// True when `originEnvironment` is AWS: only then can replication be reversed.
    pub originated_in_aws: bool,
    /// `failback.state`.
    pub failback_state: FailbackState,
    /// `failback.agentLastSeenByServiceDateTime`.
    pub agent_seen: Option<Timestamp>,
    /// `dataReplicationInfo.dataReplicationState`; leaves NOT_STARTED once replication is reversed (§3, row 4).
    pub replication_state: ReplicationState,
    /// `pointInTimeSnapshotDateTime`: the point in time of its data.
    pub point_in_time: Option<Timestamp>,
}

impl RecoveryInstance {
    /// Returns true until EC2 starts to terminate it. Records of terminated instances remain for a while (§6).
    pub fn is_live(&self) -> bool {
        self.state.is_live()
    }

    /// Returns true when reversed replication was started on it.
    pub fn is_reversed(&self) -> bool {
        self.replication_state != ReplicationState::NotStarted
    }
}

/// A selection of recovery instances to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecoveryInstanceFilter {
    /// By id.
    Ids(Vec<RecoveryInstanceId>),
    /// By the source server they were launched from.
    SourceServers(Vec<SourceServerId>),
    /// All in the Region.
    All,
}

/// `type` of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // DRS's own words.
pub enum JobKind {
    Launch,
    Terminate,
    Other,
}

/// `status` of a job. COMPLETED says nothing about success (§0.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // DRS's own words.
pub enum JobStatus {
    Pending,
    Started,
    Completed,
}

/// `launchStatus` of a server in a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // DRS's own words.
pub enum LaunchStatus {
    Pending,
    InProgress,
    Launched,
    Failed,
    Terminated,
    Unknown,
}

/// `launchActionsStatus`, summed up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PostLaunchActions {
    /// Number of actions that are still running.
    pub running: usize,
    /// Number of actions that succeeded.
    pub succeeded: usize,
    /// Reasons of failed actions, one text each, of those that must not fail.
    pub failed: Vec<String>,
    /// The same of those that may: `action.optional`.
    pub failed_optional: Vec<String>,
    /// True once DRS has found the SSM agent on the instance, which runs the actions. Before that, there are no runs.
    pub agent_found: bool,
}

impl PostLaunchActions {
    /// Returns true while no action has begun. DRS also shows this of a server that has none.
    pub fn has_not_begun(&self) -> bool {
        let ended = self.succeeded + self.failed.len() + self.failed_optional.len();
        !self.agent_found && self.running + ended == 0
    }
}

/// A server in a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobServer {
    /// `sourceServerID`.
    pub server: SourceServerId,
    /// `recoveryInstanceID`; real answers leave it out at times (§1.2).
    pub recovery_instance: Option<RecoveryInstanceId>,
    /// `launchStatus`.
    pub launch: LaunchStatus,
    /// `launchActionsStatus`.
    pub actions: Option<PostLaunchActions>,
}

/// A DRS job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// `jobID`.
    pub id: JobId,
    /// `type`.
    pub kind: JobKind,
    /// `status`.
    pub status: JobStatus,
    /// `creationDateTime`.
    pub created: Option<Timestamp>,
    /// `tags`, given to StartRecovery.
    pub tags: Tags,
    /// `participatingServers`.
    pub servers: Vec<JobServer>,
}

impl Job {
    /// Returns true until DRS has completed it.
    pub fn is_active(&self) -> bool {
        self.status != JobStatus::Completed
    }

    /// Returns true while DRS is working on this server in this job.
    pub fn is_working_on(&self, server: &SourceServerId) -> bool {
        self.is_active() && self.part_of(server).is_some()
    }

    /// Returns the server's part in this job.
    pub fn part_of(&self, server: &SourceServerId) -> Option<&JobServer> {
        self.servers.iter().find(|part| part.server == *server)
    }
}

/// A line of a job's log. The event is text: `LAUNCH_END` is in every real log and not in the model (§0.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobLogItem {
    /// `logDateTime`.
    pub at: Option<Timestamp>,
    /// `event`.
    pub event: String,
    /// `eventData.sourceServerID`.
    pub server: Option<SourceServerId>,
    /// `eventData.rawError`.
    pub error: Option<String>,
}

/// `targetInstanceTypeRightSizingMethod`. BASIC overrides the type in the launch template (§9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // DRS's own words.
pub enum RightSizing {
    None,
    Basic,
    InAws,
    Unknown,
}

/// The launch settings of a source server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchConfiguration {
    /// `ec2LaunchTemplateID`: the template of network, security groups and profile.
    pub launch_template: Option<LaunchTemplateId>,
    /// `launchIntoInstanceProperties.launchIntoEC2InstanceID`: with it A4 becomes A1 (§0.4).
    pub launch_into: Option<InstanceId>,
    /// `targetInstanceTypeRightSizingMethod`.
    pub right_sizing: RightSizing,
    /// `copyPrivateIp`.
    pub copy_private_ip: bool,
    /// True when `launchDisposition` is STARTED.
    pub starts: bool,
    /// `postLaunchEnabled`.
    pub post_launch_actions: bool,
}

/// A Region's launch configuration template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaunchConfigurationTemplate {
    /// `launchIntoSourceInstance`.
    pub launch_into_source: bool,
}

/// A Region's replication configuration template. Where DRS is initialised there is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicationTemplate {
    /// `stagingAreaSubnetId`.
    pub staging_subnet: Option<SubnetId>,
}
