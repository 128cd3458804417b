//! The lines of AWS's page, in their order, and the states that carry them out.

use failback_core::procedure::Procedure;
use serde_json::{Value, json};

use crate::repo::{BOTH, changed, found, machine, none, states, step_of, step_source, tasks};

/// A Task, and the start of its Comment.
type Row = (&'static str, &'static str);

const DRILL: &[Row] = &[
    ("Check Readiness", "Before the page's step 1:"),
    ("Launch Recovered Servers", "Before page step 1 (B1 → B2, B3):"),
    ("Claim Servers", "Before page step 1 (B2, A2):"),
    ("Start Reversed Replication", "Page step 1 (B2 → A2):"),
    ("Prepare Launch", "Between page steps 1 and 2 (A2):"),
    ("Keep Previous Settings", "Evidence: the launch settings of A2"),
    ("Check Launch State", "Page step 2 (A2):"),
    ("Launch For Failback", "Page step 2.2 (A2 → A3, A4):"),
    ("Validate Failed Back Servers", "Page step 2.2 (A4):"),
    ("Ask Before Clean Up", "Hold after page step 2.2 (A4):"),
    ("Ask Before Hold Ends", "Hold after page step 2.2 (A4), its last part:"),
    ("Stop Reversed Replication", "Drill clean-up 1 (A2):"),
    ("Terminate Drill Servers", "Drill clean-up 2 (A3, A4):"),
    ("Terminate Recovered Servers", "Drill clean-up 2 (B2, B3):"),
    ("Remove Source Servers", "Drill clean-up, last (A2):"),
    ("Write Report", "Outcome, identities and timings"),
    ("Keep Report", "Evidence: the report goes to the bucket"),
    ("Keep Refusal", "Evidence that a run was refused"),
];

const FAILBACK: &[Row] = &[
    ("Check Readiness", "Before the page's step 1:"),
    ("Claim Servers", "Before page step 1 (B2, A2):"),
    ("Start Reversed Replication", "Page step 1 (B2 → A2):"),
    ("Prepare Launch", "Between page steps 1 and 2 (A2):"),
    ("Keep Previous Settings", "Evidence: the launch settings of A2"),
    ("Check Launch State", "Page step 2 (A2):"),
    ("Ask Before Stop", "Gate before the note of page step 1:"),
    ("Stop Original Replication", "Note of page step 1 (B1):"),
    ("Ask Before Launch", "Gate before page step 2.2:"),
    ("Freeze Writes", "Before page step 2.2 (B3):"),
    ("Drain Replication", "Before page step 2.2 (B3 → A2):"),
    ("Launch For Failback", "Page step 2.2 (A2 → A3, A4):"),
    ("Validate Failed Back Servers", "Page step 2.2 (A4):"),
    ("Ask Before Redirect", "Gate before page step 2.3:"),
    ("Terminate Failed Back Servers", "Before page step 2.3, after an abort (A3, A4):"),
    ("Redirect Traffic", "Page step 2.3 (A4):"),
    ("Keep Previous Records", "Evidence: the records as they are"),
    ("Protect Failed Back Servers", "Page step 3 (A3 → B1):"),
    ("Ask Before Clean Up", "Gate before page step 4:"),
    ("Stop Reversed Replication", "Page step 4.1 (A2):"),
    ("Terminate Recovered Servers", "Page step 4.2 (B2, B3):"),
    ("Terminate Original Servers", "Page step 4.3 (A1):"),
    ("Delete Recovery Instances", "Page step 4.4 (A3):"),
    ("Remove Source Servers", "Page step 4.5 (A2):"),
    ("Write Report", "Outcome, identities and timings"),
    ("Keep Report", "Evidence: the report goes to the bucket"),
    ("Keep Refusal", "Evidence that a run was refused"),
];

fn rows(procedure: Procedure) -> &'static [Row] {
    match procedure {
        Procedure::Drill => DRILL,
        Procedure::Failback => FAILBACK,
    }
}

fn check(procedure: Procedure, machine: &Value) -> Vec<String> {
    let rows = rows(procedure);
    let table = match procedure {
        Procedure::Drill => "DRILL of tests/contract/labels.rs",
        Procedure::Failback => "FAILBACK of tests/contract/labels.rs",
    };
    let mut faults = Vec::new();
    for (name, opening) in rows {
        let comment = machine["States"][*name]["Comment"].as_str();
        match comment {
            None => faults.push(format!(
                "{procedure}: no state `{name}` carries out \"{opening}\": add it, or remove its row from {table}"
            )),
            Some(comment) if comment.starts_with(opening) => {}
            Some(comment) => {
                faults.push(format!(
                    "{procedure}: the Comment of `{name}` begins \"{opening}\", not \"{comment}\": correct it, or the \
                     row in {table}"
                ));
            }
        }
    }
    for (name, _) in tasks(machine).filter(|(name, _)| rows.iter().all(|(row, _)| row != name)) {
        faults.push(format!(
            "{procedure}: `{name}` has no line of the page: add a row to {table}, in the order of the Tasks, and \
             begin the state's Comment with it"
        ));
    }
    let order: Vec<&str> = tasks(machine).map(|(name, _)| name).collect();
    let wanted: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
    let differs = order.iter().zip(&wanted).find(|(name, wanted)| name != wanted);
    if let (true, Some((name, wanted))) = (faults.is_empty(), differs) {
        faults.push(format!(
            "{procedure}: the Tasks are not in the page's order: `{name}` stands where `{wanted}` belongs; move the \
             state, or its row in {table}"
        ));
    }
    faults
}

/// Returns the number of the page's step in a text: `4.2` of `Clean-up, step 4.2: …`.
fn number(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("tep ")?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches('.')).filter(|number| !number.is_empty())
}

/// Checks that a step's library and its state in the failback name the same step of the page.
fn agrees(step: &str, library: &str, comment: &str) -> Option<String> {
    let line = library.lines().next().unwrap_or_default();
    let (here, there) = (number(line)?, number(comment));
    (Some(here) != there).then(|| {
        format!(
            "functions/{step}/src/lib.rs says step {here}, its state in the failback \"{comment}\": correct one of them"
        )
    })
}

#[test]
fn every_line_of_the_page_has_its_state() {
    for procedure in BOTH {
        none(&check(procedure, &machine(procedure)));
    }
    let with =
        |pointer: &str, value| check(Procedure::Failback, &changed(Procedure::Failback, pointer, value));
    found(&with("/States/Redirect Traffic", Value::Null), "no state `Redirect Traffic` carries out");
    let comment = json!("Page step 2.2 (A4): redirect");
    found(
        &with("/States/Redirect Traffic/Comment", comment),
        "of `Redirect Traffic` begins \"Page step 2.3 (A4):\"",
    );
    found(
        &with("/States/Thaw Writes", json!({ "Type": "Task" })),
        "`Thaw Writes` has no line of the page: add a row to FAILBACK",
    );
    let mut shuffled = machine(Procedure::Failback);
    let states = shuffled["States"].as_object_mut().expect("states");
    let first = states.remove("Check Readiness").expect("a state");
    states.insert("Check Readiness".to_owned(), first);
    found(&check(Procedure::Failback, &shuffled), "not in the page's order");
}

#[test]
fn a_step_and_its_state_name_the_same_line() {
    let machine = machine(Procedure::Failback);
    let mut numbered = 0;
    for (_, task) in tasks(&machine) {
        let Some(step) = step_of(task) else { continue };
        let (library, comment) = (step_source(step.name), task["Comment"].as_str().unwrap_or_default());
        numbered += usize::from(number(library.lines().next().unwrap_or_default()).is_some());
        none(&agrees(step.name, &library, comment).into_iter().collect::<Vec<_>>());
    }
    assert!(numbered >= 11, "the page's steps are named in {numbered} libraries only");
    let moved = agrees("x", "//! Clean-up, step 4.1: stops.\n", "Page step 4.2 (A2): stop");
    found(&moved.into_iter().collect::<Vec<_>>(), "functions/x/src/lib.rs says step 4.1");
}

#[test]
fn the_drill_claims_no_line_of_the_failback_alone() {
    let faults = |machine: &Value| -> Vec<String> {
        let comments =
            states(machine).map(|(name, state)| (name, state["Comment"].as_str().unwrap_or_default()));
        let beyond = comments.filter(|(_, comment)| {
            ["Page step 2.3", "Page step 3", "Page step 4", "Note of page step"]
                .iter()
                .any(|line| comment.starts_with(line))
        });
        beyond.map(|(name, comment)| format!("`{name}`: {comment}")).collect()
    };
    none(&faults(&machine(Procedure::Drill)));
    let claims = json!("Page step 3 (A3 → B1): protect");
    found(&faults(&changed(Procedure::Drill, "/States/Clean Up/Comment", claims)), "`Clean Up`: Page step 3");
}
