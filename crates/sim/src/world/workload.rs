//! Production: numbered records, one a second for each server, written where traffic goes. Nothing ticks.

use failback_core::cloud::InstanceState;
use failback_core::id::{HostedZoneId, InstanceId, SourceServerId};
use failback_core::region::Region;

use super::World;
use crate::objects::{Change, Instance, SourceServer};
use crate::ranges::RangeSet;

/// Milliseconds from one record to the next.
const EVERY: i64 = 1_000;

/// Where production's traffic goes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workload {
    /// When record 0 was written.
    pub(crate) origin_ms: i64,
    /// The record of a server, where the plan names one.
    pub(crate) records: Vec<Option<(HostedZoneId, String)>>,
    /// Index of the server whose record all others follow.
    pub(crate) first: Option<usize>,
    /// Where traffic of a server without any record goes: to the recovered server, not to the original.
    pub(crate) recovered: bool,
    /// Where a person has moved a server's traffic: to the A4 that lived then.
    pub(crate) moved_by_hand: Vec<Option<InstanceId>>,
    /// A person has stopped the applications.
    pub(crate) frozen: bool,
    /// Each server's traffic.
    pub(crate) servers: Vec<Traffic>,
}

/// One server's traffic.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traffic {
    /// The instance that takes writes, while it runs.
    writing: Option<(Region, InstanceId)>,
    /// Every acknowledged record, but for those of the open stretch.
    acknowledged: RangeSet,
    /// Since when writes are taken.
    writing_since: i64,
    /// Since when nothing runs.
    dark_since: Option<i64>,
    /// How long nothing ran before.
    dark_ms: i64,
}

/// Which instance takes a server's traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    /// Which.
    pub instance: InstanceId,
    /// Where.
    pub region: Region,
    /// Whether it runs.
    pub running: bool,
}

/// Acknowledged records that are missing where traffic goes now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LossWindow {
    /// How many.
    pub records: u64,
    /// When the first was written.
    pub first_ms: i64,
    /// When the last was written.
    pub last_ms: i64,
}

impl World {
    /// The number of the first record that is written at a moment or later.
    fn record_at(&self, ms: i64) -> i64 {
        let since = ms - self.workload.origin_ms;
        since.div_euclid(EVERY) + i64::from(since.rem_euclid(EVERY) != 0)
    }

    /// Records that an instance's disks held at a moment.
    pub fn disk_content(&self, instance: &Instance, at_ms: i64) -> RangeSet {
        let mut content = instance.disk.base.clone();
        for &(from, to) in &instance.disk.written {
            let to = to.unwrap_or(self.now_ms).min(at_ms);
            content.insert(self.record_at(from), self.record_at(to));
        }
        content
    }

    /// Records that a source server's replica held at a moment: what would be launched from it.
    pub fn content_of(&self, server: &SourceServer, at_ms: i64) -> RangeSet {
        let Some((instance, ms)) = server.replication.content_at(at_ms, self.switches.lag_blips) else {
            return RangeSet::default();
        };
        let found = self.regions.values().find_map(|state| state.instances.get(instance));
        found.map(|instance| self.disk_content(instance, ms)).unwrap_or_default()
    }

    /// Records that a source server's replica holds now.
    pub fn replicated(&self, region: Region, id: &SourceServerId) -> RangeSet {
        self.source_server(region, id).map(|server| self.content_of(server, self.now_ms)).unwrap_or_default()
    }

    /// Which instance takes the traffic of a server of the fleet now.
    pub fn serving(&self, server: usize) -> Option<Serving> {
        let (region, instance) = self.designated(server)?;
        let running = self.instance(region, &instance).is_some_and(|i| i.state == InstanceState::Running);
        Some(Serving { instance, region, running })
    }

    /// Where DNS, or a person, sends the traffic of a server.
    fn designated(&self, server: usize) -> Option<(Region, InstanceId)> {
        if let Some(record) = self.workload.records.get(server)?.as_ref() {
            return self.behind(record);
        }
        let entry = self.fleet.get(server)?;
        let (source, recovery) = self.pair;
        // The A4 that B1 protects is production, whatever a later drill launches.
        let protected = self.source_server(recovery, &entry.b1).map(|b1| &b1.source);
        let failed_back = || {
            let a4 = protected.filter(|id| entry.a4.contains(id)).or(entry.a4.last());
            a4.map(|id| (source, id.clone()))
        };
        let original = || Some((source, entry.a1.clone()));
        let recovered = || entry.b3.last().map(|id| (recovery, id.clone()));
        let Some(first) = self.workload.first else {
            return match (self.workload.moved_by_hand.get(server).cloned().flatten(), self.workload.recovered)
            {
                (Some(a4), _) => Some((source, a4)),
                (None, true) => recovered(),
                (None, false) => original(),
            };
        };
        let (region, target) = self.behind(self.workload.records.get(first)?.as_ref()?)?;
        let leader = self.fleet.get(first)?;
        if region == recovery {
            recovered().or_else(original)
        } else if leader.a4.contains(&target) {
            failed_back().or_else(recovered)
        } else {
            original()
        }
    }

    /// The instance that owns the address which the name servers answer.
    fn behind(&self, (zone, name): &(HostedZoneId, String)) -> Option<(Region, InstanceId)> {
        let address = self.record(zone, name, "A")?.answered.first()?;
        self.owner_of(address).map(|(region, id)| (region, id.clone()))
    }

    /// Servers whose own record a change touches.
    pub(crate) fn servers_behind(&self, change: &Change) -> Vec<usize> {
        let touches = |record: &(HostedZoneId, String)| {
            record.0 == change.zone && change.keys.iter().any(|key| key.0 == super::dns::with_dot(&record.1))
        };
        let records = self.workload.records.iter().enumerate();
        records.filter(|(_, record)| record.as_ref().is_some_and(touches)).map(|(i, _)| i).collect()
    }

    /// A person moves the traffic of the whole fleet to the failed-back servers, where they live.
    pub fn operator_moves_traffic(&mut self) {
        let before = std::mem::take(&mut self.workload.moved_by_hand);
        let moved = (0..self.fleet.len())
            .map(|server| self.labels(server).a4.or_else(|| before.get(server).cloned().flatten()));
        self.workload.moved_by_hand = moved.collect();
        self.follow_all_traffic();
    }

    pub(crate) fn follow_all_traffic(&mut self) {
        for server in 0..self.workload.servers.len() {
            self.follow_traffic(server);
        }
    }

    /// A person stops the applications of the whole fleet, or lets them go on: production runs, but takes no writes.
    pub fn operator_freezes_writes(&mut self, frozen: bool) {
        self.workload.frozen = frozen;
        self.follow_all_traffic();
    }

    /// Writes go where traffic goes now; closes and opens stretches.
    pub(crate) fn follow_traffic(&mut self, server: usize) {
        let now = self.now_ms;
        let serving = self.serving(server).filter(|serving| serving.running);
        let Some(traffic) = self.workload.servers.get_mut(server) else { return };
        if serving.is_none() {
            traffic.dark_since.get_or_insert(now);
        } else if let Some(since) = traffic.dark_since.take() {
            traffic.dark_ms += now - since;
        }
        let frozen = self.workload.frozen;
        let writing = serving.filter(|_| !frozen).map(|serving| (serving.region, serving.instance));
        if traffic.writing == writing {
            return;
        }
        let before = std::mem::replace(&mut traffic.writing, writing.clone());
        let since = std::mem::replace(&mut traffic.writing_since, now);
        if let Some((region, id)) = before {
            self.acknowledged_before(server, &RangeSet::of(self.record_at(since), self.record_at(now)));
            if let Some(open) = self.instance_mut(region, &id).and_then(|i| i.disk.written.last_mut()) {
                open.1.get_or_insert(now);
            }
        }
        if let Some((region, id)) = writing
            && let Some(instance) = self.instance_mut(region, &id)
        {
            instance.disk.written.push((now, None));
        }
    }

    /// Adds acknowledged records that no open stretch covers.
    pub(crate) fn acknowledged_before(&mut self, server: usize, records: &RangeSet) {
        if let Some(traffic) = self.workload.servers.get_mut(server) {
            traffic.acknowledged.extend(records);
        }
    }

    fn all_acknowledged(&self, server: usize) -> RangeSet {
        let Some(traffic) = self.workload.servers.get(server) else { return RangeSet::default() };
        let mut all = traffic.acknowledged.clone();
        if traffic.writing.is_some() {
            all.insert(self.record_at(traffic.writing_since), self.record_at(self.now_ms));
        }
        all
    }

    /// How many records of a server were acknowledged.
    pub fn acknowledged(&self, server: usize) -> u64 {
        self.all_acknowledged(server).count()
    }

    /// Acknowledged records of a server that are missing on the instance that serves now.
    pub fn lost(&self, server: usize) -> Option<LossWindow> {
        let serving = self.serving(server)?;
        let held = self.disk_content(self.instance(serving.region, &serving.instance)?, self.now_ms);
        let missing = self.all_acknowledged(server).without(&held);
        let moment = |record: i64| self.workload.origin_ms + record * EVERY;
        let (first_ms, last_ms) = (moment(missing.first()?), moment(missing.last()?));
        Some(LossWindow { records: missing.count(), first_ms, last_ms })
    }

    /// How long nothing ran where a server's traffic went, since the scenario began.
    pub fn dark_ms(&self, server: usize) -> i64 {
        let Some(traffic) = self.workload.servers.get(server) else { return 0 };
        traffic.dark_ms + traffic.dark_since.map_or(0, |since| self.now_ms - since)
    }
}
