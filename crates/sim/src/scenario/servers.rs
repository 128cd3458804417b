//! Names, waves and tags of the fleet, and the objects of each server.

use std::collections::BTreeSet;

use failback_core::cloud::{Direction, InstanceState, LastLaunch, RightSizing, Tags};
use failback_core::id::{InstanceId, LaunchTemplateId, SourceServerId};
use failback_core::region::Region;
use failback_core::tags::tag;

use super::network::Network;
use super::{Builder, HOUR, Scenario};
use crate::ids;
use crate::objects::{Disk, DiskSpec, Instance, LaunchConfig, LaunchTemplate, SourceServer, TemplateVersion};
use crate::ranges::RangeSet;
use crate::replication::Replication;
use crate::world::{FleetServer, LAUNCH_INTO_TAG};

const GIB: u64 = 1 << 30;
const TYPES: [&str; 4] = ["m5.large", "m5.xlarge", "r5.large", "c6i.large"];

/// A server as it is planned, before any object exists.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) wave: usize,
    pub(crate) tags: Tags,
    pub(crate) id: SourceServerId,
}

/// Lower case, without spaces: a wave's name as the beginning of host names.
fn slug(name: &str) -> String {
    name.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

impl Builder<'_> {
    /// The fleet: servers that records name come first, then every wave is filled in turn.
    pub(crate) fn draft_fleet(&mut self) -> Vec<Draft> {
        let mut ids = self.plan.servers.ids().unwrap_or_default().to_vec().into_iter();
        let exact = self.plan.servers.ids().map(<[_]>::len);
        let mut named: Vec<(String, Option<SourceServerId>)> = Vec::new();
        for record in self.plan.redirect.records() {
            let server = &record.server;
            let id = server.parse::<SourceServerId>().ok();
            let known = named.iter().any(|(name, of)| name == server || (id.is_some() && *of == id));
            if !known {
                named.push((server.clone(), id));
            }
        }
        let waves = self.plan.wave_names();
        let wanted = exact.unwrap_or_else(|| self.options.servers.max(named.len()).max(1));
        let mut counts = vec![0_usize; waves.len()];
        let mut taken: BTreeSet<String> = named.iter().map(|(name, _)| name.clone()).collect();
        let mut drafts: Vec<Draft> = Vec::new();
        for i in 0..wanted {
            let (name, id) = match named.get(i) {
                Some((name, None)) => (Some(name.clone()), None),
                Some((_, Some(id))) => (None, Some(id.clone())),
                None => (None, None),
            };
            let emptiest = (0..waves.len()).min_by_key(|&wave| counts[wave]).unwrap_or(0);
            let wave = name.as_deref().and_then(|name| self.wave_by_name(name)).unwrap_or(emptiest);
            counts[wave] += 1;
            let name = name.unwrap_or_else(|| free_name(&slug(&waves[wave]), &mut taken));
            let id = id.or_else(|| ids.find(|id| !named.iter().any(|(_, of)| of.as_ref() == Some(id))));
            let id = id.unwrap_or_else(|| ids::drs(&mut self.world.rng, "s-"));
            let tags = self.tags_of(&name, wave);
            drafts.push(Draft { name, wave, tags, id });
        }
        drafts
    }

    /// The wave whose name, or a tag value of which, the server's name begins with.
    fn wave_by_name(&self, name: &str) -> Option<usize> {
        let begins = |start: &str| {
            let start = slug(start);
            !start.is_empty()
                && slug(name).strip_prefix(&start).is_some_and(|r| r.is_empty() || r.starts_with('-'))
        };
        let waves = &self.plan.waves;
        let by_name = waves.iter().position(|wave| begins(&wave.name));
        by_name.or_else(|| waves.iter().position(|wave| wave.tags.values().any(|value| begins(value))))
    }

    /// Tags by which the plan chooses a server and its wave.
    fn tags_of(&self, name: &str, wave: usize) -> Tags {
        let mut tags = self.plan.servers.tags().cloned().unwrap_or_default();
        if let Some(wave) = self.plan.waves.get(wave) {
            tags.extend(wave.tags.clone());
        }
        tags.entry("Name".to_owned()).or_insert_with(|| name.to_owned());
        tags
    }

    /// Everything of the fleet, as the scenario finds it.
    pub(crate) fn build_fleet(&mut self, drafts: &[Draft]) {
        self.world.workload.origin_ms = self.origin_ms;
        for (index, draft) in drafts.iter().enumerate() {
            let Some(network) = self.networks.production.get(draft.wave).cloned() else { continue };
            self.build_server(index, draft, &network);
        }
    }

    fn build_server(&mut self, index: usize, draft: &Draft, network: &Network) {
        let source = self.source();
        let disks = self.draw_disks();
        let recovered = self.options.scenario == Scenario::Recovered;
        let served_until = if recovered { self.failed_ms } else { self.options.start_ms };
        let mut a1 = self.draw_instance(source, network, draft.tags.clone(), disks.clone());
        if recovered {
            a1.state = InstanceState::Stopped;
            a1.since_ms = self.failed_ms;
        }
        // Before the scenario every write had been replicated, so that losses found later are losses of the failback.
        a1.disk =
            Disk { base: RangeSet::of(0, (served_until - self.origin_ms) / 1_000), written: Vec::new() };
        a1.server = Some(index);
        a1.profile_arn = Some(self.world.profile_arn(source, &format!("{}-role", slug(&draft.name))));
        let switches = self.options.switches;
        if switches.launch_into_source && !switches.originals_lack_tag {
            a1.tags.insert(LAUNCH_INTO_TAG.0.to_owned(), LAUNCH_INTO_TAG.1.to_owned());
        }
        if !switches.originals_lack_tag {
            a1.tags.insert(tag::ORIGINAL.to_owned(), tag::MAY_BE_TERMINATED.to_owned());
        }
        let (a1_id, acknowledged) = (a1.id.clone(), a1.disk.base.clone());
        self.world.place_instance(a1);
        let mut b1 =
            self.draw_source_server(self.recovery(), source, draft.id.clone(), &a1_id, draft.name.clone());
        b1.tags.clone_from(&draft.tags);
        b1.disks = disks;
        b1.server = Some(index);
        let total = b1.total_bytes();
        b1.replication = Replication::healthy_since(self.origin_ms, &a1_id, total, self.world.rng.u64(..));
        if recovered {
            b1.replication.lose_agent(self.failed_ms);
        }
        if self.options.scenario != Scenario::Steady && self.world.rng.u8(..3) == 0 {
            // §0.6: the reverse of an earlier cycle, which exists no longer.
            let gone: SourceServerId = ids::drs(&mut self.world.rng, "s-");
            b1.reversed_arn = Some(self.world.drs_arn(source, "source-server", &gone));
        }
        self.place_source_server(b1);
        self.world.workload.servers.push(crate::world::Traffic::default());
        self.world.acknowledged_before(index, &acknowledged);
        self.world.fleet.push(entry_of(draft, a1_id));
        if self.options.scenario != Scenario::Steady {
            let drill = self.options.scenario == Scenario::DrilledRecovered;
            let at = self.recovered_ms + self.world.rng.i64(..60_000);
            let (recovery, id) = (self.recovery(), draft.id.clone());
            self.add_past_launch(recovery, &id, at, drill, self.failed_ms);
        }
    }

    /// Disks of 8 to 60 GiB in all.
    pub(crate) fn draw_disks(&mut self) -> Vec<DiskSpec> {
        let root = DiskSpec { device: "/dev/xvda".to_owned(), bytes: 8 * GIB };
        let mut disks = vec![root];
        let data = self.world.rng.u64(0..=13) * 4;
        if data > 0 {
            disks.push(DiskSpec { device: "/dev/sdf".to_owned(), bytes: data * GIB });
        }
        disks
    }

    /// A running instance that has been up for long.
    pub(crate) fn draw_instance(
        &mut self,
        region: Region,
        network: &Network,
        tags: Tags,
        disks: Vec<DiskSpec>,
    ) -> Instance {
        let id: InstanceId = ids::hex(&mut self.world.rng, "i-");
        let since = self.origin_ms;
        let kind = TYPES[self.world.rng.usize(..TYPES.len())];
        Instance {
            id,
            region,
            state: InstanceState::Running,
            since_ms: since,
            launched_ms: since,
            tags,
            instance_type: kind.to_owned(),
            subnet: network.subnet.clone(),
            vpc: network.vpc.clone(),
            security_groups: vec![network.group.clone()],
            profile_arn: None,
            private_ip: self.world.take_address(region, &network.subnet).unwrap_or_default(),
            public_ip: self.world.take_public_address(),
            checks_pass_ms: Some(since),
            impaired: false,
            agent_seen_ms: Some(since),
            metadata_reachable: true,
            termination_protected: false,
            disks,
            disk: Disk::default(),
            server: None,
        }
    }

    /// A source server that has been healthy for long, with a launch template that works.
    pub(crate) fn draw_source_server(
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
            tags: Tags::new(),
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
        let network = if region == self.recovery() { self.networks.recovered.clone() } else { None };
        let network = network.or_else(|| self.networks.production.first().cloned());
        let id: LaunchTemplateId = ids::hex(&mut self.world.rng, "lt-");
        let template = LaunchTemplate {
            id: id.clone(),
            name: format!("DRS-{server}"),
            tags: Tags::from([(
                "AWSElasticDisasterRecoveryManaged".to_owned(),
                "drs.amazonaws.com".to_owned(),
            )]),
            versions: vec![TemplateVersion {
                subnet: network.as_ref().map(|network| network.subnet.clone()),
                security_groups: network.map(|network| network.group).into_iter().collect(),
                profile: Some("recovered-role".to_owned()),
                instance_type: Some("m5.large".to_owned()),
                tags: Tags::new(),
            }],
            default_version: 1,
        };
        self.world.regions.entry(region).or_default().launch_templates.insert(id.clone(), template);
        id
    }

    pub(crate) fn place_source_server(&mut self, server: SourceServer) {
        let (region, id, source) = (server.region, server.id.clone(), server.source.clone());
        self.world.replicates(region, &id, &source);
        self.world.regions.entry(region).or_default().source_servers.insert(id, server);
    }
}

/// A server of the fleet for which nothing was made yet.
fn entry_of(draft: &Draft, a1: InstanceId) -> FleetServer {
    FleetServer {
        name: draft.name.clone(),
        tags: draft.tags.clone(),
        wave: draft.wave,
        a1,
        b1: draft.id.clone(),
        a2: Vec::new(),
        a3: Vec::new(),
        a4: Vec::new(),
        b2: Vec::new(),
        b3: Vec::new(),
    }
}

/// `web-1`, `web-2` and so on, the first that is free.
fn free_name(slug: &str, taken: &mut BTreeSet<String>) -> String {
    let mut n = 1;
    while taken.contains(&format!("{slug}-{n}")) {
        n += 1;
    }
    let name = format!("{slug}-{n}");
    taken.insert(name.clone());
    name
}
