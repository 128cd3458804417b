//! The program that runs: the two state machines, and the performer of their Tasks.

use std::sync::{Arc, LazyLock};

use failback_asl::Machine;
use failback_core::Result;
use failback_core::procedure::Procedure;
use failback_core::timestamp::Timestamp;
use failback_sim::Simulation;
use serde_json::Value;

use crate::machines;
use crate::steps::StepEntry;

/// A performer of the calls of steps.
pub trait Performer: Send + Sync {
    /// Performs one call in this world. Returns None when the step's process died.
    fn perform(
        &self,
        simulation: &Simulation,
        step: StepEntry,
        payload: &Value,
        deadline: Timestamp,
    ) -> Option<Result<Value>>;
}

/// The steps as Lambda runs them.
#[derive(Debug, Clone, Copy)]
pub struct Deployed;

impl Performer for Deployed {
    fn perform(
        &self,
        simulation: &Simulation,
        step: StepEntry,
        payload: &Value,
        deadline: Timestamp,
    ) -> Option<Result<Value>> {
        simulation.run(step.call(simulation, payload, deadline))
    }
}

/// A performer that calls every step twice with the same payload and drops the first answer, as a queue does that
/// delivers at least once, or a retry after a lost answer.
#[derive(Clone)]
pub struct Twice(pub Program);

impl Performer for Twice {
    fn perform(
        &self,
        simulation: &Simulation,
        step: StepEntry,
        payload: &Value,
        deadline: Timestamp,
    ) -> Option<Result<Value>> {
        let performer = self.0.performer();
        performer.perform(simulation, step, payload, deadline)?.ok();
        performer.perform(simulation, step, payload, deadline)
    }
}

/// The two state machines, and the performer of their Tasks.
#[derive(Clone)]
pub struct Program {
    drill: Arc<Machine>,
    failback: Arc<Machine>,
    performer: Arc<dyn Performer>,
}

impl Program {
    /// Returns the deployed program.
    ///
    /// # Errors
    /// When a state machine cannot be read.
    pub fn deployed() -> Result<Self, String> {
        static READ: LazyLock<Result<Program, String>> =
            LazyLock::new(|| Program::of(machines::DRILL, machines::FAILBACK));
        READ.clone()
    }

    /// Returns the deployed steps under the given state machines.
    ///
    /// # Errors
    /// Every problem of the definitions, one per line.
    pub fn of(drill: &str, failback: &str) -> Result<Self, String> {
        let read = |procedure, text| machines::parse(procedure, text).map(Arc::new);
        Ok(Self {
            drill: read(Procedure::Drill, drill)?,
            failback: read(Procedure::Failback, failback)?,
            performer: Arc::new(Deployed),
        })
    }

    /// Returns the same machines with another performer.
    #[must_use]
    pub fn performed_by(mut self, performer: impl Performer + 'static) -> Self {
        self.performer = Arc::new(performer);
        self
    }

    /// Returns the machine of a procedure.
    pub fn machine(&self, procedure: Procedure) -> &Arc<Machine> {
        match procedure {
            Procedure::Drill => &self.drill,
            Procedure::Failback => &self.failback,
        }
    }

    /// Returns the performer of the Tasks.
    pub fn performer(&self) -> &Arc<dyn Performer> {
        &self.performer
    }
}
