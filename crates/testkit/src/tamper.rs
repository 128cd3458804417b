//! A tampered world: it changes what a step reads, to states that no simulated world reaches by itself.

use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{
    ChangeStatus, Clock, Drs, DrsQuotas, Ec2, ExecutionState, Executions, Hook, HookAnswer, Instance,
    InstanceStatus, Job, JobLogItem, LaunchConfiguration, LaunchConfigurationTemplate, LaunchTemplateVersion,
    Quotas, RecordSet, RecordType, RecoveryInstance, RecoveryInstanceFilter, ReplicationTemplate, Route53,
    RunningExecution, SourceServer, Subnet, record_name,
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
use failback_sim::Simulation;

/// A response of the world, which a test can change before the step reads it.
#[derive(Debug)]
#[allow(
    missing_docs,
    reason = "the names are the methods' of the traits, and each Region is the one that was asked"
)]
pub enum Response<'a> {
    SourceServers(Region, &'a mut Vec<SourceServer>),
    RecoveryInstances(Region, &'a mut Vec<RecoveryInstance>),
    Jobs(Region, &'a mut Vec<Job>),
    JobLog(&'a mut Vec<JobLogItem>),
    Snapshots(&'a mut Vec<(SnapshotId, Timestamp)>),
    ReplicationTemplates(Region, &'a mut Vec<ReplicationTemplate>),
    LaunchConfigurationTemplates(Region, &'a mut Vec<LaunchConfigurationTemplate>),
    LaunchConfiguration(Region, &'a mut LaunchConfiguration),
    Instances(Region, &'a mut Vec<Instance>),
    InstanceStatus(&'a mut Vec<InstanceStatus>),
    Subnets(&'a mut Vec<Subnet>),
    LaunchTemplateVersion(Region, &'a mut LaunchTemplateVersion),
    Records(&'a mut Vec<RecordSet>),
    Ipv6Records(&'a mut Vec<RecordSet>),
    Executions(&'a mut Vec<RunningExecution>),
    ExecutionState(&'a str, &'a mut Option<ExecutionState>),
    Quotas(Region, &'a mut DrsQuotas),
    Hook(&'a mut HookAnswer),
    /// An action that the guard has allowed and that comes next. A test cannot change it, but can act before it.
    Terminates(&'a TerminateRecoveryInstances),
    /// Likewise a change of records.
    Changes(&'a ChangeRecords),
}

/// The world with changed responses. Writing calls pass unchanged.
pub struct Tampered<'a> {
    /// The world.
    pub world: &'a Simulation,
    /// The function that changes the responses.
    pub tamper: &'a (dyn Fn(Response<'_>) + Send + Sync),
}

#[async_trait]
impl Drs for Tampered<'_> {
    async fn source_servers(
        &self,
        region: Region,
        ids: Option<&[SourceServerId]>,
    ) -> Result<Vec<SourceServer>> {
        let mut servers = self.world.source_servers(region, ids).await?;
        (self.tamper)(Response::SourceServers(region, &mut servers));
        Ok(servers)
    }

    async fn recovery_instances(
        &self,
        region: Region,
        filter: &RecoveryInstanceFilter,
    ) -> Result<Vec<RecoveryInstance>> {
        let mut found = self.world.recovery_instances(region, filter).await?;
        (self.tamper)(Response::RecoveryInstances(region, &mut found));
        Ok(found)
    }

    async fn jobs(&self, region: Region, ids: &[JobId], since: Option<Timestamp>) -> Result<Vec<Job>> {
        let mut jobs = self.world.jobs(region, ids, since).await?;
        (self.tamper)(Response::Jobs(region, &mut jobs));
        Ok(jobs)
    }

    async fn job_log(&self, region: Region, job: &JobId) -> Result<Vec<JobLogItem>> {
        let mut log = self.world.job_log(region, job).await?;
        (self.tamper)(Response::JobLog(&mut log));
        Ok(log)
    }

    async fn recovery_snapshots(
        &self,
        region: Region,
        server: &SourceServerId,
    ) -> Result<Vec<(SnapshotId, Timestamp)>> {
        let mut snapshots = self.world.recovery_snapshots(region, server).await?;
        (self.tamper)(Response::Snapshots(&mut snapshots));
        Ok(snapshots)
    }

    async fn replication_templates(&self, region: Region) -> Result<Vec<ReplicationTemplate>> {
        let mut templates = self.world.replication_templates(region).await?;
        (self.tamper)(Response::ReplicationTemplates(region, &mut templates));
        Ok(templates)
    }

    async fn launch_configuration_templates(
        &self,
        region: Region,
    ) -> Result<Vec<LaunchConfigurationTemplate>> {
        let mut templates = self.world.launch_configuration_templates(region).await?;
        (self.tamper)(Response::LaunchConfigurationTemplates(region, &mut templates));
        Ok(templates)
    }

    async fn launch_configuration(
        &self,
        region: Region,
        server: &SourceServerId,
    ) -> Result<LaunchConfiguration> {
        let mut configuration = self.world.launch_configuration(region, server).await?;
        (self.tamper)(Response::LaunchConfiguration(region, &mut configuration));
        Ok(configuration)
    }

    async fn start_recovery(&self, warrant: Warrant<StartRecovery>) -> Result<JobId> {
        self.world.start_recovery(warrant).await
    }

    async fn reverse_replication(&self, warrant: Warrant<ReverseReplication>) -> Result<String> {
        self.world.reverse_replication(warrant).await
    }

    async fn update_launch_configuration(&self, warrant: Warrant<UpdateLaunchConfiguration>) -> Result<()> {
        self.world.update_launch_configuration(warrant).await
    }

    async fn stop_replication(&self, warrant: Warrant<StopReplication>) -> Result<()> {
        self.world.stop_replication(warrant).await
    }

    async fn terminate_recovery_instances(
        &self,
        warrant: Warrant<TerminateRecoveryInstances>,
    ) -> Result<JobId> {
        (self.tamper)(Response::Terminates(warrant.action()));
        self.world.terminate_recovery_instances(warrant).await
    }

    async fn delete_recovery_instance(&self, warrant: Warrant<DeleteRecoveryInstance>) -> Result<()> {
        self.world.delete_recovery_instance(warrant).await
    }

    async fn disconnect_source_server(&self, warrant: Warrant<DisconnectSourceServer>) -> Result<()> {
        self.world.disconnect_source_server(warrant).await
    }

    async fn delete_source_server(&self, warrant: Warrant<DeleteSourceServer>) -> Result<()> {
        self.world.delete_source_server(warrant).await
    }

    async fn tag_resource(&self, warrant: Warrant<TagResource>) -> Result<()> {
        self.world.tag_resource(warrant).await
    }
}

#[async_trait]
impl Ec2 for Tampered<'_> {
    async fn instances(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<Instance>> {
        let mut instances = self.world.instances(region, ids).await?;
        (self.tamper)(Response::Instances(region, &mut instances));
        Ok(instances)
    }

    async fn instance_status(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<InstanceStatus>> {
        let mut status = self.world.instance_status(region, ids).await?;
        (self.tamper)(Response::InstanceStatus(&mut status));
        Ok(status)
    }

    async fn is_protected_from_termination(&self, region: Region, id: &InstanceId) -> Result<bool> {
        self.world.is_protected_from_termination(region, id).await
    }

    async fn subnets(&self, region: Region, ids: &[SubnetId]) -> Result<Vec<Subnet>> {
        let mut subnets = self.world.subnets(region, ids).await?;
        (self.tamper)(Response::Subnets(&mut subnets));
        Ok(subnets)
    }

    async fn default_launch_template_version(
        &self,
        region: Region,
        template: &LaunchTemplateId,
    ) -> Result<LaunchTemplateVersion> {
        let mut version = self.world.default_launch_template_version(region, template).await?;
        (self.tamper)(Response::LaunchTemplateVersion(region, &mut version));
        Ok(version)
    }

    async fn create_launch_template_version(
        &self,
        warrant: Warrant<CreateLaunchTemplateVersion>,
    ) -> Result<u64> {
        self.world.create_launch_template_version(warrant).await
    }

    async fn set_default_version(&self, warrant: Warrant<SetDefaultVersion>) -> Result<()> {
        self.world.set_default_version(warrant).await
    }

    async fn terminate_instances(&self, warrant: Warrant<TerminateInstances>) -> Result<()> {
        self.world.terminate_instances(warrant).await
    }
}

#[async_trait]
impl Route53 for Tampered<'_> {
    async fn record_sets(&self, zone: &HostedZoneId, name: &str, kind: RecordType) -> Result<Vec<RecordSet>> {
        let mut sets = self.world.record_sets(zone, name, kind).await?;
        (self.tamper)(match kind {
            RecordType::A => Response::Records(&mut sets),
            RecordType::Aaaa => Response::Ipv6Records(&mut sets),
        });
        Ok(sets)
    }

    /// Tampers with the sets of each name and type by themselves, also with those that do not exist of the first name.
    async fn record_page(&self, zone: &HostedZoneId, from: &str) -> Result<Vec<RecordSet>> {
        let page = self.world.record_page(zone, from).await?;
        let mut names: Vec<String> = page.iter().map(|set| set.name.clone()).collect();
        names.insert(0, record_name(from));
        names.sort();
        names.dedup();
        let mut tampered = Vec::new();
        for name in names {
            for kind in [RecordType::A, RecordType::Aaaa] {
                let mut sets: Vec<RecordSet> =
                    page.iter().filter(|set| set.name == name && set.kind == kind).cloned().collect();
                (self.tamper)(match kind {
                    RecordType::A => Response::Records(&mut sets),
                    RecordType::Aaaa => Response::Ipv6Records(&mut sets),
                });
                tampered.extend(sets);
            }
        }
        Ok(tampered)
    }

    async fn change_status(&self, change: &ChangeId) -> Result<ChangeStatus> {
        self.world.change_status(change).await
    }

    async fn change_records(&self, warrant: Warrant<ChangeRecords>) -> Result<ChangeId> {
        (self.tamper)(Response::Changes(warrant.action()));
        self.world.change_records(warrant).await
    }
}

#[async_trait]
impl Executions for Tampered<'_> {
    async fn running_executions(&self) -> Result<Vec<RunningExecution>> {
        let mut executions = self.world.running_executions().await?;
        (self.tamper)(Response::Executions(&mut executions));
        Ok(executions)
    }

    async fn execution_state(&self, id: &str) -> Result<Option<ExecutionState>> {
        let mut state = self.world.execution_state(id).await?;
        (self.tamper)(Response::ExecutionState(id, &mut state));
        Ok(state)
    }

    async fn execution(&self, id: &str) -> Result<Option<(RunningExecution, ExecutionState)>> {
        let found = self.world.execution(id).await?;
        let mut state = found.as_ref().map(|(_, state)| *state);
        (self.tamper)(Response::ExecutionState(id, &mut state));
        Ok(found.and_then(|(execution, _)| Some((execution, state?))))
    }
}

#[async_trait]
impl Hook for Tampered<'_> {
    async fn call_hook(&self, warrant: Warrant<CallHook>) -> Result<HookAnswer> {
        let mut answer = self.world.call_hook(warrant).await?;
        (self.tamper)(Response::Hook(&mut answer));
        Ok(answer)
    }
}

#[async_trait]
impl Quotas for Tampered<'_> {
    async fn drs_quotas(&self, region: Region) -> Result<DrsQuotas> {
        let mut quotas = self.world.drs_quotas(region).await?;
        (self.tamper)(Response::Quotas(region, &mut quotas));
        Ok(quotas)
    }
}

impl Clock for Tampered<'_> {
    fn now(&self) -> Timestamp {
        self.world.now()
    }

    fn pause(&self, millis: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.world.pause(millis)
    }
}
