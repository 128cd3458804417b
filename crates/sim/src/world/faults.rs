//! Faults of this world.

use failback_core::cloud::Direction;
use failback_core::id::SourceServerId;
use failback_core::region::Region;

use super::fleet::FleetServer;
use super::state::World;
use crate::fault::{Fault, Faults, TaskFault};
use crate::objects::{SourceServer, StateReason};

impl World {
    /// Adds a fault.
    pub fn add_fault(&mut self, fault: Fault) {
        self.faults.add(fault);
    }

    /// Applies a fault to the answer of a step that is called now.
    pub fn fault_of_task(&mut self, step: &str) -> Option<TaskFault> {
        self.faults.answer_of(step)
    }

    /// Replaces all faults, and returns those that were there.
    pub fn replace_faults(&mut self, faults: Faults) -> Faults {
        std::mem::replace(&mut self.faults, faults)
    }

    /// Removes all faults.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// Returns the faults, including those that are used up.
    pub fn faults(&self) -> &[Fault] {
        self.faults.as_slice()
    }

    /// Applies a fault that fails this launch, if it is one of A2.
    pub(crate) fn launch_fails(&mut self, server: &SourceServer) -> bool {
        match fleet_server(&self.fleet, server) {
            Some(names) if server.direction == Direction::Failback => self.faults.fails_launch(names),
            _ => false,
        }
    }

    /// Applies a fault that impairs the boot of the A4 that was launched from this A2.
    pub(crate) fn boot_is_impaired(&mut self, region: Region, id: &SourceServerId) -> bool {
        let Some(server) = self.regions.get(&region).and_then(|state| state.source_servers.get(id)) else {
            return false;
        };
        match fleet_server(&self.fleet, server) {
            Some(names) if server.direction == Direction::Failback => self.faults.impairs_boot(names),
            _ => false,
        }
    }

    /// Applies a fault that ends the A4 that was just launched from this A2. Returns the reason.
    pub(crate) fn dies_at_launch(&mut self, region: Region, id: &SourceServerId) -> Option<StateReason> {
        let server = self.regions.get(&region)?.source_servers.get(id)?;
        let names = fleet_server(&self.fleet, server)?;
        if server.direction != Direction::Failback {
            return None;
        }
        self.faults.dies(names)
    }

    /// Applies a fault that stalls the initial sync of a server's A2. Returns the length of the stall, in milliseconds.
    pub(crate) fn stall_ms(&mut self, b1: &SourceServer) -> Option<i64> {
        self.faults.stall_ms(fleet_server(&self.fleet, b1)?)
    }
}

/// Returns the names by which a fault may mean the server that a source server belongs to.
fn fleet_server<'a>(fleet: &'a [FleetServer], server: &SourceServer) -> Option<[&'a str; 2]> {
    let server = fleet.get(server.server?)?;
    Some([&server.name, server.b1.as_str()])
}
