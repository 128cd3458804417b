//! The execution of the state machines in a simulated world. Their Tasks are the steps that Lambda runs, and their
//! time is the world's.

use std::borrow::Cow;

use failback_asl::{
    ErrorOutput, Event, ExecutionResult, Interpreter, Machine, NextAction, Start, Stats, TaskCall,
};
use failback_audit::Coverage;
use failback_core::cloud::{Clock, RunningExecution};
use failback_core::procedure::Procedure;
use failback_core::report::Report;
use failback_core::step::Status;
use failback_core::timestamp::Timestamp;
use failback_sim::{Simulation, Stack, TaskFault, World};
use serde_json::{Value, json};

use crate::program::{Performer, Program};
use crate::second_party;
use crate::steps::StepEntry;
use crate::task_output::{
    ASK_BEFORE_CLEAN_UP, ASK_BEFORE_LAUNCH, ASK_BEFORE_REDIRECT, KEEP_REFUSAL, TaskOutput,
};

/// What stands for the ARN of the hook in the machines until they are deployed.
const HOOK: &str = "${FreezeHookArn}";

/// The duration of starting a function, in milliseconds of virtual time.
const LAMBDA_MS: i64 = 20;

/// The time limit of a function, less its reserve.
const DEADLINE_SECONDS: u64 = 55;

/// Who answers at the gates of a rehearsal.
const REHEARSAL: &str = "the rehearsal";

/// A person's answer at a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GateAnswer {
    /// Approval.
    Yes,
    /// Refusal, with a reason.
    No(String),
    /// Any other output of `SendTaskSuccess`, such as `{"approved": false}`.
    Other(Value),
    /// The servers with these names launched again; all without a name.
    LaunchAgain(Vec<String>),
    /// An abort, with the reason.
    Abort(String),
    /// No answer until the gate times out.
    Silence,
}

impl GateAnswer {
    /// Returns an answer without approval, sent as a success.
    pub fn not_approved() -> Self {
        Self::Other(json!({ "approved": false }))
    }

    /// Returns the answer that this output of `SendTaskSuccess` is.
    pub fn of_output(output: &Value) -> Self {
        match output["launchAgain"].as_array() {
            _ if output["approved"] == true => Self::Yes,
            _ if output["abort"] == true => {
                Self::Abort(output["comment"].as_str().unwrap_or_default().to_owned())
            }
            Some(names) => {
                Self::LaunchAgain(names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            }
            None if output["launchAgain"] == "all" => Self::LaunchAgain(Vec::new()),
            None => Self::Other(output.clone()),
        }
    }
}

/// A watcher of an execution, which also answers its gates.
pub trait Watcher {
    /// Handles an event.
    fn event(&mut self, world: &World, event: &Event);

    /// Answers a gate.
    fn gate(&mut self, message: &str) -> GateAnswer;

    /// Handles a time without events, until this moment.
    fn quiet_until(&mut self, _world: &World, _until: Timestamp) {}
}

/// An execution in progress.
#[derive(Clone)]
pub struct Running<'m> {
    /// The id of the execution.
    pub id: String,
    /// The procedure.
    pub procedure: Procedure,
    execution: Interpreter<'m>,
    /// The time at which it can continue.
    due_ms: i64,
    started_ms: i64,
    ended_ms: i64,
    /// The answer to a gate, and its time.
    answer: Option<(i64, Result<Value, ErrorOutput>)>,
    ended: Option<ExecutionResult>,
    is_stopped: bool,
    performer: &'m dyn Performer,
    /// A person stops writes to B3 before the launch.
    freezes: bool,
    /// A person has stopped them for this execution.
    has_frozen: bool,
    notes: Notes,
}

/// Observations of an execution so far.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// The report.
    pub report: Option<Report>,
    /// The last state whose failure was caught.
    pub caught: Option<String>,
    /// States that waited without a reason.
    pub silent_waits: Vec<String>,
    /// The number of polls that had to wait.
    pub polls: u64,
    /// The states and branches that it visited.
    pub coverage: Coverage,
}

impl Notes {
    fn take(&mut self, machine: &Machine, event: &Event) {
        self.coverage.note(machine, event);
        match event {
            Event::TaskSucceeded { state, result, .. } => match TaskOutput::read(state, result) {
                TaskOutput::Step(step) if step.status == Status::Waiting => {
                    self.polls += 1;
                    if step.why.is_empty() {
                        self.silent_waits.push(state.clone());
                    }
                }
                TaskOutput::Report(report) => self.report = Some(*report),
                _ => {}
            },
            // A failure to keep a refusal is not the cause of the refusal.
            Event::Caught { state, .. } if state != KEEP_REFUSAL => self.caught = Some(state.clone()),
            _ => {}
        }
    }
}

impl<'m> Running<'m> {
    /// Starts an execution now.
    pub fn start(
        simulation: &Simulation,
        program: &'m Program,
        procedure: Procedure,
        id: &str,
        stack: Stack,
        plan: Value,
        seed: u64,
    ) -> Self {
        let now = simulation.now();
        let input = plan.clone();
        let freezes = plan["cutover"]["freeze"] == "byHand";
        let known = RunningExecution { id: id.to_owned(), started: now, procedure, input };
        simulation.world().execution_started(known, stack);
        let start = Start {
            execution_id: id.to_owned(),
            execution_name: id.rsplit(':').next().unwrap_or(id).to_owned(),
            state_machine_name: procedure.as_str().to_owned(),
            input: plan,
            seed,
        };
        Self {
            id: id.to_owned(),
            procedure,
            execution: Interpreter::start(program.machine(procedure), start, now.millis()),
            due_ms: now.millis(),
            started_ms: now.millis(),
            ended_ms: now.millis(),
            answer: None,
            ended: None,
            is_stopped: false,
            performer: program.performer().as_ref(),
            freezes,
            has_frozen: false,
            notes: Notes { coverage: Coverage::of(procedure), ..Notes::default() },
        }
    }

    /// Returns the observations so far.
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Returns the result, if the execution has ended.
    pub fn outcome(&self) -> Option<&ExecutionResult> {
        self.ended.as_ref()
    }

    /// Returns the numbers of transitions and events, and the largest payload.
    pub fn stats(&self) -> Stats {
        self.execution.stats()
    }

    /// Returns the seconds of the longest chain of AWS's own work within this execution.
    pub fn aws_seconds(&self, world: &World) -> f64 {
        world.aws_seconds_between(self.started_ms, self.ended_ms)
    }

    /// Returns the duration in virtual time.
    pub fn virtual_seconds(&self) -> f64 {
        (self.ended_ms - self.started_ms) as f64 / 1000.0
    }

    /// Returns the time at which it can continue, in milliseconds since 1970.
    pub fn due_ms(&self) -> i64 {
        self.due_ms
    }

    /// Returns the current state.
    pub fn state(&self) -> &str {
        self.execution.state_name()
    }

    /// Stops the execution where it is.
    pub fn stop(&mut self, simulation: &Simulation) {
        simulation.world().execution_ended(&self.id);
        self.ended_ms = simulation.now().millis();
        self.is_stopped = true;
        self.let_writes_go_on(simulation);
        second_party::call(simulation, self.performer);
    }

    /// Has people start the applications again that they had stopped for this execution, which ends without success.
    fn let_writes_go_on(&self, simulation: &Simulation) {
        if self.has_frozen {
            simulation.world().operator_lets_writes_go_on(&self.id);
        }
    }

    /// Redrives an execution that was stopped: it enters the state again that it was in, with its variables.
    pub fn redrive(&mut self, simulation: &Simulation) {
        simulation.world().execution_redriven(&self.id);
        self.execution.redrive();
        self.due_ms = simulation.now().millis();
        self.is_stopped = false;
    }

    /// Returns true while it can continue.
    pub fn goes_on(&self) -> bool {
        self.ended.is_none() && !self.is_stopped
    }

    /// Continues until it has to wait, or has done one Task.
    pub fn go_on(&mut self, simulation: &Simulation, watcher: &mut dyn Watcher) {
        let now = simulation.now().millis();
        if now < self.due_ms {
            second_party::pass(simulation, self.performer, self.due_ms);
        }
        let now = simulation.now().millis();
        match self.execution.advance(now) {
            NextAction::Task(call) => self.task(simulation, &call, watcher),
            NextAction::SleepUntil(until) => self.due_ms = until,
            NextAction::Ended(outcome) => {
                simulation.world().execution_ended(&self.id);
                self.ended_ms = now;
                if matches!(outcome, ExecutionResult::Failed(_)) {
                    self.let_writes_go_on(simulation);
                    second_party::call(simulation, self.performer);
                }
                self.ended = Some(outcome);
            }
        }
        self.tell(simulation, watcher);
    }

    fn tell(&mut self, simulation: &Simulation, watcher: &mut dyn Watcher) {
        let world = simulation.world();
        let machine = self.execution.machine();
        for event in self.execution.take_events() {
            self.notes.take(machine, &event);
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
            invoke(simulation, self.performer, &self.id, call)
        };
        let now = simulation.now().millis();
        self.due_ms = now;
        self.execution.task_done(result, now);
    }

    fn gate(&mut self, simulation: &Simulation, call: &TaskCall, watcher: &mut dyn Watcher) {
        let now = simulation.now().millis();
        let (at, result) = self.answer.take().unwrap_or_else(|| {
            match simulation.world().fault_of_task(&StepEntry::name_of(&call.state)) {
                Some(TaskFault::Instead(error) | TaskFault::After(error)) => {
                    return (now, Err(injected(&error)));
                }
                Some(TaskFault::Odd) | None => {}
            }
            let message = call.arguments["Message"].as_str().unwrap_or_default();
            let mut answer = watcher.gate(message);
            if self.procedure == Procedure::Failback
                && call.state == ASK_BEFORE_CLEAN_UP
                && answer == GateAnswer::Yes
                && !simulation.world().operator_releases_recovered(&self.id)
            {
                answer = GateAnswer::No("clients use B3 again".to_owned());
            }
            if self.freezes && call.state == ASK_BEFORE_LAUNCH && answer == GateAnswer::Yes {
                simulation.world().operator_freezes_writes_for(&self.id);
                self.has_frozen = true;
            }
            answered(simulation, &self.id, call, now, answer)
        });
        if at > now {
            self.due_ms = at;
            self.answer = Some((at, result));
        } else {
            self.execution.task_done(result, now);
        }
    }
}

/// Returns the result of a gate, and its time.
fn answered(
    simulation: &Simulation,
    execution: &str,
    call: &TaskCall,
    now: i64,
    answer: GateAnswer,
) -> (i64, Result<Value, ErrorOutput>) {
    match answer {
        GateAnswer::Yes => {
            // Where traffic is moved by hand, approval says that it has moved. Elsewhere this changes nothing.
            if call.state == ASK_BEFORE_REDIRECT {
                simulation.world().operator_moves_traffic();
            }
            (now, Ok(json!({ "approved": true, "by": REHEARSAL })))
        }
        GateAnswer::No(why) => (now, Err(ErrorOutput::new("Failback.Refused", why))),
        GateAnswer::LaunchAgain(names) => {
            if call.state == ASK_BEFORE_REDIRECT {
                simulation.world().operator_asks_again(&names);
            }
            let which = if names.is_empty() { json!("all") } else { json!(names) };
            (now, Ok(json!({ "launchAgain": which, "by": REHEARSAL })))
        }
        GateAnswer::Abort(why) => {
            simulation.world().operator_aborts(execution);
            (now, Ok(json!({ "abort": true, "by": REHEARSAL, "comment": why })))
        }
        GateAnswer::Other(output) => (now, Ok(output)),
        GateAnswer::Silence => (call.times_out_at.unwrap_or(now), Err(ErrorOutput::timeout())),
    }
}

/// Writes evidence to the bucket of the simulated account.
fn keep(simulation: &Simulation, execution: &str, call: &TaskCall) -> Result<Value, ErrorOutput> {
    let key = call.arguments["Key"].as_str().unwrap_or_default();
    let mut world = simulation.world();
    if let Some(TaskFault::Instead(error) | TaskFault::After(error)) =
        world.fault_of_task(&StepEntry::name_of(&call.state))
    {
        return Err(injected(&error));
    }
    world.enter_step(None, Some(execution));
    let kept = world.keep_evidence(key, call.arguments["Body"].to_string());
    world.enter_step(None, None);
    kept.map(|()| json!({ "ETag": "\"0\"" }))
        .map_err(|fault| ErrorOutput::new(format!("S3.{}", fault.code), fault.message))
}

/// Runs a step as Lambda would, with the world's faults.
fn invoke(
    simulation: &Simulation,
    performer: &dyn Performer,
    execution: &str,
    call: &TaskCall,
) -> Result<Value, ErrorOutput> {
    let function = call.arguments["FunctionName"].as_str().unwrap_or_default();
    let Some(step) = StepEntry::find(function) else {
        return Err(ErrorOutput::new(
            "Lambda.ResourceNotFoundException",
            format!("no step is called {function}"),
        ));
    };
    let fault = {
        let mut world = simulation.world();
        world.advance_by(LAMBDA_MS);
        world.enter_step(Some(step.name), Some(execution));
        world.fault_of_task(step.name)
    };
    let deadline = simulation.now().plus_seconds(DEADLINE_SECONDS);
    let payload = deployed(simulation, &call.arguments["Payload"]);
    let answer = match &fault {
        Some(TaskFault::Instead(_)) => None,
        _ => performer.perform(simulation, step, &payload, deadline),
    };
    simulation.world().enter_step(None, None);
    match (fault, answer) {
        (Some(TaskFault::Instead(error) | TaskFault::After(error)), _) => Err(injected(&error)),
        (Some(TaskFault::Odd), Some(Ok(mut payload))) => {
            payload["answer"] = json!({ "status": "of another version" });
            Ok(lambda_result(payload))
        }
        (_, Some(Ok(payload))) => Ok(lambda_result(payload)),
        (_, Some(Err(error))) => Err(lambda_error(error.name().as_str(), &error.told())),
        (_, None) => Err(lambda_error("Runtime.ExitError", "the function's process exited")),
    }
}

/// Returns a payload with the hook of the simulated stack, whose ARN the template fills in.
fn deployed<'p>(simulation: &Simulation, payload: &'p Value) -> Cow<'p, Value> {
    if payload["hook"] != HOOK {
        return Cow::Borrowed(payload);
    }
    let mut payload = payload.clone();
    payload["hook"] = json!(simulation.world().hook_arn().unwrap_or_default());
    Cow::Owned(payload)
}

/// Returns the result of `lambda:invoke`. The payload is moved into it, where `json!` would copy it.
fn lambda_result(payload: Value) -> Value {
    let members = [("StatusCode", Value::from(200)), ("Payload", payload)];
    Value::Object(members.into_iter().map(|(name, member)| (name.to_owned(), member)).collect())
}

fn injected(error: &str) -> ErrorOutput {
    lambda_error(error, "by a fault of the rehearsal")
}

fn lambda_error(name: &str, message: &str) -> ErrorOutput {
    ErrorOutput::new(name, json!({ "errorType": name, "errorMessage": message }).to_string())
}

/// Drives executions up to this moment, always the one that can continue first. Returns the first that ends.
pub fn drive(
    simulation: &Simulation,
    running: &mut [Running<'_>],
    watcher: &mut dyn Watcher,
    until_ms: i64,
) -> Option<usize> {
    loop {
        let under_way =
            running.iter_mut().enumerate().filter(|(_, run)| run.goes_on() && run.due_ms < until_ms);
        let Some((index, run)) = under_way.min_by_key(|(_, run)| run.due_ms) else { break };
        if run.due_ms > simulation.now().millis() {
            watcher.quiet_until(&simulation.world(), Timestamp::from_millis(run.due_ms));
        }
        run.go_on(simulation, watcher);
        if run.ended.is_some() {
            return Some(index);
        }
    }
    if until_ms != i64::MAX
        && let Some(run) = running.first()
    {
        second_party::pass(simulation, run.performer, until_ms);
    }
    None
}
