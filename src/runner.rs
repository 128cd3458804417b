//! Drives executions of the state machines in a simulated world: their tasks are the steps that Lambda runs, their
//! time is the world's.

use failback_asl::{Ask, Event, Execution, Failure, Machine, Outcome, Start, Stats, TaskCall};
use failback_core::cloud::{Clock, RunningExecution};
use failback_core::error::Chain;
use failback_core::moment::Moment;
use failback_core::procedure::Procedure;
use failback_sim::{Simulation, World};
use futures_util::FutureExt;
use serde_json::{Value, json};

use crate::steps::Step;

/// What starting a function costs, in milliseconds of virtual time.
const LAMBDA_MS: i64 = 20;

/// How long a function may run, less what it keeps in hand.
const DEADLINE_SECONDS: u64 = 55;

/// A person's answer at a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No, because.
    No(String),
    /// None, until time is up.
    Silence,
}

/// Somebody who watches an execution and answers at its gates.
pub trait Watcher {
    /// Something has happened.
    fn event(&mut self, world: &World, event: &Event);

    /// A gate waits.
    fn gate(&mut self, message: &str) -> Answer;

    /// Nothing happens until this moment.
    fn quiet_until(&mut self, _world: &World, _until: Moment) {}
}

/// An execution under way, and where it stands.
pub struct Running<'m> {
    /// Its id.
    pub id: String,
    /// What it carries out.
    pub procedure: Procedure,
    execution: Execution<'m>,
    /// When it can go on.
    due_ms: i64,
    /// What a gate will be answered, and when.
    answer: Option<(i64, Result<Value, Failure>)>,
    ended: Option<Outcome>,
}

impl<'m> Running<'m> {
    /// Starts an execution now.
    pub fn start(
        simulation: &Simulation,
        machine: &'m Machine,
        procedure: Procedure,
        id: &str,
        plan: Value,
        seed: u64,
    ) -> Self {
        let now = simulation.now();
        simulation.world().execution_started(RunningExecution {
            id: id.to_owned(),
            started: now,
            procedure,
            input: plan.clone(),
        });
        let start = Start {
            execution_id: id.to_owned(),
            execution_name: id.to_owned(),
            state_machine_name: procedure.as_str().to_owned(),
            input: plan,
            seed,
        };
        Self {
            id: id.to_owned(),
            procedure,
            execution: Execution::start(machine, start, now.millis()),
            due_ms: now.millis(),
            answer: None,
            ended: None,
        }
    }

    /// How it ended, if it has.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.ended.as_ref()
    }

    /// Transitions, events, payload.
    pub fn stats(&self) -> Stats {
        self.execution.stats()
    }

    /// When it can go on, in milliseconds since 1970.
    pub fn due_ms(&self) -> i64 {
        self.due_ms
    }

    /// The state it is in.
    pub fn state(&self) -> &str {
        self.execution.state_name()
    }

    /// Goes on until it has to wait, or has done one task.
    pub fn go_on(&mut self, simulation: &Simulation, watcher: &mut dyn Watcher) {
        let now = simulation.now().millis();
        if now < self.due_ms {
            simulation.world().advance_to(self.due_ms);
        }
        let now = simulation.now().millis();
        match self.execution.advance(now) {
            Ask::Task(call) => self.task(simulation, &call, watcher),
            Ask::SleepUntil(until) => self.due_ms = until,
            Ask::Ended(outcome) => {
                simulation.world().execution_ended(&self.id);
                self.ended = Some(outcome);
            }
        }
        self.tell(simulation, watcher);
    }

    fn tell(&mut self, simulation: &Simulation, watcher: &mut dyn Watcher) {
        let world = simulation.world();
        for event in self.execution.take_events() {
            watcher.event(&world, &event);
        }
    }

    fn task(&mut self, simulation: &Simulation, call: &TaskCall, watcher: &mut dyn Watcher) {
        if call.token.is_some() {
            self.tell(simulation, watcher);
            return self.gate(simulation, call, watcher);
        }
        let result = if call.resource.ends_with(":s3:putObject") {
            keep(simulation, &self.id, call)
        } else {
            invoke(simulation, &self.id, call)
        };
        let now = simulation.now().millis();
        self.due_ms = now;
        self.execution.task_done(result, now);
    }

    fn gate(&mut self, simulation: &Simulation, call: &TaskCall, watcher: &mut dyn Watcher) {
        let now = simulation.now().millis();
        let (at, result) = self.answer.take().unwrap_or_else(|| {
            let message = call.arguments["Message"].as_str().unwrap_or_default();
            answered(simulation, call, now, watcher.gate(message))
        });
        if at > now {
            self.due_ms = at;
            self.answer = Some((at, result));
        } else {
            self.execution.task_done(result, now);
        }
    }
}

/// What a gate is answered, and when.
fn answered(
    simulation: &Simulation,
    call: &TaskCall,
    now: i64,
    answer: Answer,
) -> (i64, Result<Value, Failure>) {
    match answer {
        Answer::Yes => {
            // Where traffic is moved by hand, yes says that it has moved; elsewhere this changes nothing.
            simulation.world().person_moves_traffic();
            (now, Ok(json!({ "approved": true, "by": "the rehearsal" })))
        }
        Answer::No(why) => (now, Err(Failure::new("Failback.Refused", why))),
        Answer::Silence => (call.times_out_at.unwrap_or(now), Err(Failure::timeout())),
    }
}

/// Writes evidence to the bucket of the simulated account.
fn keep(simulation: &Simulation, execution: &str, call: &TaskCall) -> Result<Value, Failure> {
    let key = call.arguments["Key"].as_str().unwrap_or_default();
    let mut world = simulation.world();
    world.enter_step(None, Some(execution));
    let kept = world.keep_evidence(key, call.arguments["Body"].to_string());
    world.enter_step(None, None);
    kept.map(|()| json!({ "ETag": "\"0\"" }))
        .map_err(|fault| Failure::new(format!("S3.{}", fault.code), fault.message))
}

/// Runs a step as Lambda would. The simulator answers every call at once, so a step that does not end has died.
fn invoke(simulation: &Simulation, execution: &str, call: &TaskCall) -> Result<Value, Failure> {
    let function = call.arguments["FunctionName"].as_str().unwrap_or_default();
    let Some(step) = Step::find(function) else {
        return Err(Failure::new(
            "Lambda.ResourceNotFoundException",
            format!("no step is called {function}"),
        ));
    };
    {
        let mut world = simulation.world();
        world.advance_by(LAMBDA_MS);
        world.enter_step(Some(step.name), Some(execution));
    }
    let deadline = simulation.now().plus_seconds(DEADLINE_SECONDS);
    let answer = step.call(simulation, call.arguments["Payload"].clone(), deadline).now_or_never();
    simulation.world().enter_step(None, None);
    match answer {
        Some(Ok(payload)) => Ok(json!({ "StatusCode": 200, "Payload": payload })),
        Some(Err(error)) => Err(lambda_error(error.name().as_str(), &Chain(&error).to_string())),
        None => Err(lambda_error("Runtime.ExitError", "the function's process exited")),
    }
}

fn lambda_error(name: &str, message: &str) -> Failure {
    Failure::new(name, json!({ "errorType": name, "errorMessage": message }).to_string())
}

/// Drives executions to their ends, always the one that can go on first.
pub fn drive(simulation: &Simulation, running: &mut [Running<'_>], watcher: &mut dyn Watcher) {
    loop {
        let next = running.iter_mut().filter(|run| run.ended.is_none()).min_by_key(|run| run.due_ms);
        let Some(run) = next else { return };
        if run.due_ms > simulation.now().millis() {
            watcher.quiet_until(&simulation.world(), Moment::from_millis(run.due_ms));
        }
        run.go_on(simulation, watcher);
    }
}
