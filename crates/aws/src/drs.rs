//! Elastic Disaster Recovery.

use async_trait::async_trait;
use aws_sdk_drs::types::{
    DescribeJobsRequestFilters, DescribeRecoveryInstancesRequestFilters, DescribeSourceServersRequestFilters,
    RecoverySnapshotsOrder,
};
use failback_core::Result;
use failback_core::cloud::{
    Drs, Job, JobLogItem, LaunchConfiguration, LaunchConfigurationTemplate, RecoveryInstance,
    RecoveryInstanceFilter, ReplicationTemplate, SourceServer,
};
use failback_core::guard::{
    DeleteRecoveryInstance, DeleteSourceServer, DisconnectSourceServer, ReverseReplication, StartRecovery,
    StopReplication, TagResource, TerminateRecoveryInstances, UpdateLaunchConfiguration, Warrant,
};
use failback_core::id::{JobId, SnapshotId, SourceServerId};
use failback_core::region::Region;
use failback_core::timestamp::Timestamp;

use crate::aws::Aws;
use crate::sdk_error::{OfOperation, unreadable};
use crate::{read, request};

/// How many ids a filter may hold (drs-facts §1.2). No filter means all, so no ids means no call.
const IDS: usize = 200;
const JOB_IDS: usize = 1_000;

#[async_trait]
impl Drs for Aws {
    async fn source_servers(
        &self,
        region: Region,
        ids: Option<&[SourceServerId]>,
    ) -> Result<Vec<SourceServer>> {
        let filters: Vec<_> = match ids {
            None => vec![None],
            Some(ids) => ids.chunks(IDS).map(|ids| Some(source_servers(ids))).collect(),
        };
        let client = self.clients.drs(region).read;
        let mut found = Vec::new();
        for filter in filters {
            let pages = client.describe_source_servers().set_filters(filter).into_paginator().items();
            let items: Vec<_> =
                pages.send().collect::<Result<_, _>>().await.of("drs:DescribeSourceServers")?;
            found.extend(items.iter().filter_map(read::source_servers::source_server));
        }
        Ok(found)
    }

    async fn recovery_instances(
        &self,
        region: Region,
        filter: &RecoveryInstanceFilter,
    ) -> Result<Vec<RecoveryInstance>> {
        let client = self.clients.drs(region).read;
        let mut found = Vec::new();
        for filter in recovery_instances(filter) {
            let pages = client.describe_recovery_instances().set_filters(filter).into_paginator().items();
            let items: Vec<_> =
                pages.send().collect::<Result<_, _>>().await.of("drs:DescribeRecoveryInstances")?;
            found.extend(items.iter().filter_map(read::recovery_instances::recovery_instance));
        }
        Ok(found)
    }

    async fn jobs(&self, region: Region, ids: &[JobId], since: Option<Timestamp>) -> Result<Vec<Job>> {
        let all =
            DescribeJobsRequestFilters::builder().set_from_date(since.map(|since| since.to_string())).build();
        let filters = match ids {
            [] => vec![all],
            ids => ids.chunks(JOB_IDS).map(jobs).collect(),
        };
        let client = self.clients.drs(region).read;
        let mut found: Vec<Job> = Vec::new();
        for filter in filters {
            let pages = client.describe_jobs().filters(filter).into_paginator().items();
            let items: Vec<_> = pages.send().collect::<Result<_, _>>().await.of("drs:DescribeJobs")?;
            found.extend(items.iter().filter_map(read::jobs::job));
        }
        found.sort_by_key(|job| std::cmp::Reverse(job.created));
        Ok(found)
    }

    async fn job_log(&self, region: Region, job: &JobId) -> Result<Vec<JobLogItem>> {
        let client = self.clients.drs(region).read;
        let pages = client.describe_job_log_items().job_id(job.as_str()).into_paginator().items();
        let items: Vec<_> = pages.send().collect::<Result<_, _>>().await.of("drs:DescribeJobLogItems")?;
        Ok(items.iter().map(read::jobs::log_item).collect())
    }

    async fn recovery_snapshots(
        &self,
        region: Region,
        server: &SourceServerId,
    ) -> Result<Vec<(SnapshotId, Timestamp)>> {
        let client = self.clients.drs(region).read;
        let call = client.describe_recovery_snapshots().source_server_id(server.as_str());
        let answer =
            call.order(RecoverySnapshotsOrder::Desc).send().await.of("drs:DescribeRecoverySnapshots")?;
        Ok(answer.items().iter().filter_map(read::jobs::snapshot).collect())
    }

    async fn replication_templates(&self, region: Region) -> Result<Vec<ReplicationTemplate>> {
        const OPERATION: &str = "drs:DescribeReplicationConfigurationTemplates";
        let client = self.clients.drs(region).read;
        let pages = client.describe_replication_configuration_templates().into_paginator().items();
        let items: Vec<_> = pages.send().collect::<Result<_, _>>().await.of(OPERATION)?;
        Ok(items.iter().map(read::launch::replication_template).collect())
    }

    async fn launch_configuration_templates(
        &self,
        region: Region,
    ) -> Result<Vec<LaunchConfigurationTemplate>> {
        const OPERATION: &str = "drs:DescribeLaunchConfigurationTemplates";
        let client = self.clients.drs(region).read;
        let pages = client.describe_launch_configuration_templates().into_paginator().items();
        let items: Vec<_> = pages.send().collect::<Result<_, _>>().await.of(OPERATION)?;
        Ok(items.iter().map(read::launch::template).collect())
    }

    async fn launch_configuration(
        &self,
        region: Region,
        server: &SourceServerId,
    ) -> Result<LaunchConfiguration> {
        const OPERATION: &str = "drs:GetLaunchConfiguration";
        let client = self.clients.drs(region).read;
        let call = client.get_launch_configuration().source_server_id(server.as_str());
        read::launch::configuration(OPERATION, &call.send().await.of(OPERATION)?)
    }

    async fn start_recovery(&self, warrant: Warrant<StartRecovery>) -> Result<JobId> {
        const OPERATION: &str = "drs:StartRecovery";
        let action = warrant.spend();
        let client = self.clients.drs(action.region).write;
        let answer = request::drs::start_recovery(&action)?.send_with(&client).await.of(OPERATION)?;
        let job = answer.job().and_then(|job| job.job_id().parse().ok());
        job.ok_or_else(|| unreadable(OPERATION, "job"))
    }

    async fn reverse_replication(&self, warrant: Warrant<ReverseReplication>) -> Result<String> {
        const OPERATION: &str = "drs:ReverseReplication";
        let action = warrant.spend();
        let client = self.clients.drs(action.region).write;
        let answer = request::drs::reverse_replication(&action).send_with(&client).await.of(OPERATION)?;
        answer.reversed_direction_source_server_arn.ok_or_else(|| unreadable(OPERATION, "source server"))
    }

    async fn update_launch_configuration(&self, warrant: Warrant<UpdateLaunchConfiguration>) -> Result<()> {
        let action = warrant.spend();
        let client = self.clients.drs(action.region).write;
        let answer = request::drs::update_launch_configuration(&action).send_with(&client).await;
        answer.of("drs:UpdateLaunchConfiguration").map(drop)
    }

    async fn stop_replication(&self, warrant: Warrant<StopReplication>) -> Result<()> {
        let action = warrant.spend();
        let client = self.clients.drs(action.region).write;
        request::drs::stop_replication(&action).send_with(&client).await.of("drs:StopReplication").map(drop)
    }

    async fn terminate_recovery_instances(
        &self,
        warrant: Warrant<TerminateRecoveryInstances>,
    ) -> Result<JobId> {
        const OPERATION: &str = "drs:TerminateRecoveryInstances";
        let action = warrant.spend();
        let client = self.clients.drs(action.region).write;
        let answer =
            request::drs::terminate_recovery_instances(&action).send_with(&client).await.of(OPERATION)?;
        let job = answer.job().and_then(|job| job.job_id().parse().ok());
        job.ok_or_else(|| unreadable(OPERATION, "job"))
    }

    async fn delete_recovery_instance(&self, warrant: Warrant<DeleteRecoveryInstance>) -> Result<()> {
        let action = warrant.spend();
        let client = self.clients.drs(action.region).write;
        let answer = request::drs::delete_recovery_instance(&action).send_with(&client).await;
        answer.of("drs:DeleteRecoveryInstance").map(drop)
    }

    async fn disconnect_source_server(&self, warrant: Warrant<DisconnectSourceServer>) -> Result<()> {
        let action = warrant.spend();
        let client = self.clients.drs(action.region).write;
        let answer = request::drs::disconnect_source_server(&action).send_with(&client).await;
        answer.of("drs:DisconnectSourceServer").map(drop)
    }

    async fn delete_source_server(&self, warrant: Warrant<DeleteSourceServer>) -> Result<()> {
        let action = warrant.spend();
        let client = self.clients.drs(action.region).write;
        request::drs::delete_source_server(&action)
            .send_with(&client)
            .await
            .of("drs:DeleteSourceServer")
            .map(drop)
    }

    async fn tag_resource(&self, warrant: Warrant<TagResource>) -> Result<()> {
        let action = warrant.spend();
        let client = self.clients.drs(action.region).write;
        request::drs::tag_resource(&action).send_with(&client).await.of("drs:TagResource").map(drop)
    }
}

fn source_servers(ids: &[SourceServerId]) -> DescribeSourceServersRequestFilters {
    DescribeSourceServersRequestFilters::builder().set_source_server_ids(Some(texts(ids))).build()
}

fn recovery_instances(
    filter: &RecoveryInstanceFilter,
) -> Vec<Option<DescribeRecoveryInstancesRequestFilters>> {
    let filters = DescribeRecoveryInstancesRequestFilters::builder;
    match filter {
        RecoveryInstanceFilter::All => vec![None],
        RecoveryInstanceFilter::Ids(ids) => {
            let batch = |ids| Some(filters().set_recovery_instance_ids(Some(texts(ids))).build());
            ids.chunks(IDS).map(batch).collect()
        }
        RecoveryInstanceFilter::SourceServers(ids) => {
            let batch = |ids| Some(filters().set_source_server_ids(Some(texts(ids))).build());
            ids.chunks(IDS).map(batch).collect()
        }
    }
}

fn jobs(ids: &[JobId]) -> DescribeJobsRequestFilters {
    DescribeJobsRequestFilters::builder().set_job_ids(Some(texts(ids))).build()
}

fn texts(ids: &[impl ToString]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
