//! The steps, by the names under which the state machines call them.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;

use failback_core::Result;
use failback_core::cloud::Cloud;
use failback_core::procedure::Procedure;
use failback_core::step::{self, Handler};
use failback_core::timestamp::Timestamp;
use schemars::Schema;
use serde_json::Value;

/// The future of a call's result.
pub type StepFuture<'a> = Pin<Box<dyn Future<Output = Result<Value>> + Send + 'a>>;

/// A step: the code of one Lambda function, found by name.
#[derive(Clone, Copy)]
pub struct StepEntry {
    /// The name of its crate.
    pub name: &'static str,
    /// The procedures whose state machines call it.
    pub procedures: &'static [Procedure],
    /// Returns the JSON Schema of its payload.
    pub input: fn() -> Schema,
    /// Returns the JSON Schema of its result.
    pub output: fn() -> Schema,
    handle: for<'a> fn(&'a dyn Cloud, &'a Value, Timestamp) -> StepFuture<'a>,
}

impl StepEntry {
    const fn of<H: Handler>() -> Self {
        Self {
            name: H::NAME,
            procedures: H::PROCEDURES,
            input: || schemars::schema_for!(H::Input),
            output: || schemars::schema_for!(H::Output),
            handle: |cloud, payload, deadline| Box::pin(step::call_with::<H>(cloud, payload, deadline)),
        }
    }

    /// Handles one call.
    pub fn call<'a>(&self, cloud: &'a dyn Cloud, payload: &'a Value, deadline: Timestamp) -> StepFuture<'a> {
        (self.handle)(cloud, payload, deadline)
    }

    /// Returns the name of the state that calls it: its own in Title Case.
    pub fn state(&self) -> String {
        words(self.name).join(" ")
    }

    /// Returns the name of the step, or of the gate, that a state calls.
    pub fn name_of(state: &str) -> String {
        state.to_ascii_lowercase().replace(' ', "-")
    }

    /// Returns the text that stands for its function in the state machines until it is deployed.
    pub fn placeholder(&self) -> String {
        format!("${{{}FunctionArn}}", words(self.name).concat())
    }

    /// Returns the step behind a function's name in a state machine.
    pub fn find(function: &str) -> Option<Self> {
        static PLACEHOLDERS: LazyLock<HashMap<String, StepEntry>> =
            LazyLock::new(|| STEPS.iter().map(|step| (step.placeholder(), *step)).collect());
        PLACEHOLDERS.get(function).copied()
    }
}

/// Returns the words of a name in Title Case.
fn words(name: &str) -> Vec<String> {
    name.split('-').map(title_case).collect()
}

fn title_case(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => format!("{}{}", first.to_ascii_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

/// The second party, which no state machine calls.
pub const LIFT_FREEZES: StepEntry = StepEntry::of::<lift_freezes::LiftFreezes>();

/// Every step, in the order of their names.
pub const STEPS: &[StepEntry] = &[
    StepEntry::of::<check_launch_state::CheckLaunchState>(),
    StepEntry::of::<check_readiness::CheckReadiness>(),
    StepEntry::of::<claim_servers::ClaimServers>(),
    StepEntry::of::<delete_recovery_instances::DeleteRecoveryInstances>(),
    StepEntry::of::<drain_replication::DrainReplication>(),
    StepEntry::of::<freeze_writes::FreezeWrites>(),
    StepEntry::of::<launch_for_failback::LaunchForFailback>(),
    StepEntry::of::<launch_recovered_servers::LaunchRecoveredServers>(),
    StepEntry::of::<prepare_launch::PrepareLaunch>(),
    StepEntry::of::<protect_failed_back_servers::ProtectFailedBackServers>(),
    StepEntry::of::<redirect_traffic::RedirectTraffic>(),
    StepEntry::of::<remove_source_servers::RemoveSourceServers>(),
    StepEntry::of::<start_reversed_replication::StartReversedReplication>(),
    StepEntry::of::<stop_original_replication::StopOriginalReplication>(),
    StepEntry::of::<stop_reversed_replication::StopReversedReplication>(),
    StepEntry::of::<terminate_drill_servers::TerminateDrillServers>(),
    StepEntry::of::<terminate_failed_back_servers::TerminateFailedBackServers>(),
    StepEntry::of::<terminate_original_servers::TerminateOriginalServers>(),
    StepEntry::of::<terminate_recovered_servers::TerminateRecoveredServers>(),
    StepEntry::of::<validate_failed_back_servers::ValidateFailedBackServers>(),
    StepEntry::of::<write_report::WriteReport>(),
];
