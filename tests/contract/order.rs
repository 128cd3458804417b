//! The order of states, on every path of an execution.

use failback_core::procedure::Procedure;
use serde_json::{Value, json};

use crate::graph::{after, edges, without};
use crate::repo::{BOTH, changed, found, machine, none, states};

/// A state, and the states of which one must come before it.
type Rule = (&'static str, &'static [&'static str]);

const DRILL: &[Rule] = &[
    ("Start Reversed Replication", &["Claim Servers"]),
    ("Launch For Failback", &["Prepare Launch"]),
    ("Launch For Failback", &["Check Launch State"]),
    ("Ask Before Clean Up", &["Validate Failed Back Servers"]),
    ("Ask Before Hold Ends", &["Ask Before Clean Up"]),
    // The clean-up of the page after a drill.
    ("Stop Reversed Replication", &["Clean Up"]),
    ("Terminate Drill Servers", &["Stop Reversed Replication"]),
    ("Terminate Recovered Servers", &["Stop Reversed Replication"]),
    ("Remove Source Servers", &["Terminate Drill Servers"]),
];

const FAILBACK: &[Rule] = &[
    ("Start Reversed Replication", &["Claim Servers"]),
    ("Stop Original Replication", &["Check Launch State"]),
    ("Stop Original Replication", &["Ask Before Stop"]),
    ("Launch For Failback", &["Prepare Launch"]),
    ("Launch For Failback", &["Check Launch State"]),
    ("Launch For Failback", &["Ask Before Launch?"]),
    ("Drain Replication", &["Writes Stopped"]),
    ("Writes Stopped", &["Ask Before Launch"]),
    ("Freeze Writes", &["Ask Before Launch"]),
    // An abort ends what the run has claimed.
    ("Terminate Failed Back Servers", &["Claim Servers"]),
    ("Aborted", &["Terminate Failed Back Servers"]),
    ("Ask Before Redirect", &["Validate Failed Back Servers"]),
    ("Redirect Traffic", &["Validate Failed Back Servers"]),
    ("Redirected By Hand", &["Validate Failed Back Servers"]),
    ("Protect Failed Back Servers", &["Redirect Traffic", "Redirected By Hand"]),
    // Production runs on A4, which is validated, carries traffic and is protected, before anything is removed.
    ("Clean Up", &["Protect Failed Back Servers"]),
    // Step 4 of the page.
    ("Stop Reversed Replication", &["Clean Up"]),
    ("Terminate Recovered Servers", &["Stop Reversed Replication"]),
    ("Terminate Original Servers", &["Terminate Recovered Servers"]),
    ("Delete Recovery Instances", &["Terminate Recovered Servers"]),
    ("Remove Source Servers", &["Delete Recovery Instances"]),
];

/// Where a drill that could not claim every server, and so has begun nothing, decides whether to clean up.
const UNCLAIMED: &str = "Launched By This Drill?";

fn rules(procedure: Procedure) -> &'static [Rule] {
    match procedure {
        Procedure::Drill => DRILL,
        Procedure::Failback => FAILBACK,
    }
}

fn check(procedure: Procedure, machine: &Value) -> Vec<String> {
    let edges = edges(machine);
    let start = machine["StartAt"].as_str().unwrap_or_default();
    let mut faults = Vec::new();
    for (state, before) in rules(procedure) {
        if let Some(name) = before.iter().chain([state]).find(|name| machine["States"].get(name).is_none()) {
            faults.push(format!("there is no state `{name}`"));
        } else if after(&without(&edges, before), start).contains(state) {
            faults.push(format!("`{state}` can come without `{}` before it", before.join("` or `")));
        }
    }
    // Without a change, there is nothing to clean up or to report.
    let mut safe: Vec<&[&str]> = vec![&["Write Report"]];
    if procedure == Procedure::Drill {
        safe.push(&["Clean Up", UNCLAIMED]);
        if after(&edges, "Start Reversed Replication").contains(UNCLAIMED) {
            faults.push(format!("`{UNCLAIMED}` can come after `Start Reversed Replication`"));
        }
    }
    for through in safe {
        let reached = after(&without(&edges, through), start);
        let ends = states(machine).filter(|(name, state)| {
            *name != "Not Ready"
                && (state["Type"] == "Succeed" || state["Type"] == "Fail" || state["End"] == true)
                && reached.contains(name)
        });
        faults.extend(ends.map(|(name, _)| {
            format!("`{name}` can end the {procedure} without `{}`", through.join("` or `"))
        }));
    }
    faults
}

#[test]
fn nothing_comes_too_early() {
    for procedure in BOTH {
        none(&check(procedure, &machine(procedure)));
    }
    let with = |procedure, pointer: &str, value| check(procedure, &changed(procedure, pointer, value));
    let (drill, failback) = (Procedure::Drill, Procedure::Failback);
    found(
        &with(failback, "/States/Traffic Redirected?/Choices/0/Next", json!("Ask Before Clean Up?")),
        "`Clean Up` can come without `Protect Failed Back Servers` before it",
    );
    found(
        &with(failback, "/States/Redirect By Hand?/Default", json!("Protect Failed Back Servers")),
        "without `Redirect Traffic` or `Redirected By Hand` before it",
    );
    found(
        &with(
            failback,
            "/States/Recovered Servers Terminated?/Choices/0/Next",
            json!("Remove Source Servers"),
        ),
        "`Remove Source Servers` can come without `Delete Recovery Instances`",
    );
    found(&with(failback, "/States/Clean Up", Value::Null), "there is no state `Clean Up`");
    found(
        &with(drill, "/States/Keep Recovered Servers?/Default", json!("Drill Done")),
        "`Drill Done` can end the drill without `Write Report`",
    );
    found(
        &with(drill, "/States/Give Up/Next", json!("Write Report")),
        "`Drill Failed` can end the drill without `Clean Up` or `Launched By This Drill?`",
    );
    found(
        &with(drill, "/States/Launch Prepared?/Default", json!("Give Up Claiming")),
        "`Launched By This Drill?` can come after `Start Reversed Replication`",
    );
}
