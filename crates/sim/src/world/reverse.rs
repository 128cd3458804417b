//! ReverseReplication: A2 appears in the other Region, or B1 comes to protect A4 (drs-facts §3, §5).

use failback_core::cloud::{Direction, InstanceState, LastLaunch, RightSizing, Tags};
use failback_core::id::{InstanceId, LaunchTemplateId, RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;

use super::{Changed, Event, World};
use crate::durations as d;
use crate::ids;
use crate::objects::{
    LaunchConfig, LaunchTemplate, RecoveryInstance, Reversal, SourceServer, TemplateVersion,
};
use crate::permission::{About, Stage};
use crate::replication::{Layout, Replication};
use crate::service_error::ServiceError;

/// The tag that allows launching into an instance (§5).
pub(crate) const LAUNCH_INTO_TAG: (&str, &str) = ("AWSDRS", "AllowLaunchingIntoThisInstance");

impl World {
    /// ReverseReplication; answers the ARN of the source server in the other Region.
    ///
    /// # Errors
    /// As DRS refuses: not initialised in either Region, unknown, agent not seen, already reversed, quotas.
    pub fn reverse_replication(
        &mut self,
        region: Region,
        id: &RecoveryInstanceId,
    ) -> Result<String, ServiceError> {
        let missing = || ServiceError::not_found("Recovery instance", id);
        let record = self.drs(region)?.recovery_instances.get(id).ok_or_else(missing)?.clone();
        self.check_reversible(&record)?;
        let Some(launched_from) = self.source_server(region, &record.source_server).cloned() else {
            return Err(ServiceError::conflict(format!("Source server of {id} was not found"), id));
        };
        let source = launched_from.origin;
        let about = About { recovery_instance: Some(&record.arn), ..About::default() };
        self.forwarded(Stage::Reversal, region, about);
        self.drs(source)?;
        if let Some(existing) = self.reversed_already(&record) {
            if self.switches.second_reverse_answers_arn {
                return Ok(existing);
            }
            return Err(ServiceError::conflict(format!("Replication of {id} is already reversed"), id));
        }
        let (server, arn) = match self.to_repoint(&launched_from) {
            Some(original) => self.repoint(source, &original, &record)?,
            None => self.create_reversed(source, &launched_from, &record)?,
        };
        let at_ms = self.now_ms;
        if let Some(record) = self.record_mut(region, id) {
            record.reversal = Some(Reversal { at_ms, region: source, server });
        }
        self.note_change(Changed::RecoveryInstance(region, id.clone()));
        Ok(arn)
    }

    fn check_reversible(&self, record: &RecoveryInstance) -> Result<(), ServiceError> {
        let id = &record.id;
        let instance = self.instance(record.region, &record.instance);
        if !instance.is_some_and(|instance| instance.state == InstanceState::Running) {
            return Err(ServiceError::conflict(format!("Recovery instance {id} is not running"), id));
        }
        if record.disconnected {
            return Err(ServiceError::conflict(format!("Recovery instance {id} is disconnected"), id));
        }
        if self.first_agent_contact(record).is_none() {
            return Err(ServiceError::conflict(
                format!("Recovery instance {id} has not finished initializing"),
                id,
            ));
        }
        if record.is_drill && self.switches.refuses_to_reverse_drills {
            return Err(ServiceError::conflict(
                format!("Recovery instance {id} was launched as a drill"),
                id,
            ));
        }
        Ok(())
    }

    /// When the agent of a recovery instance was first seen, if it was by now.
    pub fn first_agent_contact(&self, record: &RecoveryInstance) -> Option<i64> {
        let instance = self.instance(record.region, &record.instance)?;
        instance.agent_seen_ms.filter(|&ms| ms <= self.now_ms)
    }

    /// ARN of the source server that already replicates from this recovery instance.
    fn reversed_already(&self, record: &RecoveryInstance) -> Option<String> {
        let reversal = record.reversal.as_ref()?;
        let server = self.source_server(reversal.region, &reversal.server)?;
        (server.source == record.instance && !server.disconnecting).then(|| server.arn.clone())
    }

    /// B1, when a failed-back instance is to be protected by it.
    fn to_repoint(&self, launched_from: &SourceServer) -> Option<SourceServerId> {
        if launched_from.direction != Direction::Failback {
            return None;
        }
        let (region, id) = launched_from.counterpart.as_ref()?;
        let original = self.source_server(*region, id)?;
        (!original.disconnecting).then(|| id.clone())
    }

    /// Refuses one more replicating server where the quota is used up (§6).
    pub(crate) fn check_replicating_quota(&self, region: Region) -> Result<(), ServiceError> {
        let quota = self.quotas(region).replicating_servers;
        let running = self.source_servers(region).filter(|s| s.replication.is_running(self.now_ms)).count();
        if running >= quota {
            return Err(ServiceError::quota(
                "L-C1D14A2B",
                format!("Max Total replicating source servers exceeded: {quota}"),
            ));
        }
        Ok(())
    }

    /// B1 protects another instance from now on: same id, same direction (§3, row 4).
    fn repoint(
        &mut self,
        region: Region,
        id: &SourceServerId,
        record: &RecoveryInstance,
    ) -> Result<(SourceServerId, String), ServiceError> {
        let server = self.known_server(region, id)?;
        self.check_not_in_job(region, id)?;
        let stopped = !server.replication.is_running(self.now_ms);
        if stopped {
            self.check_replicating_quota(region)?;
        }
        let (arn, total, old) = (server.arn.clone(), server.total_bytes(), server.source.clone());
        let full = stopped && self.switches.stopped_b1_full_sync;
        let (now, counts_as_rescan) = (self.now_ms, self.switches.full_sync_counts_as_rescan);
        let mut rng = self.rng.fork();
        if let Some(server) = self.server_mut(region, id) {
            let layout = Layout { now, source: &record.instance, total, stall_ms: None, counts_as_rescan };
            if full {
                server.replication.restart(&layout, &mut rng);
            } else {
                server.replication.repoint(&layout, &mut rng);
            }
            server.source = record.instance.clone();
        }
        if let Some(servers) = self.replicating.get_mut(&old) {
            servers.remove(&(region, id.clone()));
        }
        self.replicates(region, id, &record.instance);
        self.note_change(Changed::SourceServer(region, id.clone()));
        self.expect_completion(region, id, "protection");
        Ok((id.clone(), arn))
    }

    pub(crate) fn replicates(&mut self, region: Region, id: &SourceServerId, from: &InstanceId) {
        self.replicating.entry(from.clone()).or_default().insert((region, id.clone()));
    }

    /// Tells later that the replica is whole.
    pub(crate) fn expect_completion(&mut self, region: Region, id: &SourceServerId, label: &'static str) {
        let Some(server) = self.source_server(region, id) else { return };
        let generation = server.replication.generation();
        if let Some(at) = server.replication.complete_ms() {
            let event = Event::Complete { region, server: id.clone(), generation, label };
            self.after(at - self.now_ms, event);
        }
    }

    /// A2 appears in the Region that B1 replicates from.
    fn create_reversed(
        &mut self,
        region: Region,
        launched_from: &SourceServer,
        record: &RecoveryInstance,
    ) -> Result<(SourceServerId, String), ServiceError> {
        self.check_replicating_quota(region)?;
        let back = launched_from.direction == Direction::Failover;
        let launch_into = if back { self.launch_into_target(region, launched_from)? } else { None };
        let id: SourceServerId = ids::drs(&mut self.rng, "s-");
        let arn = self.drs_arn(region, "source-server", &id);
        let counts_as_rescan = self.switches.full_sync_counts_as_rescan;
        let stall_ms = if back { self.stall_of(launched_from) } else { None };
        let (now, source, total) = (self.now_ms, &record.instance, launched_from.total_bytes());
        let layout = Layout { now, source, total, stall_ms, counts_as_rescan };
        let replication = Replication::initial_sync(&layout, &mut self.rng);
        let visible = d::VISIBLE.draw(&mut self.rng);
        let server = SourceServer {
            id: id.clone(),
            region,
            arn: arn.clone(),
            tags: Tags::new(),
            direction: if back { Direction::Failback } else { Direction::Failover },
            source: record.instance.clone(),
            hostname: launched_from.hostname.clone(),
            origin: record.region,
            recovery_instance: None,
            last_launch: LastLaunch::NotStarted,
            last_launch_info: None,
            reversed_arn: Some(launched_from.arn.clone()),
            disks: launched_from.disks.clone(),
            launch: self.launch_config_of(region, &id, launch_into),
            added_ms: self.now_ms,
            visible_ms: self.now_ms + visible,
            replication,
            launched: Vec::new(),
            counterpart: Some((record.region, launched_from.id.clone())),
            disconnecting: false,
            server: record.server,
        };
        self.regions.entry(region).or_default().source_servers.insert(id.clone(), server);
        self.link_reversed(region, &id, launched_from, record);
        self.after(visible, Event::Visible(region, id.clone()));
        self.expect_completion(region, &id, if back { "reversed replication" } else { "protection" });
        self.note_reversed(record.server, &id, back);
        Ok((id, arn))
    }

    /// Both source servers name each other from now on, and the new one follows its instance.
    fn link_reversed(
        &mut self,
        region: Region,
        id: &SourceServerId,
        launched_from: &SourceServer,
        record: &RecoveryInstance,
    ) {
        let arn = self.drs_arn(region, "source-server", id);
        if let Some(original) = self.server_mut(record.region, &launched_from.id) {
            original.reversed_arn = Some(arn);
        }
        self.note_change(Changed::SourceServer(record.region, launched_from.id.clone()));
        self.replicates(region, id, &record.instance);
        self.note_change(Changed::SourceServer(region, id.clone()));
    }

    /// A1, where the Region launches into the source instance and A1 allows it (§0.4, §5).
    fn launch_into_target(
        &self,
        region: Region,
        original: &SourceServer,
    ) -> Result<Option<InstanceId>, ServiceError> {
        if !self.regions.get(&region).is_some_and(|state| state.launch_into_source) {
            return Ok(None);
        }
        let target = &original.source;
        let allowed = self.instance(region, target).is_some_and(|instance| {
            instance.state.is_live()
                && instance.tags.get(LAUNCH_INTO_TAG.0).is_some_and(|v| v == LAUNCH_INTO_TAG.1)
        });
        if allowed {
            return Ok(Some(target.clone()));
        }
        let message = format!(
            "Instance {target} does not allow launching into it: tag {} is missing",
            LAUNCH_INTO_TAG.0
        );
        Err(ServiceError::conflict(message, target))
    }

    /// A launch configuration and a launch template of its own, which says nothing of the network (§5).
    fn launch_config_of(
        &mut self,
        region: Region,
        id: &SourceServerId,
        into: Option<InstanceId>,
    ) -> LaunchConfig {
        let template: LaunchTemplateId = ids::hex(&mut self.rng, "lt-");
        let version =
            TemplateVersion { instance_type: Some("c5.large".to_owned()), ..TemplateVersion::default() };
        let tags =
            Tags::from([("AWSElasticDisasterRecoveryManaged".to_owned(), "drs.amazonaws.com".to_owned())]);
        let made = LaunchTemplate {
            id: template.clone(),
            name: format!("DRS-{id}"),
            tags,
            versions: vec![version],
            default_version: 1,
        };
        self.regions.entry(region).or_default().launch_templates.insert(template.clone(), made);
        self.note_change(Changed::LaunchTemplate(region, template.clone()));
        LaunchConfig {
            template,
            launch_into: into,
            right_sizing: if self.switches.basic_right_sizing {
                RightSizing::Basic
            } else {
                RightSizing::None
            },
            copy_private_ip: false,
            copy_tags: false,
            starts: true,
            post_launch: self.switches.post_launch,
        }
    }
}
