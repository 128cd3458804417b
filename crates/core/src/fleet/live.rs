//! The live state of a fleet: read in as few calls as possible, and joined server by server.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use super::chain::{Chain, DrsView, KnownIds};
use super::server::{Fleet, Server};
use crate::cloud::{
    Cloud, Instance, Job, RecordSet, RecoveryInstance, RecoveryInstanceFilter, ReplicationState, SourceServer,
};
use crate::error::{Error, Result};
use crate::id::{InstanceId, JobId, SourceServerId};
use crate::message::listed;
use crate::plan::Record;
use crate::region::Region;
use crate::run::Run;
use crate::tags::made_by_a_drill;
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

/// The live state at one time.
#[derive(Debug)]
pub struct LiveState {
    /// The time at which reading started.
    pub read_at: Timestamp,
    drs: DrsView,
    source_jobs: Option<Vec<Job>>,
    recovery_jobs: Option<Vec<Job>>,
    /// The EC2 instances that were requested, including those that EC2 does not know.
    asked: BTreeSet<InstanceId>,
    instances: BTreeMap<InstanceId, Instance>,
    /// The record sets behind each record of the plan, in the plan's order.
    records: Option<Vec<Vec<RecordSet>>>,
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
        live.read_drs(cloud, run, fleet, reads).await?;
        live.read_jobs(cloud, run, fleet, reads).await?;
        live.read_instances(cloud, run, fleet, reads).await?;
        if reads.records {
            live.add_records(cloud, run).await?;
        }
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

    async fn read_drs(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet, reads: Reads) -> Result<()> {
        let b1s: Vec<SourceServerId> = fleet.pending().map(|server| server.b1.clone()).collect();
        if reads.b1 {
            self.drs.read_recovery_servers(cloud.source_servers(run.recovery(), Some(&b1s)).await?);
        }
        if reads.b2 || reads.a3 {
            let filter = RecoveryInstanceFilter::SourceServers(b1s);
            self.drs.read_recovery_instances(cloud.recovery_instances(run.recovery(), &filter).await?);
        }
        if reads.a2 || reads.a3 {
            // By id where every A2 is known; else all of the Region, to find each by the instance that it replicates.
            let known: Option<Vec<SourceServerId>> =
                fleet.pending().map(|server| server.a2.clone()).collect();
            self.drs.read_source_servers(cloud.source_servers(run.source(), known.as_deref()).await?);
        }
        if reads.a3 {
            self.read_a3(cloud, run, fleet).await?;
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
        if reads.source_jobs {
            // The jobs that launched the A3 which were read, and the last ones of A2: their tags show who launched
            // them.
            let live = self.drs.source_instances().filter(|a3| a3.is_live());
            let mut wanted: BTreeSet<JobId> = live.filter_map(|a3| a3.job.clone()).collect();
            for server in fleet.pending() {
                let a2 = self.drs.chain(server.into()).a2.candidate();
                wanted.extend(a2.and_then(|a2| a2.last_launch_job.clone()));
            }
            let jobs = jobs(cloud, run, run.source(), wanted).await?;
            self.drs.read_jobs(&jobs);
            self.source_jobs = Some(jobs);
        }
        if reads.recovery_jobs {
            // The jobs that launched the B2 which were read: they show when the cycle began.
            let live = self.drs.recovery_instances().filter(|b2| b2.is_live());
            let wanted = live.filter_map(|b2| b2.job.clone()).collect();
            let jobs = jobs(cloud, run, run.recovery(), wanted).await?;
            self.drs.read_jobs(&jobs);
            self.recovery_jobs = Some(jobs);
        }
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
            }
        }
        if reads.source_instances {
            self.add_instances(cloud, run.source(), source).await?;
        }
        if reads.recovery_instances {
            self.add_instances(cloud, run.recovery(), recovery).await?;
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
        let listed: Vec<InstanceId> = ids.iter().cloned().collect();
        let instances = cloud.instances(region, &listed).await?;
        self.instances.extend(instances.into_iter().map(|instance| (instance.id.clone(), instance)));
        self.asked.extend(ids);
        Ok(())
    }

    /// Reads the records of the plan.
    ///
    /// # Errors
    /// Those of AWS.
    pub async fn add_records(&mut self, cloud: &dyn Cloud, run: &Run) -> Result<()> {
        let mut records = Vec::new();
        for record in run.plan.redirect.records() {
            records.push(cloud.record_sets(&record.zone_id, &record.name, record.kind).await?);
        }
        self.records = Some(records);
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

    /// Returns the objects of DRS.
    pub fn drs(&self) -> &DrsView {
        &self.drs
    }

    /// Joins the pending servers of a fleet with their live objects.
    pub fn servers<'l>(&'l self, fleet: &'l Fleet) -> Vec<LiveServer<'l>> {
        fleet.pending().map(|server| self.server(server)).collect()
    }

    /// Joins the pending servers of one wave with their live objects.
    pub fn servers_in<'l>(&'l self, fleet: &'l Fleet, wave: usize) -> Vec<LiveServer<'l>> {
        fleet.pending_in(wave).map(|server| self.server(server)).collect()
    }

    /// Joins one server with its live objects.
    pub fn server<'l>(&'l self, server: &'l Server) -> LiveServer<'l> {
        LiveServer { known: server, live: self, chain: self.drs.chain(KnownIds::from(server)) }
    }

    /// Adds the ids that the fleet lacks and the live state shows: a step may have died before it could return them.
    ///
    /// # Errors
    /// `Guard` when a live object is not provably the server's.
    pub fn complete(&self, run: &Run, fleet: &mut Fleet, reads: Reads) -> Result<()> {
        let mut pending = fleet.servers.iter_mut().filter(|server| !server.already_failed_back);
        pending.try_for_each(|server| self.complete_server(run, server, reads))
    }

    /// Adds the ids that one server lacks and the live state shows.
    ///
    /// # Errors
    /// `Guard` when a live object is not provably the server's.
    pub fn complete_server(&self, run: &Run, server: &mut Server, reads: Reads) -> Result<()> {
        let chain = self.drs.chain(KnownIds::from(&*server));
        if reads.b2 && server.b2.is_none() {
            server.b2 = chain.b2.get(&server.name)?.map(|b2| b2.id.clone());
        }
        if (reads.a2 || reads.a3)
            && server.a2.is_none()
            && let Some(a2) = chain.a2.get(&server.name)?
        {
            server.a2 = Some(a2.id.clone());
            server.times.reversed = Some(run.seconds(self.read_at));
        }
        if reads.a3 && server.a3.is_none() {
            server.a3 = chain.a3.get(&server.name)?.map(|a3| a3.id.clone());
        }
        Ok(())
    }

    /// Returns the jobs of the source Region, newest first.
    ///
    /// # Errors
    /// `Internal` when they were not read.
    pub fn source_jobs(&self) -> Result<&[Job]> {
        self.source_jobs.as_deref().ok_or_else(|| not_read("jobs of the source Region"))
    }

    /// Returns the jobs of the recovery Region, newest first.
    ///
    /// # Errors
    /// `Internal` when they were not read.
    pub fn recovery_jobs(&self) -> Result<&[Job]> {
        self.recovery_jobs.as_deref().ok_or_else(|| not_read("jobs of the recovery Region"))
    }

    /// Returns an EC2 instance of the fleet; `None` when EC2 does not know it.
    ///
    /// # Errors
    /// `Internal` when it was not requested.
    pub fn instance(&self, id: &InstanceId) -> Result<Option<&Instance>> {
        if !self.asked.contains(id) {
            return Err(not_read("an EC2 instance"));
        }
        Ok(self.instances.get(id))
    }

    /// Returns the record sets behind each record of the plan, in the plan's order.
    ///
    /// # Errors
    /// `Internal` when they were not read.
    pub fn records(&self) -> Result<&[Vec<RecordSet>]> {
        self.records.as_deref().ok_or_else(|| not_read("the records of the plan"))
    }

    /// Returns true when a record of the plan points at one of the instance's addresses.
    ///
    /// # Errors
    /// `Internal` when records or the instance were not read.
    pub fn is_pointed_at(&self, id: &InstanceId) -> Result<bool> {
        let Some(instance) = self.instance(id)? else { return Ok(false) };
        let mut sets = self.records()?.iter().flatten();
        Ok(sets.any(|set| set.values.iter().any(|value| instance.has_address(value))))
    }

    /// Returns the instance that the last launch of A2 created, as its job names it, while DRS keeps the job.
    ///
    /// # Errors
    /// `Internal` when jobs of the source Region were not read.
    pub fn last_launched(&self, a2: &SourceServer) -> Result<Option<InstanceId>> {
        Ok(launched_last(self.source_jobs()?, a2))
    }

    /// Returns the instance that the last launch of B1 created, as its job names it, if DRS shows no record of it and EC2
    /// still runs it.
    ///
    /// # Errors
    /// `Internal` when jobs of the recovery Region or instances were not read.
    pub fn forgotten_b3(&self, b1: &SourceServer) -> Result<Option<InstanceId>> {
        let Some(b3) = launched_last(self.recovery_jobs()?, b1) else { return Ok(None) };
        let runs = self.instance(&b3)?.is_some_and(|instance| instance.state.is_live());
        Ok(runs.then_some(b3))
    }

    /// Returns true when a record of the plan points at the A4 of any server that was read.
    ///
    /// # Errors
    /// `Internal` when records or instances were not read.
    pub fn has_record_at_a4(&self) -> Result<bool> {
        self.has_record_at(self.drs.source_instances())
    }

    /// Returns true when a record of the plan points at the B3 of any server that was read.
    ///
    /// # Errors
    /// `Internal` when records or instances were not read.
    pub fn has_record_at_b3(&self) -> Result<bool> {
        self.has_record_at(self.drs.recovery_instances())
    }

    fn has_record_at<'r>(&self, launched: impl Iterator<Item = &'r RecoveryInstance>) -> Result<bool> {
        // The Region may have recovery instances of other people, which are not among the instances that were read.
        for one in launched.filter(|one| one.is_live() && self.asked.contains(&one.instance)) {
            if self.is_pointed_at(&one.instance)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the job of the source Region that launched this A3, while DRS keeps it.
    ///
    /// # Errors
    /// `Internal` when jobs of the source Region were not read.
    pub fn source_job_of(&self, a3: &RecoveryInstance) -> Result<Option<&Job>> {
        Ok(self.source_jobs()?.iter().find(|job| Some(&job.id) == a3.job.as_ref()))
    }

    /// Returns true when a drill, of this run or an earlier one, launched this recovery instance: by its own tags or,
    /// if the drill died before it could set them, by those of its job.
    ///
    /// # Errors
    /// `Internal` when jobs of the recovery Region were not read.
    pub fn is_of_a_drill(&self, b2: &RecoveryInstance) -> Result<bool> {
        let job = self.recovery_jobs()?.iter().find(|job| Some(&job.id) == b2.job.as_ref());
        Ok(made_by_a_drill(&b2.tags) || job.is_some_and(|job| made_by_a_drill(&job.tags)))
    }
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

/// Returns the instance that the last launch of a source server created, while DRS keeps its job.
fn launched_last(jobs: &[Job], server: &SourceServer) -> Option<InstanceId> {
    let last = jobs.iter().find(|job| Some(&job.id) == server.last_launch_job.as_ref())?;
    let instance = last.part_of(&server.id)?.recovery_instance.as_ref()?;
    Some(instance.instance())
}

/// Returns the error for a part that the step did not request: a defect of this program, not an empty answer.
fn not_read(part: &str) -> Error {
    Error::internal(format!("{part} was not read before it was needed"))
}

/// A server of the fleet with its live objects. Its fields are those of [`Server`], the ids that the run knows; its
/// methods return what AWS shows now.
#[derive(Debug, Clone)]
pub struct LiveServer<'l> {
    known: &'l Server,
    live: &'l LiveState,
    chain: Chain<'l>,
}

impl Deref for LiveServer<'_> {
    type Target = Server;

    fn deref(&self) -> &Server {
        self.known
    }
}

impl<'l> LiveServer<'l> {
    /// Returns the live state that this server was joined with.
    pub fn live(&self) -> &'l LiveState {
        self.live
    }

    /// Returns the chain of live ids, to report what is ambiguous.
    pub fn chain(&self) -> &Chain<'l> {
        &self.chain
    }

    /// Returns B1.
    ///
    /// # Errors
    /// `Internal` when it was not read.
    pub fn b1(&self) -> Result<Option<&'l SourceServer>> {
        self.chain.b1.get(&self.name)
    }

    /// Returns B2 while it lives.
    ///
    /// # Errors
    /// `Internal` when it was not read; `Guard` when several live and the run knows none of them.
    pub fn b2(&self) -> Result<Option<&'l RecoveryInstance>> {
        self.chain.b2.get(&self.name)
    }

    /// Returns A2.
    ///
    /// # Errors
    /// `Internal` when it was not read; `Guard` when it is not provably this server's.
    pub fn a2(&self) -> Result<Option<&'l SourceServer>> {
        self.chain.a2.get(&self.name)
    }

    /// Returns A3 while it lives.
    ///
    /// # Errors
    /// `Internal` when it was not read; `Guard` when several live and the run knows none of them, or A2 is ambiguous.
    pub fn a3(&self) -> Result<Option<&'l RecoveryInstance>> {
        self.a2()?;
        self.chain.a3.get(&self.name)
    }

    /// Returns A1 as EC2 shows it; `None` when it is not known, to the run or to EC2.
    ///
    /// # Errors
    /// `Internal` when it was not read.
    pub fn a1_instance(&self) -> Result<Option<&'l Instance>> {
        match &self.known.a1 {
            Some(a1) => self.live.instance(a1),
            None => Ok(None),
        }
    }

    /// Returns A4 as EC2 shows it; `None` when it is not known, to the run or to EC2.
    ///
    /// # Errors
    /// `Internal` when it was not read.
    pub fn a4_instance(&self) -> Result<Option<&'l Instance>> {
        match self.known.a4() {
            Some(a4) => self.live.instance(&a4),
            None => Ok(None),
        }
    }

    /// Returns true when B2 shows that it is replicated and no A2 is listed: DRS lists a new source server some seconds
    /// after `ReverseReplication` returns.
    ///
    /// # Errors
    /// Those of [`a2`](Self::a2) and [`b2`](Self::b2).
    pub fn is_a2_unseen(&self) -> Result<bool> {
        if self.a2()?.is_some() {
            return Ok(false);
        }
        Ok(self
            .b2()?
            .is_some_and(|b2| b2.is_reversed() && b2.replication_state != ReplicationState::Disconnected))
    }

    /// Returns true when, after a launch, A3 is deleted and A2 stopped: only the run still knows A4. A2 must never be
    /// launched again, because that would terminate A4.
    ///
    /// # Errors
    /// Those of [`a3`](Self::a3).
    pub fn is_past_launch(&self) -> Result<bool> {
        let stopped = self.a2()?.is_none_or(|a2| !a2.replication.is_running());
        let was_launched = self.known.a3.is_some() && self.known.replace.is_none();
        Ok(was_launched && stopped && self.a3()?.is_none())
    }

    /// Returns true when data that was taken at this time is of this cycle: B2 had been launched. Once B2 is gone, it
    /// is.
    ///
    /// # Errors
    /// Those of [`b2`](Self::b2).
    pub fn is_of_cycle(&self, taken: Timestamp) -> Result<bool> {
        Ok(self.b2()?.is_none_or(|b2| self.live.drs.is_since(taken, b2)))
    }

    /// Returns true while B1 replicates A1 and nothing was launched for failback. A server that is further along, whose A4
    /// runs or is protected by B1 already, has none to stop.
    ///
    /// # Errors
    /// Those of [`a3`](Self::a3); `Internal` when B1 was not read.
    pub fn is_original_replicated(&self) -> Result<bool> {
        let Some(b1) = self.b1()? else { return Ok(false) };
        Ok(self.a3()?.is_none() && b1.replication.is_running() && b1.instance == self.known.a1)
    }

    /// Returns true when DRS shows a recovery instance of this A2, even a terminated one.
    ///
    /// # Errors
    /// `Internal` when A3 was not read.
    pub fn has_record_of(&self, a2: &SourceServer) -> Result<bool> {
        self.live.drs.has_record_of(&a2.id).ok_or_else(|| not_read("A3"))
    }

    /// Returns the number of jobs with which a run has launched A2.
    ///
    /// # Errors
    /// `Internal` when jobs of the source Region were not read.
    pub fn launches(&self, run: &Run) -> Result<usize> {
        let Some(a2) = &self.known.a2 else { return Ok(0) };
        let jobs = self.live.source_jobs()?.iter();
        Ok(jobs.filter(|job| run.owns(&job.tags) && job.part_of(a2).is_some()).count())
    }

    /// Returns true when a drill started the last launch of A2: the drill has terminated that A4, which was never
    /// production.
    ///
    /// # Errors
    /// `Internal` when jobs of the source Region were not read.
    pub fn was_launched_by_a_drill(&self, a2: &SourceServer) -> Result<bool> {
        let jobs = self.live.source_jobs()?;
        let last = a2.last_launch_job.as_ref().and_then(|last| jobs.iter().find(|job| job.id == *last));
        Ok(last.is_some_and(|job| made_by_a_drill(&job.tags)))
    }

    /// Returns the job of either Region that is working on this server.
    ///
    /// # Errors
    /// `Internal` when jobs of a Region were not read.
    pub fn active_job(&self) -> Result<Option<&'l Job>> {
        let recovery = self.live.recovery_jobs()?.iter().find(|job| job.is_working_on(&self.known.b1));
        match recovery {
            Some(job) => Ok(Some(job)),
            None => self.active_source_job(),
        }
    }

    /// Returns the job of the source Region that is working on A2.
    ///
    /// # Errors
    /// `Internal` when jobs of the source Region were not read.
    pub fn active_source_job(&self) -> Result<Option<&'l Job>> {
        let jobs = self.live.source_jobs()?;
        Ok(self.known.a2.as_ref().and_then(|a2| jobs.iter().find(|job| job.is_working_on(a2))))
    }
}

/// Returns the names of servers, as a list within a sentence.
pub fn names(servers: &[&LiveServer<'_>]) -> String {
    listed(servers.iter().map(|server| server.name.as_str()))
}

/// A record of the plan and the server that it should point at.
#[derive(Debug)]
pub struct Target<'a> {
    /// The record.
    pub record: &'a Record,
    /// The record's position in the plan, by which its live sets are found.
    pub index: usize,
    /// The server.
    pub server: &'a LiveServer<'a>,
}

/// The TTL that is assumed of a set that was replaced before the run could read it, in seconds.
pub const UNKNOWN_TTL_SECONDS: u64 = 3_600;

impl Target<'_> {
    /// Returns true when the record holds the address of A4 that the plan wants, and nothing else.
    ///
    /// # Errors
    /// `Internal` when records or A4 were not read.
    pub fn points_at_a4(&self) -> Result<bool> {
        let a4 = self.server.a4_instance()?;
        let Some(address) = a4.and_then(|a4| a4.address(self.record.address)) else { return Ok(false) };
        let sets = &self.server.live().records()?[self.index];
        Ok(!sets.is_empty() && sets.iter().all(|set| set.values == [address]))
    }
}

/// Returns the largest TTL with which clients may hold what the records held before they pointed at A4. `unknown_seconds`
/// is assumed of a record that points at A4 already.
///
/// # Errors
/// `Internal` when records or an A4 were not read.
pub fn old_ttl_seconds(targets: &[Target<'_>], unknown_seconds: u64) -> Result<u64> {
    let mut largest = 0;
    for target in targets {
        let sets = &target.server.live().records()?[target.index];
        let seen = sets.iter().filter_map(|set| set.ttl_seconds).max().unwrap_or_default();
        largest = largest.max(if target.points_at_a4()? { unknown_seconds } else { seen });
    }
    Ok(largest)
}

/// Finds the servers behind the plan's records. A record of a server that is not among these is left out.
pub fn targets<'a>(run: &'a Run, servers: &'a [LiveServer<'a>]) -> Vec<Target<'a>> {
    let mut found = Vec::new();
    for (index, record) in run.plan.redirect.records().iter().enumerate() {
        if let Some(server) = servers.iter().find(|server| server.is_called(&record.server)) {
            found.push(Target { record, index, server });
        }
    }
    found
}
