//! Reading the live state of a fleet, in as few calls as possible.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use futures_util::future::{try_join, try_join3};

use super::chain::DrsView;
use super::live::{LiveState, launched_last};
use super::records::read_records;
use super::server::{Fleet, Server};
use crate::cloud::{Cloud, Instance, Job, RecordType, RecoveryInstanceFilter};
use crate::error::Result;
use crate::id::{InstanceId, JobId, RecoveryInstanceId, SourceServerId};
use crate::procedure::Procedure;
use crate::region::Region;
use crate::run::Run;
use crate::timestamp::Timestamp;

/// The age up to which jobs are read. An interrupted run that is started again within this time finds its own jobs.
const JOBS_DAYS: u32 = 2;

/// The parts of the live state that a step needs. Each costs one call per page, regardless of the number of servers.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools)] // Independent switches, not a state.
pub struct Reads {
    /// B1.
    pub b1: bool,
    /// B2.
    pub b2: bool,
    /// A2.
    pub a2: bool,
    /// A3; reads A2 and B2 too, which show whether it is of this cycle.
    pub a3: bool,
    /// Jobs of the source Region, from two days before the run started.
    pub source_jobs: bool,
    /// Jobs of the recovery Region, from two days before the run started.
    pub recovery_jobs: bool,
    /// A1 and A4 as EC2 shows them; A4 of the A3 that were read.
    pub source_instances: bool,
    /// B3 as EC2 shows it.
    pub recovery_instances: bool,
    /// The plan's records.
    pub records: bool,
}

impl Reads {
    /// The reads that [`serving`](super::serving()) and [`too_old`](super::too_old) need.
    pub const SERVING: Self = Self {
        b1: true,
        b2: true,
        a2: false,
        a3: true,
        source_jobs: true,
        recovery_jobs: true,
        source_instances: true,
        recovery_instances: true,
        records: true,
    };

    /// The reads that show whether A4 works, carries the traffic and is protected, and whether a job is about to change
    /// that.
    pub const PROTECTION: Self = Self { recovery_instances: false, ..Self::SERVING };
}

/// Reads the live state of a fleet's pending servers.
///
/// # Errors
/// Those of AWS; `Guard` when an A2 or A3 that was read is not provably its server's.
pub async fn read(cloud: &dyn Cloud, run: &Run, fleet: &Fleet, reads: Reads) -> Result<LiveState> {
    let live = read_for_report(cloud, run, fleet, reads).await?;
    for server in live.servers(fleet).iter().filter(|_| reads.a3) {
        server.a3()?;
    }
    Ok(live)
}

/// Reads the live state of a fleet's pending servers, whatever is ambiguous in it: a report says so.
///
/// # Errors
/// Those of AWS.
pub async fn read_for_report(cloud: &dyn Cloud, run: &Run, fleet: &Fleet, reads: Reads) -> Result<LiveState> {
    let mut live = LiveState::empty(cloud.now(), reads);
    // Without ids, DRS would return every server of the Region.
    if fleet.pending().next().is_some() {
        // The records depend on nothing else.
        let all = live.read_fleet(cloud, run, fleet, reads);
        let ((), records) = try_join(
            all,
            when(reads.records, read_records(cloud, run.plan.redirect.records(), RecordType::A)),
        )
        .await?;
        live.records = records.or(live.records);
    }
    Ok(live)
}

impl LiveState {
    /// Returns a state whose requested parts are empty, not unread: a fleet may have no pending server.
    fn empty(read_at: Timestamp, reads: Reads) -> Self {
        let mut drs = DrsView::default();
        if reads.b1 {
            drs.read_recovery_servers(Vec::new());
        }
        if reads.b2 || reads.a3 {
            drs.read_recovery_instances(Vec::new());
        }
        if reads.a2 || reads.a3 {
            drs.read_source_servers(Vec::new());
        }
        if reads.a3 {
            drs.read_source_instances(Vec::new());
        }
        Self {
            read_at,
            drs,
            source_jobs: reads.source_jobs.then(Vec::new),
            recovery_jobs: reads.recovery_jobs.then(Vec::new),
            asked: BTreeSet::new(),
            instances: BTreeMap::new(),
            records: reads.records.then(Vec::new),
        }
    }

    /// Returns the live state of whole Regions, to which instances and records are added once the fleet is known.
    pub fn of_regions(
        read_at: Timestamp,
        mut drs: DrsView,
        source_jobs: Vec<Job>,
        recovery_jobs: Vec<Job>,
    ) -> Self {
        drs.read_jobs(&source_jobs);
        drs.read_jobs(&recovery_jobs);
        let (source_jobs, recovery_jobs) = (Some(source_jobs), Some(recovery_jobs));
        Self { drs, source_jobs, recovery_jobs, ..Self::empty(read_at, Reads::default()) }
    }

    async fn read_fleet(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet, reads: Reads) -> Result<()> {
        self.read_drs(cloud, run, fleet, reads).await?;
        self.read_jobs(cloud, run, fleet, reads).await?;
        self.read_instances(cloud, run, fleet, reads).await
    }

    async fn read_drs(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet, reads: Reads) -> Result<()> {
        let b1s: Vec<SourceServerId> = fleet.pending().map(|server| server.b1.clone()).collect();
        let filter = RecoveryInstanceFilter::SourceServers(b1s.clone());
        // By id where every A2 is known; else all of the Region, to find each by the instance that it replicates.
        let known: Option<Vec<SourceServerId>> = fleet.pending().map(|server| server.a2.clone()).collect();
        let (b1, b2, a2) = try_join3(
            when(reads.b1, cloud.source_servers(run.recovery(), Some(&b1s))),
            when(reads.b2 || reads.a3, cloud.recovery_instances(run.recovery(), &filter)),
            when(reads.a2 || reads.a3, cloud.source_servers(run.source(), known.as_deref())),
        )
        .await?;
        if let Some(b1) = b1 {
            self.drs.read_recovery_servers(b1);
        }
        if let Some(b2) = b2 {
            self.drs.read_recovery_instances(b2);
        }
        if let Some(a2) = a2 {
            self.drs.read_source_servers(a2);
        }
        if reads.a3 {
            self.read_a3(cloud, run, fleet).await?;
        }
        // A drill leaves B1 as it is.
        let is_wanted = reads.a3 && reads.b1 && run.procedure == Procedure::Failback;
        let may_have_another =
            |server: &Server| self.drs.may_have_another_b1(server.into(), server.a1.as_ref());
        if is_wanted && fleet.pending().any(may_have_another) {
            self.drs.read_recovery_servers(cloud.source_servers(run.recovery(), None).await?);
        }
        Ok(())
    }

    async fn read_a3(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet) -> Result<()> {
        let mut a2s = BTreeSet::new();
        for server in fleet.pending() {
            // A record of A3 may outlive A2: it is requested by the known id of A2 and by the live one.
            a2s.extend(server.a2.clone());
            let a2 = self.drs.chain(server.into()).a2.candidate();
            a2s.extend(a2.map(|a2| a2.id.clone()));
        }
        if !a2s.is_empty() {
            let filter = RecoveryInstanceFilter::SourceServers(a2s.into_iter().collect());
            self.drs.read_source_instances(cloud.recovery_instances(run.source(), &filter).await?);
        }
        Ok(())
    }

    async fn read_jobs(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet, reads: Reads) -> Result<()> {
        // The jobs that launched the A3 which were read, and the last ones of A2: their tags show who launched them.
        let live = self.drs.source_instances().filter(|a3| a3.is_live());
        let mut of_source: BTreeSet<JobId> = live.filter_map(|a3| a3.job.clone()).collect();
        for server in fleet.pending().filter(|_| reads.source_jobs) {
            let a2 = self.drs.chain(server.into()).a2.candidate();
            of_source.extend(a2.and_then(|a2| a2.last_launch_job.clone()));
        }
        // The jobs that launched the B2 which were read: they show when the cycle began.
        let live = self.drs.recovery_instances().filter(|b2| b2.is_live());
        let of_recovery = live.filter_map(|b2| b2.job.clone()).collect();
        let (source, recovery) = try_join(
            when(reads.source_jobs, jobs(cloud, run, run.source(), of_source)),
            when(reads.recovery_jobs, jobs(cloud, run, run.recovery(), of_recovery)),
        )
        .await?;
        for jobs in source.iter().chain(&recovery) {
            self.drs.read_jobs(jobs);
        }
        self.source_jobs = source.or(self.source_jobs.take());
        self.recovery_jobs = recovery.or(self.recovery_jobs.take());
        Ok(())
    }

    async fn read_instances(
        &mut self,
        cloud: &dyn Cloud,
        run: &Run,
        fleet: &Fleet,
        reads: Reads,
    ) -> Result<()> {
        let (mut source, mut recovery) = (BTreeSet::new(), BTreeSet::new());
        for server in fleet.pending() {
            let chain = self.drs.chain(server.into());
            source.extend(server.a1.clone());
            source.extend(chain.b1.candidate().and_then(|b1| b1.instance.clone()));
            source.extend(server.a4());
            source.extend(chain.a3.candidate().map(|a3| a3.instance.clone()));
            if let (Some(a2), None) = (chain.a2.candidate(), chain.a3.candidate())
                && reads.source_jobs
            {
                source.extend(self.last_launched(a2)?);
            }
            recovery.extend(server.b3());
            // A B2 whose launch lost its answer is not known yet. A step that must choose among several does so by
            // itself.
            recovery.extend(chain.b2.candidate().map(|b2| b2.instance.clone()));
            if let (Some(b1), None) = (chain.b1.candidate(), chain.b2.candidate())
                && reads.recovery_jobs
            {
                recovery.extend(launched_last(self.recovery_jobs()?, b1));
                recovery.extend(b1.recovery_instance.as_ref().map(RecoveryInstanceId::instance));
            }
        }
        let (source, recovery): (Vec<_>, Vec<_>) =
            (source.into_iter().collect(), recovery.into_iter().collect());
        let (found_source, found_recovery) = try_join(
            when(reads.source_instances && !source.is_empty(), cloud.instances(run.source(), &source)),
            when(
                reads.recovery_instances && !recovery.is_empty(),
                cloud.instances(run.recovery(), &recovery),
            ),
        )
        .await?;
        for (asked, found) in [(source, found_source), (recovery, found_recovery)] {
            if let Some(found) = found {
                self.found(asked, found);
            }
        }
        Ok(())
    }

    /// Reads EC2 instances by id.
    ///
    /// # Errors
    /// Those of AWS.
    pub async fn add_instances(
        &mut self,
        cloud: &dyn Cloud,
        region: Region,
        ids: BTreeSet<InstanceId>,
    ) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let asked: Vec<InstanceId> = ids.into_iter().collect();
        let found = cloud.instances(region, &asked).await?;
        self.found(asked, found);
        Ok(())
    }

    fn found(&mut self, asked: Vec<InstanceId>, found: Vec<Instance>) {
        self.instances.extend(found.into_iter().map(|instance| (instance.id.clone(), instance)));
        self.asked.extend(asked);
    }

    /// Reads the records of the plan.
    ///
    /// # Errors
    /// Those of AWS.
    pub async fn add_records(&mut self, cloud: &dyn Cloud, run: &Run) -> Result<()> {
        self.records = Some(read_records(cloud, run.plan.redirect.records(), RecordType::A).await?);
        Ok(())
    }

    /// Adds older jobs of the source Region.
    pub fn add_source_jobs(&mut self, jobs: Vec<Job>) {
        self.drs.read_jobs(&jobs);
        self.source_jobs.get_or_insert_default().extend(jobs);
    }

    /// Adds older jobs of the recovery Region.
    pub fn add_recovery_jobs(&mut self, jobs: Vec<Job>) {
        self.drs.read_jobs(&jobs);
        self.recovery_jobs.get_or_insert_default().extend(jobs);
    }
}

/// Reads something if it is wanted.
async fn when<T>(wanted: bool, read: impl Future<Output = Result<T>>) -> Result<Option<T>> {
    if wanted { read.await.map(Some) } else { Ok(None) }
}

/// Reads the jobs of a Region from two days before the run, and the wanted ones whatever their age.
async fn jobs(cloud: &dyn Cloud, run: &Run, region: Region, mut wanted: BTreeSet<JobId>) -> Result<Vec<Job>> {
    let mut jobs = cloud.jobs(region, &[], Some(run.started.days_before(JOBS_DAYS))).await?;
    for job in &jobs {
        wanted.remove(&job.id);
    }
    if !wanted.is_empty() {
        let older: Vec<JobId> = wanted.into_iter().collect();
        let found = cloud.jobs(region, &older, None).await?;
        jobs.extend(found.into_iter().filter(|job| older.contains(&job.id)));
    }
    Ok(jobs)
}
