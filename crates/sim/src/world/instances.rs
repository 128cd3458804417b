//! Launch, state changes and termination of EC2 instances.

use failback_core::cloud::{InstanceState, Tags};
use failback_core::id::{InstanceId, RecoveryInstanceId, SourceServerId, SubnetId};
use failback_core::region::Region;

use super::call::Changed;
use super::event::ScheduledEvent;
use super::state::World;
use crate::drs_tags;
use crate::durations as d;
use crate::ids;
use crate::objects::{Disk, Instance, SourceServer, StateReason};
use crate::replication::SyncParameters;

impl World {
    /// Takes an unused private address of a subnet, if one is free.
    pub(crate) fn take_address(&mut self, region: Region, id: &SubnetId) -> Option<String> {
        let subnet = self.regions.get_mut(&region)?.subnets.get_mut(id)?;
        subnet.free_addresses = subnet.free_addresses.checked_sub(1)?;
        let n = subnet.given;
        subnet.given += 1;
        Some(format!("10.{}.{}.{}", subnet.number, n / 250, n % 250 + 4))
    }

    /// Takes an unused public address.
    pub(crate) fn take_public_address(&mut self) -> String {
        let n = self.public_addresses;
        self.public_addresses += 1;
        format!("18.{}.{}.{}", 200 + n / 62_500, n / 250 % 250, n % 250 + 1)
    }

    /// Adds an instance, and its addresses.
    pub(crate) fn place_instance(&mut self, instance: Instance) {
        let (region, id) = (instance.region, instance.id.clone());
        self.addresses.insert(instance.private_ip.clone(), (region, id.clone()));
        self.addresses.insert(instance.public_ip.clone(), (region, id.clone()));
        self.region_mut(region).instances.insert(id.clone(), instance);
        self.mark_changed(Changed::Instance(region, id));
    }

    /// Launches a new instance from a source server, by its launch template.
    pub(crate) fn launch_new(
        &mut self,
        region: Region,
        server: &SourceServer,
        disk: Disk,
    ) -> Option<InstanceId> {
        let version = self.launch_template(region, &server.launch.template)?.default()?.clone();
        let subnet = version.subnet?;
        let vpc = self.subnet(region, &subnet)?.vpc.clone();
        let private_ip = self.take_address(region, &subnet)?;
        let id: InstanceId = ids::hex(&mut self.rng, "i-");
        let mut tags = version.tags;
        tags.extend(drs_tags::launched(&server.hostname, &server.id));
        let profile_arn = version.profile.map(|profile| self.profile_arn(region, &profile));
        let instance = Instance {
            id: id.clone(),
            region,
            state: InstanceState::Pending,
            state_reason: None,
            since_ms: self.now_ms,
            launched_ms: self.now_ms,
            tags,
            instance_type: self.launch_type(server, version.instance_type.as_ref()),
            subnet,
            vpc,
            security_groups: version.security_groups,
            profile_arn,
            private_ip,
            public_ip: self.take_public_address(),
            checks_pass_ms: None,
            impaired: false,
            agent_seen_ms: None,
            agent_gone_ms: None,
            metadata_reachable: true,
            termination_protected: version.termination_protected,
            disks: server.disks.clone(),
            disk,
            server: server.server,
        };
        self.place_instance(instance);
        self.boot(region, &id);
        Some(id)
    }

    /// Returns the ARN of an instance profile that is given by its name or ARN.
    pub(crate) fn profile_arn(&self, region: Region, profile: &str) -> String {
        if profile.starts_with("arn:") {
            return profile.to_owned();
        }
        format!("arn:{}:iam::{}:instance-profile/{profile}", region.partition(), self.account)
    }

    /// Replaces the disks of a stopped instance and starts it (§0.4).
    pub(crate) fn launch_into(
        &mut self,
        region: Region,
        id: &InstanceId,
        server: &SourceServer,
        disk: Disk,
    ) -> Option<InstanceId> {
        let now = self.now_ms;
        let instance = self.instance_mut(region, id)?;
        if instance.state != InstanceState::Stopped {
            return None;
        }
        instance.state = InstanceState::Pending;
        instance.state_reason = None;
        instance.since_ms = now;
        instance.launched_ms = now;
        instance.disk = disk;
        instance.disks.clone_from(&server.disks);
        instance.checks_pass_ms = None;
        instance.agent_seen_ms = None;
        instance.agent_gone_ms = None;
        instance.impaired = false;
        let id = id.clone();
        self.mark_changed(Changed::Instance(region, id.clone()));
        self.boot(region, &id);
        Some(id)
    }

    fn boot(&mut self, region: Region, id: &InstanceId) {
        let delay = d::BOOT.draw(&mut self.rng);
        self.schedule_state(delay, region, id, InstanceState::Running);
    }

    /// Schedules a state that ends a transition of an instance.
    pub(super) fn schedule_state(
        &mut self,
        delay_ms: i64,
        region: Region,
        id: &InstanceId,
        state: InstanceState,
    ) {
        let instance = id.clone();
        self.schedule(delay_ms, ScheduledEvent::InstanceState { region, instance, state, since: None });
    }

    /// Starts the termination of an instance. With `since`, the termination is work of its own, which started then.
    pub(super) fn start_termination(&mut self, region: Region, id: &InstanceId, since: Option<i64>) {
        let found = self.instance(region, id);
        let can_end =
            found.is_some_and(|instance| instance.state.is_live() && !instance.termination_protected);
        if !can_end {
            return;
        }
        self.change_state(region, id, InstanceState::ShuttingDown);
        self.tell_why(region, id, StateReason::BY_USER);
        let delay = d::SHUTTING_DOWN.draw(&mut self.rng);
        let (instance, state) = (id.clone(), InstanceState::Terminated);
        self.schedule(delay, ScheduledEvent::InstanceState { region, instance, state, since });
    }

    /// Terminates an instance that EC2 has just launched, for this reason.
    pub(super) fn die_at_launch(&mut self, region: Region, id: &InstanceId, reason: StateReason) {
        self.start_termination(region, id, None);
        self.tell_why(region, id, reason);
    }

    /// Sets the reason for which an instance leaves its state.
    pub(super) fn tell_why(&mut self, region: Region, id: &InstanceId, reason: StateReason) {
        if let Some(instance) = self.instance_mut(region, id) {
            instance.state_reason = Some(reason);
        }
    }

    /// Brings an instance to a state that was scheduled, unless it has left the transition to that state.
    pub(crate) fn reach_state(
        &mut self,
        region: Region,
        id: &InstanceId,
        to: InstanceState,
        since: Option<i64>,
    ) {
        let Some(instance) = self.instance(region, id) else { return };
        let (from, server) = (instance.state, instance.server);
        let fits = matches!(
            (from, to),
            (InstanceState::Pending, InstanceState::Running)
                | (InstanceState::Stopping, InstanceState::Stopped)
                | (InstanceState::ShuttingDown, InstanceState::Terminated)
        );
        if !fits {
            return;
        }
        self.change_state(region, id, to);
        if let Some(since) = since {
            self.record_work(since, "original terminated", server);
        }
        if to == InstanceState::Terminated {
            self.schedule_removal(region, id);
            self.free_address(region, id);
        }
    }

    /// Schedules the removal of a terminated instance's recovery instance, which stays listed for some minutes (§6).
    fn schedule_removal(&mut self, region: Region, id: &InstanceId) {
        let recovery_instance = id.recovery_instance();
        if self.recovery_instance(region, &recovery_instance).is_some() {
            self.mark_changed(Changed::RecoveryInstance(region, recovery_instance.clone()));
            self.schedule(d::LINGERS, ScheduledEvent::RecoveryInstanceGone { region, recovery_instance });
        }
    }

    /// Frees the private address of a terminated instance.
    fn free_address(&mut self, region: Region, id: &InstanceId) {
        let Some(state) = self.regions.get_mut(&region) else { return };
        let Some(instance) = state.instances.get(id) else { return };
        if let Some(subnet) = state.subnets.get_mut(&instance.subnet) {
            subnet.free_addresses += 1;
        }
    }

    /// Changes the state of an instance. Agents lose contact when it stops running, and traffic follows.
    pub(super) fn change_state(&mut self, region: Region, id: &InstanceId, to: InstanceState) {
        let now = self.now_ms;
        let Some(instance) = self.instance_mut(region, id) else { return };
        let was = std::mem::replace(&mut instance.state, to);
        instance.since_ms = now;
        let server = instance.server;
        self.mark_changed(Changed::Instance(region, id.clone()));
        if was == InstanceState::Running {
            self.lose_agent(id);
        }
        if let Some(server) = server {
            self.follow_traffic(server);
        }
    }

    /// Stalls all replication from an instance.
    fn lose_agent(&mut self, id: &InstanceId) {
        let now = self.now_ms;
        for (region, server) in self.servers_replicating(id) {
            if let Some(found) = self.source_server_mut(region, &server) {
                found.replication.lose_agent(now);
            }
            self.mark_changed(Changed::SourceServer(region, server));
        }
    }

    /// Continues all replication from an instance that was started again, with a rescan.
    pub(super) fn regain_agent(&mut self, id: &InstanceId) {
        let mut rng = self.rng.fork();
        let (now, counts_as_rescan) = (self.now_ms, self.switches.full_sync_counts_as_rescan);
        for (region, server) in self.servers_replicating(id) {
            let Some(found) = self.source_server_mut(region, &server) else { continue };
            if found.replication.is_running(now) {
                let total = found.total_bytes();
                let parameters = SyncParameters {
                    now,
                    source: id,
                    total,
                    stall_ms: None,
                    shows_late: false,
                    counts_as_rescan,
                };
                found.replication.repoint(&parameters, &mut rng);
            }
            self.mark_changed(Changed::SourceServer(region, server));
        }
    }

    fn servers_replicating(&self, from: &InstanceId) -> Vec<(Region, SourceServerId)> {
        match self.replicating.get(from) {
            Some(servers) => servers.iter().cloned().collect(),
            None => Vec::new(),
        }
    }

    /// Returns true for the tags of an instance that DRS launched.
    pub fn is_managed(tags: &Tags) -> bool {
        tags.contains_key(drs_tags::MANAGED.0)
    }

    /// Returns the state of a recovery instance's EC2 instance.
    pub fn state_of(&self, region: Region, id: &RecoveryInstanceId) -> InstanceState {
        self.instance(region, &id.instance()).map_or(InstanceState::NotFound, |instance| instance.state)
    }
}
