//! Mistakes that the linters of state machines miss: errors that no rule can reach, contradictory time limits,
//! integrations that do not exist, paths with an invalid root, and arrays of one element that turn into that element.
//!
//! Parsing refuses most of them too; this check does not depend on the parser.

use std::collections::BTreeSet;

use failback_core::fleet::Fleet;
use failback_core::procedure::Procedure;
use failback_core::run::Run;
use serde_json::{Value, json};

use crate::graph::items;
use crate::payloads::properties;
use crate::repo::{BOTH, changed, expressions, found, machine, none, states, step_of, tasks};

/// Every integration in use. Look up the name of a new one before adding it.
const INTEGRATIONS: &[&str] = &[
    "arn:aws:states:::lambda:invoke",
    "arn:aws:states:::sns:publish.waitForTaskToken",
    "arn:aws:states:::aws-sdk:s3:putObject",
];

/// Checks that `States.ALL` is alone and last. Rules after it are never reached.
fn catch_all(machine: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, state) in states(machine) {
        for list in ["Retry", "Catch"] {
            let rules: Vec<&Value> = items(&state[list]).collect();
            for (i, rule) in rules.iter().enumerate() {
                let errors = &rule["ErrorEquals"];
                let all = items(errors).any(|error| error == "States.ALL");
                if all && (items(errors).count() > 1 || i + 1 < rules.len()) {
                    faults.push(format!("`{name}`: States.ALL must be alone, and in the last {list}"));
                }
            }
        }
    }
    faults
}

/// Checks that a heartbeat is shorter than the time limit.
fn heartbeats(machine: &Value) -> Vec<String> {
    let beats = |state: &Value| {
        let (heartbeat, timeout) = (&state["HeartbeatSeconds"], &state["TimeoutSeconds"]);
        heartbeat.is_null() || matches!((heartbeat.as_u64(), timeout.as_u64()), (Some(h), Some(t)) if h < t)
    };
    let silent = states(machine).filter(|(_, state)| !beats(state));
    silent.map(|(name, _)| format!("`{name}`: HeartbeatSeconds is not less than TimeoutSeconds")).collect()
}

fn integrations(machine: &Value) -> Vec<String> {
    let resources =
        tasks(machine).map(|(name, state)| (name, state["Resource"].as_str().unwrap_or_default()));
    let unknown = resources.filter(|(_, resource)| !INTEGRATIONS.contains(resource));
    unknown.map(|(name, resource)| format!("`{name}`: there may be no integration `{resource}`")).collect()
}

/// Checks the roots of paths: data is in `$states` and the variables; `$` and `$$` have no meaning.
fn roots(machine: &Value) -> Vec<String> {
    let of_root = |expression: &&str| {
        expression.contains("$.") || expression.contains("$$") || expression.contains("$[")
    };
    let mut faults = Vec::new();
    for (name, state) in states(machine) {
        for expression in expressions(state).iter().filter(|e| of_root(e)) {
            faults.push(format!("`{name}`: `$` stands for nothing in {expression}"));
        }
    }
    faults
}

/// Returns the array members of the fleet and of the run, with its plan.
fn carried_arrays() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    arrays_of_schema(schemars::schema_for!(Fleet).as_value(), &mut names);
    arrays_of_schema(schemars::schema_for!(Run).as_value(), &mut names);
    names
}

/// Returns the array members of a Task's answer.
fn answered_arrays(state: &Value) -> BTreeSet<String> {
    let Some(step) = step_of(state) else { return BTreeSet::new() };
    let schema = (step.output)().to_value();
    let arrays = properties(&schema, &schema).into_iter().filter(|(_, property)| property["type"] == "array");
    arrays.map(|(name, _)| name.to_owned()).collect()
}

fn arrays_of_schema(schema: &Value, names: &mut BTreeSet<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if property["type"] == "array" || items(&property["type"]).any(|kind| kind == "array") {
            names.insert(name.clone());
        }
    }
    match schema {
        Value::Object(members) => members.values().for_each(|member| arrays_of_schema(member, names)),
        Value::Array(all) => all.iter().for_each(|item| arrays_of_schema(item, names)),
        _ => {}
    }
}

/// Checks that an array is wrapped in `[…]` where it is copied. Where it is counted, it need not be.
fn wrapped(machine: &Value) -> Vec<String> {
    let carried = carried_arrays();
    let mut faults = Vec::new();
    for (name, state) in states(machine) {
        let answered = answered_arrays(state);
        let is_array = |path: &str| match path.strip_prefix("$states.result.Payload.") {
            Some(member) if !member.contains('.') => answered.contains(member),
            _ => path.rsplit_once('.').is_some_and(|(_, last)| carried.contains(last)),
        };
        let parts = [&state["Output"], &state["Assign"], &state["Arguments"]];
        for expression in parts.into_iter().flat_map(expressions) {
            let bare = |at: usize| !["[", "$count("].iter().any(|before| expression[..at].ends_with(before));
            for (_, path) in paths(expression).into_iter().filter(|(at, path)| bare(*at) && is_array(path)) {
                faults.push(format!("`{name}`: {path} is an array: write [{path}]"));
            }
        }
    }
    faults
}

/// Returns the paths of an expression that start with a variable, with their positions.
fn paths(expression: &str) -> Vec<(usize, &str)> {
    let starts = expression.match_indices('$').map(|(at, _)| at);
    let path = |at: usize| {
        let rest = &expression[at + 1..];
        let end =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_').unwrap_or(rest.len());
        (at, &expression[at..=at + end])
    };
    starts.map(path).collect()
}

#[test]
fn states_all_is_alone_and_last() {
    for procedure in BOTH {
        none(&catch_all(&machine(procedure)));
    }
    let catch = "/States/Prepare Launch/Catch";
    let two = json!([{ "ErrorEquals": ["States.ALL"] }, { "ErrorEquals": ["Failback.Guard"] }]);
    found(&catch_all(&changed(Procedure::Drill, catch, two)), "`Prepare Launch`: States.ALL");
    let mixed = json!(["States.ALL", "Failback.Guard"]);
    found(&catch_all(&changed(Procedure::Drill, &format!("{catch}/0/ErrorEquals"), mixed)), "must be alone");
}

#[test]
fn heartbeats_are_shorter_than_time_limits() {
    for procedure in BOTH {
        none(&heartbeats(&machine(procedure)));
    }
    let task = "/States/Prepare Launch/HeartbeatSeconds";
    found(&heartbeats(&changed(Procedure::Drill, task, json!(60))), "HeartbeatSeconds");
}

#[test]
fn integrations_exist() {
    for procedure in BOTH {
        none(&integrations(&machine(procedure)));
    }
    let misspelt = json!("arn:aws:states:::lambdaa:invoke");
    found(&integrations(&changed(Procedure::Drill, "/States/Prepare Launch/Resource", misspelt)), "lambdaa");
}

#[test]
fn no_expression_reads_from_the_root() {
    for procedure in BOTH {
        none(&roots(&machine(procedure)));
    }
    let wait = "/States/Wait For Launch/Seconds";
    found(&roots(&changed(Procedure::Drill, wait, json!("{% $.waitSeconds %}"))), "$.waitSeconds");
    found(&roots(&changed(Procedure::Drill, wait, json!("{% $$.waitSeconds %}"))), "$$.waitSeconds");
}

#[test]
fn copied_arrays_are_wrapped() {
    for procedure in BOTH {
        let machine = machine(procedure);
        assert!(answered_arrays(&machine["States"]["Check Readiness"]).contains("warnings"));
        none(&wrapped(&machine));
    }
    assert!(["servers", "waves"].iter().all(|name| carried_arrays().contains(*name)));
    let bare = json!("{% {'warnings': $states.result.Payload.warnings} %}");
    let broken = changed(Procedure::Drill, "/States/Check Readiness/Output", bare);
    found(&wrapped(&broken), "write [$states.result.Payload.warnings]");
    let members = changed(Procedure::Drill, "/States/Next Wave/Assign/all", json!("{% $fleet.servers %}"));
    found(&wrapped(&members), "write [$fleet.servers]");
}
