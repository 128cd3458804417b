//! The cloud trait of DRS.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{
    Drs, Job, JobKind, JobLogItem, JobServer, LaunchConfiguration, LaunchConfigurationTemplate,
    PostLaunchActions, RecoveryInstance, RecoveryInstanceFilter, Replication, ReplicationTemplate,
    RightSizing, SourceServer,
};
use failback_core::guard::{
    DeleteRecoveryInstance, DeleteSourceServer, DisconnectSourceServer, ReverseReplication, StartRecovery,
    StopReplication, TagResource, TerminateRecoveryInstances, UpdateLaunchConfiguration, Warrant,
};
use failback_core::id::{JobId, RecoveryInstanceId, SnapshotId, SourceServerId};
use failback_core::region::Region;
use failback_core::timestamp::Timestamp;

use super::{Simulation, names};
use crate::durations::ACTIONS_MS;
use crate::objects::{
    Job as SimJob, JobPart, LogLine, RecoveryInstance as SimRecoveryInstance, ReplicationView,
    SourceServer as SimSourceServer,
};
use crate::world::{LaunchChange, RecoveryRequest, World};

/// The failure of an action that may fail.
const OPTIONAL_FAILURE: &str = "install an inventory agent: no route to the repository";

/// The number of ids that fit in one describing call (drs-facts §1.2).
const PAGE: usize = 200;

fn source_server(world: &World, server: &SimSourceServer) -> SourceServer {
    SourceServer {
        id: server.id.clone(),
        arn: server.arn.clone(),
        tags: world.shown_tags(&server.tags).clone(),
        direction: server.direction,
        instance: Some(server.source.clone()),
        hostname: Some(server.hostname.clone()),
        origin_region: Some(server.origin.to_string()),
        recovery_instance: server.recovery_instance.clone(),
        last_seen: world.last_seen_ms(server).map(Timestamp::from_millis),
        last_launch: server.last_launch,
        last_launch_job: server.last_launch_info.as_ref().map(|info| info.job.clone()),
        replication: replication_of(world.replication_view(server)),
        reversed_arn: server.reversed_arn.clone(),
    }
}

fn replication_of(view: ReplicationView) -> Replication {
    let disks = view.disks;
    let in_progress = view.steps.iter().find(|(_, status)| *status == "IN_PROGRESS");
    Replication {
        state: view.state,
        lag_seconds: view.lag_ms.map(|ms| u64::try_from(ms / 1_000).unwrap_or(0)),
        eta: view.eta_ms.map(Timestamp::from_millis),
        total_bytes: disks.iter().map(|disk| disk.total).sum(),
        replicated_bytes: disks.iter().map(|disk| disk.replicated).sum(),
        rescanned_bytes: disks.iter().map(|disk| disk.rescanned).sum(),
        backlog_bytes: disks.iter().map(|disk| disk.backlogged).sum(),
        rescan_complete: disks.iter().all(|disk| disk.rescanned >= disk.total),
        error: view.error.map(str::to_owned),
        step: in_progress.map(|(name, _)| (*name).to_owned()),
    }
}

fn recovery_instance(world: &World, record: &SimRecoveryInstance) -> RecoveryInstance {
    let (replication_state, _) = world.mirrored(record);
    RecoveryInstance {
        id: record.id.clone(),
        arn: record.arn.clone(),
        tags: world.shown_tags(&record.tags).clone(),
        instance: record.instance.clone(),
        state: world.state_of(record.region, &record.id),
        job: Some(record.job.clone()),
        source_server: record.source_server.clone(),
        is_drill: record.is_drill,
        originated_in_aws: true,
        failback_state: world.failback_state(record, replication_state),
        agent_seen: world.last_agent_contact(record).map(Timestamp::from_millis),
        replication_state,
        point_in_time: Some(Timestamp::from_millis(record.point_in_time_ms)),
    }
}

fn job(world: &World, job: &SimJob) -> Job {
    Job {
        id: job.id.clone(),
        kind: job.kind,
        status: job.status,
        created: Some(Timestamp::from_millis(job.created_ms)),
        tags: job.tags.clone(),
        servers: job.parts.iter().map(|part| job_server(world, job.kind, part)).collect(),
    }
}

fn job_server(world: &World, kind: JobKind, part: &JobPart) -> JobServer {
    let lacks_instance = world.switches().participants_lack_instances;
    JobServer {
        server: part.server.clone(),
        recovery_instance: if lacks_instance { None } else { part.recovery_instance.clone() },
        launch: part.launch,
        actions: (kind == JobKind::Launch).then(|| post_launch_actions(world.now_ms(), part.actions_end_ms)),
    }
}

/// Two actions run once the agent was found, of which one may fail, and does. A server without actions shows none.
fn post_launch_actions(now_ms: i64, end_ms: Option<i64>) -> PostLaunchActions {
    let Some(end_ms) = end_ms.filter(|end| *end - ACTIONS_MS <= now_ms) else {
        return PostLaunchActions::default();
    };
    let succeeded = usize::from(end_ms <= now_ms);
    PostLaunchActions {
        running: 1 - succeeded,
        succeeded,
        failed: Vec::new(),
        failed_optional: vec![OPTIONAL_FAILURE.to_owned()],
        agent_found: true,
    }
}

fn job_log_item(line: &LogLine) -> JobLogItem {
    JobLogItem {
        at: Some(Timestamp::from_millis(line.at_ms)),
        event: line.event.to_owned(),
        server: line.server.clone(),
        error: line.error.clone(),
    }
}

#[async_trait]
impl Drs for Simulation {
    async fn source_servers(
        &self,
        region: Region,
        ids: Option<&[SourceServerId]>,
    ) -> Result<Vec<SourceServer>> {
        // Without ids DRS returns all servers, so there is one call for that and no call for an empty list.
        let pages: Vec<&[SourceServerId]> = match ids {
            Some(ids) => ids.chunks(PAGE).collect(),
            None => vec![&[]],
        };
        let mut found = Vec::new();
        for page in pages {
            let shown = self
                .call("drs:DescribeSourceServers", region, names(page), |world| {
                    let shown = world.visible_source_servers(region, page)?;
                    Ok(shown.into_iter().map(|server| source_server(world, server)).collect::<Vec<_>>())
                })
                .await?;
            found.extend(shown);
        }
        Ok(found)
    }

    async fn recovery_instances(
        &self,
        region: Region,
        filter: &RecoveryInstanceFilter,
    ) -> Result<Vec<RecoveryInstance>> {
        let pages: Vec<(&[RecoveryInstanceId], &[SourceServerId])> = match filter {
            RecoveryInstanceFilter::All => vec![(&[], &[])],
            RecoveryInstanceFilter::Ids(ids) => ids.chunks(PAGE).map(|page| (page, &[][..])).collect(),
            RecoveryInstanceFilter::SourceServers(ids) => {
                ids.chunks(PAGE).map(|page| (&[][..], page)).collect()
            }
        };
        let mut found = Vec::new();
        for (ids, servers) in pages {
            let mut targets = names(ids);
            targets.extend(names(servers));
            let shown = self
                .call("drs:DescribeRecoveryInstances", region, targets, |world| {
                    let shown = world.listed_recovery_instances(region, ids, servers)?;
                    Ok(shown.into_iter().map(|record| recovery_instance(world, record)).collect::<Vec<_>>())
                })
                .await?;
            found.extend(shown);
        }
        Ok(found)
    }

    async fn jobs(&self, region: Region, ids: &[JobId], since: Option<Timestamp>) -> Result<Vec<Job>> {
        self.call("drs:DescribeJobs", region, names(ids), |world| {
            let found = world.describe_jobs(region, ids, since.map(Timestamp::millis))?;
            Ok(found.into_iter().map(|found| job(world, found)).collect())
        })
        .await
    }

    async fn job_log(&self, region: Region, id: &JobId) -> Result<Vec<JobLogItem>> {
        self.call("drs:DescribeJobLogItems", region, vec![id.to_string()], |world| {
            Ok(world.describe_job_log(region, id)?.iter().map(job_log_item).collect())
        })
        .await
    }

    async fn recovery_snapshots(
        &self,
        region: Region,
        id: &SourceServerId,
    ) -> Result<Vec<(SnapshotId, Timestamp)>> {
        let found = self
            .call("drs:DescribeRecoverySnapshots", region, vec![id.to_string()], |world| {
                world.describe_recovery_snapshots(region, id)
            })
            .await?;
        Ok(found.into_iter().map(|(id, ms)| (id, Timestamp::from_millis(ms))).collect())
    }

    async fn replication_templates(&self, region: Region) -> Result<Vec<ReplicationTemplate>> {
        self.call("drs:DescribeReplicationConfigurationTemplates", region, Vec::new(), |world| {
            let found = world.describe_replication_templates(region)?.iter();
            let subnets = found.map(|template| template.staging_subnet.clone());
            Ok(subnets.map(|subnet| ReplicationTemplate { staging_subnet: Some(subnet) }).collect())
        })
        .await
    }

    async fn launch_configuration_templates(
        &self,
        region: Region,
    ) -> Result<Vec<LaunchConfigurationTemplate>> {
        self.call("drs:DescribeLaunchConfigurationTemplates", region, Vec::new(), |world| {
            let launch_into_source = world.describe_launch_configuration_template(region)?;
            Ok(vec![LaunchConfigurationTemplate { launch_into_source }])
        })
        .await
    }

    async fn launch_configuration(&self, region: Region, id: &SourceServerId) -> Result<LaunchConfiguration> {
        let found = self
            .call("drs:GetLaunchConfiguration", region, vec![id.to_string()], |world| {
                world.launch_configuration(region, id)
            })
            .await?;
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
        self.call("drs:StartRecovery", region, targets, |world| {
            world.start_recovery(region, &requests, is_drill, tags)
        })
        .await
    }

    async fn reverse_replication(&self, warrant: Warrant<ReverseReplication>) -> Result<String> {
        let ReverseReplication { region, recovery_instance: id } = warrant.spend();
        self.call("drs:ReverseReplication", region, vec![id.to_string()], |world| {
            world.reverse_replication(region, &id)
        })
        .await
    }

    async fn update_launch_configuration(&self, warrant: Warrant<UpdateLaunchConfiguration>) -> Result<()> {
        let UpdateLaunchConfiguration { region, server } = warrant.spend();
        let change = LaunchChange {
            right_sizing: Some(RightSizing::None),
            copy_private_ip: Some(false),
            starts: Some(true),
            ..LaunchChange::default()
        };
        self.call("drs:UpdateLaunchConfiguration", region, vec![server.to_string()], |world| {
            world.update_launch_configuration(region, &server, &change).map(drop)
        })
        .await
    }

    async fn stop_replication(&self, warrant: Warrant<StopReplication>) -> Result<()> {
        let StopReplication { region, server } = warrant.spend();
        self.call("drs:StopReplication", region, vec![server.to_string()], |world| {
            world.stop_replication(region, &server)
        })
        .await
    }

    async fn terminate_recovery_instances(
        &self,
        warrant: Warrant<TerminateRecoveryInstances>,
    ) -> Result<JobId> {
        let TerminateRecoveryInstances { region, recovery_instances: ids } = warrant.spend();
        self.call("drs:TerminateRecoveryInstances", region, names(&ids), |world| {
            world.terminate_recovery_instances(region, &ids)
        })
        .await
    }

    async fn delete_recovery_instance(&self, warrant: Warrant<DeleteRecoveryInstance>) -> Result<()> {
        let DeleteRecoveryInstance { region, recovery_instance: id } = warrant.spend();
        self.call("drs:DeleteRecoveryInstance", region, vec![id.to_string()], |world| {
            world.delete_recovery_instance(region, &id)
        })
        .await
    }

    async fn disconnect_source_server(&self, warrant: Warrant<DisconnectSourceServer>) -> Result<()> {
        let DisconnectSourceServer { region, server } = warrant.spend();
        self.call("drs:DisconnectSourceServer", region, vec![server.to_string()], |world| {
            world.disconnect_source_server(region, &server)
        })
        .await
    }

    async fn delete_source_server(&self, warrant: Warrant<DeleteSourceServer>) -> Result<()> {
        let DeleteSourceServer { region, server } = warrant.spend();
        self.call("drs:DeleteSourceServer", region, vec![server.to_string()], |world| {
            world.delete_source_server(region, &server)
        })
        .await
    }

    async fn tag_resource(&self, warrant: Warrant<TagResource>) -> Result<()> {
        let TagResource { region, arn, tags } = warrant.spend();
        self.call("drs:TagResource", region, vec![arn.clone()], |world| world.tag_resource(&arn, &tags)).await
    }
}
