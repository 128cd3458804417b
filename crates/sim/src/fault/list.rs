//! The faults of a world.

use super::kind::{Fault, TaskFault};
use crate::operation::Operation;
use crate::service_error::ServiceError;

/// The names by which a fault may mean a server of the fleet: its own, and the id of its B1.
pub(crate) type ServerNames<'a> = [&'a str; 2];

/// Faults in the order in which they were added. Of those that fit a call, the first that still applies is used.
#[derive(Debug, Default)]
pub(crate) struct FaultList(Vec<Fault>);

impl FaultList {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn as_slice(&self) -> &[Fault] {
        &self.0
    }

    /// Applies a fault to the answer of a step.
    pub(crate) fn answer_of(&mut self, step: &str) -> Option<TaskFault> {
        self.0.iter_mut().find_map(|fault| fault.answer_of(step))
    }

    /// Applies a fault that refuses a call.
    pub(crate) fn refusal(&mut self, operation: Operation) -> Option<ServiceError> {
        self.0.iter_mut().find_map(|fault| fault.refusal(operation))
    }

    /// Applies a fault that loses the answer of a call.
    pub(crate) fn loses_answer(&mut self, operation: Operation) -> bool {
        self.0.iter_mut().any(|fault| fault.loses_answer(operation))
    }

    /// Applies a fault that crashes a step.
    pub(crate) fn crashes(&mut self, step: &str) -> bool {
        self.0.iter_mut().any(|fault| fault.crashes(step))
    }

    /// Applies a fault that fails a launch of a server's A2.
    pub(crate) fn fails_launch(&mut self, server: ServerNames<'_>) -> bool {
        self.of_server(server).any(Fault::fails_launch)
    }

    /// Applies a fault that impairs the boot of a server's A4.
    pub(crate) fn impairs_boot(&mut self, server: ServerNames<'_>) -> bool {
        self.of_server(server).any(Fault::impairs_boot)
    }

    /// Applies a fault that stalls the initial sync of a server's A2. Returns the length of the stall, in milliseconds.
    pub(crate) fn stall_ms(&mut self, server: ServerNames<'_>) -> Option<i64> {
        self.of_server(server).find_map(Fault::stall_ms)
    }

    fn of_server(&mut self, names: ServerNames<'_>) -> impl Iterator<Item = &mut Fault> {
        self.0.iter_mut().filter(move |fault| fault.server().is_some_and(|server| names.contains(&server)))
    }
}
