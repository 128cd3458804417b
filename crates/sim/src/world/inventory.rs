//! The objects of the fleet that exist now.

use failback_core::cloud::{Direction, InstanceState};
use failback_core::id::{InstanceId, RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;

use super::fleet::{Labels, Left, LeftKind};
use super::state::World;

impl World {
    /// Returns true while the instance is neither being terminated nor terminated.
    fn lives(&self, region: Region, id: &InstanceId) -> bool {
        self.instance(region, id).is_some_and(|instance| instance.state.is_live())
    }

    /// Returns true for a recovery instance that is not merely still listed. It needs no more work once EC2 terminates
    /// its instance.
    fn remains(&self, region: Region, id: &RecoveryInstanceId) -> bool {
        let state = self.state_of(region, id);
        self.recovery_instance(region, id).is_some()
            && !matches!(state, InstanceState::ShuttingDown | InstanceState::Terminated)
    }

    fn newest_instance(&self, region: Region, ids: &[InstanceId]) -> Option<InstanceId> {
        ids.iter().rev().find(|id| self.lives(region, id)).cloned()
    }

    fn newest_recovery_instance(
        &self,
        region: Region,
        ids: &[RecoveryInstanceId],
    ) -> Option<RecoveryInstanceId> {
        ids.iter().rev().find(|id| self.remains(region, id)).cloned()
    }

    fn newest_source_server(&self, region: Region, ids: &[SourceServerId]) -> Option<SourceServerId> {
        ids.iter().rev().find(|id| self.source_server(region, id).is_some()).cloned()
    }

    /// Returns the objects of a server that exist now.
    pub fn labels(&self, server: usize) -> Labels {
        let Some(server) = self.fleet.get(server) else { return Labels::default() };
        let (source, recovery) = self.region_pair;
        Labels {
            a1: self.newest_instance(source, std::slice::from_ref(&server.a1)),
            a2: self.newest_source_server(source, &server.a2),
            a3: self.newest_recovery_instance(source, &server.a3),
            a4: self.newest_instance(source, &server.a4),
            b1: self.newest_source_server(recovery, std::slice::from_ref(&server.b1)),
            b2: self.newest_recovery_instance(recovery, &server.b2),
            b3: self.newest_instance(recovery, &server.b3),
        }
    }

    /// Returns everything of the fleet that still exists, server by server.
    pub fn left(&self) -> Vec<Left> {
        (0..self.fleet.len()).flat_map(|server| self.left_of(server)).collect()
    }

    /// Returns everything of one server that still exists. An A4 that is A1 counts as A4 only.
    pub fn left_of(&self, server: usize) -> Vec<Left> {
        let Some(entry) = self.fleet.get(server) else { return Vec::new() };
        let (source, recovery) = self.region_pair;
        let a1 = if entry.a4.contains(&entry.a1) { &[] } else { std::slice::from_ref(&entry.a1) };
        let b1s = [entry.earlier_b1.as_slice(), std::slice::from_ref(&entry.b1)].concat();
        [
            self.instances_left(server, "A1", source, a1),
            self.source_servers_left(server, "A2", source, &entry.a2),
            self.recovery_instances_left(server, "A3", source, &entry.a3),
            self.instances_left(server, "A4", source, &entry.a4),
            self.source_servers_left(server, "B1", recovery, &b1s),
            self.recovery_instances_left(server, "B2", recovery, &entry.b2),
            self.instances_left(server, "B3", recovery, &entry.b3),
        ]
        .concat()
    }

    fn instances_left(
        &self,
        server: usize,
        label: &'static str,
        region: Region,
        ids: &[InstanceId],
    ) -> Vec<Left> {
        let kind = LeftKind::Instance;
        let left = ids.iter().filter(|id| self.lives(region, id));
        left.map(|id| Left { label, id: id.to_string(), region, kind, server }).collect()
    }

    fn source_servers_left(
        &self,
        server: usize,
        label: &'static str,
        region: Region,
        ids: &[SourceServerId],
    ) -> Vec<Left> {
        let kind = LeftKind::SourceServer;
        let left = ids.iter().filter(|id| self.source_server(region, id).is_some());
        left.map(|id| Left { label, id: id.to_string(), region, kind, server }).collect()
    }

    fn recovery_instances_left(
        &self,
        server: usize,
        label: &'static str,
        region: Region,
        ids: &[RecoveryInstanceId],
    ) -> Vec<Left> {
        let kind = LeftKind::RecoveryInstance;
        let left = ids.iter().filter(|id| self.remains(region, id));
        left.map(|id| Left { label, id: id.to_string(), region, kind, server }).collect()
    }

    /// Returns the index of a server of the fleet by its name or the id of its B1.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.fleet.iter().position(|server| server.name == name || server.has_b1(name))
    }

    /// Adds a launch to the server of the fleet that the source server belongs to. Its traffic may move there.
    pub(crate) fn add_launch_to_fleet(
        &mut self,
        region: Region,
        launched_from: &SourceServerId,
        recovery_instance: &RecoveryInstanceId,
        instance: &InstanceId,
    ) {
        let Some(source_server) = self.source_server(region, launched_from) else { return };
        let (direction, Some(index)) = (source_server.direction, source_server.server) else { return };
        let Some(server) = self.fleet.get_mut(index) else { return };
        let (recovery_instances, instances) = match direction {
            Direction::Failback => (&mut server.a3, &mut server.a4),
            _ => (&mut server.b2, &mut server.b3),
        };
        // A launch into an existing instance has the ids of the launch before it.
        if !recovery_instances.contains(recovery_instance) {
            recovery_instances.push(recovery_instance.clone());
        }
        if !instances.contains(instance) {
            instances.push(instance.clone());
        }
        self.follow_traffic(index);
    }

    /// Adds a source server that ReverseReplication created to its server of the fleet: A2, or another B1.
    pub(crate) fn add_reversed_to_fleet(
        &mut self,
        server: Option<usize>,
        id: &SourceServerId,
        direction: Direction,
    ) {
        let Some(server) = server.and_then(|index| self.fleet.get_mut(index)) else { return };
        match direction {
            Direction::Failback => server.a2.push(id.clone()),
            _ => server.earlier_b1.push(std::mem::replace(&mut server.b1, id.clone())),
        }
    }
}
