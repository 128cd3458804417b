//! The steps against AWS's protocols: through the SDK, over HTTP, signed and parsed, in the time of the simulated
//! world.
//!
//! The tests are in `tests/`; this is their shared code.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use failback_asl::Event;
use failback_aws::{Aws, Config, Machines};
use failback_core::Result;
use failback_core::cloud::Clock;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::timestamp::Timestamp;
use failback_rehearsal::plans;
use failback_rehearsal::program::{Performer, Program};
use failback_rehearsal::rehearsal::{Rehearsal, RunResult, Setting};
use failback_rehearsal::runner::{GateAnswer, Watcher};
use failback_rehearsal::steps::StepEntry;
use failback_sim::{Simulation, World};
use failback_wire::{HttpServer, Quirk, Quirks, Router, Speed};
use serde_json::Value;
use tokio::runtime::Runtime;

/// The time of a world. Nothing lets it pass for a client on the wire, so a pause passes at once.
struct WorldClock(Simulation);

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn pause(&self, millis: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.world().advance_by(i64::try_from(millis).unwrap_or(i64::MAX / 2));
        Box::pin(std::future::ready(()))
    }
}

/// A simulated world that listens, and an AWS client that calls it.
#[derive(Debug)]
pub struct Wire {
    aws: Aws,
    runtime: Runtime,
    port: u16,
}

impl Wire {
    /// Serves a world. Its time moves only by the calls and by the runner.
    ///
    /// # Panics
    /// When no port is free.
    pub fn open(simulation: &Simulation, quirks: impl IntoIterator<Item = Quirk>) -> Self {
        // One worker serves; the thread of the test calls.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime starts");
        let router = Arc::new(Router::new(simulation.clone(), Speed(0.0), Quirks::new(quirks)));
        let server = runtime.block_on(HttpServer::bind(0, router)).expect("a port is free");
        let port = server.address().expect("it has an address").port();
        runtime.spawn(server.run(std::future::pending()));
        let machine =
            |name: &str| format!("arn:aws:states:us-east-2:111122223333:stateMachine:drs-failback-{name}");
        let machines = Machines { drill: machine("drill"), failback: machine("failback") };
        let config = Config { machines: Some(machines), ..Config::default() };
        let aws = Aws::on_loopback(config, port).with_clock(Arc::new(WorldClock(simulation.clone())));
        Self { aws, runtime, port }
    }

    /// Returns the client.
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Returns the port on which the world listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits for an answer.
    pub fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }
}

impl Performer for Wire {
    fn perform(
        &self,
        _: &Simulation,
        step: StepEntry,
        payload: &Value,
        deadline: Timestamp,
    ) -> Option<Result<Value>> {
        Some(self.wait(step.call(&self.aws, payload, deadline)))
    }
}

/// Everything that steps reported while they waited and at their ends: state and words.
#[derive(Debug, Default)]
pub struct Said(pub Vec<(String, String)>);

impl Said {
    /// Reports whether a state reported these words.
    pub fn has(&self, state: &str, words: &str) -> bool {
        self.0.iter().any(|(said, why)| said == state && why.contains(words))
    }
}

impl Watcher for Said {
    fn event(&mut self, _: &World, event: &Event) {
        let (state, why) = match event {
            Event::TaskSucceeded { state, result, .. } => {
                (state, result["Payload"]["answer"]["why"].as_str())
            }
            Event::TaskFailed { state, failure, .. } => (state, Some(failure.cause.as_str())),
            _ => return,
        };
        self.0.push((state.clone(), why.unwrap_or_default().to_owned()));
    }

    fn gate(&mut self, _: &str) -> GateAnswer {
        GateAnswer::Yes
    }
}

/// Returns the three-tier example in the world that a procedure usually finds.
///
/// # Panics
/// When the example is not a plan.
pub fn setting(procedure: Procedure, seed: u64) -> Setting {
    let plan = Plan::parse(plans::THREE_TIER).expect("the example is a plan");
    let input = serde_json::from_str(plans::THREE_TIER).expect("the example is JSON");
    Setting::usual(procedure, input, plan, 3, seed)
}

/// Runs a procedure over the wire.
///
/// # Panics
/// When the state machines cannot be read.
pub fn run(
    rehearsal: &mut Rehearsal,
    procedure: Procedure,
    quirks: impl IntoIterator<Item = Quirk>,
) -> (RunResult, Said) {
    let wire = Wire::open(&rehearsal.simulation, quirks);
    rehearsal.set_program(Program::deployed().expect("the machines can be read").performed_by(wire));
    let mut said = Said::default();
    (rehearsal.run(procedure, &mut said), said)
}

/// Returns everything that is left of each server, by the page's labels.
pub fn left(rehearsal: &Rehearsal) -> Vec<Vec<&'static str>> {
    let world = rehearsal.simulation.world();
    (0..world.fleet().len())
        .map(|server| world.left_of(server).iter().map(|left| left.label).collect())
        .collect()
}
