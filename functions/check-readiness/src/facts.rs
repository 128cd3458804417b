//! What is read of the world, once, before anything is decided.

use std::collections::{BTreeMap, BTreeSet};

use failback_core::cloud::{
    Cloud, DrsQuotas, Instance, Job, RecordSet, RecoveryInstance, RecoveryInstanceFilter,
    ReplicationTemplate, RunningExecution, SourceServer, Subnet,
};
use failback_core::fleet::Fleet;
use failback_core::id::{InstanceId, SubnetId};
use failback_core::region::Region;
use failback_core::run::Run;
use failback_core::timestamp::Timestamp;
use failback_core::{ErrorName, Result};

use crate::finding::{Finding, Findings};

/// Jobs that began longer ago than this have ended.
const JOBS_DAYS: u32 = 2;

/// The world as it stands before the run.
pub(crate) struct Facts {
    pub(crate) now: Timestamp,
    /// All source servers of the recovery Region: B1 and bystanders.
    pub(crate) recovery_servers: Vec<SourceServer>,
    /// All source servers of the source Region: A2 and bystanders.
    pub(crate) source_servers: Vec<SourceServer>,
    /// All recovery instances of the recovery Region: B2 and bystanders.
    pub(crate) recovery_instances: Vec<RecoveryInstance>,
    /// All recovery instances of the source Region: A3 and bystanders.
    pub(crate) source_instances: Vec<RecoveryInstance>,
    pub(crate) source_templates: Vec<ReplicationTemplate>,
    pub(crate) launches_into_source: bool,
    pub(crate) source_quotas: DrsQuotas,
    pub(crate) recovery_quotas: DrsQuotas,
    pub(crate) source_jobs: Vec<Job>,
    pub(crate) recovery_jobs: Vec<Job>,
    pub(crate) executions: Vec<RunningExecution>,
    pub(crate) subnets: BTreeMap<SubnetId, Subnet>,
    /// A1 and B3 as EC2 sees them.
    pub(crate) instances: BTreeMap<InstanceId, Instance>,
    pub(crate) records: Vec<Vec<RecordSet>>,
}

impl Facts {
    /// Reads what does not depend on the fleet. `None` when DRS is not initialised in a Region.
    pub(crate) async fn of_regions(
        cloud: &dyn Cloud,
        run: &Run,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Self>> {
        let (a, b) = (run.source(), run.recovery());
        let source_templates = templates(cloud, a, findings).await?;
        let recovery_templates = templates(cloud, b, findings).await?;
        let (Some(source_templates), Some(_)) = (source_templates, recovery_templates) else {
            return Ok(None);
        };
        let since = cloud.now().days_before(JOBS_DAYS);
        let launch_templates = cloud.launch_configuration_templates(a).await?;
        Ok(Some(Self {
            now: cloud.now(),
            recovery_servers: cloud.source_servers(b, None).await?,
            source_servers: cloud.source_servers(a, None).await?,
            recovery_instances: cloud.recovery_instances(b, &RecoveryInstanceFilter::All).await?,
            source_instances: cloud.recovery_instances(a, &RecoveryInstanceFilter::All).await?,
            source_templates,
            launches_into_source: launch_templates.iter().any(|template| template.launch_into_source),
            source_quotas: cloud.drs_quotas(a).await?,
            recovery_quotas: cloud.drs_quotas(b).await?,
            source_jobs: cloud.jobs(a, &[], Some(since)).await?,
            recovery_jobs: cloud.jobs(b, &[], Some(since)).await?,
            executions: cloud.running_executions().await?,
            subnets: BTreeMap::new(),
            instances: BTreeMap::new(),
            records: Vec::new(),
        }))
    }

    /// Reads what depends on the fleet.
    pub(crate) async fn read_of_fleet(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet) -> Result<()> {
        let a1s: Vec<InstanceId> = fleet.pending().filter_map(|m| m.a1.clone()).collect();
        let b3s: Vec<InstanceId> = fleet.pending().filter_map(failback_core::fleet::Server::b3).collect();
        for (region, ids) in [(run.source(), a1s), (run.recovery(), b3s)] {
            if !ids.is_empty() {
                let instances = cloud.instances(region, &ids).await?;
                self.instances.extend(instances.into_iter().map(|i| (i.id.clone(), i)));
            }
        }
        let plan = &run.plan;
        let named =
            plan.launch.network.subnet_id.iter().chain(plan.drill.network.iter().map(|n| &n.subnet_id));
        let staging = self.source_templates.iter().filter_map(|template| template.staging_subnet.as_ref());
        let a1s = fleet.pending().filter_map(|server| self.instances.get(server.a1.as_ref()?));
        let originals = a1s.filter_map(|a1| a1.subnet.as_ref());
        let ids: BTreeSet<SubnetId> = named.chain(staging).chain(originals).cloned().collect();
        let ids: Vec<SubnetId> = ids.into_iter().collect();
        if !ids.is_empty() {
            let subnets = cloud.subnets(run.source(), &ids).await?;
            self.subnets = subnets.into_iter().map(|subnet| (subnet.id.clone(), subnet)).collect();
        }
        for record in &plan.redirect.records {
            self.records.push(cloud.record_sets(&record.zone_id, &record.name, record.kind).await?);
        }
        self.read_older_jobs(cloud, run, fleet).await
    }

    /// The jobs that launched B2, however long ago: their tags tell a drill's servers from production.
    async fn read_older_jobs(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet) -> Result<()> {
        let known: BTreeSet<_> = self.recovery_jobs.iter().map(|job| job.id.clone()).collect();
        let b2s: BTreeSet<_> = fleet.pending().filter_map(|server| server.b2.clone()).collect();
        let of_fleet = self.recovery_instances.iter().filter(|instance| b2s.contains(&instance.id));
        let wanted: BTreeSet<_> =
            of_fleet.filter_map(|instance| instance.job.clone()).filter(|job| !known.contains(job)).collect();
        if !wanted.is_empty() {
            let wanted: Vec<_> = wanted.into_iter().collect();
            self.recovery_jobs.extend(cloud.jobs(run.recovery(), &wanted, None).await?);
        }
        Ok(())
    }
}

async fn templates(
    cloud: &dyn Cloud,
    region: Region,
    findings: &mut Vec<Finding>,
) -> Result<Option<Vec<ReplicationTemplate>>> {
    match cloud.replication_templates(region).await {
        Ok(templates) if templates.is_empty() => {
            findings.block(
                region.as_str(),
                "DRS is initialised and has no replication configuration template",
                "Set the default replication settings in the DRS console of that Region",
            );
            Ok(None)
        }
        Ok(templates) => Ok(Some(templates)),
        Err(error) if error.name() == ErrorName::NotInitialized => {
            findings.block(
                region.as_str(),
                "Elastic Disaster Recovery is not initialised",
                "Open the DRS console of that Region and set it up; both Regions need it",
            );
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
