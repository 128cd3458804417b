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

/// The operations of DRS that the procedures use. Every reading method returns all pages.
#[async_trait]
pub trait Drs: Send + Sync {
    /// DescribeSourceServers: those with these ids, or all in the Region.
    async fn source_servers(
        &self,
        region: Region,
        ids: Option<&[SourceServerId]>,
    ) -> Result<Vec<SourceServer>>;

    /// DescribeRecoveryInstances.
    async fn recovery_instances(
        &self,
        region: Region,
        filter: &RecoveryInstanceFilter,
    ) -> Result<Vec<RecoveryInstance>>;

    /// DescribeJobs: those with these ids, or all since a moment; newest first.
    async fn jobs(&self, region: Region, ids: &[JobId], since: Option<Timestamp>) -> Result<Vec<Job>>;

    /// DescribeJobLogItems.
    async fn job_log(&self, region: Region, job: &JobId) -> Result<Vec<JobLogItem>>;

    /// DescribeRecoverySnapshots of one server, newest first, as far as one page goes.
    async fn recovery_snapshots(
        &self,
        region: Region,
        server: &SourceServerId,
    ) -> Result<Vec<(SnapshotId, Timestamp)>>;

    /// DescribeReplicationConfigurationTemplates; `NotInitialized` where DRS is not.
    async fn replication_templates(&self, region: Region) -> Result<Vec<ReplicationTemplate>>;

    /// DescribeLaunchConfigurationTemplates.
    async fn launch_configuration_templates(
        &self,
        region: Region,
    ) -> Result<Vec<LaunchConfigurationTemplate>>;

    /// GetLaunchConfiguration.
    async fn launch_configuration(
        &self,
        region: Region,
        server: &SourceServerId,
    ) -> Result<LaunchConfiguration>;

    /// StartRecovery. Has no client token: never repeated without looking first (§5).
    async fn start_recovery(&self, warrant: Warrant<StartRecovery>) -> Result<JobId>;

    /// ReverseReplication; answers the ARN of the source server in the other Region.
    async fn reverse_replication(&self, warrant: Warrant<ReverseReplication>) -> Result<String>;

    /// UpdateLaunchConfiguration.
    async fn update_launch_configuration(&self, warrant: Warrant<UpdateLaunchConfiguration>) -> Result<()>;

    /// StopReplication. Deletes every point in time of the server.
    async fn stop_replication(&self, warrant: Warrant<StopReplication>) -> Result<()>;

    /// TerminateRecoveryInstances, at most 200.
    async fn terminate_recovery_instances(
        &self,
        warrant: Warrant<TerminateRecoveryInstances>,
    ) -> Result<JobId>;

    /// DeleteRecoveryInstance: the record only, EC2 keeps running.
    async fn delete_recovery_instance(&self, warrant: Warrant<DeleteRecoveryInstance>) -> Result<()>;

    /// DisconnectSourceServer.
    async fn disconnect_source_server(&self, warrant: Warrant<DisconnectSourceServer>) -> Result<()>;

    /// DeleteSourceServer.
    async fn delete_source_server(&self, warrant: Warrant<DeleteSourceServer>) -> Result<()>;

    /// TagResource.
    async fn tag_resource(&self, warrant: Warrant<TagResource>) -> Result<()>;
}

/// The operations of EC2 that the procedures use. Every reading method returns all pages.
#[async_trait]
pub trait Ec2: Send + Sync {
    /// DescribeInstances. Ids that EC2 does not know are left out, not an error.
    async fn instances(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<Instance>>;

    /// DescribeInstanceStatus: running instances only.
    async fn instance_status(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<InstanceStatus>>;

    /// DescribeSubnets. Ids that EC2 does not know are left out, not an error.
    async fn subnets(&self, region: Region, ids: &[SubnetId]) -> Result<Vec<Subnet>>;

    /// DescribeLaunchTemplateVersions: the default version of one template.
    async fn default_launch_template_version(
        &self,
        region: Region,
        template: &LaunchTemplateId,
    ) -> Result<LaunchTemplateVersion>;

    /// CreateLaunchTemplateVersion, on top of the default version; answers the new version's number.
    async fn create_launch_template_version(
        &self,
        warrant: Warrant<CreateLaunchTemplateVersion>,
    ) -> Result<u64>;

    /// ModifyLaunchTemplate: makes a version the default.
    async fn set_default_version(&self, warrant: Warrant<SetDefaultVersion>) -> Result<()>;

    /// TerminateInstances: A1 only, at most 1,000.
    async fn terminate_instances(&self, warrant: Warrant<TerminateInstances>) -> Result<()>;
}

/// The operations of Route 53 that the procedures use.
#[async_trait]
pub trait Route53: Send + Sync {
    /// ListResourceRecordSets: all sets of this name and type.
    async fn record_sets(&self, zone: &HostedZoneId, name: &str, kind: RecordType) -> Result<Vec<RecordSet>>;

    /// GetChange.
    async fn change_status(&self, change: &ChangeId) -> Result<ChangeStatus>;

    /// ChangeResourceRecordSets: UPSERT of simple records in one zone.
    async fn change_records(&self, warrant: Warrant<ChangeRecords>) -> Result<ChangeId>;
}
