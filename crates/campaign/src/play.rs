//! The execution of a case, and its verdict.

use failback_audit::{Part, Place};
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_core::rule::SafetyRule;
use failback_sim::{Access, CallOutcome, Scenario, Stack, World};

use crate::case::{Act, Case};
use crate::extreme::Extreme;
use crate::operator::ManualStep;
use crate::verdict::{Broken, CaseResult, Violation};
use crate::{console, options, reference};
use failback_rehearsal::program::{Program, Twice};
use failback_rehearsal::rehearsal::{Always, ManualAct, Rehearsal, RunResult, Setting, Start};
use failback_rehearsal::runner::GateAnswer;
use failback_rehearsal::task_output::{CHECK_READINESS, CLAIM_SERVERS};

/// The number of starts within which a procedure must reach its end without faults. A drill that was interrupted in
/// its clean-up cleans up first, and drills at the next start.
const STARTS_MAX: usize = 3;

/// The time after which a person looks again whether an execution has ended, where Step Functions shows that late.
const EXECUTION_SHOWN_MS: i64 = 61_000;

/// The virtual time within which every execution must end.
const SECONDS_MAX: f64 = 60.0 * 86_400.0;

/// Plays a case with the deployed program.
///
/// # Errors
/// When the case is invalid: a fault that cannot be read, or a wrong plan.
pub fn play(case: &Case) -> Result<CaseResult, String> {
    play_with(&Program::deployed()?, case)
}

/// Plays a case with the given program.
///
/// # Errors
/// Same as [`play`].
pub fn play_with(program: &Program, case: &Case) -> Result<CaseResult, String> {
    let mut stage = CaseRun::new(program, case)?;
    for act in &case.acts {
        stage.act(act)?;
    }
    Ok(stage.end())
}

/// Plays a case, and describes what happened: the end of each run, each writing call, and what is left of each server.
///
/// # Errors
/// Same as [`play`].
pub fn tell(program: &Program, case: &Case) -> Result<Vec<String>, String> {
    let mut stage = CaseRun::new(program, case)?;
    let mut told = Vec::new();
    let mut calls = 0;
    for act in &case.acts {
        told.push(format!("{act}"));
        stage.act(act)?;
        told.extend(stage.ended.drain(..).map(|end| format!("  {end}")));
        let world = stage.rehearsal.simulation.world();
        let new = world.calls().iter().skip(calls);
        told.extend(new.filter(|call| call.kind == Access::Write).map(written));
        calls = world.calls().len();
        for (index, server) in world.fleet().iter().enumerate() {
            let left: Vec<_> =
                world.left_of(index).iter().map(|left| format!("{} {}", left.label, left.id)).collect();
            let serving = world.serving(index).map(|serving| (serving.instance.to_string(), serving.running));
            let serving = serving.map_or_else(
                || "nothing".to_owned(),
                |(id, running)| {
                    if running { id } else { format!("{id}, which does not run") }
                },
            );
            told.push(format!("  {}: {}; served by {serving}", server.name, left.join(", ")));
        }
    }
    Ok(told)
}

fn written(call: &failback_sim::Call) -> String {
    let at = failback_core::timestamp::Timestamp::from_millis(call.at_ms);
    let actor = call.actor.as_deref().unwrap_or("a person");
    let outcome = match &call.outcome {
        CallOutcome::Ok => String::new(),
        CallOutcome::Lost => ", and the answer was lost".to_owned(),
        CallOutcome::Err(code) => format!(": {code}"),
    };
    let step = call.step.as_deref().unwrap_or("by hand");
    format!("  {at} {actor} {step}: {} {}{outcome}", call.operation, call.targets.join(" "))
}

/// Returns a gate that the run has passed.
fn went_on(run: &RunResult) -> Option<&'static str> {
    let visited = |state: &str| {
        let place = Place { procedure: Procedure::Failback, state: state.to_owned(), part: Part::State };
        run.coverage.unvisited(&[place]).is_empty()
    };
    let gates = [
        ("Ask Before Stop", "Stop Original Replication"),
        ("Ask Before Redirect", "Redirect By Hand?"),
        ("Ask Before Clean Up", "Clean Up"),
    ];
    let passed = gates.into_iter().find(|(gate, beyond)| visited(gate) && visited(beyond));
    passed.map(|(gate, _)| gate)
}

struct CaseRun<'c> {
    case: &'c Case,
    program: &'c Program,
    plan: Plan,
    rehearsal: Rehearsal,
    others: reference::Others,
    played: CaseResult,
    /// The number of findings before the first run, which a person caused.
    before: Option<usize>,
    /// The end of each run.
    ended: Vec<String>,
    /// True when, before the first run, a person had cut the chain of live ids or had stopped production. The case
    /// then expects nothing that a run cannot know.
    loose: bool,
}

impl<'c> CaseRun<'c> {
    fn new(program: &'c Program, case: &'c Case) -> Result<Self, String> {
        let input = options::plan(&case.plan);
        let plan = Plan::read(&input).map_err(|problems| problems.to_string())?;
        let setting = Setting {
            input,
            plan: plan.clone(),
            servers: case.servers,
            seed: case.seed,
            scenario: case.scenario,
            switches: options::switches(&case.switches),
        };
        let rehearsal = Rehearsal::of(program.clone(), setting);
        let others = reference::Others::of(&rehearsal.simulation.world());
        Ok(Self {
            case,
            program,
            plan,
            rehearsal,
            others,
            played: CaseResult::default(),
            before: None,
            ended: Vec::new(),
            loose: false,
        })
    }

    fn act(&mut self, act: &Act) -> Result<(), String> {
        match act {
            Act::Hand(by_hand) => {
                let input = &self.rehearsal.setting().input;
                console::does(&mut self.rehearsal.simulation.world(), *by_hand, input);
            }
            Act::Fail(rule) => self.rehearsal.fail(rule).map_err(|error| format!("fail {rule}: {error}"))?,
            Act::Mend => self.mend(),
            Act::Wait(seconds) => {
                let ms = i64::try_from(*seconds).unwrap_or(i64::MAX / 2_000) * 1_000;
                self.rehearsal.simulation.world().advance_by(ms);
            }
            Act::Run(procedure, answer) => {
                let run = self.run(*procedure, answer);
                if let Some(gate) = went_on(&run).filter(|_| *answer != GateAnswer::Yes) {
                    self.broken(Broken::Refusal, format!("{gate} was answered no, and the run went on"));
                }
            }
            Act::During(procedure, people) => self.among_people(*procedure, people),
            Act::Twice(procedure) => {
                self.rehearsal.set_program(self.program.clone().performed_by(Twice(self.program.clone())));
                self.run(*procedure, &GateAnswer::Yes);
                self.rehearsal.set_program(self.program.clone());
            }
            Act::Cut(procedure, turns) => {
                self.begin();
                self.rehearsal.cut(*procedure, *turns, &mut Always(GateAnswer::Yes));
                self.played.runs += 1;
            }
            Act::Together(first, second, after, stack) => {
                let start = |procedure, after_seconds, stack| Start { procedure, after_seconds, stack };
                self.together([start(*first, 0, Stack::First), start(*second, *after, *stack)]);
            }
            Act::Redrive(first, second) => {
                self.begin();
                let runs = self.rehearsal.redriven(*first, *second, &mut Always(GateAnswer::Yes));
                runs.iter().for_each(|run| self.note(run));
            }
            Act::Settle(procedure) => self.settle(*procedure, false),
            Act::Try(procedure) => self.settle(*procedure, true),
            Act::Refuse(procedure) => {
                let writes = self.writes();
                let run = self.run(*procedure, &GateAnswer::Yes);
                self.refused(&run, writes);
            }
        }
        Ok(())
    }

    /// Records what a person has broken before the first run, which the program did not cause.
    fn begin(&mut self) {
        if self.before.is_none() {
            self.before = Some(self.rehearsal.auditor.violations().len());
            self.loose = reference::is_loose(&self.rehearsal.simulation.world());
        }
    }

    fn run(&mut self, procedure: Procedure, answer: &GateAnswer) -> RunResult {
        self.begin();
        let launched = |stage: &Self| -> Vec<usize> {
            stage.rehearsal.simulation.world().fleet().iter().map(|server| server.a4.len()).collect()
        };
        let before = launched(self);
        let run = self.rehearsal.run(procedure, &mut Always(answer.clone()));
        self.note(&run);
        let after = launched(self);
        let all = before.iter().zip(&after).all(|(before, after)| before < after);
        // A run uses what a person, or a run that was cut off, launched before.
        let fresh = before.iter().all(|launched| *launched == 0);
        if procedure == Procedure::Drill && run.outcome == Outcome::Succeeded && fresh && !all {
            self.broken(
                Broken::Eventually,
                format!("{} succeeded and did not launch every server", run.execution),
            );
        }
        run
    }

    fn among_people(&mut self, procedure: Procedure, people: &[(usize, ManualStep)]) {
        self.begin();
        let input = self.rehearsal.setting().input.clone();
        let act = |turn: usize| -> Option<ManualAct> {
            let now = people.iter().filter(|(at, _)| *at == turn);
            let steps: Vec<ManualStep> = now.map(|(_, by_hand)| *by_hand).collect();
            let input = input.clone();
            let all = move |world: &mut World| {
                for by_hand in steps {
                    console::asks(world, by_hand, &input);
                }
            };
            people.iter().any(|(at, _)| *at == turn).then(|| Box::new(all) as ManualAct)
        };
        let run = self.rehearsal.run_among_people(procedure, &mut Always(GateAnswer::Yes), &act);
        self.note(&run);
        self.loose |= people.iter().any(|(_, by_hand)| !by_hand.leaves_production());
    }

    fn note(&mut self, run: &RunResult) {
        let why = run.failure.as_ref().map(|f| format!(": {}: {}: {}", f.step, f.error, f.cause));
        self.ended.push(format!("{} {}{}", run.execution, run.outcome.as_str(), why.unwrap_or_default()));
        let played = &mut self.played;
        played.runs += 1;
        played.coverage.add(&run.coverage);
        let mut worst = |of: Extreme, value: u64| {
            let largest = played.worst.entry(of).or_default();
            *largest = value.max(*largest);
        };
        worst(Extreme::Polls, run.polls);
        worst(Extreme::Transitions, run.transitions);
        worst(Extreme::HistoryEvents, run.history_events);
        worst(Extreme::PayloadBytes, u64::try_from(run.payload_bytes_max).unwrap_or(u64::MAX));
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few weeks in seconds, above 0"
        )]
        worst(Extreme::VirtualSeconds, run.virtual_seconds as u64);
        if let Some(report) = &run.report {
            let lags =
                report.servers.iter().filter_map(|server| u64::try_from(server.times.lag_at_launch?).ok());
            worst(Extreme::LagSeconds, lags.max().unwrap_or(0));
        }
        {
            let world = self.rehearsal.simulation.world();
            let lost = (0..world.fleet().len()).filter_map(|server| world.lost(server));
            worst(Extreme::LostRecords, lost.map(|lost| lost.records).max().unwrap_or(0));
        }
        if run.virtual_seconds > SECONDS_MAX {
            self.broken(Broken::Eventually, format!("{} took {} s", run.execution, run.virtual_seconds));
        }
        let reported =
            run.report.as_ref().and_then(|report| report.failure.as_ref()).or(run.failure.as_ref());
        if run.outcome != Outcome::Succeeded && reported.is_none_or(|failure| failure.cause.is_empty()) {
            self.broken(Broken::Eventually, format!("{} failed and does not say why", run.execution));
        }
    }

    fn broken(&mut self, broken: Broken, what: impl Into<String>) {
        self.played.violations.push(Violation { broken, what: what.into() });
    }

    fn together(&mut self, starts: [Start; 2]) {
        self.begin();
        let runs = self.rehearsal.together(starts, &mut Always(GateAnswer::Yes));
        runs.iter().for_each(|run| self.note(run));
        let changed = |run: &RunResult| {
            let world = self.rehearsal.simulation.world();
            let by = |call: &&failback_sim::Call| call.actor.as_deref() == Some(run.execution.as_str());
            // Both may claim a server, before either knows which claim stays.
            let is_claim = |call: &&failback_sim::Call| call.step.as_deref() == Some(CLAIM_SERVERS);
            world
                .calls()
                .iter()
                .filter(by)
                .filter(|call| !is_claim(call))
                .any(failback_sim::Call::has_changed)
        };
        let overlap = (starts[1].after_seconds as f64) < runs[0].virtual_seconds;
        if overlap && runs.iter().filter(|run| changed(run)).count() > 1 {
            self.broken(Broken::OnlyOne, "both executions have changed something");
        }
    }

    fn writes(&self) -> usize {
        let world = self.rehearsal.simulation.world();
        world.calls().iter().filter(|call| call.has_changed()).count()
    }

    fn mend(&mut self) {
        for rule in self.rehearsal.simulation.world().faults() {
            *self.played.faults.entry(rule.kind()).or_default() += u64::from(rule.times_applied());
        }
        self.rehearsal.mend();
    }

    /// Starts the procedure without faults until it succeeds, and compares what is left with the reference.
    fn settle(&mut self, procedure: Procedure, may_stop: bool) {
        self.mend();
        // A drill removes the servers that a person launched as a drill, so it cannot be started again.
        if self.case.scenario == Scenario::DrilledRecovered && self.differs(procedure).is_none() {
            return;
        }
        let mut last = None;
        for _ in 0..STARTS_MAX {
            if self.rehearsal.setting().switches.executions_show_late {
                self.rehearsal.simulation.world().advance_by(EXECUTION_SHOWN_MS);
            }
            let writes = self.writes();
            let run = self.run(procedure, &GateAnswer::Yes);
            if run.outcome == Outcome::Succeeded {
                if !(may_stop && self.loose) {
                    self.compare(procedure);
                }
                return;
            }
            if self.case.scenario == Scenario::DrilledRecovered && self.differs(procedure).is_none() {
                return;
            }
            last = Some((run, writes));
        }
        let Some((run, writes)) = last else { return };
        if may_stop {
            return self.stopped(&run, writes);
        }
        let why = run.failure.map_or_else(String::new, |f| format!("{}: {}: {}", f.step, f.error, f.cause));
        self.broken(Broken::Eventually, format!("{procedure} does not reach its end: {why}"));
    }

    fn differs(&self, procedure: Procedure) -> Option<String> {
        let world = self.rehearsal.simulation.world();
        let mut servers = 0..world.fleet().len();
        servers
            .find_map(|server| reference::differs(&world, server, procedure, &self.plan, self.case.scenario))
    }

    fn compare(&mut self, procedure: Procedure) {
        if let Some(what) = self.differs(procedure) {
            self.broken(Broken::Eventually, what);
        }
    }

    /// Checks that a run that cannot reach its end states what a person must do, and that one that never started has
    /// changed nothing.
    fn stopped(&mut self, run: &RunResult, writes: usize) {
        let Some(failure) = &run.failure else {
            return self.broken(Broken::Refusal, "a run failed and does not say why");
        };
        if failure.step == CHECK_READINESS && run.report.is_none() {
            self.refused(run, writes);
        }
    }

    fn refused(&mut self, run: &RunResult, writes: usize) {
        let cause = run.failure.as_ref().map_or("", |failure| failure.cause.as_str());
        if run.outcome == Outcome::Succeeded || run.report.is_some() {
            self.broken(Broken::Refusal, format!("{} started, and should have been refused", run.execution));
        } else if !cause.contains("in the way") && !cause.contains(" at ") {
            self.broken(Broken::Refusal, format!("a refusal without a remedy: {cause}"));
        }
        if self.writes() != writes {
            self.broken(
                Broken::Refusal,
                format!("{} was refused after it had changed something", run.execution),
            );
        }
    }

    fn end(mut self) -> CaseResult {
        self.mend();
        let changed = self.others.changed(&self.rehearsal.simulation.world());
        if let Some(changed) = changed {
            self.broken(Broken::Rule(SafetyRule::OwnFleetOnly), changed);
        }
        let findings = self.rehearsal.auditor.violations();
        for finding in findings.into_iter().skip(self.before.unwrap_or(0)) {
            if self.loose && finding.rule == SafetyRule::NothingLeftUnreported {
                continue;
            }
            self.broken(Broken::Rule(finding.rule), finding.what);
        }
        self.played.calls =
            u64::try_from(self.rehearsal.simulation.world().calls().len()).unwrap_or(u64::MAX);
        self.played
    }
}
