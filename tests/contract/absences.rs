//! What must not happen is absent, not forbidden: a drill has no state that could change A1, B1 or production DNS, and
//! a failback none that launches or terminates what belongs to a drill.

use drs_failback::steps::STEPS;
use failback_core::procedure::Procedure;
use serde_json::{Value, json};

use crate::repo::{BOTH, changed, found, machine, none, step_source};

/// Steps that no drill may know.
const NEVER_IN_A_DRILL: &[&str] = &[
    "delete-recovery-instances",
    "protect-failed-back-servers",
    "redirect-traffic",
    "stop-original-replication",
    "terminate-original-servers",
];

/// Steps that no failback may know.
const NEVER_IN_A_FAILBACK: &[&str] = &["launch-recovered-servers", "terminate-drill-servers"];

fn absent(procedure: Procedure) -> &'static [&'static str] {
    match procedure {
        Procedure::Drill => NEVER_IN_A_DRILL,
        Procedure::Failback => NEVER_IN_A_FAILBACK,
    }
}

/// Whether a machine knows a step, by a state or by its function, wherever in it.
fn knows(machine: &Value, step: &str) -> bool {
    let Some(step) = STEPS.iter().find(|known| known.name == step) else { return false };
    machine["States"].get(step.state()).is_some() || machine.to_string().contains(&step.placeholder())
}

fn check(procedure: Procedure, machine: &Value) -> Vec<String> {
    let present = absent(procedure).iter().filter(|step| knows(machine, step));
    present.map(|step| format!("the {procedure} must not know {step}")).collect()
}

/// A step's `Scope` is what its guard can allow; the machines that have the step agree with it.
fn scope(step: &str, source: &str, drill: &Value, failback: &Value) -> Vec<String> {
    let declared = source.split("type Scope = ").nth(1).and_then(|rest| rest.split(';').next());
    let wanted = match declared {
        Some("Drill") => (true, false),
        Some("Failback") => (false, true),
        // A step without a guard changes nothing: it reads the world, or tells of it.
        Some("Either") | None => (true, true),
        Some(other) => return vec![format!("{step}: there is no Scope `{other}`")],
    };
    let is = (knows(drill, step), knows(failback, step));
    if is == wanted {
        return Vec::new();
    }
    let place = |(drill, failback)| match (drill, failback) {
        (true, true) => "both machines",
        (true, false) => "drill.asl.json alone",
        (false, true) => "failback.asl.json alone",
        (false, false) => "no machine",
    };
    vec![format!(
        "{step}: its Scope {} belongs in {}, but it is in {}",
        declared.unwrap_or("(none)"),
        place(wanted),
        place(is)
    )]
}

#[test]
fn what_must_not_happen_is_absent() {
    for procedure in BOTH {
        none(&check(procedure, &machine(procedure)));
        for step in absent(procedure) {
            assert!(STEPS.iter().any(|known| known.name == *step), "{step} was renamed: name it anew here");
        }
    }
    let hidden = json!("${RedirectTrafficFunctionArn}");
    let drill = changed(Procedure::Drill, "/States/Prepare Launch/Arguments/FunctionName", hidden);
    found(&check(Procedure::Drill, &drill), "the drill must not know redirect-traffic");
    let failback = changed(Procedure::Failback, "/States/Terminate Drill Servers", json!({ "Type": "Pass" }));
    found(&check(Procedure::Failback, &failback), "the failback must not know terminate-drill-servers");
}

#[test]
fn scopes_and_machines_agree() {
    let [drill, failback] = BOTH.map(machine);
    let faults: Vec<String> =
        STEPS.iter().flat_map(|step| scope(step.name, &step_source(step.name), &drill, &failback)).collect();
    none(&faults);
    let wrong = |step: &str, source: &str| scope(step, source, &drill, &failback);
    found(
        &wrong("redirect-traffic", "type Scope = Either;"),
        "belongs in both machines, but it is in failback.asl.json",
    );
    found(
        &wrong("prepare-launch", "type Scope = Drill;"),
        "belongs in drill.asl.json alone, but it is in both",
    );
    found(&wrong("prepare-launch", "type Scope = Neither;"), "there is no Scope `Neither`");
}

#[test]
fn a_step_that_no_drill_may_know_has_the_failback_as_its_scope() {
    for (steps, scope) in [(NEVER_IN_A_DRILL, "Failback"), (NEVER_IN_A_FAILBACK, "Drill")] {
        for step in steps {
            assert!(step_source(step).contains(&format!("type Scope = {scope};")), "{step}");
        }
    }
}
