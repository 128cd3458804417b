//! A rehearsal: a world, a procedure, and what came of it.

use failback_asl::{Event, Outcome as Ended};
use failback_audit::{Auditor, End, Verdict};
use failback_core::cloud::Clock;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::report::{Failure, Outcome, Report};
use failback_sim::{Known, Options, Rule, Scene, Simulation, Switches, World};
use serde_json::Value;

use crate::machines;
use crate::runner::{Answer, Running, Watcher, drive};
use crate::steps::STEPS;

/// What to rehearse in.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The plan, as the execution's input.
    pub input: Value,
    /// The plan, read.
    pub plan: Plan,
    /// How many servers the world has.
    pub servers: usize,
    /// Decides everything that is chance.
    pub seed: u64,
    /// How things stand before.
    pub scene: Scene,
    /// What is uncertain of DRS.
    pub switches: Switches,
}

impl Setting {
    /// The world that a procedure usually finds: production at home for a drill, recovered for a failback.
    pub fn usual(procedure: Procedure, input: Value, plan: Plan, servers: usize, seed: u64) -> Self {
        let scene = match procedure {
            Procedure::Failback => Scene::Recovered,
            Procedure::Drill if plan.drill.keep_recovered_servers => Scene::Recovered,
            Procedure::Drill if plan.drill.launch_recovered_servers => Scene::Steady,
            Procedure::Drill => Scene::DrilledRecovered,
        };
        Self { input, plan, servers, seed, scene, switches: Switches::default() }
    }
}

/// A world in which procedures are rehearsed, watched by the auditor.
pub struct Rehearsal {
    /// The world.
    pub simulation: Simulation,
    /// Its watcher.
    pub auditor: Auditor,
    setting: Setting,
    started: usize,
}

/// What came of one run.
#[derive(Debug, Clone)]
pub struct Run {
    /// What was run.
    pub procedure: Procedure,
    /// Its execution.
    pub execution: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Where it went wrong.
    pub failure: Option<Failure>,
    /// Its report; a run that ended before anything began has none.
    pub report: Option<Report>,
    /// The rules.
    pub verdicts: Vec<Verdict>,
    /// States entered and retries.
    pub transitions: u64,
    /// Events of the execution's history.
    pub history_events: u64,
    /// The largest payload.
    pub payload_bytes_max: usize,
    /// How often steps were asked and answered that they wait.
    pub polls: u64,
    /// How long it took, in virtual time.
    pub virtual_seconds: f64,
}

impl Run {
    /// True when every rule held.
    pub fn is_safe(&self) -> bool {
        self.verdicts.iter().all(Verdict::held)
    }
}

impl Rehearsal {
    /// Builds the world.
    pub fn new(setting: Setting) -> Self {
        let options = Options {
            seed: setting.seed,
            servers: setting.servers,
            scene: setting.scene,
            switches: setting.switches,
            ..Options::default()
        };
        let mut world = World::build(&setting.plan, &options);
        let auditor = Auditor::watch(&mut world);
        Self { simulation: Simulation::new(world), auditor, setting, started: 0 }
    }

    /// The setting.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Adds a fault, as `--fail` writes it.
    ///
    /// # Errors
    /// What is wrong with the rule, and what is known instead.
    pub fn fail(&mut self, rule: &str) -> Result<(), String> {
        let mut world = self.simulation.world();
        let servers: Vec<String> = world.fleet().iter().map(|server| server.name.clone()).collect();

        let steps: Vec<String> = STEPS.iter().map(|step| step.name.to_owned()).collect();
        let known = Known { steps: &steps, servers: &servers };
        let rule = Rule::parse(rule, &known).map_err(|error| error.to_string())?;
        world.add_rule(rule);
        Ok(())
    }

    /// Takes all faults away.
    pub fn mend(&mut self) {
        self.simulation.world().clear_rules();
    }

    /// Runs a procedure from its start to its end.
    ///
    /// # Errors
    /// When the state machine cannot be read.
    pub fn run(&mut self, procedure: Procedure, watcher: &mut dyn Watcher) -> Result<Run, String> {
        let machine = machines::read(procedure)?;
        self.started += 1;
        let id = format!("{procedure}-{}", self.started);
        self.auditor.begin(&self.simulation.world(), &id, procedure, &self.setting.plan);
        let began = self.simulation.now();
        let mut running = [Running::start(
            &self.simulation,
            &machine,
            procedure,
            &id,
            self.setting.input.clone(),
            self.setting.seed,
        )];
        let mut notes = Notes::new(watcher);
        drive(&self.simulation, &mut running, &mut notes);
        let Notes { report, not_ready, silent, polls, .. } = notes;
        let stats = running[0].stats();
        let failure = match (&report, running[0].outcome()) {
            (Some(report), _) if report.failure.is_some() => report.failure.clone(),
            // Without a report, or where all was done and only the report could not be kept.
            (_, Some(Ended::Failed(failure))) => Some(
                Failure {
                    step: not_ready.unwrap_or_else(|| "Check Readiness".to_owned()),
                    error: failure.error.clone(),
                    cause: failure.cause.clone(),
                }
                .plain(),
            ),
            _ => None,
        };
        let end = End { report: report.clone(), history_events: stats.history_events, silent_waits: silent };
        let verdicts = self.auditor.judge(&self.simulation.world(), &id, &end);
        let outcome = match (&report, running[0].outcome()) {
            (Some(report), ended)
                if report.outcome != Outcome::Succeeded || matches!(ended, Some(Ended::Succeeded(_))) =>
            {
                report.outcome
            }
            (None, Some(Ended::Succeeded(_))) => Outcome::Succeeded,
            _ => Outcome::Failed,
        };
        let took = self.simulation.now().millis() - began.millis();
        Ok(Run {
            procedure,
            execution: id,
            outcome,
            failure,
            report,
            verdicts,
            transitions: stats.transitions,
            history_events: stats.history_events,
            payload_bytes_max: stats.payload_bytes_max,
            polls,
            virtual_seconds: took as f64 / 1000.0,
        })
    }
}

/// Takes notes for the verdict, and hands everything on to another watcher.
struct Notes<'w> {
    watcher: &'w mut dyn Watcher,
    report: Option<Report>,
    not_ready: Option<String>,
    silent: Vec<String>,
    polls: u64,
}

impl<'w> Notes<'w> {
    fn new(watcher: &'w mut dyn Watcher) -> Self {
        Self { watcher, report: None, not_ready: None, silent: Vec::new(), polls: 0 }
    }
}

impl Watcher for Notes<'_> {
    fn event(&mut self, world: &World, event: &Event) {
        match event {
            Event::TaskSucceeded { state, result, .. } => {
                let payload = &result["Payload"];
                if payload["status"] == "waiting" {
                    self.polls += 1;
                    if payload["why"].as_str().is_none_or(str::is_empty) {
                        self.silent.push(state.clone());
                    }
                }
                if state == "Write Report" {
                    self.report = serde_json::from_value(payload.clone()).ok();
                }
            }
            Event::Caught { state, .. } => self.not_ready = Some(state.clone()),
            _ => {}
        }
        self.watcher.event(world, event);
    }

    fn gate(&mut self, message: &str) -> Answer {
        self.watcher.gate(message)
    }

    fn quiet_until(&mut self, world: &World, until: failback_core::moment::Moment) {
        self.watcher.quiet_until(world, until);
    }
}

/// Watches nothing and answers every gate alike.
#[derive(Debug, Clone)]
pub struct Always(pub Answer);

impl Watcher for Always {
    fn event(&mut self, _: &World, _: &Event) {}

    fn gate(&mut self, _: &str) -> Answer {
        self.0.clone()
    }
}
