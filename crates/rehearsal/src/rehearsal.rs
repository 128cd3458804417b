//! A rehearsal: a world, and the runs of procedures in it.

use std::sync::Arc;

use failback_asl::{Event, ExecutionResult};
use failback_audit::{Auditor, Coverage, End, Verdict};
use failback_core::cloud::Clock;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::report::{Failure, Outcome, Report};
use failback_sim::{Fault, Known, Options, Scenario, ServerSpec, Simulation, Stack, Switches, World};
use serde_json::Value;

use crate::faults;
use crate::program::Program;
use crate::runner::{GateAnswer, Running, Watcher, drive};
use crate::second_party;
use crate::task_output::{CHECK_READINESS, WRITE_REPORT};

/// The setting of a rehearsal.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The plan, as the execution's input.
    pub input: Value,
    /// The plan, parsed.
    pub plan: Plan,
    /// The number of servers in the world.
    pub servers: usize,
    /// The servers as somebody has them; empty when they are drawn to fit the plan.
    pub fleet: Vec<ServerSpec>,
    /// The seed of all chance.
    pub seed: u64,
    /// The scenario at the start.
    pub scenario: Scenario,
    /// The answers to the open questions of DRS.
    pub switches: Switches,
}

impl Setting {
    /// Returns the setting that a procedure usually finds: production in the source Region for a drill, recovered for
    /// a failback.
    pub fn usual(procedure: Procedure, input: Value, plan: Plan, servers: usize, seed: u64) -> Self {
        let scenario = match procedure {
            Procedure::Failback => Scenario::Recovered,
            Procedure::Drill if plan.drill.keep_recovered_servers => Scenario::Recovered,
            Procedure::Drill if plan.drill.launch_recovered_servers => Scenario::Steady,
            Procedure::Drill => Scenario::DrilledRecovered,
        };
        Self { input, plan, servers, fleet: Vec::new(), seed, scenario, switches: Switches::default() }
    }
}

/// A world in which procedures are rehearsed, watched by the auditor.
pub struct Rehearsal {
    /// The world.
    pub simulation: Simulation,
    /// The auditor of the world.
    pub auditor: Auditor,
    program: Program,
    setting: Arc<Setting>,
    started: usize,
    /// Executions are named by their ARNs, not by their names alone.
    has_arns: bool,
}

/// A copy has a world and an auditor of its own, which go on from where these are.
impl Clone for Rehearsal {
    fn clone(&self) -> Self {
        let mut world = self.simulation.world().clone();
        let auditor = self.auditor.watch_copy(&mut world);
        Self {
            simulation: Simulation::new(world),
            auditor,
            program: self.program.clone(),
            setting: Arc::clone(&self.setting),
            started: self.started,
            has_arns: self.has_arns,
        }
    }
}

/// The start of one of several executions.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// The procedure.
    pub procedure: Procedure,
    /// The time after the start of the first one, in seconds.
    pub after_seconds: u64,
    /// The stack of its machine.
    pub stack: Stack,
}

/// The result of one run.
#[derive(Debug, Clone)]
pub struct RunResult {
    /// The procedure.
    pub procedure: Procedure,
    /// The id of the execution.
    pub execution: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The failure, if there was one.
    pub failure: Option<Failure>,
    /// The report. A run that ended before it started anything has none.
    pub report: Option<Report>,
    /// The verdict on each rule in this world so far.
    pub verdicts: Vec<Verdict>,
    /// The states and branches that it visited.
    pub coverage: Coverage,
    /// The number of states entered and of retries.
    pub transitions: u64,
    /// The number of events in the execution's history.
    pub history_events: u64,
    /// The size of the largest payload, in bytes.
    pub payload_bytes_max: usize,
    /// The number of polls that had to wait.
    pub polls: u64,
    /// The duration in virtual time.
    pub virtual_seconds: f64,
    /// Seconds of the longest chain of AWS's own work within the run.
    pub aws_seconds: f64,
}

impl RunResult {
    /// Reports whether every rule held.
    pub fn is_safe(&self) -> bool {
        self.verdicts.iter().all(Verdict::held)
    }
}

impl Rehearsal {
    /// Builds the world for the deployed program.
    ///
    /// # Panics
    /// When a state machine of this build cannot be read, which a contract test excludes.
    pub fn new(setting: Setting) -> Self {
        let program = Program::deployed().unwrap_or_else(|problems| panic!("{problems}"));
        Self::of(program, setting)
    }

    /// Builds the world for another program.
    pub fn of(program: Program, setting: Setting) -> Self {
        let options = Options {
            seed: setting.seed,
            servers: setting.servers,
            fleet: setting.fleet.clone(),
            scenario: setting.scenario,
            switches: setting.switches,
            ..Options::default()
        };
        let mut world = World::build(&setting.plan, &options);
        let auditor = Auditor::watch(&mut world);
        Self {
            simulation: Simulation::new(world),
            auditor,
            program,
            setting: Arc::new(setting),
            started: 0,
            has_arns: false,
        }
    }

    /// Names executions by their ARNs, as Step Functions does. Without that, the name alone stands for the execution.
    #[must_use]
    pub fn with_arns(mut self) -> Self {
        self.has_arns = true;
        self
    }

    /// Returns the setting.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Replaces the plan of the runs that are started from now on.
    pub fn replan(&mut self, input: Value, plan: Plan) {
        let setting = Setting { input, plan, ..Setting::clone(&self.setting) };
        self.setting = Arc::new(setting);
    }

    /// Returns the program that runs here.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Replaces the program that runs here.
    pub fn set_program(&mut self, program: Program) {
        self.program = program;
    }

    /// Adds a fault, in the syntax of `--fail`.
    ///
    /// # Errors
    /// Describes the mistake in the fault, and the known alternatives.
    pub fn fail(&mut self, rule: &str) -> Result<(), String> {
        let fault = self.fault(rule)?;
        self.simulation.world().add_fault(fault);
        Ok(())
    }

    /// Reads a fault, in the syntax of `--fail`.
    ///
    /// # Errors
    /// Describes the mistake in the fault, and the known alternatives.
    pub fn fault(&self, rule: &str) -> Result<Fault, String> {
        let world = self.simulation.world();
        let servers: Vec<String> = world.fleet().iter().map(|server| server.name.clone()).collect();
        let known = Known { steps: &faults::STEPS, servers: &servers, errors: &faults::ERRORS };
        Fault::parse(rule, &known).map_err(|error| error.to_string())
    }

    /// Removes all faults.
    pub fn mend(&mut self) {
        self.simulation.world().clear_faults();
    }

    /// Runs a procedure from its start to its end.
    pub fn run(&mut self, procedure: Procedure, watcher: &mut dyn Watcher) -> RunResult {
        let [run] = self.together([Start { procedure, after_seconds: 0, stack: Stack::First }], watcher);
        run
    }

    /// Runs several executions in one world until all have ended.
    ///
    /// # Panics
    /// Never: the machines' own time limit ends every execution.
    pub fn together<const N: usize>(
        &mut self,
        starts: [Start; N],
        watcher: &mut dyn Watcher,
    ) -> [RunResult; N] {
        let program = self.program.clone();
        let began = self.simulation.now();
        let mut running: Vec<Running<'_>> = Vec::new();
        let mut ended: [Option<RunResult>; N] = [const { None }; N];
        let next = starts.iter().skip(1).map(|start| began.plus_seconds(start.after_seconds).millis());
        for (start, until_ms) in starts.into_iter().zip(next.chain([i64::MAX])) {
            running.push(self.start(&program, start.procedure, start.stack));
            // Each run is judged when it ends, in the world of that moment.
            while let Some(index) = drive(&self.simulation, &mut running, watcher, until_ms) {
                ended[index] = Some(self.ended(&running[index]));
            }
        }
        ended.map(|run| run.expect("every execution ends"))
    }

    /// Runs a procedure for this many turns, then drops the execution, as if a person had stopped it. Returns the
    /// number of turns if the execution ends earlier.
    pub fn cut(&mut self, procedure: Procedure, turns: usize, watcher: &mut dyn Watcher) -> Option<usize> {
        let program = self.program.clone();
        let mut running = self.start(&program, procedure, Stack::First);
        let done = go_on(&mut running, turns, &self.simulation, watcher);
        if running.goes_on() {
            running.stop(&self.simulation);
            return None;
        }
        Some(done)
    }

    /// Runs a procedure for this many turns, stops it, and starts another one. After this many turns of the other, the
    /// first is redriven, and both run to their ends.
    ///
    /// # Panics
    /// Never: the machines' own time limit ends every execution.
    pub fn redriven(
        &mut self,
        first: (Procedure, usize),
        second: (Procedure, usize),
        watcher: &mut dyn Watcher,
    ) -> [RunResult; 2] {
        let program = self.program.clone();
        let mut stopped = self.start(&program, first.0, Stack::First);
        go_on(&mut stopped, first.1, &self.simulation, watcher);
        let mut ended = [None, None];
        if stopped.goes_on() {
            stopped.stop(&self.simulation);
        } else {
            ended[0] = Some(self.ended(&stopped));
        }
        let mut other = self.start(&program, second.0, Stack::First);
        go_on(&mut other, second.1, &self.simulation, watcher);
        if !other.goes_on() {
            ended[1] = Some(self.ended(&other));
        }
        if ended[0].is_none() {
            stopped.redrive(&self.simulation);
        }
        let mut running = [stopped, other];
        while let Some(index) = drive(&self.simulation, &mut running, watcher, i64::MAX) {
            ended[index] = Some(self.ended(&running[index]));
        }
        ended.map(|run| run.expect("every execution ends"))
    }

    /// Lets time pass, with what the second party of a freeze does meanwhile.
    pub fn pass(&self, seconds: u64) {
        let until_ms = self.simulation.now().plus_seconds(seconds).millis();
        second_party::pass(&self.simulation, self.program.performer().as_ref(), until_ms);
    }

    /// Lets time pass until the second party has lifted every freeze that it can lift.
    pub fn finish_freezes(&self) {
        second_party::finish(&self.simulation, self.program.performer().as_ref());
    }

    /// Starts an execution of a procedure, which the caller continues turn by turn.
    pub fn start<'p>(&mut self, program: &'p Program, procedure: Procedure, stack: Stack) -> Running<'p> {
        self.started += 1;
        let name = format!("{procedure}-{}", self.started);
        let id = if self.has_arns { self.simulation.world().execution_arn(procedure, &name) } else { name };
        self.auditor.begin(&self.simulation.world(), &id, procedure, &self.setting.plan);
        let Setting { input, seed, .. } = self.setting.as_ref();
        Running::start(&self.simulation, program, procedure, &id, stack, input.clone(), *seed)
    }

    /// Judges an execution that has ended, in the world of this moment.
    pub fn ended(&self, running: &Running<'_>) -> RunResult {
        let notes = running.notes();
        let stats = running.stats();
        let failure = match (&notes.report, running.outcome()) {
            (Some(report), _) if report.failure.is_some() || report.outcome == Outcome::CleanedUp => {
                report.failure.clone()
            }
            // No report exists, or only the report could not be kept.
            (_, Some(ExecutionResult::Failed(failure))) => Some(
                Failure {
                    step: notes.caught.clone().unwrap_or_else(|| CHECK_READINESS.to_owned()),
                    error: failure.error.clone(),
                    cause: failure.cause.clone(),
                }
                .plain(),
            ),
            _ => None,
        };
        let end = End {
            report: notes.report.clone(),
            report_missing: notes.report.is_none() && notes.caught.as_deref() == Some(WRITE_REPORT),
            history_events: stats.history_events,
            silent_waits: notes.silent_waits.clone(),
        };
        let verdicts = self.auditor.judge(&self.simulation.world(), &running.id, &end);
        let outcome = match (&notes.report, running.outcome()) {
            (Some(report), ended)
                if !report.outcome.is_as_planned()
                    || matches!(ended, Some(ExecutionResult::Succeeded(_))) =>
            {
                report.outcome
            }
            (None, Some(ExecutionResult::Succeeded(_))) => Outcome::Succeeded,
            _ => Outcome::Failed,
        };
        RunResult {
            procedure: running.procedure,
            execution: running.id.clone(),
            outcome,
            failure,
            report: notes.report.clone(),
            verdicts,
            coverage: notes.coverage.clone(),
            transitions: stats.transitions,
            history_events: stats.history_events,
            payload_bytes_max: stats.payload_bytes_max,
            polls: notes.polls,
            virtual_seconds: running.virtual_seconds(),
            aws_seconds: running.aws_seconds(&self.simulation.world()),
        }
    }
}

/// Continues an execution for this many turns, or until it ends. Returns the number of turns.
fn go_on(
    running: &mut Running<'_>,
    turns: usize,
    simulation: &Simulation,
    watcher: &mut dyn Watcher,
) -> usize {
    for turn in 0..turns {
        if !running.goes_on() {
            return turn;
        }
        running.go_on(simulation, watcher);
    }
    turns
}

/// A watcher that ignores events and answers every gate alike.
#[derive(Debug, Clone)]
pub struct Always(pub GateAnswer);

impl Watcher for Always {
    fn event(&mut self, _: &World, _: &Event) {}

    fn gate(&mut self, _: &str) -> GateAnswer {
        self.0.clone()
    }
}
