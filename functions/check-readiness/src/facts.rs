//! The facts, which are read once, before anything is decided.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Deref;

use failback_core::catalogue::fact;
use failback_core::cloud::{
    Cloud, DrsQuotas, Instance, Job, RecordSet, RecordType, RecoveryInstance, RecoveryInstanceFilter,
    ReplicationTemplate, RunningExecution, SourceServer, Subnet,
};
use failback_core::fleet::{
    DrsView, Fleet, LaunchConfigurations, LaunchTemplates, LiveServer, LiveState, Owners, Server,
    launch_configurations, launch_templates, protected_from_termination, read_records,
};
use failback_core::id::{InstanceId, JobId, SourceServerId, SubnetId};
use failback_core::launch_spec::stand_in;
use failback_core::plan::Network;
use failback_core::procedure::Procedure;
use failback_core::region::Region;
use failback_core::run::Run;
use failback_core::{ErrorName, Result};

use crate::checks;
use crate::finding::{Finding, Findings};

/// The age up to which jobs are read: older ones have ended.
const JOBS_DAYS: u32 = 2;

/// The state of both Regions before the run.
pub(crate) struct Facts {
    /// DRS in both Regions, including servers outside the plan; A1, A4 and B3 as EC2 shows them; the plan's records.
    pub(crate) live: LiveState,
    pub(crate) source_templates: Vec<ReplicationTemplate>,
    pub(crate) launches_into_source: bool,
    pub(crate) source_quotas: DrsQuotas,
    pub(crate) recovery_quotas: DrsQuotas,
    pub(crate) executions: Vec<RunningExecution>,
    /// The other runs that own servers of the fleet.
    pub(crate) owners: Owners,
    pub(crate) subnets: BTreeMap<SubnetId, Subnet>,
    /// The launch settings of each B1 that has a B2, or that a drill launches.
    pub(crate) launch_configurations: LaunchConfigurations,
    /// The default version of the launch template of each B1 that a drill launches.
    pub(crate) launch_templates: LaunchTemplates,
    /// The default version of A2's launch template, by B1, where it may stand in for an A1 that is gone.
    pub(crate) stand_ins: LaunchTemplates,
    /// The AAAA sets beside each record of the plan, in the plan's order.
    pub(crate) ipv6_records: Vec<Vec<RecordSet>>,
    /// Those of the instances that the run terminates which EC2 does not terminate on request.
    pub(crate) protected: BTreeSet<InstanceId>,
}

/// A server of the fleet with its live objects. An ambiguous object, which is a separate finding, appears as one
/// candidate.
pub(crate) struct Found<'f> {
    pub(crate) server: LiveServer<'f>,
    pub(crate) b2: Option<&'f RecoveryInstance>,
    pub(crate) a2: Option<&'f SourceServer>,
    pub(crate) a1: Option<&'f Instance>,
}

impl Facts {
    /// Reads everything that does not depend on the fleet. `None` when DRS is not initialised in a Region.
    pub(crate) async fn of_regions(
        cloud: &dyn Cloud,
        run: &Run,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Self>> {
        let (source, recovery) = (run.source(), run.recovery());
        let source_templates = templates(cloud, source, findings).await?;
        let recovery_templates = templates(cloud, recovery, findings).await?;
        let (Some(source_templates), Some(_)) = (source_templates, recovery_templates) else {
            return Ok(None);
        };
        let since = cloud.now().days_before(JOBS_DAYS);
        let launch_templates = cloud.launch_configuration_templates(source).await?;
        let read_at = cloud.now();
        let mut drs = DrsView::default();
        drs.read_recovery_servers(cloud.source_servers(recovery, None).await?);
        drs.read_source_servers(cloud.source_servers(source, None).await?);
        let all = RecoveryInstanceFilter::All;
        drs.read_recovery_instances(cloud.recovery_instances(recovery, &all).await?);
        drs.read_source_instances(cloud.recovery_instances(source, &all).await?);
        let source_quotas = cloud.drs_quotas(source).await?;
        let recovery_quotas = cloud.drs_quotas(recovery).await?;
        let source_jobs = cloud.jobs(source, &[], Some(since)).await?;
        let recovery_jobs = cloud.jobs(recovery, &[], Some(since)).await?;
        Ok(Some(Self {
            live: LiveState::of_regions(read_at, drs, source_jobs, recovery_jobs),
            source_templates,
            launches_into_source: launch_templates.iter().any(|template| template.launch_into_source),
            source_quotas,
            recovery_quotas,
            executions: cloud.running_executions().await?,
            owners: Owners::default(),
            subnets: BTreeMap::new(),
            launch_configurations: LaunchConfigurations::new(),
            launch_templates: LaunchTemplates::new(),
            stand_ins: LaunchTemplates::new(),
            ipv6_records: Vec::new(),
            protected: BTreeSet::new(),
        }))
    }

    /// Reads everything that depends on the fleet.
    pub(crate) async fn read_of_fleet(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet) -> Result<()> {
        // What B1 replicates of a server that has failed back is looked at too.
        let a1s = fleet.servers.iter().filter_map(|server| server.a1.clone());
        let a4s = fleet.pending().filter_map(Server::a4);
        self.live.add_instances(cloud, run.source(), a1s.chain(a4s).collect()).await?;
        let b3s = fleet.pending().filter_map(Server::b3).collect();
        self.live.add_instances(cloud, run.recovery(), b3s).await?;
        self.read_subnets(cloud, run, fleet).await?;
        self.read_launch_settings(cloud, run, fleet).await?;
        self.live.add_records(cloud, run).await?;
        self.ipv6_records = read_records(cloud, run.plan.redirect.records(), RecordType::Aaaa).await?;
        self.owners = Owners::read(cloud, run, &self.live.servers(fleet)).await?;
        self.read_protection(cloud, run, fleet).await?;
        self.read_older_jobs(cloud, run, fleet).await
    }

    /// Reads the subnets that the plan names, those of the originals, and the staging areas.
    async fn read_subnets(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet) -> Result<()> {
        let mut ids: BTreeSet<SubnetId> = BTreeSet::new();
        if let Network::Named(named) = &run.plan.launch.network {
            ids.insert(named.subnet_id.clone());
        }
        ids.extend(run.plan.drill.network.iter().map(|isolated| isolated.subnet_id.clone()));
        ids.extend(self.source_templates.iter().filter_map(|template| template.staging_subnet.clone()));
        for server in self.live.servers(fleet) {
            ids.extend(server.a1_instance()?.and_then(|a1| a1.subnet.clone()));
        }
        if ids.is_empty() {
            return Ok(());
        }
        let ids: Vec<SubnetId> = ids.into_iter().collect();
        let subnets = cloud.subnets(run.source(), &ids).await?;
        self.subnets = subnets.into_iter().map(|subnet| (subnet.id.clone(), subnet)).collect();
        Ok(())
    }

    /// Reads how B1 was launched, or would be launched by a drill. The settings are production's own.
    async fn read_launch_settings(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet) -> Result<()> {
        let (mut recovered, mut unlaunched) = (Vec::new(), Vec::new());
        for found in self.found(fleet)? {
            match found.b2 {
                Some(_) => recovered.push(found.b1.clone()),
                None if launches_b1(run, &found) => unlaunched.push(found.b1.clone()),
                None => {}
            }
        }
        let region = run.recovery();
        self.launch_configurations = launch_configurations(cloud, region, &recovered).await?;
        let settings = launch_configurations(cloud, region, &unlaunched).await?;
        self.launch_templates = launch_templates(cloud, region, &settings).await?;
        self.launch_configurations.extend(settings);
        self.read_stand_ins(cloud, run, fleet).await
    }

    /// Reads the launch template of each A2 whose A1 no longer shows what the plan copies.
    async fn read_stand_ins(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet) -> Result<()> {
        let servers = self.found(fleet)?.into_iter().filter(|found| checks::lacks_original(run, found));
        let a2s: Vec<(SourceServerId, &SourceServer)> =
            servers.filter_map(|found| Some((found.b1.clone(), found.a2?))).collect();
        let ids: Vec<SourceServerId> = a2s.iter().map(|(_, a2)| a2.id.clone()).collect();
        let settings = launch_configurations(cloud, run.source(), &ids).await?;
        let mut templates = launch_templates(cloud, run.source(), &settings).await?;
        let prepared = a2s.into_iter().filter_map(|(b1, a2)| {
            let template = templates.remove(&a2.id)?;
            stand_in(run, a2, &template).is_some().then_some((b1, template))
        });
        self.stand_ins = prepared.collect();
        Ok(())
    }

    /// Reads which of the instances that the run terminates are protected from that.
    async fn read_protection(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet) -> Result<()> {
        let (mut a1s, mut b3s) = (Vec::new(), Vec::new());
        for found in self.found(fleet)? {
            a1s.extend(checks::original(run, &found).map(|a1| a1.id.clone()));
            b3s.extend(checks::recovered(run, self, &found)?);
        }
        self.protected = protected_from_termination(cloud, run.source(), &a1s).await?;
        self.protected.extend(protected_from_termination(cloud, run.recovery(), &b3s).await?);
        Ok(())
    }

    /// Reads the jobs that launched B2 and A3, whatever their age: their tags distinguish a drill's servers from
    /// production.
    async fn read_older_jobs(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet) -> Result<()> {
        let (mut of_b2, mut of_a3): (BTreeSet<JobId>, BTreeSet<JobId>) = Default::default();
        for found in self.found(fleet)? {
            of_b2.extend(found.b2.and_then(|b2| b2.job.clone()));
            of_a3.extend(found.chain().a3.candidate().and_then(|a3| a3.job.clone()));
            of_a3.extend(found.a2.and_then(|a2| a2.last_launch_job.clone()));
        }
        let of_b2 = older(of_b2, self.live.recovery_jobs()?);
        if !of_b2.is_empty() {
            self.live.add_recovery_jobs(cloud.jobs(run.recovery(), &of_b2, None).await?);
        }
        let of_a3 = older(of_a3, self.live.source_jobs()?);
        if !of_a3.is_empty() {
            self.live.add_source_jobs(cloud.jobs(run.source(), &of_a3, None).await?);
        }
        Ok(())
    }

    /// Joins the fleet's pending servers with their live objects.
    pub(crate) fn found<'f>(&'f self, fleet: &'f Fleet) -> Result<Vec<Found<'f>>> {
        let mut all = Vec::new();
        for server in self.live.servers(fleet) {
            let (b2, a2) = (server.chain().b2.candidate(), server.chain().a2.candidate());
            let a1 = server.a1_instance()?;
            all.push(Found { server, b2, a2, a1 });
        }
        Ok(all)
    }
}

impl Found<'_> {
    /// Returns what a finding is about that is a fact of one of the server's objects.
    pub(crate) fn with(&self, object: impl fmt::Display) -> String {
        format!("{} ({object})", self.server.name)
    }
}

/// Returns true for a server without B2 that this drill launches first. An A2 shows that an interrupted drill of it is
/// only cleaned up.
pub(crate) fn launches_b1(run: &Run, server: &Found<'_>) -> bool {
    let is_wanted = run.procedure == Procedure::Drill && run.plan.drill.launch_recovered_servers;
    is_wanted && server.b2.is_none() && server.a2.is_none()
}

/// Returns the jobs that are not among those that were read.
fn older(mut wanted: BTreeSet<JobId>, read: &[Job]) -> Vec<JobId> {
    for job in read {
        wanted.remove(&job.id);
    }
    wanted.into_iter().collect()
}

impl<'f> Deref for Found<'f> {
    type Target = LiveServer<'f>;

    fn deref(&self) -> &LiveServer<'f> {
        &self.server
    }
}

async fn templates(
    cloud: &dyn Cloud,
    region: Region,
    findings: &mut Vec<Finding>,
) -> Result<Option<Vec<ReplicationTemplate>>> {
    match cloud.replication_templates(region).await {
        Ok(templates) if templates.is_empty() => {
            findings.block(region.as_str(), fact::drs_has_no_template());
            Ok(None)
        }
        Ok(templates) => Ok(Some(templates)),
        Err(error) if error.name() == ErrorName::NotInitialized => {
            findings.block(region.as_str(), fact::drs_is_not_initialised());
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
