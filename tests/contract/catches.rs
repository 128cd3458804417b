//! Every Task is tried again alike, and its failure is recorded and goes to the procedure's safe end: a drill cleans
//! up, a failback is held and reported.

use failback_core::procedure::Procedure;
use serde_json::{Value, json};

use crate::graph::{after, edges, items};
use crate::repo::{BOTH, changed, found, machine, none, tasks};

/// What is kept of a failure.
const RECORD: &str = "{'step': $states.context.State.Name, 'error': $states.errorOutput.Error, 'cause': $states.errorOutput.Cause}";

/// One Retry block for all Tasks of both machines.
fn retries(machines: &[Value]) -> Vec<String> {
    let all: Vec<(&str, &Value)> = machines.iter().flat_map(tasks).collect();
    let Some((first, block)) = all.first() else { return vec!["there is no Task".to_owned()] };
    let mut faults = Vec::new();
    if items(&block["Retry"]).any(|rule| rule["JitterStrategy"] != "FULL")
        || items(&block["Retry"]).count() == 0
    {
        faults.push(format!("`{first}` has no Retry with full jitter"));
    }
    let others = all.iter().filter(|(_, task)| task["Retry"] != block["Retry"]);
    faults.extend(others.map(|(name, _)| format!("`{name}` has another Retry than `{first}`")));
    faults
}

fn check(procedure: Procedure, machine: &Value) -> Vec<String> {
    let edges = edges(machine);
    let cleaning = after(&edges, "Clean Up");
    let mut faults = Vec::new();
    for (name, task) in tasks(machine) {
        let late = cleaning.contains(name);
        let to = match (name, procedure) {
            ("Check Readiness", _) => "Keep Refusal",
            ("Keep Refusal", _) => "Not Ready",
            ("Write Report" | "Keep Report", _) => "Report Missing",
            (_, Procedure::Drill) if !late => "Clean Up",
            _ => "Write Report",
        };
        // What fails in the clean-up, or while a refusal is kept, must not hide what that is there for.
        let record = if late || name == "Keep Refusal" {
            format!("{{% $failure = null ? {RECORD} : $failure %}}")
        } else {
            format!("{{% {RECORD} %}}")
        };
        let wanted = json!([{ "ErrorEquals": ["States.ALL"], "Assign": { "failure": record }, "Next": to }]);
        if task["Catch"] != wanted {
            faults.push(format!("`{name}` must have this Catch and no other: {wanted}"));
        }
    }
    faults
}

#[test]
fn every_task_is_tried_again_alike() {
    let [drill, failback] = BOTH.map(machine);
    none(&retries(&[drill.clone(), failback]));
    let rate = "/States/Write Report/Retry/0/BackoffRate";
    found(
        &retries(&[drill.clone(), changed(Procedure::Failback, rate, json!(3))]),
        "`Write Report` has another Retry",
    );
    let gate = "/States/Ask Before Clean Up/Retry";
    found(
        &retries(&[drill, changed(Procedure::Failback, gate, Value::Null)]),
        "`Ask Before Clean Up` has another",
    );
    let jitter = "/States/Check Readiness/Retry/0/JitterStrategy";
    found(&retries(&[changed(Procedure::Drill, jitter, Value::Null)]), "no Retry with full jitter");
}

#[test]
fn every_failure_goes_to_the_safe_end() {
    for procedure in BOTH {
        none(&check(procedure, &machine(procedure)));
    }
    let with = |procedure, pointer: &str, value| check(procedure, &changed(procedure, pointer, value));
    let launch = "/States/Launch For Failback/Catch";
    found(
        &with(Procedure::Drill, &format!("{launch}/0/Next"), json!("Write Report")),
        "`Launch For Failback`",
    );
    found(
        &with(Procedure::Failback, &format!("{launch}/0/Next"), json!("Clean Up")),
        "`Launch For Failback`",
    );
    found(&with(Procedure::Drill, launch, Value::Null), "`Launch For Failback`");
    let few = json!(["Failback.TimedOut"]);
    found(&with(Procedure::Drill, &format!("{launch}/0/ErrorEquals"), few), "`Launch For Failback`");
    let silent = json!("{% $states.errorOutput.Error %}");
    found(&with(Procedure::Drill, &format!("{launch}/0/Assign/failure"), silent), "`Launch For Failback`");
    let forgetful = json!(format!("{{% {RECORD} %}}"));
    let clean_up = "/States/Terminate Drill Servers/Catch/0/Assign/failure";
    found(&with(Procedure::Drill, clean_up, forgetful), "`Terminate Drill Servers`");
}
