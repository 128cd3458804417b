//! The objects of each server of the fleet: A1 and B1, with what was launched from B1.

use failback_core::cloud::{Direction, InstanceState, LastLaunch, RightSizing, Tags};
use failback_core::id::{InstanceId, LaunchTemplateId, SourceServerId};
use failback_core::region::Region;
use failback_core::tags::tag;

use super::builder::{Builder, HOUR};
use super::draft::{Draft, slug};
use super::network_layout::NetworkLayout;
use super::options::Scenario;
use crate::drs_tags;
use crate::ids;
use crate::objects::{Disk, DiskSpec, Instance, LaunchConfig, LaunchTemplate, SourceServer, TemplateVersion};
use crate::ranges::RangeSet;
use crate::replication::Replication;
use crate::world::{FleetServer, Traffic};

const GIB: u64 = 1 << 30;
const INSTANCE_TYPES: [&str; 4] = ["m5.large", "m5.xlarge", "r5.large", "c6i.large"];

impl Builder<'_> {
    /// Builds everything of the fleet, in the state of the scenario.
    pub(super) fn build_fleet(&mut self, drafts: &[Draft]) {
        self.world.workload.origin_ms = self.origin_ms;
        for (index, draft) in drafts.iter().enumerate() {
            let Some(network) = self.production_network(draft.wave, draft.zone) else { continue };
            self.build_server(index, draft, &network);
        }
    }

    fn build_server(&mut self, index: usize, draft: &Draft, network: &NetworkLayout) {
        let a1 = self.draw_original(index, draft, network);
        let (a1_id, disks, written) = (a1.id.clone(), a1.disks.clone(), a1.disk.base.clone());
        self.world.place_instance(a1);
        let mut b1 = self.draw_protection(index, draft, &a1_id, disks);
        let existing = self.add_existing(index, draft);
        b1.launch.launch_into.clone_from(&existing);
        self.place_source_server(b1);
        self.world.workload.servers.push(Traffic::default());
        self.world.workload.acknowledge(index, &written);
        self.world.fleet.push(fleet_server(draft, a1_id, existing));
        if self.options.scenario != Scenario::Steady {
            let is_drill = self.options.scenario == Scenario::DrilledRecovered;
            let at = self.recovered_ms + self.world.rng.i64(..60_000);
            self.add_past_launch(self.recovery(), &draft.id, at, is_drill, self.failed_ms);
        }
    }

    /// Draws A1.
    fn draw_original(&mut self, index: usize, draft: &Draft, network: &NetworkLayout) -> Instance {
        let source = self.source();
        let disks = match draft.disks_gib.as_slice() {
            [] => self.draw_disks(),
            sizes => disks_of(sizes),
        };
        let mut a1 = self.draw_instance(source, network, draft.tags.clone(), disks);
        if let Some(instance_type) = &draft.instance_type {
            a1.instance_type.clone_from(instance_type);
        }
        let mut written_until = self.options.start_ms;
        if self.is_recovered() {
            a1.state = InstanceState::Stopped;
            a1.since_ms = self.failed_ms;
            written_until = self.failed_ms;
        }
        // Every write before the scenario was replicated, so that losses found later are losses of the failback.
        let written = (written_until - self.origin_ms) / 1_000;
        a1.disk = Disk { base: RangeSet::of(0, written), written: Vec::new() };
        a1.server = Some(index);
        a1.profile_arn = Some(self.world.profile_arn(source, &format!("{}-role", slug(&draft.name))));
        let switches = self.options.switches;
        a1.termination_protected = switches.originals_protected;
        if !switches.originals_lack_tag {
            a1.tags.insert(tag::ORIGINAL.to_owned(), tag::MAY_BE_TERMINATED.to_owned());
            if switches.launch_into_source {
                let (key, value) = drs_tags::LAUNCH_INTO;
                a1.tags.insert(key.to_owned(), value.to_owned());
            }
        }
        a1
    }

    /// Draws B1.
    fn draw_protection(
        &mut self,
        index: usize,
        draft: &Draft,
        a1: &InstanceId,
        disks: Vec<DiskSpec>,
    ) -> SourceServer {
        let (source, recovery) = (self.source(), self.recovery());
        let mut b1 = self.draw_source_server(recovery, source, draft.id.clone(), a1, draft.name.clone());
        b1.tags = draft.tags.clone().into();
        b1.disks = disks;
        b1.server = Some(index);
        let noise = self.world.rng.u64(..);
        b1.replication = Replication::healthy_since(self.origin_ms, a1, b1.total_bytes(), noise);
        if self.is_recovered() {
            b1.replication.lose_agent(self.failed_ms);
        }
        if self.options.scenario != Scenario::Steady && self.world.rng.u8(..3) == 0 {
            // §0.6: the ARN of an A2 of an earlier cycle, which was deleted.
            let gone: SourceServerId = ids::drs(&mut self.world.rng, "s-");
            b1.reversed_arn = Some(self.world.drs_arn(source, "source-server", &gone));
        }
        b1
    }

    /// Adds the instance that B1 launches into, which its owner has stopped and tagged for that.
    fn add_existing(&mut self, index: usize, draft: &Draft) -> Option<InstanceId> {
        let network =
            self.networks.recovered.clone().filter(|_| self.options.switches.launch_into_existing)?;
        let region = self.recovery();
        let (key, value) = drs_tags::LAUNCH_INTO;
        let tags = Tags::from([
            ("Name".to_owned(), format!("{}-standby", draft.name)),
            (key.to_owned(), value.to_owned()),
        ]);
        let disks = self.draw_disks();
        let mut existing = self.draw_instance(region, &network, tags, disks);
        existing.state = InstanceState::Stopped;
        existing.agent_seen_ms = None;
        existing.profile_arn = Some(self.world.profile_arn(region, "recovered-role"));
        existing.server = Some(index);
        let id = existing.id.clone();
        self.world.place_instance(existing);
        Some(id)
    }

    /// Draws disks of 8 to 60 GiB in all.
    pub(super) fn draw_disks(&mut self) -> Vec<DiskSpec> {
        let root = DiskSpec { device: "/dev/xvda".to_owned(), bytes: 8 * GIB };
        let mut disks = vec![root];
        let data = self.world.rng.u64(0..=13) * 4;
        if data > 0 {
            disks.push(DiskSpec { device: "/dev/sdf".to_owned(), bytes: data * GIB });
        }
        disks
    }

    /// Draws an instance that has been running since the origin.
    pub(super) fn draw_instance(
        &mut self,
        region: Region,
        network: &NetworkLayout,
        tags: Tags,
        disks: Vec<DiskSpec>,
    ) -> Instance {
        let id: InstanceId = ids::hex(&mut self.world.rng, "i-");
        let since = self.origin_ms;
        let instance_type = INSTANCE_TYPES[self.world.rng.usize(..INSTANCE_TYPES.len())];
        Instance {
            id,
            region,
            state: InstanceState::Running,
            state_reason: None,
            since_ms: since,
            launched_ms: since,
            tags,
            instance_type: instance_type.to_owned(),
            subnet: network.subnet.clone(),
            vpc: network.vpc.clone(),
            security_groups: vec![network.group.clone()],
            profile_arn: None,
            private_ip: self.world.take_address(region, &network.subnet).unwrap_or_default(),
            public_ip: self.world.take_public_address(),
            checks_pass_ms: Some(since),
            impaired: false,
            agent_seen_ms: Some(since),
            agent_gone_ms: None,
            metadata_reachable: true,
            termination_protected: false,
            disks,
            disk: Disk::default(),
            server: None,
        }
    }

    /// Draws a source server that has been healthy since the origin, with a launch template that works.
    pub(super) fn draw_source_server(
        &mut self,
        region: Region,
        origin: Region,
        id: SourceServerId,
        source: &InstanceId,
        hostname: String,
    ) -> SourceServer {
        let template = self.add_launch_template(region, &id);
        let instance = self.world.instance(origin, source);
        let disks = instance.map(|instance| instance.disks.clone()).unwrap_or_default();
        let total = disks.iter().map(|disk| disk.bytes).sum();
        let noise = self.world.rng.u64(..);
        SourceServer {
            arn: self.world.drs_arn(region, "source-server", &id),
            id,
            region,
            tags: Tags::default().into(),
            direction: Direction::Failover,
            source: source.clone(),
            hostname,
            origin,
            recovery_instance: None,
            last_launch: LastLaunch::NotStarted,
            last_launch_info: None,
            reversed_arn: None,
            disks,
            launch: LaunchConfig {
                template,
                launch_into: None,
                right_sizing: RightSizing::None,
                copy_private_ip: false,
                copy_tags: false,
                starts: true,
                post_launch: self.options.switches.post_launch,
            },
            added_ms: self.origin_ms - 30 * 24 * HOUR,
            visible_ms: self.origin_ms - 30 * 24 * HOUR,
            replication: Replication::healthy_since(self.origin_ms, source, total, noise),
            launched: Vec::new(),
            counterpart: None,
            disconnecting: false,
            server: None,
        }
    }

    fn add_launch_template(&mut self, region: Region, server: &SourceServerId) -> LaunchTemplateId {
        let recovered = self.networks.recovered.as_ref().filter(|_| region == self.recovery());
        let network = recovered.or(self.networks.production.first());
        let version = TemplateVersion {
            subnet: network.map(|network| network.subnet.clone()),
            security_groups: network.map(|network| network.group.clone()).into_iter().collect(),
            profile: Some("recovered-role".to_owned()),
            instance_type: Some("m5.large".to_owned()),
            tags: Tags::new(),
            termination_protected: region == self.recovery() && self.options.switches.recovered_protected,
        };
        let id: LaunchTemplateId = ids::hex(&mut self.world.rng, "lt-");
        let template = LaunchTemplate::of_drs(id.clone(), server, version);
        self.world.region_mut(region).launch_templates.insert(id.clone(), template);
        id
    }

    pub(super) fn place_source_server(&mut self, server: SourceServer) {
        let (region, id) = (server.region, server.id.clone());
        self.world.index_replication(region, &id, &server.source);
        self.world.region_mut(region).source_servers.insert(id, server);
    }
}

/// Returns a server of the fleet for which only A1 and B1 exist.
fn fleet_server(draft: &Draft, a1: InstanceId, existing: Option<InstanceId>) -> FleetServer {
    FleetServer {
        name: draft.name.clone(),
        tags: draft.tags.clone(),
        wave: draft.wave,
        a1,
        b1: draft.id.clone(),
        earlier_b1: Vec::new(),
        a2: Vec::new(),
        a3: Vec::new(),
        a4: Vec::new(),
        b2: Vec::new(),
        b3: Vec::new(),
        existing,
    }
}

/// Returns disks of these sizes in GiB.
fn disks_of(sizes_gib: &[u64]) -> Vec<DiskSpec> {
    let device = |index: usize| match index {
        0 => "/dev/xvda".to_owned(),
        index => format!("/dev/sd{}", char::from(b'f' + u8::try_from((index - 1) % 11).unwrap_or(0))),
    };
    sizes_gib
        .iter()
        .enumerate()
        .map(|(index, gib)| DiskSpec { device: device(index), bytes: gib * GIB })
        .collect()
}
