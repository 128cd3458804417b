//! The fleet, its labels, and what is left of it.

use std::fmt;

use failback_core::cloud::{Direction, InstanceState, Tags};
use failback_core::id::{InstanceId, RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;

use super::World;
use crate::objects::SourceServer;

/// A server of the fleet, and everything that was ever made for it, oldest first: the truth, not what AWS shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetServer {
    /// Its name.
    pub name: String,
    /// Tags of B1.
    pub tags: Tags,
    /// Index of its wave in the plan.
    pub wave: usize,
    /// The original.
    pub a1: InstanceId,
    /// What protects production.
    pub b1: SourceServerId,
    /// Reversed replication.
    pub a2: Vec<SourceServerId>,
    /// Records of failed-back instances.
    pub a3: Vec<RecoveryInstanceId>,
    /// Failed-back instances.
    pub a4: Vec<InstanceId>,
    /// Records of recovered instances.
    pub b2: Vec<RecoveryInstanceId>,
    /// Recovered instances.
    pub b3: Vec<InstanceId>,
}

/// What exists of a server now: live instances and existing records, the newest of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)] // The labels of AWS's page.
pub struct Labels {
    pub a1: Option<InstanceId>,
    pub a2: Option<SourceServerId>,
    pub a3: Option<RecoveryInstanceId>,
    pub a4: Option<InstanceId>,
    pub b1: Option<SourceServerId>,
    pub b2: Option<RecoveryInstanceId>,
    pub b3: Option<InstanceId>,
}

/// What kind of thing is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftKind {
    /// An EC2 instance.
    Instance,
    /// A source server.
    SourceServer,
    /// A recovery instance.
    RecoveryInstance,
}

impl fmt::Display for LeftKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Instance => "EC2 instance",
            Self::SourceServer => "source server",
            Self::RecoveryInstance => "recovery instance",
        })
    }
}

/// Something of the fleet that still exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Such as `A2`.
    pub label: &'static str,
    /// Its id.
    pub id: String,
    /// Where.
    pub region: Region,
    /// What it is.
    pub kind: LeftKind,
    /// Index of its server in the fleet.
    pub server: usize,
}

impl World {
    fn lives(&self, region: Region, id: &InstanceId) -> bool {
        self.instance(region, id).is_some_and(|instance| instance.state.is_live())
    }

    /// True for a record that does not merely linger: once EC2 takes its instance down, nothing is left to do.
    fn counts(&self, region: Region, id: &RecoveryInstanceId) -> bool {
        let goes =
            matches!(self.state_of(region, id), InstanceState::ShuttingDown | InstanceState::Terminated);
        self.recovery_instance(region, id).is_some() && !goes
    }

    /// What exists of a server now.
    pub fn labels(&self, server: usize) -> Labels {
        let Some(entry) = self.fleet.get(server) else { return Labels::default() };
        let (source, recovery) = self.pair;
        let instance =
            |region, ids: &[InstanceId]| ids.iter().rev().find(|id| self.lives(region, id)).cloned();
        let record =
            |region, ids: &[RecoveryInstanceId]| ids.iter().rev().find(|id| self.counts(region, id)).cloned();
        let source_server_of = |region, ids: &[SourceServerId]| {
            ids.iter().rev().find(|id| self.source_server(region, id).is_some()).cloned()
        };
        Labels {
            a1: instance(source, std::slice::from_ref(&entry.a1)),
            a2: source_server_of(source, &entry.a2),
            a3: record(source, &entry.a3),
            a4: instance(source, &entry.a4),
            b1: source_server_of(recovery, std::slice::from_ref(&entry.b1)),
            b2: record(recovery, &entry.b2),
            b3: instance(recovery, &entry.b3),
        }
    }

    /// Everything of the fleet that still exists, server by server.
    pub fn left(&self) -> Vec<Left> {
        (0..self.fleet.len()).flat_map(|server| self.left_of(server)).collect()
    }

    /// Everything of one server that still exists. Where A4 is A1 it counts as A4.
    pub fn left_of(&self, server: usize) -> Vec<Left> {
        let Some(entry) = self.fleet.get(server) else { return Vec::new() };
        let (source, recovery) = self.pair;
        let mut left = Vec::new();
        let mut add = |label, region, kind, id: String| left.push(Left { label, id, region, kind, server });
        let a1_is_a4 = entry.a4.contains(&entry.a1);
        if !a1_is_a4 && self.lives(source, &entry.a1) {
            add("A1", source, LeftKind::Instance, entry.a1.to_string());
        }
        for id in entry.a2.iter().filter(|id| self.source_server(source, id).is_some()) {
            add("A2", source, LeftKind::SourceServer, id.to_string());
        }
        for id in entry.a3.iter().filter(|id| self.counts(source, id)) {
            add("A3", source, LeftKind::RecoveryInstance, id.to_string());
        }
        for id in entry.a4.iter().filter(|id| self.lives(source, id)) {
            add("A4", source, LeftKind::Instance, id.to_string());
        }
        if self.source_server(recovery, &entry.b1).is_some() {
            add("B1", recovery, LeftKind::SourceServer, entry.b1.to_string());
        }
        for id in entry.b2.iter().filter(|id| self.counts(recovery, id)) {
            add("B2", recovery, LeftKind::RecoveryInstance, id.to_string());
        }
        for id in entry.b3.iter().filter(|id| self.lives(recovery, id)) {
            add("B3", recovery, LeftKind::Instance, id.to_string());
        }
        left
    }

    /// Index of a server of the fleet by its name or the id of its B1.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.fleet.iter().position(|server| server.name == name || server.b1.as_str() == name)
    }

    /// Notes what was launched for a server of the fleet.
    pub(crate) fn note_launched(
        &mut self,
        region: Region,
        from: &SourceServerId,
        record: &RecoveryInstanceId,
        instance: &InstanceId,
    ) {
        let Some((index, direction)) =
            self.source_server(region, from).and_then(|s| Some((s.server?, s.direction)))
        else {
            return;
        };
        let Some(entry) = self.fleet.get_mut(index) else { return };
        let (records, instances) = if direction == Direction::Failback {
            (&mut entry.a3, &mut entry.a4)
        } else {
            (&mut entry.b2, &mut entry.b3)
        };
        if !records.contains(record) {
            records.push(record.clone());
        }
        if !instances.contains(instance) {
            instances.push(instance.clone());
        }
        self.follow_traffic(index);
    }

    /// Notes the source server that reversed replication made.
    pub(crate) fn note_reversed(&mut self, server: Option<usize>, id: &SourceServerId, back: bool) {
        let Some(entry) = server.and_then(|server| self.fleet.get_mut(server)) else { return };
        if back {
            entry.a2.push(id.clone());
        } else {
            entry.b1 = id.clone();
        }
    }

    /// The name under which faults know the server.
    fn fault_names(&self, server: &SourceServer, name: &str) -> bool {
        server.server.and_then(|i| self.fleet.get(i)).is_some_and(|s| s.name == name || s.b1.as_str() == name)
    }

    /// True when a fault has this launch of A2 fail; uses the fault up.
    pub(crate) fn launch_is_to_fail(&mut self, server: &SourceServer) -> bool {
        if server.direction != Direction::Failback {
            return false;
        }
        let fits: Vec<bool> = self.faults_of(server);
        self.faults.iter_mut().zip(fits).any(|(fault, fits)| fits && fault.fails_launch())
    }

    /// True when a fault has this A4 come up impaired; uses the fault up.
    pub(crate) fn boot_is_to_fail(&mut self, id: &SourceServerId, region: Region) -> bool {
        let Some(server) = self.source_server(region, id).cloned() else { return false };
        let fits: Vec<bool> = self.faults_of(&server);
        self.faults.iter_mut().zip(fits).any(|(fault, fits)| fits && fault.fails_boot())
    }

    /// How long a fault has the initial sync of this server's A2 stall.
    pub(crate) fn stall_of(&mut self, original: &SourceServer) -> Option<i64> {
        let fits: Vec<bool> = self.faults_of(original);
        self.faults.iter_mut().zip(fits).find_map(|(fault, fits)| if fits { fault.stalls() } else { None })
    }

    fn faults_of(&self, server: &SourceServer) -> Vec<bool> {
        let fits = |name: &str| self.fault_names(server, name);
        self.faults.iter().map(|fault| fault.server().is_some_and(fits)).collect()
    }
}
