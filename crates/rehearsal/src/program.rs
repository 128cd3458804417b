//! What runs: the two state machines, and who performs their tasks.

use std::sync::{Arc, LazyLock};

use failback_asl::Machine;
use failback_core::Result;
use failback_core::procedure::Procedure;
use failback_core::timestamp::Timestamp;
use failback_sim::Simulation;
use futures_util::FutureExt as _;
use serde_json::Value;

use crate::machines;
use crate::steps::StepEntry;

/// Performs one call of a step. None when its process died.
pub trait Performer: Send + Sync {
    /// Performs it in this world, for this execution.
    fn perform(
        &self,
        simulation: &Simulation,
        step: StepEntry,
        payload: Value,
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
        payload: Value,
        deadline: Timestamp,
    ) -> Option<Result<Value>> {
        // The simulator answers every call at once, so a step that does not end has died.
        step.call(simulation, payload, deadline).now_or_never()
    }
}

/// Every step is called twice with the same payload, and the first answer is thrown away: what a queue that delivers
/// at least once does, or a retry after an answer that was lost.
#[derive(Clone)]
pub struct Twice(pub Program);

impl Performer for Twice {
    fn perform(
        &self,
        simulation: &Simulation,
        step: StepEntry,
        payload: Value,
        deadline: Timestamp,
    ) -> Option<Result<Value>> {
        let performer = self.0.performer();
        performer.perform(simulation, step, payload.clone(), deadline)?.ok();
        performer.perform(simulation, step, payload, deadline)
    }
}

/// The two state machines, and who performs their tasks.
#[derive(Clone)]
pub struct Program {
    drill: Arc<Machine>,
    failback: Arc<Machine>,
    performer: Arc<dyn Performer>,
}

impl Program {
    /// The program that is deployed.
    ///
    /// # Errors
    /// When a state machine cannot be read.
    pub fn deployed() -> Result<Self, String> {
        static READ: LazyLock<Result<Program, String>> =
            LazyLock::new(|| Program::of(machines::DRILL, machines::FAILBACK));
        READ.clone()
    }

    /// The steps under machines of these texts.
    ///
    /// # Errors
    /// Every problem of the definitions, one a line.
    pub fn of(drill: &str, failback: &str) -> Result<Self, String> {
        let read = |procedure, text| machines::parse(procedure, text).map(Arc::new);
        Ok(Self {
            drill: read(Procedure::Drill, drill)?,
            failback: read(Procedure::Failback, failback)?,
            performer: Arc::new(Deployed),
        })
    }

    /// The same machines, with another performer.
    #[must_use]
    pub fn performed_by(mut self, performer: impl Performer + 'static) -> Self {
        self.performer = Arc::new(performer);
        self
    }

    /// The machine of a procedure.
    pub fn machine(&self, procedure: Procedure) -> &Arc<Machine> {
        match procedure {
            Procedure::Drill => &self.drill,
            Procedure::Failback => &self.failback,
        }
    }

    /// Who performs its tasks.
    pub fn performer(&self) -> &Arc<dyn Performer> {
        &self.performer
    }
}
