//! The past: launches before the scenario, the records that DNS has since then, and the traffic.

use std::collections::BTreeMap;

use failback_core::cloud::{InstanceState, JobKind, JobStatus, LastLaunch, LaunchStatus, Tags};
use failback_core::id::{HostedZoneId, InstanceId, JobId, SourceServerId};
use failback_core::plan::Address;
use failback_core::region::Region;

use super::builder::{Builder, HOUR};
use crate::drs_tags;
use crate::ids;
use crate::objects::{
    Disk, DnsRecord, Instance, Job, JobPart, LastLaunchInfo, RecoveryInstance, SourceServer, Zone,
};
use crate::ranges::RangeSet;
use crate::world::with_dot;

impl Builder<'_> {
    /// Adds a launch that ended at `at_ms`, with the source's content as of `point_ms`.
    pub(super) fn add_past_launch(
        &mut self,
        region: Region,
        id: &SourceServerId,
        at_ms: i64,
        is_drill: bool,
        point_ms: i64,
    ) -> Option<InstanceId> {
        let server = self.world.source_server(region, id)?.clone();
        let instance_id = self.add_past_instance(region, &server, at_ms, point_ms)?;
        let job = self.add_past_job(region, id, &instance_id, at_ms, is_drill);
        let recovery_instance_id = instance_id.recovery_instance();
        let recovery_instance = RecoveryInstance {
            arn: self.world.drs_arn(region, "recovery-instance", &instance_id),
            id: recovery_instance_id.clone(),
            region,
            tags: Tags::default().into(),
            instance: instance_id.clone(),
            job: job.clone(),
            source_server: id.clone(),
            is_drill,
            point_in_time_ms: point_ms,
            listed_ms: at_ms,
            reversal: None,
            settles_ms: 0,
            disconnected: false,
            server: server.server,
        };
        let state = self.world.region_mut(region);
        state.recovery_instances.insert(recovery_instance_id.clone(), recovery_instance);
        if let Some(server) = self.world.source_server_mut(region, id) {
            server.recovery_instance = Some(recovery_instance_id.clone());
            server.launched.push(instance_id.clone());
            server.last_launch = LastLaunch::Succeeded;
            let called_ms = at_ms - HOUR / 6;
            let status = LaunchStatus::Launched;
            server.last_launch_info = Some(LastLaunchInfo { job, is_drill, called_ms, status });
        }
        self.world.add_launch_to_fleet(region, id, &recovery_instance_id, &instance_id);
        Some(instance_id)
    }

    fn add_past_instance(
        &mut self,
        region: Region,
        server: &SourceServer,
        at_ms: i64,
        point_ms: i64,
    ) -> Option<InstanceId> {
        let source = self.world.instance(server.origin, &server.source);
        let source_content = source.map(|source| source.disk.base.clone()).unwrap_or_default();
        // Records are numbered from the origin, one a second.
        let written_later = RangeSet::of((point_ms - self.origin_ms) / 1_000, i64::MAX);
        let base = source_content.without(&written_later);
        let existing = server.launch.launch_into.as_ref().and_then(|id| self.world.instance(region, id));
        let mut instance = match existing.cloned() {
            Some(existing) => existing,
            None => self.draw_recovered(region, server)?,
        };
        instance.state = InstanceState::Running;
        instance.disks.clone_from(&server.disks);
        instance.since_ms = at_ms;
        instance.launched_ms = at_ms;
        instance.checks_pass_ms = Some(at_ms + 120_000);
        instance.agent_seen_ms = Some(at_ms + 240_000);
        instance.profile_arn = Some(self.world.profile_arn(region, "recovered-role"));
        instance.disk = Disk { base, written: Vec::new() };
        instance.server = server.server;
        let instance_id = instance.id.clone();
        self.world.place_instance(instance);
        Some(instance_id)
    }

    /// Draws a new instance as DRS launches it.
    fn draw_recovered(&mut self, region: Region, server: &SourceServer) -> Option<Instance> {
        let network = match self.networks.of_bystanders(region) {
            Some(network) if server.server.is_none() => network.clone(),
            _ => self.networks.recovered.clone()?,
        };
        let tags = drs_tags::launched(&server.hostname, &server.id);
        let mut instance = self.draw_instance(region, &network, tags, server.disks.clone());
        instance.termination_protected = server.server.is_some() && self.options.switches.recovered_protected;
        Some(instance)
    }

    fn add_past_job(
        &mut self,
        region: Region,
        server: &SourceServerId,
        instance: &InstanceId,
        at_ms: i64,
        is_drill: bool,
    ) -> JobId {
        let id: JobId = ids::drs(&mut self.world.rng, "drsjob-");
        let mut part = JobPart::new(server.clone(), Some(instance.recovery_instance()));
        part.launch = LaunchStatus::Launched;
        part.instance = Some(instance.clone());
        let mut job = Job {
            arn: self.world.drs_arn(region, "job", &id),
            id: id.clone(),
            region,
            kind: JobKind::Launch,
            initiated_by: if is_drill { "START_DRILL" } else { "START_RECOVERY" },
            status: JobStatus::Completed,
            created_ms: at_ms - HOUR / 6,
            ended_ms: Some(at_ms),
            tags: Tags::new(),
            is_drill,
            parts: vec![part],
            log: Vec::new(),
        };
        job.log_event(at_ms - HOUR / 6, "JOB_START", None);
        job.log_event(at_ms - 2_000, "LAUNCH_END", Some(server));
        job.log_event(at_ms, "JOB_END", None);
        let state = self.world.region_mut(region);
        state.job_order.push(id.clone());
        state.jobs.insert(id.clone(), job);
        id
    }

    /// Builds the zones of the plan's records. Each record has the address of the instance that serves.
    pub(super) fn build_zones(&mut self) {
        for (id, name) in self.zone_names() {
            self.world.zones.insert(id.clone(), Zone::new(id, name));
        }
        self.world.workload.records = vec![None; self.world.fleet.len()];
        self.world.workload.recovered = self.is_recovered();
        for record in self.plan.redirect.records() {
            let Some(server) = self.world.index_of(&record.server) else { continue };
            let Some(address) = self.serving_address(server, record.address) else { continue };
            let name = with_dot(&record.name);
            let set = DnsRecord {
                name: name.clone(),
                kind: record.kind.as_str().to_owned(),
                set_identifier: None,
                weight: None,
                ttl_seconds: Some(record.ttl_seconds),
                values: vec![address],
            };
            if let Some(zone) = self.world.zones.get_mut(&record.zone_id) {
                zone.place(set);
            }
            let first_of_server = &mut self.world.workload.records[server];
            first_of_server.get_or_insert_with(|| (record.zone_id.clone(), name));
            self.world.workload.leader.get_or_insert(server);
        }
    }

    /// Returns a name for each zone of the plan: the longest to which all its records belong.
    fn zone_names(&self) -> BTreeMap<HostedZoneId, String> {
        let mut zones: BTreeMap<HostedZoneId, String> = BTreeMap::new();
        for record in self.plan.redirect.records() {
            let name = with_dot(&record.name);
            let parent = name.split_once('.').map_or("", |(_, parent)| parent);
            let zone = zones.entry(record.zone_id.clone()).or_insert_with(|| parent.to_owned());
            *zone = common_suffix(zone, parent);
        }
        zones
    }

    fn serving_address(&self, server: usize, address: Address) -> Option<String> {
        let server = self.world.fleet.get(server)?;
        let instance = if self.is_recovered() {
            self.world.instance(self.recovery(), server.b3.last()?)?
        } else {
            self.world.instance(self.source(), &server.a1)?
        };
        Some(match address {
            Address::Private => instance.private_ip.clone(),
            Address::Public => instance.public_ip.clone(),
        })
    }

    /// Starts the traffic of every server. Recovered servers have had traffic since a minute after their launch.
    pub(super) fn start_traffic(&mut self) {
        if self.is_recovered() {
            let from = (self.recovered_ms + 60_000 - self.origin_ms) / 1_000;
            let to = (self.world.now_ms - self.origin_ms) / 1_000;
            self.add_past_traffic(&RangeSet::of(from, to));
        }
        self.world.follow_all_traffic();
    }

    /// Adds records that were written to every B3.
    fn add_past_traffic(&mut self, written: &RangeSet) {
        let recovery = self.recovery();
        for server in 0..self.world.fleet.len() {
            let Some(id) = self.world.fleet[server].b3.last().cloned() else { continue };
            if let Some(instance) = self.world.instance_mut(recovery, &id) {
                instance.disk.base.extend(written);
            }
            self.world.workload.acknowledge(server, written);
        }
    }
}

/// Returns the longest common end of two names, label by label.
fn common_suffix(name: &str, other: &str) -> String {
    let mut common = Vec::new();
    for (label, other_label) in name.rsplit('.').zip(other.rsplit('.')) {
        if label != other_label {
            break;
        }
        common.push(label);
    }
    common.reverse();
    common.join(".")
}
