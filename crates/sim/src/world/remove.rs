//! Stopping, starting and disconnecting replication; deleting source servers and recovery instances (drs-facts §5).

use failback_core::cloud::Direction;
use failback_core::id::{RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;

use super::call::Changed;
use super::event::ScheduledEvent;
use super::state::World;
use crate::durations as d;
use crate::replication::{Phase, SyncParameters};
use crate::service_error::ServiceError;

/// The time after which the agent has carried out the command to uninstall itself: within approximately 10 minutes
/// (DisconnectSourceServer, API reference).
const AGENT_UNINSTALL_MS: i64 = 600_000;

impl World {
    /// StopReplication: stops replication of a source server, and deletes its points in time.
    ///
    /// # Errors
    /// As DRS refuses: unknown, already stopped, disconnected, or in a job.
    pub fn stop_replication(&mut self, region: Region, id: &SourceServerId) -> Result<(), ServiceError> {
        let server = self.known_source_server(region, id)?;
        if server.disconnecting || !server.replication.is_running(self.now_ms) {
            let message = format!("Replication of source server {id} is not running");
            return Err(ServiceError::conflict(message, id));
        }
        self.check_not_in_job(region, id)?;
        self.stop_now(region, id);
        Ok(())
    }

    fn stop_now(&mut self, region: Region, id: &SourceServerId) {
        let now = self.now_ms;
        let Some(server) = self.source_server_mut(region, id) else { return };
        server.replication.stop(now);
        let (origin, recovery_instance) = (server.origin, server.source.recovery_instance());
        self.mark_changed(Changed::SourceServer(region, id.clone()));
        // §0.7: for some minutes DRS refuses to terminate the recovery instance.
        let settles = d::STOP_SETTLES.draw(&mut self.rng);
        if let Some(found) = self.recovery_instance_mut(origin, &recovery_instance) {
            found.settles_ms = now + settles;
            let event = ScheduledEvent::StopSettled { region: origin, recovery_instance, since: now };
            self.schedule(settles, event);
        }
    }

    /// StartReplication, which only people call: starts an initial sync.
    ///
    /// # Errors
    /// As DRS refuses: unknown, running, or disconnected.
    pub fn start_replication(&mut self, region: Region, id: &SourceServerId) -> Result<(), ServiceError> {
        let server = self.known_source_server(region, id)?;
        if server.disconnecting || server.replication.is_running(self.now_ms) {
            let message = format!("Replication of source server {id} cannot be started");
            return Err(ServiceError::conflict(message, id));
        }
        self.check_replicating_quota(region)?;
        let (source, total) = (server.source.clone(), server.total_bytes());
        let (now, counts_as_rescan) = (self.now_ms, self.switches.full_sync_counts_as_rescan);
        let mut rng = self.rng.fork();
        if let Some(server) = self.source_server_mut(region, id) {
            let parameters = SyncParameters {
                now,
                source: &source,
                total,
                stall_ms: None,
                shows_late: false,
                counts_as_rescan,
            };
            server.replication.restart(&parameters, &mut rng);
        }
        self.mark_changed(Changed::SourceServer(region, id.clone()));
        self.schedule_completion(region, id, "protection");
        Ok(())
    }

    /// DisconnectSourceServer: disconnects a source server, which shows after some seconds.
    ///
    /// # Errors
    /// As DRS refuses: unknown, already disconnected, in a job, or with a live recovery instance.
    pub fn disconnect_source_server(
        &mut self,
        region: Region,
        id: &SourceServerId,
    ) -> Result<(), ServiceError> {
        let server = self.known_source_server(region, id)?;
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
        self.uninstall_agent(region, id);
        if let Some(server) = self.source_server_mut(region, id) {
            server.disconnecting = true;
            server.replication.disconnect(now, now + delay);
        }
        self.mark_changed(Changed::SourceServer(region, id.clone()));
        let event = ScheduledEvent::SourceServerDisconnected { region, server: id.clone(), since: now };
        self.schedule(delay, event);
        Ok(())
    }

    /// Has the agent on the replicated instance uninstall itself, as a disconnect commands (§6).
    fn uninstall_agent(&mut self, region: Region, id: &SourceServerId) {
        let Some(server) = self.source_server(region, id) else { return };
        let (origin, source) = (server.origin, server.source.clone());
        let gone_ms = self.now_ms + AGENT_UNINSTALL_MS;
        if let Some(instance) = self.instance_mut(origin, &source) {
            instance.agent_gone_ms = Some(gone_ms);
        }
    }

    /// Returns true while a source server has a recovery instance whose EC2 instance lives.
    pub fn has_live_recovery_instance(&self, region: Region, id: &SourceServerId) -> bool {
        let Some(server) = self.source_server(region, id) else { return false };
        for launched in &server.launched {
            let recovery_instance = self.recovery_instance(region, &launched.recovery_instance());
            let instance = self.instance(region, launched);
            if recovery_instance.is_some_and(|found| found.source_server == *id)
                && instance.is_some_and(|instance| instance.state.is_live())
            {
                return true;
            }
        }
        false
    }

    /// DeleteSourceServer: deletes a source server and its launch template.
    ///
    /// # Errors
    /// As DRS refuses: unknown, or not disconnected yet.
    pub fn delete_source_server(&mut self, region: Region, id: &SourceServerId) -> Result<(), ServiceError> {
        let server = self.known_source_server(region, id)?;
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
        self.mark_changed(Changed::SourceServer(region, id.clone()));
        Ok(())
    }

    /// DeleteRecoveryInstance: deletes a recovery instance. Its EC2 instance keeps running.
    ///
    /// # Errors
    /// As DRS refuses: unknown, in a job, or neither reversed as a failed-back instance nor disconnected.
    pub fn delete_recovery_instance(
        &mut self,
        region: Region,
        id: &RecoveryInstanceId,
    ) -> Result<(), ServiceError> {
        let state = self.drs_region(region)?;
        let recovery_instance = self.recovery_instance_or_conflict(region, id)?;
        let server = recovery_instance.source_server.clone();
        // Only a failed-back instance need not be disconnected first (§5): its source server has direction FAILBACK.
        let failed_back = match state.source_servers.get(&server) {
            Some(server) => server.direction == Direction::Failback,
            None => true,
        };
        let is_reversed = recovery_instance.reversal.is_some();
        let needs_disconnect = !(is_reversed && failed_back);
        if needs_disconnect && !recovery_instance.disconnected {
            let message = format!("Recovery instance {id} must be disconnected first");
            return Err(ServiceError::conflict(message, id));
        }
        self.check_not_in_job(region, &server)?;
        if let Some(state) = self.regions.get_mut(&region) {
            state.recovery_instances.remove(id);
        }
        self.forget_recovery_instance(region, &server, id);
        self.mark_changed(Changed::RecoveryInstance(region, id.clone()));
        Ok(())
    }

    /// DisconnectRecoveryInstance, which only people call: uninstalls the agent.
    ///
    /// # Errors
    /// As DRS refuses: unknown, or reversed replication was started on it.
    pub fn disconnect_recovery_instance(
        &mut self,
        region: Region,
        id: &RecoveryInstanceId,
    ) -> Result<(), ServiceError> {
        let recovery_instance = self.known_recovery_instance(region, id)?;
        if recovery_instance.reversal.is_some() || recovery_instance.disconnected {
            let message = format!("Recovery instance {id} cannot be disconnected");
            return Err(ServiceError::conflict(message, id));
        }
        if let Some(recovery_instance) = self.recovery_instance_mut(region, id) {
            recovery_instance.disconnected = true;
        }
        self.mark_changed(Changed::RecoveryInstance(region, id.clone()));
        Ok(())
    }
}
