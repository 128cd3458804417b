//! Creation, quotas, start and end of launch jobs and terminate jobs.

use failback_core::cloud::{JobKind, JobStatus, LaunchStatus, Tags};
use failback_core::id::{JobId, SourceServerId};
use failback_core::region::Region;

use super::call::Changed;
use super::event::ScheduledEvent;
use super::state::World;
use crate::durations as d;
use crate::ids;
use crate::objects::{Job, JobPart};
use crate::service_error::ServiceError;

/// The parameters of a new job.
pub(super) struct NewJob {
    pub(super) kind: JobKind,
    pub(super) initiated_by: &'static str,
    pub(super) is_drill: bool,
    pub(super) tags: Tags,
    pub(super) parts: Vec<JobPart>,
}

impl World {
    /// Refuses a job of this many servers where a quota is used up (drs-facts §6).
    pub(super) fn check_job_quotas(&self, region: Region, servers: usize) -> Result<(), ServiceError> {
        let quotas = self.quotas(region);
        if servers > quotas.servers_per_job {
            let message = format!("Max source servers in a single Job exceeded: {}", quotas.servers_per_job);
            return Err(ServiceError::quota("L-B827C881", message));
        }
        if self.active_jobs(region).count() >= quotas.concurrent_jobs {
            let message = format!("Concurrent jobs in progress exceeded: {}", quotas.concurrent_jobs);
            return Err(ServiceError::quota("L-D88FAC3A", message));
        }
        let in_jobs: usize = self.active_jobs(region).map(|job| job.parts.len()).sum();
        if in_jobs + servers > quotas.servers_in_jobs {
            let message = format!("Max source servers in all Jobs exceeded: {}", quotas.servers_in_jobs);
            return Err(ServiceError::quota("L-05AFA8C6", message));
        }
        Ok(())
    }

    /// Refuses a server that a job works on: a server takes part in one job at a time (§6, L-DD6D028C; text in §5).
    pub(super) fn check_not_in_job(
        &self,
        region: Region,
        server: &SourceServerId,
    ) -> Result<(), ServiceError> {
        if self.active_jobs(region).any(|job| job.part(server).is_some()) {
            let message = "One or more of the Source Servers included in API call are currently being processed by a Job";
            return Err(ServiceError::conflict(message, server));
        }
        Ok(())
    }

    /// Creates a job, which starts after some seconds.
    pub(super) fn create_job(&mut self, region: Region, new: NewJob) -> JobId {
        let id: JobId = ids::drs(&mut self.rng, "drsjob-");
        let mut job = Job {
            arn: self.drs_arn(region, "job", &id),
            id: id.clone(),
            region,
            kind: new.kind,
            initiated_by: new.initiated_by,
            status: JobStatus::Pending,
            created_ms: self.now_ms,
            ended_ms: None,
            tags: new.tags,
            is_drill: new.is_drill,
            parts: new.parts,
            log: Vec::new(),
        };
        job.log_event(self.now_ms, "JOB_START", None);
        let state = self.region_mut(region);
        state.job_order.push(id.clone());
        state.active_jobs.push(id.clone());
        state.jobs.insert(id.clone(), job);
        self.authorize_job(region, &id, new.kind);
        self.mark_changed(Changed::Job(region, id.clone()));
        let pending = d::JOB_PENDING.draw(&mut self.rng);
        self.schedule(pending, ScheduledEvent::JobStarted { region, job: id.clone() });
        id
    }

    /// Brings a job from PENDING to STARTED.
    pub(super) fn start_job(&mut self, region: Region, id: &JobId) {
        self.mark_changed(Changed::Job(region, id.clone()));
        let Some(job) = self.job_mut(region, id) else { return };
        job.status = JobStatus::Started;
        for part in &mut job.parts {
            part.launch = LaunchStatus::InProgress;
        }
        let kind = job.kind;
        let servers: Vec<SourceServerId> = job.parts.iter().map(|part| part.server.clone()).collect();
        if kind == JobKind::Terminate {
            self.start_terminate_job(region, id);
            return;
        }
        for server in servers {
            self.start_part(region, id, &server);
        }
        self.end_job_if_done(region, id);
    }

    /// Schedules the end of a job once no server of it is being launched any more.
    pub(super) fn end_job_if_done(&mut self, region: Region, id: &JobId) {
        let Some(job) = self.job(region, id) else { return };
        if job.parts.iter().any(JobPart::is_open) {
            return;
        }
        let delay = d::JOB_END.draw(&mut self.rng);
        self.schedule(delay, ScheduledEvent::JobEnded { region, job: id.clone() });
    }

    /// Brings a job to COMPLETED, even if servers of it failed (§0.2).
    pub(super) fn end_job(&mut self, region: Region, id: &JobId) {
        self.mark_changed(Changed::Job(region, id.clone()));
        let now = self.now_ms;
        if let Some(state) = self.regions.get_mut(&region) {
            state.active_jobs.retain(|active| active != id);
        }
        let Some(job) = self.job_mut(region, id) else { return };
        job.status = JobStatus::Completed;
        job.ended_ms = Some(now);
        job.log_event(now, "JOB_END", None);
        let (kind, created) = (job.kind, job.created_ms);
        let label = if kind == JobKind::Terminate { "terminate job" } else { "launch job" };
        let parts = job.parts.clone();
        for part in &parts {
            let server = self.source_server(region, &part.server).and_then(|server| server.server);
            self.record_work(created, label, server);
        }
        if kind == JobKind::Terminate {
            self.end_terminate_job(region, id, &parts);
        } else {
            self.end_launch_job(region, id, &parts);
        }
    }
}
