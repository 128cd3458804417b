//! Traffic: the instance that serves, the records on each disk, losses and downtime.

use failback_core::cloud::InstanceState;
use failback_core::id::{HostedZoneId, InstanceId, SourceServerId};
use failback_core::region::Region;

use super::change_batch::with_dot;
use super::fleet::FleetServer;
use super::state::World;
use super::workload::{LossWindow, Serving};
use crate::objects::{Change, Instance, SourceServer};
use crate::ranges::RangeSet;

/// The time for which a write is on its way with [`writes_in_flight`](crate::Switches::writes_in_flight), in milliseconds.
const IN_FLIGHT_MS: i64 = 30_000;

impl World {
    /// Returns the records that an instance's disks held at a moment.
    pub fn disk_content(&self, instance: &Instance, at_ms: i64) -> RangeSet {
        let mut content = instance.disk.base.clone();
        for &(from, to) in &instance.disk.written {
            let to = to.unwrap_or(self.now_ms).min(at_ms);
            content.extend(&self.workload.written(from, to));
        }
        content
    }

    /// Returns the records that a source server's replica held at a moment, which a launch would have.
    pub fn content_of(&self, server: &SourceServer, at_ms: i64) -> RangeSet {
        // What was written a moment ago is still on its way, and DRS shows no lag.
        let arrived_ms = if self.switches.writes_in_flight { at_ms - IN_FLIGHT_MS } else { at_ms };
        let Some((instance, ms)) = server.replication.content_at(at_ms, self.switches.lag_blips) else {
            return RangeSet::default();
        };
        let ms = ms.min(arrived_ms);
        match self.regions.values().find_map(|state| state.instances.get(instance)) {
            Some(instance) => self.disk_content(instance, ms),
            None => RangeSet::default(),
        }
    }

    /// Returns the records that a source server's replica holds now.
    pub fn replicated(&self, region: Region, id: &SourceServerId) -> RangeSet {
        match self.source_server(region, id) {
            Some(server) => self.content_of(server, self.now_ms),
            None => RangeSet::default(),
        }
    }

    /// Returns the instance that takes the traffic of a server of the fleet now.
    pub fn serving(&self, server: usize) -> Option<Serving> {
        let (region, instance) = self.traffic_target(server)?;
        let found = self.instance(region, &instance);
        let running = found.is_some_and(|instance| instance.state == InstanceState::Running);
        Some(Serving { instance, region, running })
    }

    /// Returns the instance to which DNS, or people, send the traffic of a server. It may not run.
    fn traffic_target(&self, server: usize) -> Option<(Region, InstanceId)> {
        if let Some(record) = self.workload.records.get(server)? {
            return self.instance_behind(record);
        }
        let fleet_server = self.fleet.get(server)?;
        let (source, recovery) = self.region_pair;
        let original = (source, fleet_server.a1.clone());
        let recovered = fleet_server.b3.last().map(|id| (recovery, id.clone()));
        let Some(leader) = self.workload.leader else {
            return match self.workload.moved_by_hand.get(server) {
                Some(Some(a4)) => Some((source, a4.clone())),
                _ if self.workload.recovered => recovered,
                _ => Some(original),
            };
        };
        let (region, leading) = self.instance_behind(self.workload.records.get(leader)?.as_ref()?)?;
        if region == recovery {
            return Some(recovered.unwrap_or(original));
        }
        if !self.fleet.get(leader)?.a4.contains(&leading) {
            return Some(original);
        }
        match self.failed_back(fleet_server, &leading) {
            Some(a4) => Some((source, a4.clone())),
            None => recovered,
        }
    }

    /// Returns the A4 that is production: the last one that was launched while the leading server's A4 lived.
    fn failed_back<'a>(&self, server: &'a FleetServer, leading: &InstanceId) -> Option<&'a InstanceId> {
        // The A4 that B1 protects is production, even if a drill launched others after it.
        let b1 = self.source_server(self.region_pair.1, &server.b1);
        let protected = b1.and_then(|b1| server.a4.iter().find(|id| **id == b1.source));
        let source = self.region_pair.0;
        let leads_until = self.instance(source, leading).filter(|leading| !leading.state.is_live());
        let in_time = |id: &&InstanceId| {
            let launched = self.instance(source, id).map(|instance| instance.launched_ms);
            leads_until.is_none_or(|leading| launched.is_none_or(|at| at <= leading.since_ms))
        };
        protected.or_else(|| server.a4.iter().rfind(in_time))
    }

    /// Returns the instance that owns the address which clients use.
    fn instance_behind(&self, (zone, name): &(HostedZoneId, String)) -> Option<(Region, InstanceId)> {
        let key = (with_dot(name), "A".to_owned(), None);
        let address = self.zones.get(zone)?.answers.get(&key)?.held.first()?;
        let (region, id) = self.owner_of(address)?;
        Some((region, id.clone()))
    }

    /// Returns the servers whose own DNS record a change touches.
    pub(crate) fn servers_behind(&self, change: &Change) -> Vec<usize> {
        let mut servers = Vec::new();
        for (server, record) in self.workload.records.iter().enumerate() {
            let Some((zone, name)) = record else { continue };
            if *zone == change.zone && change.keys.iter().any(|key| key.0 == with_dot(name)) {
                servers.push(server);
            }
        }
        servers
    }

    /// Moves the traffic of the whole fleet to the A4 that live, as people do who redirect it by hand.
    pub fn operator_moves_traffic(&mut self) {
        let mut before = std::mem::take(&mut self.workload.moved_by_hand);
        before.resize(self.fleet.len(), None);
        for (server, a4) in before.into_iter().enumerate() {
            let target = self.labels(server).a4.or(a4);
            self.workload.moved_by_hand.push(target);
        }
        self.follow_all_traffic();
    }

    /// Moves the traffic of the whole fleet to the newest B3, as people do after a recovery, where no record moves it.
    pub fn operator_moves_traffic_to_recovered(&mut self) {
        self.workload.moved_by_hand.clear();
        self.workload.recovered = true;
        self.follow_all_traffic();
    }

    /// Lets this execution end the recovered servers, as people do who have moved traffic by hand, and returns true; false where
    /// clients use one of them. Where records move traffic, nobody needs to look.
    pub fn operator_releases_recovered(&mut self, execution: &str) -> bool {
        if self.workload.leader.is_some() || self.fleet.is_empty() {
            return true;
        }
        let uses_b3 =
            |server| self.serving(server).is_some_and(|serving| serving.region == self.region_pair.1);
        if (0..self.fleet.len()).any(uses_b3) {
            return false;
        }
        self.workload.released_for.insert(execution.to_owned());
        true
    }

    /// Returns true while an execution goes on that people have allowed to end the recovered servers.
    pub fn has_released_recovered(&self) -> bool {
        !self.workload.released_for.is_empty()
    }

    /// Stops the applications on every instance that serves the fleet now, or starts all of them again, as people do. While
    /// they are stopped, the instances run but take no writes.
    pub fn operator_freezes_writes(&mut self, frozen: bool) {
        if frozen {
            let serving = (0..self.fleet.len()).filter_map(|server| self.serving(server));
            let serving: Vec<InstanceId> = serving.map(|serving| serving.instance).collect();
            self.workload.frozen.extend(serving);
        } else {
            self.workload.frozen.clear();
        }
        self.follow_all_traffic();
    }

    /// Stops the applications for an execution that has asked for it.
    pub fn operator_freezes_writes_for(&mut self, execution: &str) {
        self.workload.frozen_for.insert(execution.to_owned());
        self.operator_freezes_writes(true);
    }

    /// Starts the applications again, as people do whose failback has ended without success: unless another one has asked to
    /// stop them too, or traffic has moved to an A4, or is about to. Two copies of a server would take writes.
    pub fn operator_lets_writes_go_on(&mut self, execution: &str) {
        self.workload.frozen_for.remove(execution);
        if !self.workload.frozen_for.is_empty() {
            return;
        }
        let moved = |server: usize| {
            // Where a record moves traffic, nobody does.
            let by_hand = self.workload.leader.is_none()
                && self.workload.moved_by_hand.get(server).is_some_and(Option::is_some);
            let record = self.workload.records.get(server).and_then(Option::as_ref);
            let held = record.and_then(|(zone, name)| self.list_record_sets(zone, name, "A").ok());
            let mut values = held.into_iter().flatten().flat_map(|set| &set.values);
            by_hand || values.any(|value| self.is_a4_address(server, value))
        };
        if !(0..self.fleet.len()).any(moved) {
            self.operator_freezes_writes(false);
        }
    }

    /// Notes that a person has aborted this execution.
    pub fn operator_aborts(&mut self, execution: &str) {
        self.workload.aborted.insert(execution.to_owned());
    }

    /// Returns true for an execution that a person has aborted at a gate.
    pub fn is_aborted(&self, execution: &str) -> bool {
        self.workload.aborted.contains(execution)
    }

    /// Notes that a person wants servers launched again, by name; all of them without a name.
    pub fn operator_asks_again(&mut self, names: &[String]) {
        for (index, server) in self.fleet.iter().enumerate() {
            if names.is_empty() || names.contains(&server.name) {
                self.workload.asked_again.insert(index, self.now_ms);
            }
        }
    }

    /// Returns the time at which a person last wanted this server launched again, in milliseconds since 1970.
    pub fn asked_again_ms(&self, server: usize) -> Option<i64> {
        self.workload.asked_again.get(&server).copied()
    }

    fn is_a4_address(&self, server: usize, address: &str) -> bool {
        self.owner_of(address).is_some_and(|(_, id)| self.fleet[server].a4.contains(id))
    }

    /// Returns true while people or the hook have stopped the applications on this instance.
    pub fn is_frozen(&self, instance: &InstanceId) -> bool {
        self.workload.frozen.contains(instance) || self.workload.by_hook.has_stopped(instance)
    }

    pub(crate) fn follow_all_traffic(&mut self) {
        for server in 0..self.workload.servers.len() {
            self.follow_traffic(server);
        }
    }

    /// Starts and ends the stretches of writes and of downtime of a server, by the instance that serves now.
    pub(crate) fn follow_traffic(&mut self, server: usize) {
        let now = self.now_ms;
        let serving = self.serving(server).filter(|serving| serving.running);
        let frozen = serving.as_ref().is_some_and(|serving| self.is_frozen(&serving.instance));
        let Some(traffic) = self.workload.servers.get_mut(server) else { return };
        traffic.set_down(serving.is_none(), now);
        let writing = match serving {
            Some(serving) if !frozen => Some((serving.region, serving.instance)),
            _ => None,
        };
        if traffic.writing == writing {
            return;
        }
        let before = std::mem::replace(&mut traffic.writing, writing.clone());
        let since = std::mem::replace(&mut traffic.writing_since, now);
        if let Some((region, id)) = before {
            let written = self.workload.written(since, now);
            self.workload.acknowledge(server, &written);
            let instance = self.instance_mut(region, &id);
            if let Some((_, end)) = instance.and_then(|instance| instance.disk.written.last_mut()) {
                end.get_or_insert(now);
            }
        }
        if let Some((region, id)) = writing
            && let Some(instance) = self.instance_mut(region, &id)
        {
            instance.disk.written.push((now, None));
        }
    }

    /// Returns the count of acknowledged records of a server.
    pub fn acknowledged(&self, server: usize) -> u64 {
        self.workload.acknowledged(server, self.now_ms).count()
    }

    /// Returns the acknowledged records of a server that are missing on the instance that serves now.
    pub fn lost(&self, server: usize) -> Option<LossWindow> {
        self.lost_besides(server, &RangeSet::default())
    }

    /// Returns the records that are missing on the instance that serves now, without those that were missing before.
    pub fn lost_besides(&self, server: usize, before: &RangeSet) -> Option<LossWindow> {
        self.workload.loss_window(&self.missing(server)?.without(before))
    }

    /// Returns the numbers of the acknowledged records of a server that are missing on the instance that serves now.
    pub fn missing(&self, server: usize) -> Option<RangeSet> {
        let serving = self.serving(server)?;
        let held = self.disk_content(self.instance(serving.region, &serving.instance)?, self.now_ms);
        Some(self.workload.acknowledged(server, self.now_ms).without(&held))
    }

    /// Returns true for an instance that lacks acknowledged records of a server.
    pub fn lacks(&self, server: usize, instance: &Instance) -> bool {
        let held = self.disk_content(instance, self.now_ms);
        self.workload.acknowledged(server, self.now_ms).without(&held).count() > 0
    }

    /// Returns the downtime of a server since the scenario started, in milliseconds.
    pub fn dark_ms(&self, server: usize) -> i64 {
        let Some(traffic) = self.workload.servers.get(server) else { return 0 };
        traffic.down_ms + traffic.down_since.map_or(0, |since| self.now_ms - since)
    }
}
