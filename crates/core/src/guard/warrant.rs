//! Warrants, without which no writing operation of AWS can be called.

use crate::cloud::{HookRequest, RecordSet};
use crate::id::{
    HostedZoneId, InstanceId, LaunchTemplateId, RecoveryInstanceId, SecurityGroupId, SourceServerId, SubnetId,
};
use crate::region::Region;
use crate::tags::Tags;

/// A one-time permission to make one call on fixed targets: a capability token. Only the guard can issue one.
#[derive(Debug)]
pub struct Warrant<A> {
    action: A,
}

impl<A> Warrant<A> {
    /// Issues a warrant; visible only to the guard.
    pub(super) fn issue(action: A) -> Self {
        Self { action }
    }

    /// Returns the action to the adapter that carries it out, and consumes the warrant.
    pub fn spend(self) -> A {
        self.action
    }

    /// Returns the action that is permitted.
    pub fn action(&self) -> &A {
        &self.action
    }
}

/// StartRecovery of up to 100 servers in one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartRecovery {
    /// The Region of the job.
    pub region: Region,
    /// The source servers to launch.
    pub servers: Vec<SourceServerId>,
    /// `isDrill`.
    pub is_drill: bool,
    /// Tags of the job, by which a run finds it again after a crash.
    pub tags: Tags,
}

/// ReverseReplication of one recovery instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReverseReplication {
    /// The recovery instance's Region.
    pub region: Region,
    /// B2 or A3.
    pub recovery_instance: RecoveryInstanceId,
}

/// UpdateLaunchConfiguration: no right-sizing by DRS, no copied address, started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateLaunchConfiguration {
    /// A2's Region.
    pub region: Region,
    /// A2.
    pub server: SourceServerId,
}

/// StopReplication of one source server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopReplication {
    /// The server's Region.
    pub region: Region,
    /// A2, or B1 where the plan says so.
    pub server: SourceServerId,
}

/// TerminateRecoveryInstances of up to 200 instances in one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminateRecoveryInstances {
    /// The Region of the targets.
    pub region: Region,
    /// B2, or A3 in a drill and after an abort.
    pub recovery_instances: Vec<RecoveryInstanceId>,
}

/// DeleteRecoveryInstance of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteRecoveryInstance {
    /// The Region of the target.
    pub region: Region,
    /// A3.
    pub recovery_instance: RecoveryInstanceId,
}

/// DisconnectSourceServer of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisconnectSourceServer {
    /// The Region of the target.
    pub region: Region,
    /// A2.
    pub server: SourceServerId,
}

/// DeleteSourceServer of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteSourceServer {
    /// The Region of the target.
    pub region: Region,
    /// A2.
    pub server: SourceServerId,
}

/// TagResource on one DRS resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagResource {
    /// The Region of the target.
    pub region: Region,
    /// A2, B2 or A3.
    pub arn: String,
    /// Tags to add.
    pub tags: Tags,
}

/// Invoke of the hook, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallHook {
    /// ARN of the function.
    pub function: String,
    /// The payload.
    pub request: HookRequest,
}

/// CreateLaunchTemplateVersion on A2's template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateLaunchTemplateVersion {
    /// The Region of the target.
    pub region: Region,
    /// The template that DRS made for A2.
    pub template: LaunchTemplateId,
    /// The version whose other fields are kept.
    pub from_version: u64,
    /// The subnet of A4.
    pub subnet: SubnetId,
    /// The security groups of A4.
    pub security_groups: Vec<SecurityGroupId>,
    /// A4's instance profile, by name or ARN.
    pub profile: String,
    /// A4's instance type.
    pub instance_type: String,
}

/// ModifyLaunchTemplate: a version becomes the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetDefaultVersion {
    /// The Region of the target.
    pub region: Region,
    /// The template that DRS made for A2.
    pub template: LaunchTemplateId,
    /// The new default.
    pub version: u64,
}

/// EC2 TerminateInstances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminateInstances {
    /// The Region of the targets.
    pub region: Region,
    /// A1 of each server.
    pub instances: Vec<InstanceId>,
}

/// The replacement of one simple record set. It is made only while the set is still the one that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordChange {
    /// The record set that was read.
    pub seen: RecordSet,
    /// The new TTL in seconds.
    pub ttl_seconds: u64,
    /// The only new value.
    pub value: String,
}

/// ChangeResourceRecordSets: replacements in one zone, all or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRecords {
    /// The zone.
    pub zone: HostedZoneId,
    /// The changes in that zone, which are those of one server.
    pub records: Vec<RecordChange>,
}
