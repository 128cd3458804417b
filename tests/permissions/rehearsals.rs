//! Rehearsals of everything that a step can do, and the questions to IAM in them.

use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_rehearsal::plans;
use failback_rehearsal::rehearsal::{Always, Rehearsal, Setting};
use failback_rehearsal::runner::GateAnswer;
use failback_rehearsal::steps::LIFT_FREEZES;
use failback_sim::{Permission, Scenario, Switches};
use serde_json::{Value, json};

/// A rehearsal: changes to the example plan, the scenario, faults, and the runs.
struct Rehearsed {
    runs: &'static [Procedure],
    plan: fn(&mut Value),
    scenario: Option<Scenario>,
    switches: Switches,
    servers: usize,
    faults: &'static [&'static str],
    answer: GateAnswer,
}

const DRILL: &[Procedure] = &[Procedure::Drill];
const FAILBACK: &[Procedure] = &[Procedure::Failback];

impl Rehearsed {
    fn of(runs: &'static [Procedure]) -> Self {
        let switches = Switches::default();
        Self {
            runs,
            plan: |_| (),
            scenario: None,
            switches,
            servers: 3,
            faults: &[],
            answer: GateAnswer::Yes,
        }
    }

    fn run(&self) -> Vec<Permission> {
        let mut input: Value = serde_json::from_str(plans::THREE_TIER).expect("the example is JSON");
        (self.plan)(&mut input);
        let plan = Plan::read(&input).unwrap_or_else(|problems| panic!("{problems}"));
        let mut setting = Setting::usual(self.runs[0], input, plan, self.servers, 1);
        setting.scenario = self.scenario.unwrap_or(setting.scenario);
        setting.switches = self.switches;
        let mut rehearsal = Rehearsal::new(setting).with_arns();
        for fault in self.faults {
            rehearsal.fail(fault).unwrap_or_else(|problem| panic!("{problem}"));
        }
        for procedure in self.runs {
            let run = rehearsal.run(*procedure, &mut Always(self.answer.clone()));
            assert!(run.is_safe(), "{:?}", self.faults);
            rehearsal.mend();
        }
        let world = rehearsal.simulation.world();
        world.permissions().iter().cloned().collect()
    }
}

/// The stand-in for a step where the machine itself asks.
pub(crate) const MACHINE: &str = "(machine)";

/// A question to IAM by a step of a procedure.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The procedure whose machine called it.
    pub(crate) procedure: Procedure,
    /// The step.
    pub(crate) step: String,
    /// The question.
    pub(crate) permission: Permission,
}

/// Returns every question to IAM in all rehearsals, each once.
pub(crate) fn asked() -> Vec<Asked> {
    let mut all: Vec<Asked> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for permission in rehearsals().iter().flat_map(Rehearsed::run) {
        // Resources from before the run, and actions of DRS for others, have no actor.
        let Some(actor) = &permission.actor else { continue };
        // `lift.rs` has what the second party asks for, which no machine calls.
        if permission.step.as_deref() == Some(LIFT_FREEZES.name) {
            continue;
        }
        let step = permission.step.as_deref().unwrap_or(MACHINE).to_owned();
        let procedure =
            if actor.contains(":drs-failback-drill:") { Procedure::Drill } else { Procedure::Failback };
        let of = (procedure.as_str(), step.clone(), permission.action, permission.resource.clone());
        if seen.insert((of, permission.conditions())) {
            all.push(Asked { procedure, step, permission });
        }
    }
    assert!(all.len() > 1_000, "the rehearsals asked for next to nothing: {}", all.len());
    all
}

fn rehearsals() -> Vec<Rehearsed> {
    let usual = Switches::default();
    let drill = || Rehearsed::of(DRILL);
    let failback = || Rehearsed::of(FAILBACK);
    vec![
        drill(),
        failback(),
        Rehearsed { servers: 300, ..drill() },
        Rehearsed { servers: 300, ..failback() },
        // A launch fails once and is repeated; a server does not boot; steps die after their first write.
        Rehearsed { faults: &["launch:db-1", "boot:web-1"], ..drill() },
        Rehearsed { faults: &["launch:db-1", "boot:web-1"], ..failback() },
        Rehearsed { faults: &["crash:launch-for-failback", "crash:prepare-launch"], ..drill() },
        Rehearsed { faults: &["crash:launch-for-failback", "crash:redirect-traffic"], ..failback() },
        // A reversed replication that was started and never seen.
        Rehearsed { faults: &["late:start-reversed-replication=Failback.AccessDenied"], ..drill() },
        // A run that was held and is continued; a run that failed and is cleaned up.
        Rehearsed {
            runs: &[Procedure::Failback, Procedure::Failback],
            faults: &["launch:db-1x3"],
            ..failback()
        },
        Rehearsed { runs: &[Procedure::Drill, Procedure::Drill], faults: &["launch:db-1x3"], ..drill() },
        // A drill whose clean-up failed, and the next one, which claims what it left.
        Rehearsed {
            runs: &[Procedure::Drill, Procedure::Drill],
            faults: &["task:stop-reversed-replication=Failback.AccessDeniedx9"],
            ..drill()
        },
        // A drill of servers that a failback has claimed, and left before it began.
        Rehearsed {
            runs: &[Procedure::Failback, Procedure::Drill],
            plan: recovered_servers_are_kept,
            scenario: Some(Scenario::Recovered),
            faults: &["task:start-reversed-replication=Failback.AccessDeniedx9"],
            ..drill()
        },
        Rehearsed { answer: GateAnswer::No("not now".to_owned()), ..failback() },
        // A person aborts a failback whose A4 works.
        Rehearsed {
            plan: |plan| plan["cutover"] = json!({ "acceptLossSeconds": 14 * 86_400 }),
            answer: GateAnswer::Abort("not now".to_owned()),
            ..failback()
        },
        // A B3 that existed before B1 was launched into it.
        Rehearsed { switches: Switches { launch_into_existing: true, ..usual }, ..failback() },
        // The switches of the plan.
        Rehearsed {
            plan: recovered_servers_are_there,
            scenario: Some(Scenario::DrilledRecovered),
            ..drill()
        },
        Rehearsed { plan: recovered_servers_are_kept, scenario: Some(Scenario::Recovered), ..drill() },
        // A failback takes over from a drill that has left B2.
        Rehearsed {
            runs: &[Procedure::Drill, Procedure::Failback],
            plan: recovered_servers_are_kept,
            scenario: Some(Scenario::Recovered),
            ..drill()
        },
        Rehearsed { plan: |plan| plan["drill"]["launchAs"] = json!("drill"), ..drill() },
        Rehearsed {
            plan: |plan| {
                plan["stopOriginalReplication"] = json!(true);
                plan["gates"]["beforeStop"] = json!({ "timeoutMinutes": 60 });
            },
            ..failback()
        },
        Rehearsed {
            plan: |plan| {
                plan["redirect"] = json!({ "byHand": true });
                plan["launch"]["dataAgeSecondsMax"] = json!(1_209_600);
            },
            ..failback()
        },
        Rehearsed {
            plan: |plan| plan["launch"]["intoSource"] = json!(true),
            switches: Switches { launch_into_source: true, post_launch: true, ..usual },
            ..failback()
        },
        // The hook freezes B3, and a freeze whose failback is held is lifted before the next one.
        Rehearsed { plan: the_hook_freezes, ..failback() },
        Rehearsed {
            runs: &[Procedure::Failback, Procedure::Failback],
            plan: the_hook_freezes,
            faults: &["task:redirect-traffic=Failback.AccessDeniedx9"],
            ..failback()
        },
        // The open questions of DRS.
        Rehearsed { switches: Switches { participants_lack_instances: true, ..usual }, ..drill() },
        Rehearsed { switches: Switches { participants_lack_instances: true, ..usual }, ..failback() },
        Rehearsed { switches: Switches { post_launch: true, ..usual }, ..drill() },
        Rehearsed { switches: Switches { post_launch: true, ..usual }, ..failback() },
    ]
}

fn the_hook_freezes(plan: &mut Value) {
    plan["cutover"] = json!({ "freeze": "byHook", "freezeMinutesMax": 120 });
}

fn recovered_servers_are_there(plan: &mut Value) {
    plan["drill"]["launchRecoveredServers"] = json!(false);
}

fn recovered_servers_are_kept(plan: &mut Value) {
    plan["drill"]["launchRecoveredServers"] = json!(false);
    plan["drill"]["keepRecoveredServers"] = json!(true);
}
