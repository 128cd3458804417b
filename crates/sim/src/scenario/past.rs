//! What happened before the scenario: launches, and where DNS points.

use std::collections::BTreeMap;

use failback_core::cloud::{JobKind, JobStatus, LastLaunch, LaunchStatus, Tags};
use failback_core::id::{HostedZoneId, InstanceId, JobId, SourceServerId};
use failback_core::plan::Address;
use failback_core::region::Region;

use super::{Builder, HOUR, Scenario};
use crate::ids;
use crate::objects::{Disk, DnsRecord, Job, JobPart, LastLaunchInfo, RecoveryInstance, SourceServer, Zone};
use crate::world::with_dot;

impl Builder<'_> {
    /// A launch that was over long before the scenario, with the source's content as of a moment.
    pub(crate) fn add_past_launch(
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
        let record = RecoveryInstance {
            arn: self.world.drs_arn(region, "recovery-instance", &instance_id),
            id: instance_id.recovery_instance(),
            region,
            tags: Tags::new(),
            instance: instance_id.clone(),
            job: job.clone(),
            source_server: id.clone(),
            is_drill,
            point_in_time_ms: point_ms,
            reversal: None,
            settles_ms: 0,
            disconnected: false,
            server: server.server,
        };
        let record_id = record.id.clone();
        self.world.regions.entry(region).or_default().recovery_instances.insert(record_id.clone(), record);
        if let Some(server) = self.world.server_mut(region, id) {
            server.recovery_instance = Some(record_id.clone());
            server.launched.push(instance_id.clone());
            server.last_launch = LastLaunch::Succeeded;
            let status = LaunchStatus::Launched;
            server.last_launch_info =
                Some(LastLaunchInfo { job, is_drill, called_ms: at_ms - HOUR / 6, status });
        }
        self.world.note_launched(region, id, &record_id, &instance_id);
        Some(instance_id)
    }

    /// The instance of such a launch.
    fn add_past_instance(
        &mut self,
        region: Region,
        server: &SourceServer,
        at_ms: i64,
        point_ms: i64,
    ) -> Option<InstanceId> {
        let source = self.world.instance(server.origin, &server.source).cloned();
        // Records are numbered from the origin, one a second.
        let until = (point_ms - self.origin_ms) / 1_000;
        let mut base = source.map(|source| source.disk.base).unwrap_or_default();
        base = base.without(&crate::ranges::RangeSet::of(until, i64::MAX));
        let network = self.networks.recovered.clone()?;
        let tags = Tags::from([
            ("Name".to_owned(), server.hostname.clone()),
            ("AWSElasticDisasterRecoveryManaged".to_owned(), "drs.amazonaws.com".to_owned()),
            ("AWSElasticDisasterRecoverySourceServerID".to_owned(), server.id.to_string()),
        ]);
        let network = self
            .networks
            .others
            .iter()
            .find(|(r, _)| *r == region && server.server.is_none())
            .map_or(network, |(_, network)| network.clone());
        let mut instance = self.draw_instance(region, &network, tags, server.disks.clone());
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
        job.note(at_ms - HOUR / 6, "JOB_START", None);
        job.note(at_ms - 2_000, "LAUNCH_END", Some(server));
        job.note(at_ms, "JOB_END", None);
        let state = self.world.regions.entry(region).or_default();
        state.job_order.push(id.clone());
        state.jobs.insert(id.clone(), job);
        id
    }

    /// The zones of the plan's records; each record answers the address of what serves now.
    pub(crate) fn build_zones(&mut self) {
        let records = self.plan.redirect.records();
        let mut zones: BTreeMap<HostedZoneId, String> = BTreeMap::new();
        for record in records {
            let parent =
                with_dot(&record.name).split_once('.').map_or_else(String::new, |(_, rest)| rest.to_owned());
            let name = zones.entry(record.zone_id.clone()).or_insert_with(|| parent.clone());
            *name = common_suffix(name, &parent);
        }
        for (id, name) in zones {
            self.world.zones.insert(id.clone(), Zone { id, name, records: BTreeMap::new() });
        }
        let servers = self.world.fleet.len();
        self.world.workload.records = vec![None; servers];
        self.world.workload.recovered = self.options.scenario == Scenario::Recovered;
        for record in records {
            let Some(index) = self.world.index_of(&record.server) else { continue };
            let Some(address) = self.serving_address(index, record.address) else { continue };
            let name = with_dot(&record.name);
            let set = DnsRecord {
                name: name.clone(),
                kind: record.kind.as_str().to_owned(),
                set_identifier: None,
                weight: None,
                ttl_seconds: Some(record.ttl_seconds),
                values: vec![address.clone()],
                answered: vec![address],
            };
            if let Some(zone) = self.world.zones.get_mut(&record.zone_id) {
                zone.records.insert(set.key(), set);
            }
            let own = &mut self.world.workload.records[index];
            own.get_or_insert_with(|| (record.zone_id.clone(), name));
            self.world.workload.first.get_or_insert(index);
        }
    }

    fn serving_address(&self, index: usize, address: Address) -> Option<String> {
        let entry = self.world.fleet.get(index)?;
        let recovered = self.options.scenario == Scenario::Recovered;
        let instance = if recovered {
            self.world.instance(self.recovery(), entry.b3.last()?)?
        } else {
            self.world.instance(self.source(), &entry.a1)?
        };
        Some(match address {
            Address::Private => instance.private_ip.clone(),
            Address::Public => instance.public_ip.clone(),
        })
    }

    /// Traffic of the recovered servers since they were up, and everybody's from now on.
    pub(crate) fn begin_traffic(&mut self) {
        let now = self.world.now_ms;
        if self.options.scenario == Scenario::Recovered {
            let from = self.recovered_ms + 60_000;
            let numbers = ((from - self.origin_ms) / 1_000, (now - self.origin_ms) / 1_000);
            let written = crate::ranges::RangeSet::of(numbers.0, numbers.1);
            for index in 0..self.world.fleet.len() {
                let Some(id) = self.world.fleet[index].b3.last().cloned() else { continue };
                let recovery = self.recovery();
                if let Some(instance) = self.world.instance_mut(recovery, &id) {
                    instance.disk.base.extend(&written);
                }
                self.world.acknowledged_before(index, &written);
            }
        }
        self.world.follow_all_traffic();
    }
}

/// The longest common end of two names, label by label.
fn common_suffix(a: &str, b: &str) -> String {
    let reversed = |name: &str| name.split('.').rev().map(str::to_owned).collect::<Vec<_>>();
    let (a, b) = (reversed(a), reversed(b));
    let mut common: Vec<String> = a.into_iter().zip(b).take_while(|(x, y)| x == y).map(|(x, _)| x).collect();
    common.reverse();
    common.join(".")
}
