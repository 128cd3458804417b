//! Steps that must be absent: a drill has no state that could change A1, B1 or production DNS, and a failback has none
//! that launches or terminates servers of a drill.

use failback_core::procedure::Procedure;
use failback_rehearsal::steps::{STEPS, StepEntry};
use serde_json::{Value, json};

use crate::repo::{BOTH, changed, found, machine, none};

/// Steps that must not be in a drill.
const NEVER_IN_A_DRILL: &[&str] = &[
    "delete-recovery-instances",
    "protect-failed-back-servers",
    "redirect-traffic",
    "stop-original-replication",
    "terminate-failed-back-servers",
    "terminate-original-servers",
];

/// Steps that must not be in a failback.
const NEVER_IN_A_FAILBACK: &[&str] = &["launch-recovered-servers", "terminate-drill-servers"];

fn absent(procedure: Procedure) -> &'static [&'static str] {
    match procedure {
        Procedure::Drill => NEVER_IN_A_DRILL,
        Procedure::Failback => NEVER_IN_A_FAILBACK,
    }
}

/// Reports whether a machine contains a step, by a state or by its function, anywhere.
fn knows(machine: &Value, step: &str) -> bool {
    let Some(step) = STEPS.iter().find(|known| known.name == step) else { return false };
    machine["States"].get(step.state()).is_some() || machine.to_string().contains(&step.placeholder())
}

fn check(procedure: Procedure, machine: &Value) -> Vec<String> {
    let present = absent(procedure).iter().filter(|step| knows(machine, step));
    present.map(|step| format!("the {procedure} must not know {step}")).collect()
}

/// Checks that a step's procedures, which its guard can allow, are those of the machines that contain it.
fn scope(step: StepEntry, drill: &Value, failback: &Value) -> Vec<String> {
    let place = |in_drill, in_failback| match (in_drill, in_failback) {
        (true, true) => "both machines",
        (true, false) => "drill.asl.json alone",
        (false, true) => "failback.asl.json alone",
        (false, false) => "no machine",
    };
    let accepts = |procedure| step.procedures.contains(&procedure);
    let wanted = place(accepts(Procedure::Drill), accepts(Procedure::Failback));
    let is = place(knows(drill, step.name), knows(failback, step.name));
    if is == wanted {
        return Vec::new();
    }
    vec![format!("{}: its Scope belongs in {wanted}, but it is in {is}", step.name)]
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
    none(&STEPS.iter().flat_map(|step| scope(*step, &drill, &failback)).collect::<Vec<_>>());
    let with = |name: &str, procedures: &'static [Procedure]| {
        let mut step = *STEPS.iter().find(|step| step.name == name).expect("a step");
        step.procedures = procedures;
        scope(step, &drill, &failback)
    };
    found(&with("redirect-traffic", &BOTH), "belongs in both machines, but it is in failback.asl.json");
    found(&with("prepare-launch", &[Procedure::Drill]), "belongs in drill.asl.json alone, but it is in both");
}

#[test]
fn a_step_that_no_drill_may_know_has_the_failback_as_its_scope() {
    for (steps, procedure) in
        [(NEVER_IN_A_DRILL, Procedure::Failback), (NEVER_IN_A_FAILBACK, Procedure::Drill)]
    {
        for step in STEPS.iter().filter(|step| steps.contains(&step.name)) {
            assert_eq!(step.procedures, [procedure], "{}", step.name);
        }
    }
}
