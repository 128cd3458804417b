//! TerminateRecoveryInstances (drs-facts §0.7, §5).

use failback_core::cloud::{JobKind, LaunchStatus, Tags};
use failback_core::id::{InstanceId, JobId, RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;

use super::call::Changed;
use super::event::ScheduledEvent;
use super::jobs::NewJob;
use super::state::World;
use crate::durations as d;
use crate::objects::{JobPart, RecoveryInstance};
use crate::permission::{Affected, Purpose};
use crate::service_error::ServiceError;

impl World {
    /// TerminateRecoveryInstances: starts a job and returns its id.
    ///
    /// # Errors
    /// As DRS refuses: unknown or terminated instances, replication from them, a job of their server, quotas.
    pub fn terminate_recovery_instances(
        &mut self,
        region: Region,
        ids: &[RecoveryInstanceId],
    ) -> Result<JobId, ServiceError> {
        self.drs_region(region)?;
        if ids.is_empty() || ids.len() > 200 {
            return Err(ServiceError::invalid("recoveryInstanceIDs must have 1 to 200 items"));
        }
        let mut parts: Vec<JobPart> = Vec::new();
        for id in ids {
            if parts.iter().any(|part| part.recovery_instance.as_ref() == Some(id)) {
                return Err(ServiceError::invalid(format!("{id} is named twice")));
            }
            let server = self.check_terminable(region, id)?;
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

    /// Refuses a recovery instance that cannot be terminated. Returns the source server of one that can.
    fn check_terminable(
        &self,
        region: Region,
        id: &RecoveryInstanceId,
    ) -> Result<SourceServerId, ServiceError> {
        let recovery_instance = self.recovery_instance_or_conflict(region, id)?;
        let instance = self.instance(region, &recovery_instance.instance);
        if !instance.is_some_and(|instance| instance.state.is_live()) {
            return Err(ServiceError::conflict(format!("Recovery instance {id} is terminated"), id));
        }
        self.check_not_in_job(region, &recovery_instance.source_server)?;
        if self.is_replicated(&recovery_instance.instance) || self.now_ms < recovery_instance.settles_ms {
            let message = "Recovery instances cannot be terminated during failback";
            return Err(ServiceError::conflict(message, id));
        }
        Ok(recovery_instance.source_server.clone())
    }

    /// Returns a recovery instance, or the conflict that DRS reports instead of ResourceNotFoundException.
    pub(super) fn recovery_instance_or_conflict(
        &self,
        region: Region,
        id: &RecoveryInstanceId,
    ) -> Result<&RecoveryInstance, ServiceError> {
        let found = self.recovery_instance(region, id);
        found.ok_or_else(|| ServiceError::conflict(format!("Recovery instance {id} was not found"), id))
    }

    /// Returns true while a source server replicates from the instance.
    fn is_replicated(&self, instance: &InstanceId) -> bool {
        let Some(servers) = self.replicating.get(instance) else { return false };
        servers.iter().any(|(region, id)| {
            self.source_server(*region, id).is_some_and(|server| {
                server.source == *instance && server.replication.is_running(self.now_ms)
            })
        })
    }

    pub(super) fn start_terminate_job(&mut self, region: Region, id: &JobId) {
        let Some(job) = self.job(region, id) else { return };
        let ids = job.parts.iter().filter_map(|part| part.recovery_instance.as_ref());
        let instances: Vec<InstanceId> = ids.map(RecoveryInstanceId::instance).collect();
        for instance in instances {
            let affected = Affected { instance: Some(&instance), ..Affected::default() };
            self.forward_for_job(id, Purpose::Termination, region, affected);
            self.start_termination(region, &instance, None);
        }
        let delay = d::TERMINATE_JOB.draw(&mut self.rng);
        self.schedule(delay, ScheduledEvent::JobEnded { region, job: id.clone() });
    }

    pub(super) fn end_terminate_job(&mut self, region: Region, id: &JobId, parts: &[JobPart]) {
        if let Some(job) = self.job_mut(region, id) {
            for part in &mut job.parts {
                part.launch = LaunchStatus::Terminated;
            }
        }
        for part in parts {
            if let Some(id) = &part.recovery_instance {
                self.forget_recovery_instance(region, &part.server, id);
            }
        }
    }

    /// Clears `recoveryInstanceId` of a source server whose recovery instance is gone (§3, row 6: inferred).
    pub(super) fn forget_recovery_instance(
        &mut self,
        region: Region,
        server: &SourceServerId,
        gone: &RecoveryInstanceId,
    ) {
        if let Some(server) = self.source_server_mut(region, server)
            && server.recovery_instance.as_ref() == Some(gone)
        {
            server.recovery_instance = None;
        }
        self.mark_changed(Changed::SourceServer(region, server.clone()));
    }
}
