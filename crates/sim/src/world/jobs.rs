//! What launch jobs and terminate jobs have in common: creation, quotas, start and end.

use failback_core::cloud::{JobKind, JobStatus, LaunchStatus, Tags};
use failback_core::id::{JobId, RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;

use super::{Changed, Event, World};
use crate::durations as d;
use crate::ids;
use crate::objects::{Job, JobPart};
use crate::service_error::ServiceError;

/// What a new job is made of.
pub(crate) struct NewJob {
    pub(crate) kind: JobKind,
    pub(crate) initiated_by: &'static str,
    pub(crate) is_drill: bool,
    pub(crate) tags: Tags,
    pub(crate) parts: Vec<JobPart>,
}

impl JobPart {
    pub(crate) fn new(server: SourceServerId, recovery_instance: Option<RecoveryInstanceId>) -> Self {
        Self {
            server,
            recovery_instance,
            launch: LaunchStatus::Pending,
            actions_end_ms: None,
            wanted_point_ms: None,
            point_in_time_ms: None,
            instance: None,
        }
    }
}

impl World {
    /// Refuses a job of this many servers where a quota is used up (drs-facts §6).
    pub(crate) fn check_job_quotas(&self, region: Region, servers: usize) -> Result<(), ServiceError> {
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

    /// True while a job that is not completed works on the server.
    pub(crate) fn is_in_job(&self, region: Region, server: &SourceServerId) -> bool {
        self.active_jobs(region).any(|job| job.parts.iter().any(|part| part.server == *server))
    }

    /// Refuses a server that a job works on: one job at a time (§6, L-DD6D028C; text in §5).
    pub(crate) fn check_not_in_job(
        &self,
        region: Region,
        server: &SourceServerId,
    ) -> Result<(), ServiceError> {
        if self.is_in_job(region, server) {
            let message = "One or more of the Source Servers included in API call are currently being processed by a Job";
            return Err(ServiceError::conflict(message, server));
        }
        Ok(())
    }

    /// Creates a job, which starts by itself.
    pub(crate) fn create_job(&mut self, region: Region, new: NewJob) -> JobId {
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
        job.note(self.now_ms, "JOB_START", None);
        let state = self.regions.entry(region).or_default();
        state.job_order.push(id.clone());
        state.active_jobs.push(id.clone());
        state.jobs.insert(id.clone(), job);
        self.job_is_asked_for(region, &id, new.kind);
        self.note_change(Changed::Job(region, id.clone()));
        let pending = d::JOB_PENDING.draw(&mut self.rng);
        self.after(pending, Event::JobStarted(region, id.clone()));
        id
    }

    /// PENDING becomes STARTED.
    pub(crate) fn job_started(&mut self, region: Region, id: &JobId) {
        self.note_change(Changed::Job(region, id.clone()));
        let Some(job) = self.job_mut(region, id) else { return };
        job.status = JobStatus::Started;
        for part in &mut job.parts {
            part.launch = LaunchStatus::InProgress;
        }
        let kind = job.kind;
        let servers: Vec<SourceServerId> = job.parts.iter().map(|part| part.server.clone()).collect();
        if kind == JobKind::Terminate {
            self.terminate_job_started(region, id);
            return;
        }
        for server in servers {
            self.part_begins(region, id, &server);
        }
        self.end_job_if_done(region, id);
    }

    /// Has the job end once no server of it is being launched any more.
    pub(crate) fn end_job_if_done(&mut self, region: Region, id: &JobId) {
        let Some(job) = self.job(region, id) else { return };
        let open = |part: &JobPart| matches!(part.launch, LaunchStatus::Pending | LaunchStatus::InProgress);
        if !job.parts.iter().any(open) {
            let delay = d::JOB_END.draw(&mut self.rng);
            self.after(delay, Event::JobEnded(region, id.clone()));
        }
    }

    /// The job is COMPLETED, whatever became of its servers (§0.2).
    pub(crate) fn job_ended(&mut self, region: Region, id: &JobId) {
        self.note_change(Changed::Job(region, id.clone()));
        let now = self.now_ms;
        if let Some(state) = self.regions.get_mut(&region) {
            state.active_jobs.retain(|active| active != id);
        }
        let Some(job) = self.job_mut(region, id) else { return };
        job.status = JobStatus::Completed;
        job.ended_ms = Some(now);
        job.note(now, "JOB_END", None);
        let (kind, created) = (job.kind, job.created_ms);
        let label = if kind == JobKind::Terminate { "terminate job" } else { "launch job" };
        let parts = job.parts.clone();
        for part in &parts {
            let index = self.source_server(region, &part.server).and_then(|server| server.server);
            self.worked(created, label, index);
        }
        if kind == JobKind::Terminate {
            self.terminate_job_ended(region, id, &parts);
        } else {
            self.launch_job_ended(region, id, &parts);
        }
    }
}
