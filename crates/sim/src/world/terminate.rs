//! TerminateRecoveryInstances (drs-facts §0.7, §5).

use failback_core::cloud::{JobKind, LaunchStatus, Tags};
use failback_core::id::{InstanceId, JobId, RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;

use super::jobs::NewJob;
use super::{Changed, Event, World};
use crate::durations as d;
use crate::objects::JobPart;
use crate::permission::{About, Stage};
use crate::service_error::ServiceError;

impl World {
    /// TerminateRecoveryInstances.
    ///
    /// # Errors
    /// As DRS refuses: unknown or terminated instances, replication from them, a job of their server, quotas.
    pub fn terminate_recovery_instances(
        &mut self,
        region: Region,
        ids: &[RecoveryInstanceId],
    ) -> Result<JobId, ServiceError> {
        self.drs(region)?;
        if ids.is_empty() || ids.len() > 200 {
            return Err(ServiceError::invalid("recoveryInstanceIDs must have 1 to 200 items"));
        }
        let mut parts: Vec<JobPart> = Vec::new();
        for id in ids {
            if parts.iter().any(|part| part.recovery_instance.as_ref() == Some(id)) {
                return Err(ServiceError::invalid(format!("{id} is named twice")));
            }
            let server = self.terminable(region, id)?;
            parts.push(JobPart::new(server, Some(id.clone())));
        }
        self.check_job_quotas(region, parts.len())?;
        let new = NewJob {
            kind: JobKind::Terminate,
            initiated_by: "TERMINATE_RECOVERY_INSTANCES",
            is_drill: false,
            tags: Tags::new(),
            parts,
        };
        Ok(self.create_job(region, new))
    }

    fn terminable(&self, region: Region, id: &RecoveryInstanceId) -> Result<SourceServerId, ServiceError> {
        let missing = || ServiceError::conflict(format!("Recovery instance {id} was not found"), id);
        let record = self.recovery_instance(region, id).ok_or_else(missing)?;
        if !self.instance(region, &record.instance).is_some_and(|instance| instance.state.is_live()) {
            return Err(ServiceError::conflict(format!("Recovery instance {id} is terminated"), id));
        }
        self.check_not_in_job(region, &record.source_server)?;
        if self.is_replicated_from(&record.instance) || self.now_ms < record.settles_ms {
            return Err(ServiceError::conflict(
                "Recovery instances cannot be terminated during failback",
                id,
            ));
        }
        Ok(record.source_server.clone())
    }

    /// True while a source server replicates from the instance as a reversal of its recovery instance.
    fn is_replicated_from(&self, instance: &InstanceId) -> bool {
        let servers = self.replicating.get(instance).into_iter().flatten();
        servers
            .filter_map(|(region, id)| self.source_server(*region, id))
            .any(|server| server.source == *instance && server.replication.is_running(self.now_ms))
    }

    pub(crate) fn terminate_job_started(&mut self, region: Region, id: &JobId) {
        let Some(job) = self.job(region, id) else { return };
        let instances: Vec<InstanceId> = job
            .parts
            .iter()
            .filter_map(|part| part.recovery_instance.as_ref())
            .map(RecoveryInstanceId::instance)
            .collect();
        for instance in instances {
            let about = About { instance: Some(&instance), ..About::default() };
            self.forwarded_by_job(id, Stage::Termination, region, about);
            self.begin_termination(region, &instance, None);
        }
        let delay = d::TERMINATE_JOB.draw(&mut self.rng);
        self.after(delay, Event::JobEnded(region, id.clone()));
    }

    pub(crate) fn terminate_job_ended(&mut self, region: Region, id: &JobId, parts: &[JobPart]) {
        if let Some(job) = self.job_mut(region, id) {
            for part in &mut job.parts {
                part.launch = LaunchStatus::Terminated;
            }
        }
        for part in parts {
            if let Some(instance) = &part.recovery_instance {
                self.forget_recovery_instance(region, &part.server, instance);
            }
        }
    }

    /// The source server no longer names a recovery instance that is gone (§3, row 6: inferred).
    pub(crate) fn forget_recovery_instance(
        &mut self,
        region: Region,
        server: &SourceServerId,
        gone: &RecoveryInstanceId,
    ) {
        if let Some(server) = self.server_mut(region, server)
            && server.recovery_instance.as_ref() == Some(gone)
        {
            server.recovery_instance = None;
        }
        self.note_change(Changed::SourceServer(region, server.clone()));
    }
}
