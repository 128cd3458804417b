//! Stopping, disconnecting and deleting (drs-facts §5).

use failback_core::cloud::Direction;
use failback_core::id::{RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;

use super::{Changed, Event, World};
use crate::durations as d;
use crate::replication::{Layout, Phase};
use crate::service_error::ServiceError;

impl World {
    /// StopReplication: unprotects the server and deletes its points in time.
    ///
    /// # Errors
    /// As DRS refuses: unknown, already stopped, disconnected, or in a job.
    pub fn stop_replication(&mut self, region: Region, id: &SourceServerId) -> Result<(), ServiceError> {
        let server = self.known_server(region, id)?;
        if server.disconnecting || !server.replication.is_running(self.now_ms) {
            return Err(ServiceError::conflict(
                format!("Replication of source server {id} is not running"),
                id,
            ));
        }
        self.check_not_in_job(region, id)?;
        self.stop_now(region, id);
        Ok(())
    }

    fn stop_now(&mut self, region: Region, id: &SourceServerId) {
        let now = self.now_ms;
        let Some(server) = self.server_mut(region, id) else { return };
        server.replication.stop(now);
        let (origin, instance) = (server.origin, server.source.recovery_instance());
        self.note_change(Changed::SourceServer(region, id.clone()));
        // §0.7: the instance stays in its failback for a while.
        let settles = d::STOP_SETTLES.draw(&mut self.rng);
        if let Some(record) = self.record_mut(origin, &instance) {
            record.settles_ms = now + settles;
            self.after(settles, Event::Settled(origin, instance, now));
        }
    }

    /// StartReplication, for use by hand: an initial sync.
    ///
    /// # Errors
    /// As DRS refuses: unknown, running, or disconnected.
    pub fn start_replication(&mut self, region: Region, id: &SourceServerId) -> Result<(), ServiceError> {
        let server = self.known_server(region, id)?;
        if server.disconnecting || server.replication.is_running(self.now_ms) {
            return Err(ServiceError::conflict(
                format!("Replication of source server {id} cannot be started"),
                id,
            ));
        }
        self.check_replicating_quota(region)?;
        let (source, total) = (server.source.clone(), server.total_bytes());
        let (now, counts_as_rescan) = (self.now_ms, self.switches.full_sync_counts_as_rescan);
        let mut rng = self.rng.fork();
        if let Some(server) = self.server_mut(region, id) {
            let layout = Layout { now, source: &source, total, stall_ms: None, counts_as_rescan };
            server.replication.restart(&layout, &mut rng);
        }
        self.note_change(Changed::SourceServer(region, id.clone()));
        self.expect_completion(region, id, "protection");
        Ok(())
    }

    /// DisconnectSourceServer.
    ///
    /// # Errors
    /// As DRS refuses: unknown, already disconnected, in a job, or with a live recovery instance.
    pub fn disconnect_source_server(
        &mut self,
        region: Region,
        id: &SourceServerId,
    ) -> Result<(), ServiceError> {
        let server = self.known_server(region, id)?;
        if server.disconnecting {
            return Err(ServiceError::conflict(format!("Source server {id} is already disconnected"), id));
        }
        self.check_not_in_job(region, id)?;
        if self.has_live_recovery_instance(region, id) {
            return Err(ServiceError::conflict(format!("Source server {id} has a recovery instance"), id));
        }
        if server.replication.is_running(self.now_ms) {
            self.stop_now(region, id);
        }
        let now = self.now_ms;
        let delay = d::DISCONNECT.draw(&mut self.rng);
        if let Some(server) = self.server_mut(region, id) {
            server.disconnecting = true;
            server.replication.disconnect(now, now + delay);
        }
        self.note_change(Changed::SourceServer(region, id.clone()));
        self.after(delay, Event::Disconnected(region, id.clone(), now));
        Ok(())
    }

    /// True while a record of a live recovery instance names the server.
    pub fn has_live_recovery_instance(&self, region: Region, id: &SourceServerId) -> bool {
        let Some(server) = self.source_server(region, id) else { return false };
        server.launched.iter().any(|instance| {
            self.recovery_instance(region, &instance.recovery_instance())
                .is_some_and(|r| r.source_server == *id)
                && self.instance(region, instance).is_some_and(|instance| instance.state.is_live())
        })
    }

    /// DeleteSourceServer.
    ///
    /// # Errors
    /// As DRS refuses: unknown, or not disconnected yet.
    pub fn delete_source_server(&mut self, region: Region, id: &SourceServerId) -> Result<(), ServiceError> {
        let server = self.known_server(region, id)?;
        if server.replication.phase(self.now_ms) != Phase::Disconnected {
            return Err(ServiceError::conflict(format!("Source server {id} is not disconnected"), id));
        }
        let (source, template) = (server.source.clone(), server.launch.template.clone());
        if let Some(servers) = self.replicating.get_mut(&source) {
            servers.remove(&(region, id.clone()));
        }
        if let Some(state) = self.regions.get_mut(&region) {
            state.source_servers.remove(id);
            state.launch_templates.remove(&template);
        }
        self.note_change(Changed::SourceServer(region, id.clone()));
        Ok(())
    }

    /// DeleteRecoveryInstance: the record only; the instance keeps running.
    ///
    /// # Errors
    /// As DRS refuses: unknown, in a job, or neither reversed as a failed-back instance nor disconnected.
    pub fn delete_recovery_instance(
        &mut self,
        region: Region,
        id: &RecoveryInstanceId,
    ) -> Result<(), ServiceError> {
        let state = self.drs(region)?;
        let missing = || ServiceError::conflict(format!("Recovery instance {id} was not found"), id);
        let record = state.recovery_instances.get(id).ok_or_else(missing)?;
        let server = record.source_server.clone();
        // Only a failed-back instance may go without being disconnected (§5): its launch came from a FAILBACK server.
        let failed_back =
            state.source_servers.get(&server).is_none_or(|s| s.direction == Direction::Failback);
        if !(record.disconnected || (record.reversal.is_some() && failed_back)) {
            return Err(ServiceError::conflict(
                format!("Recovery instance {id} must be disconnected first"),
                id,
            ));
        }
        self.check_not_in_job(region, &server)?;
        if let Some(state) = self.regions.get_mut(&region) {
            state.recovery_instances.remove(id);
        }
        self.forget_recovery_instance(region, &server, id);
        self.note_change(Changed::RecoveryInstance(region, id.clone()));
        Ok(())
    }

    /// DisconnectRecoveryInstance, for use by hand: uninstalls the agent.
    ///
    /// # Errors
    /// As DRS refuses: unknown, or reversed replication was started on it.
    pub fn disconnect_recovery_instance(
        &mut self,
        region: Region,
        id: &RecoveryInstanceId,
    ) -> Result<(), ServiceError> {
        let missing = || ServiceError::not_found("Recovery instance", id);
        let record = self.drs(region)?.recovery_instances.get(id).ok_or_else(missing)?;
        if record.reversal.is_some() || record.disconnected {
            return Err(ServiceError::conflict(format!("Recovery instance {id} cannot be disconnected"), id));
        }
        if let Some(record) = self.record_mut(region, id) {
            record.disconnected = true;
        }
        self.note_change(Changed::RecoveryInstance(region, id.clone()));
        Ok(())
    }
}
