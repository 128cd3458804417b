//! The payloads of steps.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::result::PollState;
use crate::fleet::Fleet;
use crate::run::Run;

/// The payload of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FleetInput {
    /// The run.
    pub run: Run,
    /// The run's servers.
    pub fleet: Fleet,
    /// The state of polling as the step returned it last; null at the first call.
    pub wait: Option<PollState>,
}

/// The payload of a step that works wave by wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WaveInput {
    /// The run.
    pub run: Run,
    /// The run's servers.
    pub fleet: Fleet,
    /// Index of the wave in the plan.
    pub wave: usize,
    /// The state of polling as the step returned it last; null at the first call.
    pub wait: Option<PollState>,
}

/// A payload that holds a run, its servers and the state of polling.
pub trait StepInput: Serialize + DeserializeOwned + JsonSchema + Send {
    /// Builds a payload, as a state machine does.
    fn of(run: Run, fleet: Fleet, wave: usize, poll: Option<PollState>) -> Self;

    /// Returns the parts of the payload; the wave is 0 for a step that works on the whole fleet.
    fn into_parts(self) -> (Run, Fleet, usize, Option<PollState>);
}

impl StepInput for FleetInput {
    fn of(run: Run, fleet: Fleet, _wave: usize, wait: Option<PollState>) -> Self {
        Self { run, fleet, wait }
    }

    fn into_parts(self) -> (Run, Fleet, usize, Option<PollState>) {
        (self.run, self.fleet, 0, self.wait)
    }
}

impl StepInput for WaveInput {
    fn of(run: Run, fleet: Fleet, wave: usize, wait: Option<PollState>) -> Self {
        Self { run, fleet, wave, wait }
    }

    fn into_parts(self) -> (Run, Fleet, usize, Option<PollState>) {
        (self.run, self.fleet, self.wave, self.wait)
    }
}
