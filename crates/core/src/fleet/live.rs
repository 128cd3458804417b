//! The live state of a fleet at one time, joined server by server.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{DrsView, KnownIds};
use super::live_server::LiveServer;
use super::read::Reads;
use super::server::{Fleet, Server};
use crate::catalogue::fault;
use crate::cloud::{Instance, Job, RecordSet, RecoveryInstance, SourceServer};
use crate::error::{Error, Result};
use crate::id::InstanceId;
use crate::run::Run;
use crate::tags::{made_by_a_drill, tag};
use crate::timestamp::Timestamp;

/// The live state at one time.
#[derive(Debug)]
pub struct LiveState {
    /// The time at which reading started.
    pub read_at: Timestamp,
    pub(super) drs: DrsView,
    pub(super) source_jobs: Option<Vec<Job>>,
    pub(super) recovery_jobs: Option<Vec<Job>>,
    /// The EC2 instances that were requested, including those that EC2 does not know.
    pub(super) asked: BTreeSet<InstanceId>,
    pub(super) instances: BTreeMap<InstanceId, Instance>,
    /// The record sets behind each record of the plan, in the plan's order.
    pub(super) records: Option<Vec<Vec<RecordSet>>>,
}

impl LiveState {
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
        LiveServer::of(server, self)
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

    /// Returns true for an instance of the source Region that neither EC2 runs nor DRS shows as a live A4.
    ///
    /// # Errors
    /// `Internal` when it was not requested.
    pub fn is_gone(&self, id: &InstanceId) -> Result<bool> {
        let is_up = self.instance(id)?.is_some_and(|instance| instance.state.is_live());
        Ok(!is_up && !self.drs.source_instances().any(|a3| a3.instance == *id && a3.is_live()))
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

    /// Returns the instance that the last launch of A2 created, as its job names it, while DRS keeps the job, or the abort
    /// that ended it.
    ///
    /// # Errors
    /// `Internal` when jobs of the source Region were not read.
    pub fn last_launched(&self, a2: &SourceServer) -> Result<Option<InstanceId>> {
        Ok(launched_last(self.source_jobs()?, a2).or_else(|| ended_by_an_abort(a2)))
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

    /// Returns true when a record of the plan holds an address of none of the instances that were read: what is there may
    /// serve.
    ///
    /// # Errors
    /// `Internal` when records or instances were not read.
    pub fn has_unknown_record(&self) -> Result<bool> {
        let mut values = self.records()?.iter().flatten().flat_map(|set| &set.values);
        Ok(values.any(|value| !self.is_known_address(value)))
    }

    /// Returns true for an address of one of the instances that were read.
    pub fn is_known_address(&self, value: &str) -> bool {
        self.instances.values().any(|instance| instance.has_address(value))
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

/// Returns the instance that the last launch of a source server created, while DRS keeps its job.
pub(super) fn launched_last(jobs: &[Job], server: &SourceServer) -> Option<InstanceId> {
    let last = jobs.iter().find(|job| Some(&job.id) == server.last_launch_job.as_ref())?;
    let instance = last.part_of(&server.id)?.recovery_instance.as_ref()?;
    Some(instance.instance())
}

/// Returns the instance of the last launch of A2, if an abort ended it.
fn ended_by_an_abort(a2: &SourceServer) -> Option<InstanceId> {
    let (job, instance) = a2.tags.get(tag::ENDED)?.split_once(' ')?;
    let last = a2.last_launch_job.as_ref().filter(|last| last.as_str() == job);
    last.and_then(|_| instance.parse().ok())
}

/// Returns the error for a part that the step did not request: a defect of this program, not an empty answer.
pub(super) fn not_read(part: &str) -> Error {
    Error::from(fault::was_not_read(part))
}
