//! One server of a fleet, joined with its live objects.

use std::ops::Deref;

use super::chain::{Chain, KnownIds};
use super::live::{LiveState, not_read};
use super::server::Server;
use crate::cloud::{Instance, Job, RecoveryInstance, ReplicationState, SourceServer};
use crate::error::Result;
use crate::message::listed;
use crate::run::Run;
use crate::tags::made_by_a_drill;
use crate::timestamp::Timestamp;

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
    pub(super) fn of(known: &'l Server, live: &'l LiveState) -> Self {
        Self { known, live, chain: live.drs.chain(KnownIds::from(known)) }
    }

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

    /// Returns the source server that protects A4: B1, or another one, where DRS has made one instead of re-pointing B1. B1
    /// while none protects A4.
    ///
    /// # Errors
    /// `Internal` when B1 was not read; `Guard` when several replicate A4.
    pub fn protector(&self) -> Result<Option<&'l SourceServer>> {
        match self.known.a4() {
            Some(a4) => self.live.drs.protector(&self.chain.b1, &a4).get(&self.name),
            None => self.b1(),
        }
    }

    /// Returns the source server that protects A4, if it is another one than B1.
    ///
    /// # Errors
    /// Same as [`protector`](Self::protector).
    pub fn another_b1(&self) -> Result<Option<&'l SourceServer>> {
        Ok(self.protector()?.filter(|protector| protector.id != self.known.b1))
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
        let Some(b1) = self.b1()?.filter(|_| !matches!(self.another_b1(), Ok(Some(_)))) else {
            return Ok(false);
        };
        Ok(self.a3()?.is_none() && b1.replication.is_running() && b1.instance == self.known.a1)
    }

    /// Returns true when DRS shows a recovery instance of this A2, even a terminated one.
    ///
    /// # Errors
    /// `Internal` when A3 was not read.
    pub fn has_record_of(&self, a2: &SourceServer) -> Result<bool> {
        self.live.drs.has_record_of(&a2.id).ok_or_else(|| not_read("A3"))
    }

    /// Returns the number of jobs with which a run has launched A2, since a person last asked for one.
    ///
    /// # Errors
    /// `Internal` when jobs of the source Region were not read.
    pub fn launches(&self, run: &Run) -> Result<usize> {
        let Some(a2) = &self.known.a2 else { return Ok(0) };
        let jobs = self.live.source_jobs()?.iter();
        let counts = |job: &&Job| run.owns(&job.tags) && self.counts(run, job);
        Ok(jobs.filter(counts).filter(|job| job.part_of(a2).is_some()).count())
    }

    /// Returns true for a job that was created since a person last asked for a launch of this server.
    pub fn counts(&self, run: &Run, job: &Job) -> bool {
        self.known.asked.is_none_or(|asked| job.created.is_none_or(|created| run.seconds(created) >= asked))
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
