//! AWS as lists that a test fills in. It answers from these lists and does nothing by itself.

use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use failback_core::catalogue::fault;
use failback_core::cloud::{
    ChangeStatus, Clock, Drs, DrsQuotas, Ec2, ExecutionState, Executions, Hook, HookAnswer, Instance,
    InstanceStatus, Job, JobLogItem, LaunchConfiguration, LaunchConfigurationTemplate, LaunchTemplateVersion,
    Quotas, RecordSet, RecordType, RecoveryInstance, RecoveryInstanceFilter, ReplicationTemplate, Route53,
    RunningExecution, SourceServer, Subnet,
};
use failback_core::guard::{
    CallHook, ChangeRecords, CreateLaunchTemplateVersion, DeleteRecoveryInstance, DeleteSourceServer,
    DisconnectSourceServer, ReverseReplication, SetDefaultVersion, StartRecovery, StopReplication,
    TagResource, TerminateInstances, TerminateRecoveryInstances, UpdateLaunchConfiguration, Warrant,
};
use failback_core::id::{
    ChangeId, HostedZoneId, InstanceId, JobId, LaunchTemplateId, SnapshotId, SourceServerId, SubnetId,
};
use failback_core::region::Region;
use failback_core::timestamp::Timestamp;
use failback_core::{Error, Result};

/// The state of AWS in one Region.
#[derive(Debug, Clone, Default)]
pub struct Half {
    pub servers: Vec<SourceServer>,
    pub recovery_instances: Vec<RecoveryInstance>,
    pub jobs: Vec<Job>,
    pub instances: Vec<Instance>,
}

/// AWS in both Regions.
#[derive(Debug, Clone)]
pub struct Aws {
    pub now: Timestamp,
    pub source: Half,
    pub recovery: Half,
    pub records: Vec<RecordSet>,
    pub snapshots: Vec<(SnapshotId, Timestamp)>,
    pub configuration: LaunchConfiguration,
    pub template: LaunchTemplateVersion,
    /// The state of every other execution.
    pub execution: Option<ExecutionState>,
}

impl Aws {
    fn half(&self, region: Region) -> &Half {
        if region.as_str() == "us-east-1" { &self.source } else { &self.recovery }
    }
}

/// Refuses a call: these tests request and inspect warrants, but do not use them.
fn not_here<T>() -> Result<T> {
    Err(Error::from(fault::was_not_read("what a call changes")))
}

impl Clock for Aws {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn pause(&self, _millis: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

#[async_trait]
impl Drs for Aws {
    async fn source_servers(
        &self,
        region: Region,
        ids: Option<&[SourceServerId]>,
    ) -> Result<Vec<SourceServer>> {
        let mut servers = self.half(region).servers.clone();
        servers.retain(|server| ids.is_none_or(|ids| ids.contains(&server.id)));
        Ok(servers)
    }
    async fn recovery_instances(
        &self,
        region: Region,
        filter: &RecoveryInstanceFilter,
    ) -> Result<Vec<RecoveryInstance>> {
        let mut all = self.half(region).recovery_instances.clone();
        all.retain(|one| match filter {
            RecoveryInstanceFilter::Ids(ids) => ids.contains(&one.id),
            RecoveryInstanceFilter::SourceServers(ids) => ids.contains(&one.source_server),
            RecoveryInstanceFilter::All => true,
        });
        Ok(all)
    }
    async fn jobs(&self, region: Region, ids: &[JobId], since: Option<Timestamp>) -> Result<Vec<Job>> {
        let mut jobs = self.half(region).jobs.clone();
        jobs.retain(|job| ids.is_empty() || ids.contains(&job.id));
        jobs.retain(|job| since.is_none_or(|since| job.created.is_none_or(|at| at >= since)));
        Ok(jobs)
    }
    async fn job_log(&self, _: Region, _: &JobId) -> Result<Vec<JobLogItem>> {
        Ok(Vec::new())
    }
    async fn recovery_snapshots(
        &self,
        _: Region,
        _: &SourceServerId,
    ) -> Result<Vec<(SnapshotId, Timestamp)>> {
        Ok(self.snapshots.clone())
    }
    async fn replication_templates(&self, _: Region) -> Result<Vec<ReplicationTemplate>> {
        Ok(Vec::new())
    }
    async fn launch_configuration_templates(&self, _: Region) -> Result<Vec<LaunchConfigurationTemplate>> {
        Ok(Vec::new())
    }
    async fn launch_configuration(&self, _: Region, _: &SourceServerId) -> Result<LaunchConfiguration> {
        Ok(self.configuration.clone())
    }
    async fn start_recovery(&self, _: Warrant<StartRecovery>) -> Result<JobId> {
        not_here()
    }
    async fn reverse_replication(&self, _: Warrant<ReverseReplication>) -> Result<String> {
        not_here()
    }
    async fn update_launch_configuration(&self, _: Warrant<UpdateLaunchConfiguration>) -> Result<()> {
        not_here()
    }
    async fn stop_replication(&self, _: Warrant<StopReplication>) -> Result<()> {
        not_here()
    }
    async fn terminate_recovery_instances(&self, _: Warrant<TerminateRecoveryInstances>) -> Result<JobId> {
        not_here()
    }
    async fn delete_recovery_instance(&self, _: Warrant<DeleteRecoveryInstance>) -> Result<()> {
        not_here()
    }
    async fn disconnect_source_server(&self, _: Warrant<DisconnectSourceServer>) -> Result<()> {
        not_here()
    }
    async fn delete_source_server(&self, _: Warrant<DeleteSourceServer>) -> Result<()> {
        not_here()
    }
    async fn tag_resource(&self, _: Warrant<TagResource>) -> Result<()> {
        not_here()
    }
}

#[async_trait]
impl Ec2 for Aws {
    async fn instances(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<Instance>> {
        let mut instances = self.half(region).instances.clone();
        instances.retain(|instance| ids.contains(&instance.id));
        Ok(instances)
    }
    async fn instance_status(&self, _: Region, _: &[InstanceId]) -> Result<Vec<InstanceStatus>> {
        Ok(Vec::new())
    }
    async fn is_protected_from_termination(&self, _: Region, _: &InstanceId) -> Result<bool> {
        Ok(false)
    }
    async fn subnets(&self, _: Region, _: &[SubnetId]) -> Result<Vec<Subnet>> {
        Ok(Vec::new())
    }
    async fn default_launch_template_version(
        &self,
        _: Region,
        _: &LaunchTemplateId,
    ) -> Result<LaunchTemplateVersion> {
        Ok(self.template.clone())
    }
    async fn create_launch_template_version(&self, _: Warrant<CreateLaunchTemplateVersion>) -> Result<u64> {
        not_here()
    }
    async fn set_default_version(&self, _: Warrant<SetDefaultVersion>) -> Result<()> {
        not_here()
    }
    async fn terminate_instances(&self, _: Warrant<TerminateInstances>) -> Result<()> {
        not_here()
    }
}

#[async_trait]
impl Route53 for Aws {
    async fn record_sets(&self, _: &HostedZoneId, name: &str, _: RecordType) -> Result<Vec<RecordSet>> {
        Ok(self.records.iter().filter(|set| set.name.trim_end_matches('.') == name).cloned().collect())
    }
    async fn record_page(&self, _: &HostedZoneId, _: &str) -> Result<Vec<RecordSet>> {
        Ok(self.records.clone())
    }
    async fn change_status(&self, _: &ChangeId) -> Result<ChangeStatus> {
        Ok(ChangeStatus::InSync)
    }
    async fn change_records(&self, _: Warrant<ChangeRecords>) -> Result<ChangeId> {
        not_here()
    }
}

#[async_trait]
impl Quotas for Aws {
    async fn drs_quotas(&self, _: Region) -> Result<DrsQuotas> {
        Ok(DrsQuotas::default())
    }
}

#[async_trait]
impl Executions for Aws {
    async fn running_executions(&self) -> Result<Vec<RunningExecution>> {
        Ok(Vec::new())
    }

    async fn execution_state(&self, _: &str) -> Result<Option<ExecutionState>> {
        Ok(self.execution)
    }

    async fn execution(&self, _: &str) -> Result<Option<(RunningExecution, ExecutionState)>> {
        Ok(None)
    }
}

#[async_trait]
impl Hook for Aws {
    async fn call_hook(&self, _: Warrant<CallHook>) -> Result<HookAnswer> {
        not_here()
    }
}
