use async_trait::async_trait;
use drs_failback::program::Performer;
use drs_failback::steps::Step;
use failback_core::Result;
use failback_core::cloud::{
    ChangeStatus, Clock, Drs, DrsQuotas, Ec2, Executions, Instance, InstanceStatus, Job, JobLogItem,
    LaunchConfiguration, LaunchConfigurationTemplate, LaunchTemplateVersion, Quotas, RecordSet, RecordType,
    RecoveryInstance, RecoveryInstanceFilter, ReplicationTemplate, Route53, RunningExecution, SourceServer,
    Subnet,
};
use failback_core::guard::{
    ChangeRecords, CreateLaunchTemplateVersion, DeleteRecoveryInstance, DeleteSourceServer,
    DisconnectSourceServer, ReverseReplication, SetDefaultVersion, StartRecovery, StopReplication,
    TagResource, TerminateInstances, TerminateRecoveryInstances, UpdateLaunchConfiguration, Warrant,
};
use failback_core::id::{
    ChangeId, HostedZoneId, InstanceId, JobId, LaunchTemplateId, SnapshotId, SourceServerId, SubnetId,
};
use failback_core::moment::Moment;
use failback_core::region::Region;
use failback_sim::{Simulation, World};
use futures_util::FutureExt as _;
use serde_json::Value;

/// A planted bug: what is read is not what is so, or what is done is not what was decided. Nothing of it reaches into
/// the guard: the guard is weakened by what it is shown, and what a step should not do is done in its name.
pub(crate) trait Bug: Send + Sync {
    /// Changes what a step is given.
    fn given(&self, _step: &str, _payload: &mut Value) {}

    /// Changes what a step answers.
    fn answered(&self, _step: &str, _payload: &mut Value) {}

    /// What a step that failed answers instead.
    fn failed(&self, _step: &str, _given: &Value) -> Option<Value> {
        None
    }

    /// Does something besides, in the name of the step that has just answered `done` or not.
    fn besides(&self, _world: &mut World, _step: &str, _done: bool) {}

    /// Changes the source servers that a step sees.
    fn source_servers(&self, _world: &World, _region: Region, _servers: &mut Vec<SourceServer>) {}

    /// Changes the recovery instances that a step sees.
    fn recovery_instances(&self, _world: &World, _region: Region, _found: &mut Vec<RecoveryInstance>) {}

    /// Changes the jobs that a step sees.
    fn jobs(&self, _jobs: &mut Vec<Job>) {}

    /// Changes the EC2 instances that a step sees.
    fn instances(&self, _world: &World, _instances: &mut Vec<Instance>) {}

    /// Changes the records that a step sees.
    fn records(&self, _world: &World, _sets: &mut Vec<RecordSet>) {}

    /// Changes the executions that a step sees.
    fn executions(&self, _executions: &mut Vec<RunningExecution>) {}

    /// Terminates something before what the guard has allowed.
    fn terminates(&self, _world: &mut World, _allowed: &TerminateRecoveryInstances) {}
}

/// Performs the steps as they are deployed, with a bug between them and the world.
pub(crate) struct Bugged<B>(pub(crate) B);

impl<B: Bug> Performer for Bugged<B> {
    fn perform(
        &self,
        simulation: &Simulation,
        step: Step,
        mut payload: Value,
        deadline: Moment,
    ) -> Option<Result<Value>> {
        self.0.given(step.name, &mut payload);
        let lens = Lens { inner: simulation, bug: &self.0 };
        let mut answer = step.call(&lens, payload.clone(), deadline).now_or_never()?;
        if let (Err(_), Some(instead)) = (&answer, self.0.failed(step.name, &payload)) {
            answer = Ok(instead);
        }
        let done = matches!(&answer, Ok(payload) if payload["status"] == "done");
        self.0.besides(&mut simulation.world(), step.name, done);
        if let Ok(payload) = &mut answer {
            self.0.answered(step.name, payload);
        }
        Some(answer)
    }
}

/// The world through the bug.
struct Lens<'a> {
    inner: &'a Simulation,
    bug: &'a dyn Bug,
}

#[async_trait]
impl Drs for Lens<'_> {
    async fn source_servers(
        &self,
        region: Region,
        ids: Option<&[SourceServerId]>,
    ) -> Result<Vec<SourceServer>> {
        let mut servers = self.inner.source_servers(region, ids).await?;
        self.bug.source_servers(&self.inner.world(), region, &mut servers);
        Ok(servers)
    }

    async fn recovery_instances(
        &self,
        region: Region,
        filter: &RecoveryInstanceFilter,
    ) -> Result<Vec<RecoveryInstance>> {
        let mut found = self.inner.recovery_instances(region, filter).await?;
        self.bug.recovery_instances(&self.inner.world(), region, &mut found);
        Ok(found)
    }

    async fn jobs(&self, region: Region, ids: &[JobId], since: Option<Moment>) -> Result<Vec<Job>> {
        let mut jobs = self.inner.jobs(region, ids, since).await?;
        self.bug.jobs(&mut jobs);
        Ok(jobs)
    }

    async fn job_log(&self, region: Region, job: &JobId) -> Result<Vec<JobLogItem>> {
        self.inner.job_log(region, job).await
    }

    async fn recovery_snapshots(
        &self,
        region: Region,
        server: &SourceServerId,
    ) -> Result<Vec<(SnapshotId, Moment)>> {
        self.inner.recovery_snapshots(region, server).await
    }

    async fn replication_templates(&self, region: Region) -> Result<Vec<ReplicationTemplate>> {
        self.inner.replication_templates(region).await
    }

    async fn launch_configuration_templates(
        &self,
        region: Region,
    ) -> Result<Vec<LaunchConfigurationTemplate>> {
        self.inner.launch_configuration_templates(region).await
    }

    async fn launch_configuration(
        &self,
        region: Region,
        server: &SourceServerId,
    ) -> Result<LaunchConfiguration> {
        self.inner.launch_configuration(region, server).await
    }

    async fn start_recovery(&self, warrant: Warrant<StartRecovery>) -> Result<JobId> {
        self.inner.start_recovery(warrant).await
    }

    async fn reverse_replication(&self, warrant: Warrant<ReverseReplication>) -> Result<String> {
        self.inner.reverse_replication(warrant).await
    }

    async fn update_launch_configuration(&self, warrant: Warrant<UpdateLaunchConfiguration>) -> Result<()> {
        self.inner.update_launch_configuration(warrant).await
    }

    async fn stop_replication(&self, warrant: Warrant<StopReplication>) -> Result<()> {
        self.inner.stop_replication(warrant).await
    }

    async fn terminate_recovery_instances(
        &self,
        warrant: Warrant<TerminateRecoveryInstances>,
    ) -> Result<JobId> {
        self.bug.terminates(&mut self.inner.world(), warrant.action());
        self.inner.terminate_recovery_instances(warrant).await
    }

    async fn delete_recovery_instance(&self, warrant: Warrant<DeleteRecoveryInstance>) -> Result<()> {
        self.inner.delete_recovery_instance(warrant).await
    }

    async fn disconnect_source_server(&self, warrant: Warrant<DisconnectSourceServer>) -> Result<()> {
        self.inner.disconnect_source_server(warrant).await
    }

    async fn delete_source_server(&self, warrant: Warrant<DeleteSourceServer>) -> Result<()> {
        self.inner.delete_source_server(warrant).await
    }

    async fn tag_resource(&self, warrant: Warrant<TagResource>) -> Result<()> {
        self.inner.tag_resource(warrant).await
    }
}

#[async_trait]
impl Ec2 for Lens<'_> {
    async fn instances(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<Instance>> {
        let mut instances = self.inner.instances(region, ids).await?;
        self.bug.instances(&self.inner.world(), &mut instances);
        Ok(instances)
    }

    async fn instance_status(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<InstanceStatus>> {
        self.inner.instance_status(region, ids).await
    }

    async fn subnets(&self, region: Region, ids: &[SubnetId]) -> Result<Vec<Subnet>> {
        self.inner.subnets(region, ids).await
    }

    async fn default_launch_template_version(
        &self,
        region: Region,
        template: &LaunchTemplateId,
    ) -> Result<LaunchTemplateVersion> {
        self.inner.default_launch_template_version(region, template).await
    }

    async fn create_launch_template_version(
        &self,
        warrant: Warrant<CreateLaunchTemplateVersion>,
    ) -> Result<u64> {
        self.inner.create_launch_template_version(warrant).await
    }

    async fn set_default_version(&self, warrant: Warrant<SetDefaultVersion>) -> Result<()> {
        self.inner.set_default_version(warrant).await
    }

    async fn terminate_instances(&self, warrant: Warrant<TerminateInstances>) -> Result<()> {
        self.inner.terminate_instances(warrant).await
    }
}

#[async_trait]
impl Route53 for Lens<'_> {
    async fn record_sets(&self, zone: &HostedZoneId, name: &str, kind: RecordType) -> Result<Vec<RecordSet>> {
        let mut sets = self.inner.record_sets(zone, name, kind).await?;
        self.bug.records(&self.inner.world(), &mut sets);
        Ok(sets)
    }

    async fn change_status(&self, change: &ChangeId) -> Result<ChangeStatus> {
        self.inner.change_status(change).await
    }

    async fn change_records(&self, warrant: Warrant<ChangeRecords>) -> Result<ChangeId> {
        self.inner.change_records(warrant).await
    }
}

#[async_trait]
impl Executions for Lens<'_> {
    async fn running_executions(&self) -> Result<Vec<RunningExecution>> {
        let mut executions = self.inner.running_executions().await?;
        self.bug.executions(&mut executions);
        Ok(executions)
    }
}

#[async_trait]
impl Quotas for Lens<'_> {
    async fn drs_quotas(&self, region: Region) -> Result<DrsQuotas> {
        self.inner.drs_quotas(region).await
    }
}

impl Clock for Lens<'_> {
    fn now(&self) -> Moment {
        self.inner.now()
    }
}
