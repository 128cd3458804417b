//! DRS over the world.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{
    Drs, Job, JobLogItem, JobServer, LaunchConfiguration, LaunchConfigurationTemplate, PostLaunchActions,
    RecoveryInstance, RecoveryInstanceFilter, Replication, ReplicationTemplate, RightSizing, SourceServer,
};
use failback_core::guard::{
    DeleteRecoveryInstance, DeleteSourceServer, DisconnectSourceServer, ReverseReplication, StartRecovery,
    StopReplication, TagResource, TerminateRecoveryInstances, UpdateLaunchConfiguration, Warrant,
};
use failback_core::id::{JobId, SnapshotId, SourceServerId};
use failback_core::region::Region;
use failback_core::timestamp::Timestamp;

use super::{Simulation, names};
use crate::objects::{Job as SimJob, RecoveryInstanceView, SourceServerView};
use crate::world::{LaunchChange, RecoveryRequest, World};

/// Ids that fit in one describe call (drs-facts §1.2).
const PAGE: usize = 200;

fn source_server(view: SourceServerView) -> SourceServer {
    let SourceServerView { server, replication: seen, .. } = view;
    let sum = |bytes: fn(&crate::objects::DiskView) -> u64| seen.disks.iter().map(bytes).sum();
    let replication = Replication {
        state: seen.state,
        lag_seconds: seen.lag_ms.map(|ms| u64::try_from(ms / 1_000).unwrap_or(0)),
        eta: seen.eta_ms.map(Timestamp::from_millis),
        total_bytes: sum(|disk| disk.total),
        replicated_bytes: sum(|disk| disk.replicated),
        rescanned_bytes: sum(|disk| disk.rescanned),
        backlog_bytes: sum(|disk| disk.backlogged),
        rescan_complete: seen.disks.iter().all(|disk| disk.rescanned >= disk.total),
        error: seen.error.map(str::to_owned),
        step: seen
            .steps
            .iter()
            .find(|(_, status)| *status == "IN_PROGRESS")
            .map(|(name, _)| (*name).to_owned()),
    };
    SourceServer {
        id: server.id,
        arn: server.arn,
        tags: server.tags,
        direction: server.direction,
        instance: Some(server.source),
        hostname: Some(server.hostname),
        origin_region: Some(server.origin.to_string()),
        recovery_instance: server.recovery_instance,
        last_launch: server.last_launch,
        last_launch_job: server.last_launch_info.map(|info| info.job),
        replication,
        reversed_arn: server.reversed_arn,
    }
}

fn recovery_instance(view: RecoveryInstanceView) -> RecoveryInstance {
    let RecoveryInstanceView { record, state, failback_state, agent_seen_ms, replication_state, .. } = view;
    RecoveryInstance {
        id: record.id,
        arn: record.arn,
        tags: record.tags,
        instance: record.instance,
        state,
        job: Some(record.job),
        source_server: record.source_server,
        is_drill: record.is_drill,
        originated_in_aws: true,
        failback_state,
        agent_seen: agent_seen_ms.map(Timestamp::from_millis),
        replication_state,
        point_in_time: Some(Timestamp::from_millis(record.point_in_time_ms)),
    }
}

fn job(world: &World, job: &SimJob) -> Job {
    let lacks = world.switches().participants_lack_instances;
    let actions = |end: i64| {
        let over = usize::from(end <= world.now_ms());
        PostLaunchActions { running: 1 - over, succeeded: over, failed: Vec::new() }
    };
    let servers = job.parts.iter().map(|part| JobServer {
        server: part.server.clone(),
        recovery_instance: part.recovery_instance.clone().filter(|_| !lacks),
        launch: part.launch,
        actions: part.actions_end_ms.map(actions),
    });
    Job {
        id: job.id.clone(),
        kind: job.kind,
        status: job.status,
        created: Some(Timestamp::from_millis(job.created_ms)),
        tags: job.tags.clone(),
        servers: servers.collect(),
    }
}

#[async_trait]
impl Drs for Simulation {
    async fn source_servers(
        &self,
        region: Region,
        ids: Option<&[SourceServerId]>,
    ) -> Result<Vec<SourceServer>> {
        let name = "drs:DescribeSourceServers";
        let Some(ids) = ids else {
            let all = self.call(name, region, Vec::new(), |w| w.describe_source_servers(region, &[])).await?;
            return Ok(all.into_iter().map(source_server).collect());
        };
        let mut found = Vec::new();
        for page in ids.chunks(PAGE) {
            let some =
                self.call(name, region, names(page), |w| w.describe_source_servers(region, page)).await?;
            found.extend(some.into_iter().map(source_server));
        }
        Ok(found)
    }

    async fn recovery_instances(
        &self,
        region: Region,
        filter: &RecoveryInstanceFilter,
    ) -> Result<Vec<RecoveryInstance>> {
        let name = "drs:DescribeRecoveryInstances";
        let mut found = Vec::new();
        match filter {
            RecoveryInstanceFilter::All => {
                let run = |w: &mut World| w.describe_recovery_instances(region, &[], &[]);
                found = self.call(name, region, Vec::new(), run).await?;
            }
            RecoveryInstanceFilter::Ids(ids) => {
                for page in ids.chunks(PAGE) {
                    let run = |w: &mut World| w.describe_recovery_instances(region, page, &[]);
                    found.extend(self.call(name, region, names(page), run).await?);
                }
            }
            RecoveryInstanceFilter::SourceServers(ids) => {
                for page in ids.chunks(PAGE) {
                    let run = |w: &mut World| w.describe_recovery_instances(region, &[], page);
                    found.extend(self.call(name, region, names(page), run).await?);
                }
            }
        }
        Ok(found.into_iter().map(recovery_instance).collect())
    }

    async fn jobs(&self, region: Region, ids: &[JobId], since: Option<Timestamp>) -> Result<Vec<Job>> {
        let since = since.map(Timestamp::millis);
        self.call("drs:DescribeJobs", region, names(ids), |w| {
            let found = w.describe_jobs(region, ids, since)?;
            Ok(found.into_iter().map(|found| job(w, found)).collect())
        })
        .await
    }

    async fn job_log(&self, region: Region, id: &JobId) -> Result<Vec<JobLogItem>> {
        self.call("drs:DescribeJobLogItems", region, vec![id.to_string()], |w| {
            let lines = w.describe_job_log(region, id)?.iter();
            let item = |line: &crate::objects::LogLine| JobLogItem {
                at: Some(Timestamp::from_millis(line.at_ms)),
                event: line.event.to_owned(),
                server: line.server.clone(),
                error: line.error.clone(),
            };
            Ok(lines.map(item).collect())
        })
        .await
    }

    async fn recovery_snapshots(
        &self,
        region: Region,
        id: &SourceServerId,
    ) -> Result<Vec<(SnapshotId, Timestamp)>> {
        let run = |w: &mut World| w.describe_recovery_snapshots(region, id);
        let found = self.call("drs:DescribeRecoverySnapshots", region, vec![id.to_string()], run).await?;
        Ok(found.into_iter().map(|(id, ms)| (id, Timestamp::from_millis(ms))).collect())
    }

    async fn replication_templates(&self, region: Region) -> Result<Vec<ReplicationTemplate>> {
        self.call("drs:DescribeReplicationConfigurationTemplates", region, Vec::new(), |w| {
            let found = w.describe_replication_templates(region)?.iter();
            Ok(found
                .map(|t| ReplicationTemplate { staging_subnet: Some(t.staging_subnet.clone()) })
                .collect())
        })
        .await
    }

    async fn launch_configuration_templates(
        &self,
        region: Region,
    ) -> Result<Vec<LaunchConfigurationTemplate>> {
        self.call("drs:DescribeLaunchConfigurationTemplates", region, Vec::new(), |w| {
            let launch_into_source = w.describe_launch_configuration_template(region)?;
            Ok(vec![LaunchConfigurationTemplate { launch_into_source }])
        })
        .await
    }

    async fn launch_configuration(&self, region: Region, id: &SourceServerId) -> Result<LaunchConfiguration> {
        let run = |w: &mut World| w.launch_configuration(region, id);
        let found = self.call("drs:GetLaunchConfiguration", region, vec![id.to_string()], run).await?;
        Ok(LaunchConfiguration {
            launch_template: Some(found.template),
            launch_into: found.launch_into,
            right_sizing: found.right_sizing,
            copy_private_ip: found.copy_private_ip,
            starts: found.starts,
            post_launch_actions: found.post_launch,
        })
    }

    async fn start_recovery(&self, warrant: Warrant<StartRecovery>) -> Result<JobId> {
        let StartRecovery { region, servers, is_drill, tags } = warrant.spend();
        let targets = names(&servers);
        let requests: Vec<RecoveryRequest> = servers.into_iter().map(RecoveryRequest::from).collect();
        let run = |w: &mut World| w.start_recovery(region, &requests, is_drill, tags);
        self.call("drs:StartRecovery", region, targets, run).await
    }

    async fn reverse_replication(&self, warrant: Warrant<ReverseReplication>) -> Result<String> {
        let ReverseReplication { region, recovery_instance: id } = warrant.spend();
        let run = |w: &mut World| w.reverse_replication(region, &id);
        self.call("drs:ReverseReplication", region, vec![id.to_string()], run).await
    }

    async fn update_launch_configuration(&self, warrant: Warrant<UpdateLaunchConfiguration>) -> Result<()> {
        let UpdateLaunchConfiguration { region, server } = warrant.spend();
        let change = LaunchChange {
            right_sizing: Some(RightSizing::None),
            copy_private_ip: Some(false),
            starts: Some(true),
            ..LaunchChange::default()
        };
        let run = |w: &mut World| w.update_launch_configuration(region, &server, &change).map(drop);
        self.call("drs:UpdateLaunchConfiguration", region, vec![server.to_string()], run).await
    }

    async fn stop_replication(&self, warrant: Warrant<StopReplication>) -> Result<()> {
        let StopReplication { region, server } = warrant.spend();
        let run = |w: &mut World| w.stop_replication(region, &server);
        self.call("drs:StopReplication", region, vec![server.to_string()], run).await
    }

    async fn terminate_recovery_instances(
        &self,
        warrant: Warrant<TerminateRecoveryInstances>,
    ) -> Result<JobId> {
        let TerminateRecoveryInstances { region, recovery_instances: ids } = warrant.spend();
        let run = |w: &mut World| w.terminate_recovery_instances(region, &ids);
        self.call("drs:TerminateRecoveryInstances", region, names(&ids), run).await
    }

    async fn delete_recovery_instance(&self, warrant: Warrant<DeleteRecoveryInstance>) -> Result<()> {
        let DeleteRecoveryInstance { region, recovery_instance: id } = warrant.spend();
        let run = |w: &mut World| w.delete_recovery_instance(region, &id);
        self.call("drs:DeleteRecoveryInstance", region, vec![id.to_string()], run).await
    }

    async fn disconnect_source_server(&self, warrant: Warrant<DisconnectSourceServer>) -> Result<()> {
        let DisconnectSourceServer { region, server } = warrant.spend();
        let run = |w: &mut World| w.disconnect_source_server(region, &server);
        self.call("drs:DisconnectSourceServer", region, vec![server.to_string()], run).await
    }

    async fn delete_source_server(&self, warrant: Warrant<DeleteSourceServer>) -> Result<()> {
        let DeleteSourceServer { region, server } = warrant.spend();
        let run = |w: &mut World| w.delete_source_server(region, &server);
        self.call("drs:DeleteSourceServer", region, vec![server.to_string()], run).await
    }

    async fn tag_resource(&self, warrant: Warrant<TagResource>) -> Result<()> {
        let TagResource { region, arn, tags } = warrant.spend();
        self.call("drs:TagResource", region, vec![arn.clone()], |w| w.tag_resource(&arn, &tags)).await
    }
}
