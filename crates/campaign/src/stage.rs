//! A world in which a case is played, turn by turn.

use std::sync::Arc;

use failback_audit::{Part, Place};
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::report::{Failure, Outcome};
use failback_core::rule::SafetyRule;
use failback_sim::{Asked, Call, Faults, Scenario, Stack, World};
use serde_json::Value;

use crate::case::{Act, Case};
use crate::extreme::Extreme;
use crate::operator::ManualStep;
use crate::options::PlanOption;
use crate::remedy::{self, Remedy};
use crate::verdict::{Broken, CaseResult, Settled, Violation};
use crate::{console, options, reference};
use failback_rehearsal::program::{Program, Twice};
use failback_rehearsal::rehearsal::{Rehearsal, RunResult, Setting, Start};
use failback_rehearsal::runner::{GateAnswer, Running, Watcher};
use failback_rehearsal::steps::LIFT_FREEZES;
use failback_rehearsal::task_output::{CHECK_READINESS, CLAIM_SERVERS};

/// The number of starts within which a procedure must reach its end without faults. A drill that was interrupted in
/// its clean-up cleans up first, and drills at the next start.
const STARTS_MAX: usize = 3;

/// The number of messages that a person follows before giving up.
const FOLLOWED_MAX: usize = 5;

/// The time in which a person reads a message and opens the console. What a person began before is over then, mostly: EC2
/// starts no instance that is still stopping.
const REACTION_SECONDS: u64 = 120;

/// The time after which a person looks again whether an execution has ended, where Step Functions shows that late.
const EXECUTION_SHOWN_SECONDS: u64 = 61;

/// The virtual time within which every execution must end.
const SECONDS_MAX: f64 = 60.0 * 86_400.0;

/// The program that is played, and the same with each step called twice.
pub(crate) struct Programs {
    once: Program,
    twice: Program,
}

impl Programs {
    pub(crate) fn of(program: &Program) -> Self {
        Self { once: program.clone(), twice: program.clone().performed_by(Twice(program.clone())) }
    }
}

/// The next thing that a case does in its world. Faults are no part of it: they answer the world's questions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Move<'c> {
    /// Nothing: the case has ended.
    End,
    /// An act that is over at once.
    Act(&'c Act),
    /// The start of an execution.
    Start {
        procedure: Procedure,
        twice: bool,
        /// A person looks first whether the last execution has ended.
        looks: bool,
        /// The plan has it lead back.
        leads_back: bool,
    },
    /// A turn of the execution, before which people take these steps.
    Turn(Vec<ManualStep>),
    /// The end of an execution that a person stops.
    Cut,
    /// The verdict on an execution that has ended by itself.
    Judge(&'c Act),
}

/// What happened in a move.
pub(crate) struct Moved {
    /// The questions to the faults, with their answers.
    pub(crate) asked: Vec<Asked>,
    /// A gate was answered.
    pub(crate) at_gate: bool,
    /// The act has ended with it.
    pub(crate) ends_act: bool,
}

/// The option with which the plan leads back.
const LEAD_BACK: &str = "lead-back";

/// A world, and the verdict on what was played in it so far. From a copy on, each of the two goes its own way.
#[derive(Clone)]
pub(crate) struct Stage<'c> {
    programs: &'c Programs,
    scenario: Scenario,
    options: Vec<PlanOption>,
    /// The network that a person has named in the plan, as an option cannot.
    network: Option<Value>,
    plan: Arc<Plan>,
    rehearsal: Rehearsal,
    others: Arc<reference::Others>,
    played: CaseResult,
    /// The number of findings before the first run, which a person caused.
    before: Option<usize>,
    /// The end of each run.
    ended: Vec<String>,
    /// True when, before the first run, a person had cut the chain of live ids or had stopped production. The case
    /// then expects nothing that a run cannot know.
    loose: bool,
    underway: Option<Underway<'c>>,
    /// The number of executions that the present act has started.
    starts: usize,
    /// The messages that a person has followed in the present act.
    followed: Vec<String>,
    /// True once one of them had the person do something.
    was_cured: bool,
}

/// An execution, and the state of the world at its start.
#[derive(Clone)]
struct Underway<'c> {
    running: Running<'c>,
    turns: usize,
    /// The number of A4 that were ever launched, for each server.
    launched: Vec<usize>,
    /// The number of calls that had changed something.
    writes: usize,
    /// A person has had servers launched again, and approves from then on.
    has_asked_again: bool,
}

/// A watcher that answers every gate alike, and knows whether there was one.
struct Gates<'a> {
    answer: &'a GateAnswer,
    reached: bool,
}

impl Watcher for Gates<'_> {
    fn event(&mut self, _: &World, _: &failback_asl::Event) {}

    fn gate(&mut self, _: &str) -> GateAnswer {
        self.reached = true;
        self.answer.clone()
    }
}

/// Returns what a run that did not do its work says to people: the cause of its failure, or what its report says comes next.
fn told(run: &RunResult) -> &str {
    let next = || run.report.as_ref().map_or("", |report| report.next.as_str());
    run.failure.as_ref().map_or_else(next, |failure| failure.cause.as_str())
}

/// Returns true for an answer after which a run goes no further.
fn is_no(answer: &GateAnswer) -> bool {
    !matches!(answer, GateAnswer::Yes | GateAnswer::LaunchAgain(_))
}

/// Returns a gate that the run has passed.
fn went_on(run: &RunResult) -> Option<&'static str> {
    let visited = |state: &str| {
        let place = Place { procedure: Procedure::Failback, state: state.to_owned(), part: Part::State };
        run.coverage.unvisited(&[place]).is_empty()
    };
    let gates = [
        ("Ask Before Stop", "Stop Original Replication"),
        ("Ask Before Launch", "Launch For Failback"),
        ("Ask Before Redirect", "Redirect By Hand?"),
        ("Ask Before Clean Up", "Clean Up"),
    ];
    let passed = gates.into_iter().find(|(gate, beyond)| visited(gate) && visited(beyond));
    passed.map(|(gate, _)| gate)
}

impl<'c> Stage<'c> {
    /// Builds the world of a case.
    pub(crate) fn of(programs: &'c Programs, case: &Case) -> Result<Self, String> {
        let input = options::plan(&case.plan);
        let plan = Plan::read(&input).map_err(|problems| problems.to_string())?;
        let setting = Setting {
            input,
            plan: plan.clone(),
            servers: case.servers,
            fleet: Vec::new(),
            seed: case.seed,
            scenario: case.scenario,
            switches: options::switches(&case.switches),
        };
        let rehearsal = Rehearsal::of(programs.once.clone(), setting);
        let others = Arc::new(reference::Others::of(&rehearsal.simulation.world()));
        Ok(Self {
            programs,
            scenario: case.scenario,
            options: case.plan.clone(),
            network: None,
            plan: Arc::new(plan),
            rehearsal,
            others,
            played: CaseResult::default(),
            before: None,
            ended: Vec::new(),
            loose: false,
            underway: None,
            starts: 0,
            followed: Vec::new(),
            was_cured: false,
        })
    }

    pub(crate) fn rehearsal(&self) -> &Rehearsal {
        &self.rehearsal
    }

    /// Returns true between two acts.
    pub(crate) fn is_between_acts(&self) -> bool {
        self.underway.is_none() && self.starts == 0
    }

    /// Returns the ends of the runs since the last call.
    pub(crate) fn take_ended(&mut self) -> Vec<String> {
        std::mem::take(&mut self.ended)
    }

    /// Returns the next move of a case whose present act is this one.
    pub(crate) fn next(&self, act: Option<&'c Act>) -> Move<'c> {
        let Some(act) = act else { return Move::End };
        let Some(underway) = &self.underway else { return self.start_of(act) };
        match act {
            Act::Cut(_, turns) if underway.turns == *turns => Move::Cut,
            _ if underway.running.outcome().is_some() => Move::Judge(act),
            Act::During(_, people) => {
                let now = people.iter().filter(|(turn, _)| *turn == underway.turns);
                Move::Turn(now.map(|(_, by_hand)| *by_hand).collect())
            }
            _ => Move::Turn(Vec::new()),
        }
    }

    fn start_of(&self, act: &'c Act) -> Move<'c> {
        let start = |procedure: &Procedure, looks| Move::Start {
            procedure: *procedure,
            twice: false,
            looks,
            leads_back: *act == Act::LeadBack,
        };
        match act {
            Act::Hand(_) | Act::Fail(_) | Act::Mend | Act::Wait(_) | Act::Together(..) | Act::Redrive(..) => {
                Move::Act(act)
            }
            Act::Settle(procedure) | Act::Try(procedure) if self.is_drilled(*procedure) => Move::Act(act),
            Act::LeadBack => start(&Procedure::Failback, false),
            Act::Twice(procedure) => {
                Move::Start { procedure: *procedure, twice: true, looks: false, leads_back: false }
            }
            Act::Settle(procedure) | Act::Try(procedure) => start(procedure, true),
            Act::Run(procedure, _)
            | Act::During(procedure, _)
            | Act::Cut(procedure, _)
            | Act::Finish(procedure)
            | Act::Refuse(procedure) => start(procedure, false),
        }
    }

    /// Makes a move with these faults, and with this answer at every gate.
    pub(crate) fn make(&mut self, next: &Move<'c>, faults: &mut Faults, answer: &GateAnswer) -> Moved {
        faults.keep_asked();
        self.rehearsal.simulation.world().replace_faults(std::mem::take(faults));
        let has_asked_again = self.underway.as_ref().is_some_and(|underway| underway.has_asked_again);
        let answer = if has_asked_again { &GateAnswer::Yes } else { answer };
        let mut gates = Gates { answer, reached: false };
        let ends_act = match next {
            Move::End => false,
            Move::Act(act) => {
                self.act(act, &mut gates);
                true
            }
            Move::Start { procedure, twice, looks, leads_back } => {
                if *leads_back {
                    self.leads_back(true);
                }
                if *looks && self.rehearsal.setting().switches.executions_show_late {
                    self.rehearsal.pass(EXECUTION_SHOWN_SECONDS);
                }
                if *looks {
                    self.goes_home();
                }
                self.start(*procedure, *twice);
                false
            }
            Move::Turn(people) => {
                self.turn(people, &mut gates);
                false
            }
            Move::Cut => {
                self.cut();
                true
            }
            Move::Judge(act) => self.judge(act),
        };
        if let (true, Some(underway)) = (gates.reached, &mut self.underway) {
            underway.has_asked_again |= matches!(answer, GateAnswer::LaunchAgain(_));
        }
        *faults = self.rehearsal.simulation.world().replace_faults(Faults::default());
        if ends_act {
            self.followed.clear();
            self.was_cured = false;
            self.starts = 0;
        }
        Moved { asked: faults.take_asked(), at_gate: gates.reached, ends_act }
    }

    fn act(&mut self, act: &Act, gates: &mut Gates<'_>) {
        match act {
            Act::Hand(by_hand) => self.act_by_hand(*by_hand),
            Act::Wait(seconds) => self.wait(*seconds),
            Act::Together(first, second, after, stack) => {
                let start = |procedure, after_seconds, stack| Start { procedure, after_seconds, stack };
                self.together([start(*first, 0, Stack::First), start(*second, *after, *stack)], gates);
            }
            Act::Redrive(first, second) => {
                self.begin();
                let runs = self.rehearsal.redriven(*first, *second, gates);
                for run in &runs {
                    self.note(run);
                }
            }
            Act::Settle(_) | Act::Try(_) => self.played.settled.push(Settled::Reached),
            // Faults are the case's own, and the others are executions, or over before they start one.
            _ => {}
        }
    }

    /// Records what a person has broken before the first run, which the program did not cause.
    fn begin(&mut self) {
        if self.before.is_none() {
            self.before = Some(self.rehearsal.auditor.violations().len());
            self.loose = reference::is_loose(&self.rehearsal.simulation.world());
        }
    }

    fn start(&mut self, procedure: Procedure, twice: bool) {
        self.begin();
        self.starts += 1;
        let (launched, writes) = (self.launched(), self.writes());
        let program = if twice { &self.programs.twice } else { &self.programs.once };
        let running = self.rehearsal.start(program, procedure, Stack::First);
        self.underway = Some(Underway { running, turns: 0, launched, writes, has_asked_again: false });
    }

    /// Has the plan lead back, or fail back again.
    fn leads_back(&mut self, leads_back: bool) {
        self.options.retain(|option| option.name() != LEAD_BACK);
        if leads_back {
            self.options.extend(PlanOption::find(LEAD_BACK));
        }
        self.replan();
    }

    /// Has the plan no longer end as ready to go home: a person goes home with the same plan without that.
    fn goes_home(&mut self) {
        let before = self.options.len();
        self.options.retain(|option| option.name() != "end-when-ready");
        if self.options.len() != before {
            self.replan();
        }
    }

    fn turn(&mut self, people: &[ManualStep], gates: &mut Gates<'_>) {
        let Some(underway) = &mut self.underway else { return };
        let Rehearsal { simulation, auditor, .. } = &self.rehearsal;
        if !people.is_empty() {
            let input = &self.rehearsal.setting().input;
            auditor.let_act(&mut simulation.world(), |world| {
                for by_hand in people {
                    console::asks(world, *by_hand, input);
                }
            });
        }
        underway.running.go_on(simulation, gates);
        underway.turns += 1;
    }

    fn cut(&mut self) {
        if let Some(mut underway) = self.underway.take() {
            underway.running.stop(&self.rehearsal.simulation);
        }
        self.played.runs += 1;
    }

    /// Judges an execution that has ended. Returns true when the act has ended with it.
    fn judge(&mut self, act: &Act) -> bool {
        let Some(underway) = self.underway.take() else { return true };
        if matches!(act, Act::LeadBack) {
            self.leads_back(false);
        }
        if matches!(act, Act::Cut(..)) {
            self.played.runs += 1;
            return true;
        }
        let run = self.rehearsal.ended(&underway.running);
        self.note(&run);
        if let Act::During(_, people) = act {
            self.loose |= people.iter().any(|(_, by_hand)| !by_hand.leaves_production());
            return true;
        }
        self.launches_every_server(&run, &underway.launched);
        if run.outcome == Outcome::Ready && self.launched() != underway.launched {
            self.broken(Broken::Eventually, format!("{} ended as ready, and launched", run.execution));
        }
        match act {
            Act::Run(_, answer) => {
                if let Some(gate) = went_on(&run).filter(|_| is_no(answer)) {
                    self.broken(Broken::Refusal, format!("{gate} was answered no, and the run went on"));
                }
                true
            }
            Act::Refuse(_) => {
                self.refused(&run, underway.writes);
                true
            }
            Act::Finish(procedure) => {
                self.finishes(*procedure, &run);
                true
            }
            Act::Settle(procedure) => self.settles(*procedure, false, &run, underway.writes),
            Act::Try(procedure) => self.settles(*procedure, true, &run, underway.writes),
            _ => true,
        }
    }

    /// Judges a run that must reach its end, and leave what the reference has.
    fn finishes(&mut self, procedure: Procedure, run: &RunResult) {
        if run.outcome.is_done() {
            self.compare(procedure);
        } else {
            self.never_ends(procedure, run);
        }
    }

    fn never_ends(&mut self, procedure: Procedure, run: &RunResult) {
        let failure = run.failure.as_ref();
        let why = failure.map_or_else(String::new, |f| format!("{}: {}: {}", f.step, f.error, f.cause));
        self.broken(Broken::Eventually, format!("{procedure} does not reach its end: {why}"));
    }

    /// Judges one of the runs without faults, of which one must succeed and leave what the reference has. Returns true
    /// when no other is started.
    fn settles(&mut self, procedure: Procedure, may_stop: bool, run: &RunResult, writes: usize) -> bool {
        if run.outcome.is_done() {
            let cured = self.followed.first().filter(|_| self.was_cured).cloned();
            self.played.settled.push(cured.map_or(Settled::Reached, Settled::Cured));
            if !(may_stop && self.loose) {
                self.compare(procedure);
            }
            return true;
        }
        if self.is_drilled(procedure) {
            self.played.settled.push(Settled::Reached);
            return true;
        }
        if self.starts < STARTS_MAX {
            return false;
        }
        if may_stop {
            let told = told(run);
            if self.follow(told) {
                return false;
            }
            self.played.settled.push(Settled::Stopped(told.to_owned()));
            self.stopped(run, writes);
        } else {
            self.never_ends(procedure, run);
        }
        true
    }

    /// Does what a message says that a person should do. Returns false when there is nothing to do, or it was done before.
    fn follow(&mut self, message: &str) -> bool {
        if self.followed.iter().any(|followed| followed == message) || self.followed.len() == FOLLOWED_MAX {
            return false;
        }
        self.wait(REACTION_SECONDS);
        let mut does = false;
        for remedy in remedy::of(message) {
            let step = remedy::step(&self.rehearsal.simulation.world(), remedy);
            match (remedy, step) {
                (_, Some(by_hand)) => self.act_by_hand(by_hand),
                (Remedy::WaitsForJobs(at_most), _) => self.wait_for_jobs(at_most),
                (Remedy::Plans(name), _) => self.options.extend(PlanOption::find(name)),
                (Remedy::NamesSubnet, _) => {
                    self.network = remedy::network(&self.rehearsal.simulation.world(), &self.plan);
                }
                (Remedy::StartsAgain, _) => {}
                _ => continue,
            }
            does = true;
        }
        self.replan();
        self.followed.push(message.to_owned());
        // What others have begun is over once they have stopped: to wait for that is no remedy.
        self.was_cured |= remedy::of(message)
            .any(|remedy| !matches!(remedy, Remedy::WaitsForJobs(_) | Remedy::StartsAgain));
        does
    }

    fn replan(&mut self) {
        let mut input = options::plan(&self.options);
        if let Some(network) = &self.network {
            input["launch"]["network"] = network.clone();
        }
        if let Ok(plan) = Plan::read(&input) {
            self.plan = Arc::new(plan.clone());
            self.rehearsal.replan(input, plan);
        }
    }

    /// Has a person take a step in the consoles, once no freeze is left that the second party lifts.
    fn act_by_hand(&mut self, by_hand: ManualStep) {
        self.rehearsal.finish_freezes();
        let input = &self.rehearsal.setting().input;
        console::does(&mut self.rehearsal.simulation.world(), by_hand, input);
    }

    /// Looks once a minute whether a job still works on the fleet.
    fn wait_for_jobs(&mut self, seconds_at_most: u64) {
        for _ in 0..seconds_at_most / 60 {
            if !remedy::has_job(&self.rehearsal.simulation.world()) {
                break;
            }
            self.wait(60);
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.rehearsal.pass(seconds);
    }

    /// Reports whether servers that a person launched as a drill are left as the drill leaves them. It removes them,
    /// so it cannot be started again.
    fn is_drilled(&self, procedure: Procedure) -> bool {
        self.scenario == Scenario::DrilledRecovered && self.differs(procedure).is_none()
    }

    fn launched(&self) -> Vec<usize> {
        self.rehearsal.simulation.world().fleet().iter().map(|server| server.a4.len()).collect()
    }

    fn launches_every_server(&mut self, run: &RunResult, before: &[usize]) {
        let after = self.launched();
        let all = before.iter().zip(&after).all(|(before, after)| before < after);
        // A run uses what a person, or a run that was cut off, launched before.
        let fresh = before.iter().all(|launched| *launched == 0);
        if run.procedure == Procedure::Drill && run.outcome == Outcome::Succeeded && fresh && !all {
            self.broken(
                Broken::Eventually,
                format!("{} succeeded and did not launch every server", run.execution),
            );
        }
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
                report.servers.iter().filter_map(|server| u64::try_from(server.lag_at_launch_seconds?).ok());
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
        if run.outcome.is_stopped() && reported.is_none_or(|failure| failure.cause.is_empty()) {
            self.broken(Broken::Eventually, format!("{} failed and does not say why", run.execution));
        }
    }

    fn broken(&mut self, broken: Broken, what: impl Into<String>) {
        self.played.violations.push(Violation { broken, what: what.into() });
    }

    fn together(&mut self, starts: [Start; 2], gates: &mut Gates<'_>) {
        self.begin();
        let runs = self.rehearsal.together(starts, gates);
        for run in &runs {
            self.note(run);
        }
        let changed = |run: &RunResult| {
            let world = self.rehearsal.simulation.world();
            let by = |call: &&failback_sim::Call| call.actor.as_deref() == Some(run.execution.as_str());
            // Both may claim a server, before either knows which claim stays.
            let is_claim = |call: &failback_sim::Call| call.step.as_deref() == Some(CLAIM_SERVERS);
            world.calls().iter().filter(by).any(|call| call.has_changed() && !is_claim(call))
        };
        let overlap = (starts[1].after_seconds as f64) < runs[0].virtual_seconds;
        if overlap && runs.iter().filter(|run| changed(run)).count() > 1 {
            self.broken(Broken::OnlyOne, "both executions have changed something");
        }
    }

    fn writes(&self) -> usize {
        let world = self.rehearsal.simulation.world();
        // What lifts freezes acts beside every run, and is none.
        let of_runs = |call: &&Call| call.has_changed() && call.step.as_deref() != Some(LIFT_FREEZES.name);
        world.calls().iter().filter(of_runs).count()
    }

    fn differs(&self, procedure: Procedure) -> Option<String> {
        let world = self.rehearsal.simulation.world();
        let mut servers = 0..world.fleet().len();
        servers.find_map(|server| reference::differs(&world, server, procedure, &self.plan, self.scenario))
    }

    fn compare(&mut self, procedure: Procedure) {
        if let Some(what) = self.differs(procedure) {
            self.broken(Broken::Eventually, what);
        }
    }

    /// Checks that a run that cannot reach its end states what a person must do, and that one that never started has
    /// changed nothing.
    fn stopped(&mut self, run: &RunResult, writes: usize) {
        if told(run).is_empty() {
            return self.broken(Broken::Refusal, "a run failed and does not say why");
        }
        let refuses = |failure: &Failure| failure.step == CHECK_READINESS;
        if run.failure.as_ref().is_some_and(refuses) && run.report.is_none() {
            self.refused(run, writes);
        }
    }

    fn refused(&mut self, run: &RunResult, writes: usize) {
        let cause = run.failure.as_ref().map_or("", |failure| failure.cause.as_str());
        if run.outcome.is_done() || run.report.is_some() {
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

    /// Returns the verdict on all that was played.
    pub(crate) fn result(&self) -> CaseResult {
        let mut played = self.played.clone();
        let world = self.rehearsal.simulation.world();
        let mut broken = |broken, what| played.violations.push(Violation { broken, what });
        if let Some(changed) = self.others.changed(&world) {
            broken(Broken::Rule(SafetyRule::OwnFleetOnly), changed);
        }
        let findings = self.rehearsal.auditor.violations();
        for finding in findings.into_iter().skip(self.before.unwrap_or(0)) {
            if self.loose && finding.rule == SafetyRule::NothingLeftUnreported {
                continue;
            }
            broken(Broken::Rule(finding.rule), finding.what);
        }
        played.calls = u64::try_from(world.calls().len()).unwrap_or(u64::MAX);
        played
    }
}
