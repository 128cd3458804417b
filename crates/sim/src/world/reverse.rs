//! ReverseReplication: A2 appears in the other Region, or B1 comes to protect A4 (drs-facts §3, §5).

use failback_core::cloud::{Direction, InstanceState, LastLaunch, RightSizing, Tags};
use failback_core::id::{InstanceId, LaunchTemplateId, RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;

use super::call::Changed;
use super::event::ScheduledEvent;
use super::state::World;
use crate::drs_tags::LAUNCH_INTO;
use crate::durations as d;
use crate::ids;
use crate::objects::{
    LaunchConfig, LaunchTemplate, RecoveryInstance, Reversal, SourceServer, TemplateVersion,
};
use crate::permission::{Affected, Purpose};
use crate::replication::{Replication, SyncParameters};
use crate::service_error::ServiceError;

impl World {
    /// ReverseReplication: returns the ARN of the source server in the other Region.
    ///
    /// # Errors
    /// As DRS refuses: not initialised in either Region, unknown, agent not seen, already reversed, quotas.
    pub fn reverse_replication(
        &mut self,
        region: Region,
        id: &RecoveryInstanceId,
    ) -> Result<String, ServiceError> {
        let recovery_instance = self.known_recovery_instance(region, id)?.clone();
        self.check_reversible(&recovery_instance)?;
        let Some(launched_from) = self.source_server(region, &recovery_instance.source_server).cloned()
        else {
            return Err(ServiceError::conflict(format!("Source server of {id} was not found"), id));
        };
        let source = launched_from.origin;
        let affected = Affected { recovery_instance: Some(&recovery_instance.arn), ..Affected::default() };
        self.forward(Purpose::Reversal, region, affected);
        self.drs_region(source)?;
        if let Some(arn) = self.reversed_arn(&recovery_instance) {
            if self.switches.second_reverse_answers_arn {
                return Ok(arn);
            }
            return Err(ServiceError::conflict(format!("Replication of {id} is already reversed"), id));
        }
        let (server, arn) = match self.to_repoint(&launched_from) {
            Some(original) => self.repoint(source, &original, &recovery_instance)?,
            None => self.create_reversed(source, &launched_from, &recovery_instance)?,
        };
        let at_ms = self.now_ms;
        if let Some(recovery_instance) = self.recovery_instance_mut(region, id) {
            recovery_instance.reversal = Some(Reversal { at_ms, region: source, server });
        }
        self.mark_changed(Changed::RecoveryInstance(region, id.clone()));
        Ok(arn)
    }

    fn check_reversible(&self, recovery_instance: &RecoveryInstance) -> Result<(), ServiceError> {
        let id = &recovery_instance.id;
        let state = self.state_of(recovery_instance.region, id);
        let message = if state != InstanceState::Running {
            format!("Recovery instance {id} is not running")
        } else if recovery_instance.disconnected {
            format!("Recovery instance {id} is disconnected")
        } else if self.is_agent_gone(recovery_instance) {
            format!("The agent of recovery instance {id} does not communicate with the service")
        } else if self.first_agent_contact(recovery_instance).is_none() {
            format!("Recovery instance {id} has not finished initializing")
        } else if recovery_instance.is_drill && self.switches.refuses_to_reverse_drills {
            format!("Recovery instance {id} was launched as a drill")
        } else {
            return Ok(());
        };
        Err(ServiceError::conflict(message, id))
    }

    fn is_agent_gone(&self, record: &RecoveryInstance) -> bool {
        let instance = self.instance(record.region, &record.instance);
        instance.is_some_and(|instance| instance.agent_gone_ms.is_some_and(|at| at <= self.now_ms))
    }

    /// Returns the time of a recovery instance's first agent contact, if it has passed, in milliseconds since 1970.
    pub fn first_agent_contact(&self, record: &RecoveryInstance) -> Option<i64> {
        let instance = self.instance(record.region, &record.instance)?;
        instance.agent_seen_ms.filter(|&ms| ms <= self.now_ms)
    }

    /// Returns the ARN of the source server that already replicates from the recovery instance.
    fn reversed_arn(&self, recovery_instance: &RecoveryInstance) -> Option<String> {
        let reversal = recovery_instance.reversal.as_ref()?;
        let server = self.source_server(reversal.region, &reversal.server)?;
        if server.source != recovery_instance.instance || server.disconnecting {
            return None;
        }
        Some(server.arn.clone())
    }

    /// Returns the source server that is to replicate a launched instance: for a failed-back instance B1; for a
    /// recovered one the A2 of an earlier cycle, if DRS uses it again (§12.11).
    fn to_repoint(&self, launched_from: &SourceServer) -> Option<SourceServerId> {
        let found = if launched_from.direction == Direction::Failback {
            if self.switches.reverse_makes_b1 {
                return None;
            }
            let (region, id) = launched_from.counterpart.as_ref()?;
            self.source_server(*region, id)?
        } else if self.switches.reverse_repoints_a2 {
            let arn = launched_from.reversed_arn.as_ref()?;
            let mut servers = self.source_servers(launched_from.origin);
            servers.find(|server| server.arn == *arn && server.direction == Direction::Failback)?
        } else {
            return None;
        };
        if found.disconnecting { None } else { Some(found.id.clone()) }
    }

    /// Refuses one more replicating server where the quota is used up (§6).
    pub(super) fn check_replicating_quota(&self, region: Region) -> Result<(), ServiceError> {
        let quota = self.quotas(region).replicating_servers;
        let servers = self.source_servers(region);
        if servers.filter(|server| server.replication.is_running(self.now_ms)).count() >= quota {
            let message = format!("Max Total replicating source servers exceeded: {quota}");
            return Err(ServiceError::quota("L-C1D14A2B", message));
        }
        Ok(())
    }

    /// Has a source server replicate another instance: its id and its direction stay the same (§3, row 4).
    fn repoint(
        &mut self,
        region: Region,
        id: &SourceServerId,
        recovery_instance: &RecoveryInstance,
    ) -> Result<(SourceServerId, String), ServiceError> {
        let server = self.known_source_server(region, id)?;
        self.check_not_in_job(region, id)?;
        let stopped = !server.replication.is_running(self.now_ms);
        if stopped {
            self.check_replicating_quota(region)?;
        }
        let (arn, total, old) = (server.arn.clone(), server.total_bytes(), server.source.clone());
        let label =
            if server.direction == Direction::Failback { "reversed replication" } else { "protection" };
        let full = stopped && self.switches.stopped_b1_full_sync;
        let (now, source) = (self.now_ms, &recovery_instance.instance);
        let counts_as_rescan = self.switches.full_sync_counts_as_rescan;
        let shows_late = self.switches.repoint_shows_late;
        let mut rng = self.rng.fork();
        if let Some(server) = self.source_server_mut(region, id) {
            let parameters =
                SyncParameters { now, source, total, stall_ms: None, shows_late, counts_as_rescan };
            if full {
                server.replication.restart(&parameters, &mut rng);
            } else {
                server.replication.repoint(&parameters, &mut rng);
            }
            server.source = source.clone();
        }
        if let Some(servers) = self.replicating.get_mut(&old) {
            servers.remove(&(region, id.clone()));
        }
        self.index_replication(region, id, source);
        self.mark_changed(Changed::SourceServer(region, id.clone()));
        self.schedule_completion(region, id, label);
        Ok((id.clone(), arn))
    }

    /// Adds a source server to those that replicate from an instance.
    pub(crate) fn index_replication(&mut self, region: Region, id: &SourceServerId, from: &InstanceId) {
        self.replicating.entry(from.clone()).or_default().insert((region, id.clone()));
    }

    /// Schedules the event that a replica has become a whole and current copy.
    pub(super) fn schedule_completion(&mut self, region: Region, id: &SourceServerId, label: &'static str) {
        let Some(found) = self.source_server(region, id) else { return };
        let Some(at) = found.replication.complete_ms() else { return };
        let (server, generation) = (id.clone(), found.replication.generation());
        let event = ScheduledEvent::ReplicationComplete { region, server, generation, label };
        self.schedule(at - self.now_ms, event);
    }

    /// Creates the source server that replicates from a recovery instance: A2, in the Region that B1 replicates from.
    fn create_reversed(
        &mut self,
        region: Region,
        launched_from: &SourceServer,
        recovery_instance: &RecoveryInstance,
    ) -> Result<(SourceServerId, String), ServiceError> {
        self.check_replicating_quota(region)?;
        let is_failback = launched_from.direction == Direction::Failover;
        let launch_into = if is_failback { self.launch_into_target(region, launched_from)? } else { None };
        let id: SourceServerId = ids::drs(&mut self.rng, "s-");
        let arn = self.drs_arn(region, "source-server", &id);
        let counts_as_rescan = self.switches.full_sync_counts_as_rescan;
        let stall_ms = if is_failback { self.stall_ms(launched_from) } else { None };
        let (now, source) = (self.now_ms, &recovery_instance.instance);
        let total = launched_from.total_bytes();
        let parameters = SyncParameters { now, source, total, stall_ms, shows_late: false, counts_as_rescan };
        let replication = Replication::initial_sync(&parameters, &mut self.rng);
        let visible = d::VISIBLE.draw(&mut self.rng);
        let direction = if is_failback { Direction::Failback } else { Direction::Failover };
        let server = SourceServer {
            id: id.clone(),
            region,
            arn: arn.clone(),
            tags: Tags::default().into(),
            direction,
            source: source.clone(),
            hostname: launched_from.hostname.clone(),
            origin: recovery_instance.region,
            recovery_instance: None,
            last_launch: LastLaunch::NotStarted,
            last_launch_info: None,
            reversed_arn: Some(launched_from.arn.clone()),
            disks: launched_from.disks.clone(),
            launch: self.create_launch_config(region, &id, launch_into),
            added_ms: self.now_ms,
            visible_ms: self.now_ms + visible,
            replication,
            launched: Vec::new(),
            counterpart: Some((recovery_instance.region, launched_from.id.clone())),
            disconnecting: false,
            server: recovery_instance.server,
        };
        self.region_mut(region).source_servers.insert(id.clone(), server);
        self.link_reversed(&id, &arn, region, launched_from, recovery_instance);
        self.schedule(visible, ScheduledEvent::SourceServerVisible { region, server: id.clone() });
        let label = if is_failback { "reversed replication" } else { "protection" };
        self.schedule_completion(region, &id, label);
        self.add_reversed_to_fleet(recovery_instance.server, &id, direction);
        Ok((id, arn))
    }

    /// Links the new source server with the one that its instance was launched from, and with the instance.
    fn link_reversed(
        &mut self,
        id: &SourceServerId,
        arn: &str,
        region: Region,
        launched_from: &SourceServer,
        recovery_instance: &RecoveryInstance,
    ) {
        if let Some(original) = self.source_server_mut(recovery_instance.region, &launched_from.id) {
            original.reversed_arn = Some(arn.to_owned());
        }
        self.mark_changed(Changed::SourceServer(recovery_instance.region, launched_from.id.clone()));
        self.index_replication(region, id, &recovery_instance.instance);
        self.mark_changed(Changed::SourceServer(region, id.clone()));
    }

    /// Returns A1 where the Region launches into the source instance (§0.4). A1 must allow it by a tag (§5).
    fn launch_into_target(
        &self,
        region: Region,
        original: &SourceServer,
    ) -> Result<Option<InstanceId>, ServiceError> {
        if !self.regions.get(&region).is_some_and(|state| state.launch_into_source) {
            return Ok(None);
        }
        let target = &original.source;
        let (key, value) = LAUNCH_INTO;
        if let Some(instance) = self.instance(region, target)
            && instance.state.is_live()
            && instance.tags.get(key).is_some_and(|found| found == value)
        {
            return Ok(Some(target.clone()));
        }
        let message = format!("Instance {target} does not allow launching into it: tag {key} is missing");
        Err(ServiceError::conflict(message, target))
    }

    /// Creates a launch configuration, and a launch template of its own that has no network and no profile (§5).
    fn create_launch_config(
        &mut self,
        region: Region,
        id: &SourceServerId,
        launch_into: Option<InstanceId>,
    ) -> LaunchConfig {
        let template: LaunchTemplateId = ids::hex(&mut self.rng, "lt-");
        let version =
            TemplateVersion { instance_type: Some("c5.large".to_owned()), ..TemplateVersion::default() };
        let created = LaunchTemplate::of_drs(template.clone(), id, version);
        self.region_mut(region).launch_templates.insert(template.clone(), created);
        self.mark_changed(Changed::LaunchTemplate(region, template.clone()));
        let basic = self.switches.basic_right_sizing;
        LaunchConfig {
            template,
            launch_into,
            right_sizing: if basic { RightSizing::Basic } else { RightSizing::None },
            copy_private_ip: false,
            copy_tags: false,
            starts: true,
            post_launch: self.switches.post_launch,
        }
    }
}
