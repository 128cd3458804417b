//! The bounds of loops: `$polls` counts polls with their retries up to 2,000, and up to 2,500 in the clean-up, which needs some in
//! reserve; both are far below an execution's 25,000 events. `$wave` counts waves up to `$waves`.

use failback_core::procedure::Procedure;
use serde_json::{Value, json};

use crate::graph::{Edge, edges, looping, without};
use crate::repo::{BOTH, changed, found, machine, none, states};

/// The counters, which start at 0, and their bounds, as parts of a condition without `or`.
const COUNTERS: &[(&str, &[&str])] =
    &[("polls", &["$polls < 2000", "$polls < 2500"]), ("wave", &["$wave + 1 < $waves"])];

/// Reports whether an edge is taken only while a counter is below its bound.
fn is_bounded(edge: &Edge<'_>, bounds: &[&str]) -> bool {
    let Some(condition) = edge.condition else { return false };
    let inner = condition.trim_start_matches("{%").trim_end_matches("%}").trim();
    !inner.contains(" or ") && inner.split(" and ").any(|part| bounds.contains(&part.trim()))
}

/// Checks that no loop remains without the rules that bound loops.
fn bounded(machine: &Value) -> Vec<String> {
    let mut edges = edges(machine);
    edges.retain(|edge| !COUNTERS.iter().any(|(_, bound)| is_bounded(edge, bound)));
    looping(&edges).iter().map(|name| format!("`{name}` is in a loop that no rule bounds")).collect()
}

/// Checks that counters and bounds change only by counting up.
fn untouched(machine: &Value) -> Vec<String> {
    let start = machine["StartAt"].as_str().unwrap_or_default();
    let mut faults = Vec::new();
    for (name, state) in states(machine) {
        for (counter, _) in COUNTERS {
            let value = &state["Assign"][*counter];
            let begins = name == start && *value == json!(0);
            let again = *counter == "wave" && *value == json!(0) && is_entered_by_polls(machine, name);
            if !(value.is_null() || begins || again || counts(state, counter)) {
                faults.push(format!("`{name}` sets ${counter} to {value}: it only counts up from 0"));
            }
        }
        if name != start && !state["Assign"]["waves"].is_null() {
            faults.push(format!("`{name}` sets $waves, which bounds a loop"));
        }
    }
    if looping(&edges(machine)).contains(start) {
        faults.push(format!("`{start}` is in a loop, and sets the counters to 0"));
    }
    faults
}

/// Reports whether a state is entered only while polls are left, which bounds every loop through it.
fn is_entered_by_polls(machine: &Value, name: &str) -> bool {
    let (_, bounds) = COUNTERS[0];
    let into: Vec<_> = edges(machine).into_iter().filter(|edge| edge.to == name).collect();
    !into.is_empty() && into.iter().all(|edge| is_bounded(edge, bounds))
}

/// Reports whether a state counts up. A poll counts with its retries, each of which takes events of the execution too.
fn counts(state: &Value, counter: &str) -> bool {
    let retries = if counter == "polls" { " + $states.context.State.RetryCount" } else { "" };
    state["Assign"][counter] == format!("{{% ${counter} + 1{retries} %}}")
}

/// Checks that a loop with a single counter as its bound has a state that counts it, and that every loop has a state
/// that counts.
fn counted(machine: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let all = edges(machine);
    let counting = |counters: &[&str]| -> Vec<&str> {
        let counts = |state: &Value| counters.iter().any(|counter| counts(state, counter));
        states(machine).filter(|(_, state)| counts(state)).map(|(name, _)| name).collect()
    };
    for (counter, bound) in COUNTERS {
        let others = COUNTERS.iter().filter(|(other, _)| other != counter);
        let foreign = |edge: &Edge<'_>| {
            others.clone().any(|(_, other)| is_bounded(edge, other)) && !is_bounded(edge, bound)
        };
        let own: Vec<Edge<'_>> = all.iter().filter(|edge| !foreign(edge)).copied().collect();
        let rest = without(&own, &counting(&[*counter]));
        faults.extend(
            looping(&rest).iter().map(|name| format!("`{name}` is in a loop that ${counter} does not count")),
        );
    }
    let rest = without(&all, &counting(&["polls", "wave"]));
    faults.extend(looping(&rest).iter().map(|name| format!("`{name}` is in a loop that nothing counts")));
    faults
}

/// Checks that a step's loop is three states: Task, Choice, Wait. Only a polled Task has one.
fn three(machine: &Value) -> Vec<String> {
    let state = |name: &Value| &machine["States"][name.as_str().unwrap_or_default()];
    let waits_for = |choice: &Value, wait: &str| {
        let rules = choice["Choices"].as_array().into_iter().flatten();
        rules.filter(|rule| rule["Next"] == wait).any(|rule| {
            rule["Condition"].as_str().is_some_and(|c| c.contains("$states.input.status = 'waiting'"))
        })
    };
    let edges = edges(machine);
    let mut faults = Vec::new();
    for (name, wait) in states(machine).filter(|(_, state)| state["Type"] == "Wait") {
        let task = state(&wait["Next"]);
        let choice = state(&task["Next"]);
        let closed = task["Type"] == "Task" && choice["Type"] == "Choice" && waits_for(choice, name);
        let entries = edges.iter().filter(|edge| edge.to == name).count();
        if !closed || entries != 1 || wait["Seconds"] != "{% $states.input.waitSeconds %}" {
            faults.push(format!(
                "`{name}` is not the Wait of one loop Task → Choice → Wait, as long as the step says"
            ));
        }
    }
    for (name, task) in states(machine).filter(|(_, s)| s["Arguments"]["Payload"].get("wait").is_some()) {
        let waits = states(machine).filter(|(_, s)| s["Type"] == "Wait" && s["Next"] == name).count();
        if waits != 1 || task["Assign"]["wait"] != "{% $states.result.Payload.wait %}" {
            faults
                .push(format!("`{name}` can be waited for: it needs one Wait, and keeps its note in $wait"));
        }
    }
    faults
}

#[test]
fn every_loop_is_bounded() {
    for procedure in BOTH {
        none(&bounded(&machine(procedure)));
    }
    let with = |pointer: &str, value| bounded(&changed(Procedure::Failback, pointer, value));
    let look = "/States/Ready To Launch?/Choices/1/Condition";
    for broken in [
        "{% $states.input.status = 'waiting' %}",
        "{% $states.input.status = 'waiting' or $polls < 2000 %}",
        "{% $states.input.status = 'waiting' and $polls < 20000 %}",
    ] {
        found(&with(look, json!(broken)), "`Wait For Launch State` is in a loop that no rule bounds");
    }
    let relaunch = "/States/Failed Back Servers Work?/Choices/1/Condition";
    found(&with(relaunch, json!("{% $states.input.status = 'relaunch' %}")), "`Launch For Failback`");
    found(&with("/States/Another Wave?/Choices/0/Condition", json!("{% true %}")), "`Next Wave`");
    found(&with("/States/Write Report/Catch/0/Next", json!("Write Report")), "`Write Report`");
}

#[test]
fn every_loop_counts() {
    for procedure in BOTH {
        none(&counted(&machine(procedure)));
    }
    let without = |state: &str| counted(&changed(Procedure::Drill, &format!("/States/{state}"), Value::Null));
    found(
        &without("Prepare Launch/Assign/polls"),
        "`Prepare Launch` is in a loop that $polls does not count",
    );
    found(&without("Prepare Launch/Assign/polls"), "`Prepare Launch` is in a loop that nothing counts");
    found(&without("Next Wave/Assign/wave"), "`Next Wave` is in a loop that $wave does not count");
}

#[test]
fn nothing_else_touches_what_counts() {
    for procedure in BOTH {
        none(&untouched(&machine(procedure)));
    }
    let with = |pointer: &str, value| untouched(&changed(Procedure::Drill, pointer, value));
    found(&with("/States/Prepare Launch/Assign/polls", json!(0)), "`Prepare Launch` sets $polls to 0");
    found(&with("/States/Clean Up/Assign/polls", json!(0)), "`Clean Up` sets $polls to 0");
    found(
        &with("/States/Prepare Launch/Assign/polls", json!("{% $polls + 1 %}")),
        "`Prepare Launch` sets $polls to",
    );
    found(&with("/States/Clean Up/Assign/waves", json!(9)), "`Clean Up` sets $waves");
    found(
        &with("/States/Drill Succeeded?/Default", json!("Check Readiness")),
        "`Check Readiness` is in a loop",
    );
}

#[test]
fn a_loop_is_three_states() {
    for procedure in BOTH {
        none(&three(&machine(procedure)));
    }
    let with = |pointer: &str, value| three(&changed(Procedure::Drill, pointer, value));
    found(
        &with("/States/Wait For Launch/Next", json!("Prepare Launch")),
        "`Wait For Launch` is not the Wait",
    );
    found(
        &with("/States/Wait For Launch/Next", json!("Prepare Launch")),
        "`Launch For Failback` can be waited for",
    );
    found(&with("/States/Wait For Launch/Seconds", json!(30)), "as long as the step says");
    found(&with("/States/Prepare Launch/Next", json!("Wait For Preparation")), "`Wait For Preparation`");
    found(
        &with("/States/Launch Prepared?/Choices/1/Next", json!("Wait For Launch")),
        "`Wait For Launch` is not",
    );
    found(&with("/States/Prepare Launch/Assign/wait", Value::Null), "keeps its note in $wait");
}
