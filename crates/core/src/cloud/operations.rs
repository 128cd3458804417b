//! The operations of AWS's services that the procedures use. Every method that changes something takes a warrant.

use async_trait::async_trait;

use super::drs::{
    Job, JobLogItem, LaunchConfiguration, LaunchConfigurationTemplate, RecoveryInstance,
    RecoveryInstanceFilter, ReplicationTemplate, SourceServer,
};
use super::ec2::{Instance, InstanceStatus, LaunchTemplateVersion, Subnet};
use super::route53::{ChangeStatus, RecordSet, RecordType};
use crate::error::Result;
use crate::guard::{
    ChangeRecords, CreateLaunchTemplateVersion, DeleteRecoveryInstance, DeleteSourceServer,
    DisconnectSourceServer, ReverseReplication, SetDefaultVersion, StartRecovery, StopReplication,
    TagResource, TerminateInstances, TerminateRecoveryInstances, UpdateLaunchConfiguration, Warrant,
};
use crate::id::{
    ChangeId, HostedZoneId, InstanceId, JobId, LaunchTemplateId, SnapshotId, SourceServerId, SubnetId,
};
use crate::region::Region;
use crate::timestamp::Timestamp;

/// The operations of DRS that the procedures use. Every reading method returns all pages unless it says otherwise.
#[async_trait]
pub trait Drs: Send + Sync {
    /// Returns the source servers with these ids, or all in the Region (DescribeSourceServers).
    async fn source_servers(
        &self,
        region: Region,
        ids: Option<&[SourceServerId]>,
    ) -> Result<Vec<SourceServer>>;

    /// Returns recovery instances (DescribeRecoveryInstances).
    async fn recovery_instances(
        &self,
        region: Region,
        filter: &RecoveryInstanceFilter,
    ) -> Result<Vec<RecoveryInstance>>;

    /// Returns the jobs with these ids, or all since a time, newest first (DescribeJobs).
    async fn jobs(&self, region: Region, ids: &[JobId], since: Option<Timestamp>) -> Result<Vec<Job>>;

    /// Returns the log of a job (DescribeJobLogItems).
    async fn job_log(&self, region: Region, job: &JobId) -> Result<Vec<JobLogItem>>;

    /// Returns the first page of a server's recovery snapshots, newest first (DescribeRecoverySnapshots).
    async fn recovery_snapshots(
        &self,
        region: Region,
        server: &SourceServerId,
    ) -> Result<Vec<(SnapshotId, Timestamp)>>;

    /// Returns the replication templates (DescribeReplicationConfigurationTemplates); `NotInitialized` where DRS is
    /// not.
    async fn replication_templates(&self, region: Region) -> Result<Vec<ReplicationTemplate>>;

    /// Returns the launch configuration templates (DescribeLaunchConfigurationTemplates).
    async fn launch_configuration_templates(
        &self,
        region: Region,
    ) -> Result<Vec<LaunchConfigurationTemplate>>;

    /// Returns the launch settings of a source server (GetLaunchConfiguration).
    async fn launch_configuration(
        &self,
        region: Region,
        server: &SourceServerId,
    ) -> Result<LaunchConfiguration>;

    /// Starts a launch job (StartRecovery). The call has no client token, so it is repeated only after a read (§5).
    async fn start_recovery(&self, warrant: Warrant<StartRecovery>) -> Result<JobId>;

    /// Reverses replication (ReverseReplication). Returns the ARN of the source server in the other Region.
    async fn reverse_replication(&self, warrant: Warrant<ReverseReplication>) -> Result<String>;

    /// Changes the launch settings of a source server (UpdateLaunchConfiguration).
    async fn update_launch_configuration(&self, warrant: Warrant<UpdateLaunchConfiguration>) -> Result<()>;

    /// Stops replication (StopReplication). DRS deletes every point in time of the server.
    async fn stop_replication(&self, warrant: Warrant<StopReplication>) -> Result<()>;

    /// Terminates at most 200 recovery instances (TerminateRecoveryInstances).
    async fn terminate_recovery_instances(
        &self,
        warrant: Warrant<TerminateRecoveryInstances>,
    ) -> Result<JobId>;

    /// Deletes the record of a recovery instance (DeleteRecoveryInstance). The EC2 instance keeps running.
    async fn delete_recovery_instance(&self, warrant: Warrant<DeleteRecoveryInstance>) -> Result<()>;

    /// Disconnects a source server (DisconnectSourceServer).
    async fn disconnect_source_server(&self, warrant: Warrant<DisconnectSourceServer>) -> Result<()>;

    /// Deletes a source server (DeleteSourceServer).
    async fn delete_source_server(&self, warrant: Warrant<DeleteSourceServer>) -> Result<()>;

    /// Tags a DRS resource (TagResource).
    async fn tag_resource(&self, warrant: Warrant<TagResource>) -> Result<()>;
}

/// The operations of EC2 that the procedures use. Every reading method returns all pages.
#[async_trait]
pub trait Ec2: Send + Sync {
    /// Returns instances (DescribeInstances). Ids that EC2 does not know are left out, without an error.
    async fn instances(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<Instance>>;

    /// Returns the status checks of running instances (DescribeInstanceStatus).
    async fn instance_status(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<InstanceStatus>>;

    /// Returns true for an instance that EC2 does not terminate on request (DescribeInstanceAttribute,
    /// `disableApiTermination`). False for an id that EC2 does not know.
    async fn is_protected_from_termination(&self, region: Region, id: &InstanceId) -> Result<bool>;

    /// Returns subnets (DescribeSubnets). Ids that EC2 does not know are left out, without an error.
    async fn subnets(&self, region: Region, ids: &[SubnetId]) -> Result<Vec<Subnet>>;

    /// Returns the default version of a launch template (DescribeLaunchTemplateVersions).
    async fn default_launch_template_version(
        &self,
        region: Region,
        template: &LaunchTemplateId,
    ) -> Result<LaunchTemplateVersion>;

    /// Creates a version from the default one (CreateLaunchTemplateVersion). Returns the new version's number.
    async fn create_launch_template_version(
        &self,
        warrant: Warrant<CreateLaunchTemplateVersion>,
    ) -> Result<u64>;

    /// Makes a version the default (ModifyLaunchTemplate).
    async fn set_default_version(&self, warrant: Warrant<SetDefaultVersion>) -> Result<()>;

    /// Terminates at most 1,000 instances, which are A1 (TerminateInstances).
    async fn terminate_instances(&self, warrant: Warrant<TerminateInstances>) -> Result<()>;
}

/// The operations of Route 53 that the procedures use.
#[async_trait]
pub trait Route53: Send + Sync {
    /// Returns all record sets of this name and type (ListResourceRecordSets).
    async fn record_sets(&self, zone: &HostedZoneId, name: &str, kind: RecordType) -> Result<Vec<RecordSet>>;

    /// Returns one page of a zone's A and AAAA sets, from this name on: all of the first name, and of the others those whose
    /// sets are all in the page (ListResourceRecordSets).
    async fn record_page(&self, zone: &HostedZoneId, from: &str) -> Result<Vec<RecordSet>>;

    /// Returns the status of a change (GetChange).
    async fn change_status(&self, change: &ChangeId) -> Result<ChangeStatus>;

    /// Replaces simple record sets in one zone, all or none (ChangeResourceRecordSets: DELETE of exactly the set that
    /// was read, and CREATE). `Conflict` when one of them was changed since.
    async fn change_records(&self, warrant: Warrant<ChangeRecords>) -> Result<ChangeId>;
}
