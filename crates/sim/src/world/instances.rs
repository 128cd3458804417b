//! How EC2 instances come, change and go.

use failback_core::cloud::{InstanceState, Tags};
use failback_core::id::{InstanceId, RecoveryInstanceId, SourceServerId, SubnetId};
use failback_core::region::Region;

use super::{Changed, Event, World};
use crate::durations as d;
use crate::ids;
use crate::objects::{Disk, Instance, SourceServer};

impl World {
    /// Gives an unused private address of a subnet.
    pub(crate) fn take_address(&mut self, region: Region, id: &SubnetId) -> Option<String> {
        let subnet = self.regions.get_mut(&region)?.subnets.get_mut(id)?;
        subnet.free_addresses = subnet.free_addresses.checked_sub(1)?;
        let n = subnet.given;
        subnet.given += 1;
        Some(format!("10.{}.{}.{}", subnet.number, n / 250, n % 250 + 4))
    }

    /// Gives an unused public address.
    pub(crate) fn take_public_address(&mut self) -> String {
        let n = self.public_addresses;
        self.public_addresses += 1;
        format!("18.{}.{}.{}", 200 + n / 62_500, n / 250 % 250, n % 250 + 1)
    }

    /// Puts an instance into the world, with its addresses known.
    pub(crate) fn place_instance(&mut self, instance: Instance) {
        let (region, id) = (instance.region, instance.id.clone());
        self.addresses.insert(instance.private_ip.clone(), (region, id.clone()));
        self.addresses.insert(instance.public_ip.clone(), (region, id.clone()));
        self.regions.entry(region).or_default().instances.insert(id.clone(), instance);
        self.note_change(Changed::Instance(region, id));
    }

    /// Launches a new instance from a source server, as its launch template says.
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
        tags.insert("Name".to_owned(), server.hostname.clone());
        tags.insert("AWSElasticDisasterRecoveryManaged".to_owned(), "drs.amazonaws.com".to_owned());
        tags.insert("AWSElasticDisasterRecoverySourceServerID".to_owned(), server.id.to_string());
        let profile_arn = version.profile.map(|profile| self.profile_arn(region, &profile));
        let instance = Instance {
            id: id.clone(),
            region,
            state: InstanceState::Pending,
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
            metadata_reachable: true,
            termination_protected: false,
            disks: server.disks.clone(),
            disk,
            server: server.server,
        };
        self.place_instance(instance);
        self.boot(region, &id);
        Some(id)
    }

    /// The ARN of an instance profile that is named by name or ARN.
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
        instance.since_ms = now;
        instance.launched_ms = now;
        instance.disk = disk;
        instance.disks.clone_from(&server.disks);
        instance.checks_pass_ms = None;
        instance.agent_seen_ms = None;
        instance.impaired = false;
        let id = id.clone();
        self.note_change(Changed::Instance(region, id.clone()));
        self.boot(region, &id);
        Some(id)
    }

    fn boot(&mut self, region: Region, id: &InstanceId) {
        let boot = d::BOOT.draw(&mut self.rng);
        self.after(boot, Event::Instance(region, id.clone(), InstanceState::Running, None));
    }

    /// Begins to take an instance down.
    pub(crate) fn begin_termination(&mut self, region: Region, id: &InstanceId, since: Option<i64>) {
        let live = self.instance(region, id).is_some_and(|instance| instance.state.is_live());
        if !live {
            return;
        }
        self.change_state(region, id, InstanceState::ShuttingDown);
        let delay = d::SHUTTING_DOWN.draw(&mut self.rng);
        self.after(delay, Event::Instance(region, id.clone(), InstanceState::Terminated, since));
    }

    /// A state that was on its way is reached, unless something else has happened to the instance.
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
            self.worked(since, "original terminated", server);
        }
        if to == InstanceState::Terminated {
            self.record_lingers(region, id);
        }
    }

    /// The record of a terminated instance stays for a while (§6).
    fn record_lingers(&mut self, region: Region, id: &InstanceId) {
        let record = id.recovery_instance();
        if self.recovery_instance(region, &record).is_some() {
            self.note_change(Changed::RecoveryInstance(region, record.clone()));
            self.after(d::LINGERS, Event::RecordGone(region, record));
        }
        let subnet = self.instance(region, id).map(|instance| instance.subnet.clone());
        if let Some(state) = self.regions.get_mut(&region)
            && let Some(subnet) = subnet.and_then(|subnet| state.subnets.get_mut(&subnet))
        {
            subnet.free_addresses += 1;
        }
    }

    /// An instance is in another state from now on: agents are lost, traffic goes dark, or light.
    pub(crate) fn change_state(&mut self, region: Region, id: &InstanceId, to: InstanceState) {
        let now = self.now_ms;
        let Some(instance) = self.instance_mut(region, id) else { return };
        let was = std::mem::replace(&mut instance.state, to);
        instance.since_ms = now;
        let server = instance.server;
        self.note_change(Changed::Instance(region, id.clone()));
        if was == InstanceState::Running {
            self.lose_agents(id);
        }
        if let Some(server) = server {
            self.follow_traffic(server);
        }
    }

    fn lose_agents(&mut self, id: &InstanceId) {
        let now = self.now_ms;
        let servers: Vec<(Region, SourceServerId)> =
            self.replicating.get(id).into_iter().flatten().cloned().collect();
        for (region, server) in servers {
            if let Some(found) = self.server_mut(region, &server) {
                found.replication.lose_agent(now);
            }
            self.note_change(Changed::SourceServer(region, server));
        }
    }

    /// After an instance is back, its replication goes on with a rescan.
    pub(crate) fn regain_agents(&mut self, id: &InstanceId) {
        let servers: Vec<(Region, SourceServerId)> =
            self.replicating.get(id).into_iter().flatten().cloned().collect();
        let mut rng = self.rng.fork();
        for (region, server) in servers {
            let (now, counts_as_rescan) = (self.now_ms, self.switches.full_sync_counts_as_rescan);
            let Some(found) = self.server_mut(region, &server) else { continue };
            if found.replication.is_running(now) {
                let total = found.total_bytes();
                let layout =
                    crate::replication::Layout { now, source: id, total, stall_ms: None, counts_as_rescan };
                found.replication.repoint(&layout, &mut rng);
            }
            self.note_change(Changed::SourceServer(region, server));
        }
    }

    /// True when a tag set names the instance as DRS's own.
    pub fn is_managed(tags: &Tags) -> bool {
        tags.contains_key("AWSElasticDisasterRecoveryManaged")
    }

    /// The state of the instance behind a recovery instance.
    pub fn state_of(&self, region: Region, id: &RecoveryInstanceId) -> InstanceState {
        self.instance(region, &id.instance()).map_or(InstanceState::NotFound, |instance| instance.state)
    }
}
