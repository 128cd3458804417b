//! The payloads between machines and steps: each side sends what the other reads.

use std::collections::BTreeMap;

use failback_core::procedure::Procedure;
use failback_rehearsal::steps::STEPS;
use serde_json::{Value, json};

use crate::graph::items;
use crate::repo::{BOTH, changed, expressions, found, machine, none, step_of, step_source, tasks};

/// Returns the properties of an object's JSON Schema, by name. A reference to a definition is followed.
pub(crate) fn properties<'s>(schema: &'s Value, object: &'s Value) -> BTreeMap<&'s str, &'s Value> {
    let definition = object["$ref"].as_str().and_then(|path| schema.pointer(path.trim_start_matches('#')));
    let members = definition.unwrap_or(object)["properties"].as_object();
    members.into_iter().flatten().map(|(name, property)| (name.as_str(), property)).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys
}

/// Checks that the payload of every call has exactly the fields of the step's input.
fn questions(machine: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, task) in tasks(machine) {
        let Some(step) = step_of(task) else { continue };
        let schema = (step.input)().to_value();
        differ(name, "Payload", &task["Arguments"]["Payload"], &schema, &schema, &mut faults);
    }
    faults
}

fn differ(state: &str, at: &str, value: &Value, schema: &Value, object: &Value, faults: &mut Vec<String>) {
    let properties = properties(schema, object);
    let (sent, read) = (keys(value), properties.keys().copied().collect::<Vec<_>>());
    if sent != read {
        faults.push(format!("`{state}` sends {at} with {sent:?}, but its step reads {read:?}"));
    }
    for (name, property) in properties.into_iter().filter(|(name, _)| value[*name].is_object()) {
        differ(state, &format!("{at}.{name}"), &value[name], schema, property, faults);
    }
}

/// Checks that the members of an answer that a machine keeps are in the answer.
fn answers(machine: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, task) in tasks(machine) {
        let Some(step) = step_of(task) else { continue };
        let schema = (step.output)().to_value();
        let answer = properties(&schema, &schema);
        for expression in expressions(&task["Assign"]).into_iter().chain(expressions(&task["Output"])) {
            for field in kept(expression).into_iter().filter(|field| !answer.contains_key(field)) {
                faults.push(format!("`{name}` keeps `{field}`, which {} does not answer", step.name));
            }
        }
    }
    faults
}

/// Returns the members of the result that an expression names.
fn kept(expression: &str) -> Vec<&str> {
    let end = |c: char| !c.is_ascii_alphanumeric();
    let named = expression.split("$states.result.Payload.").skip(1);
    named.filter_map(|rest| rest.split(end).next()).collect()
}

/// Checks that the Choice after a polled step handles exactly the statuses that the step can answer.
fn statuses(machine: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (_, task) in tasks(machine).filter(|(_, task)| task["Arguments"]["Payload"].get("wait").is_some()) {
        let (Some(step), Some(choice)) = (step_of(task), task["Next"].as_str()) else { continue };
        let mut wanted = vec!["done", "waiting"];
        for (result, status) in [("Relaunch", "relaunch"), ("Keep", "keep"), ("Prepare", "prepare")] {
            if step_source(step.name).contains(&format!("StepResult::{result}")) {
                wanted.insert(1, status);
            }
        }
        let conditions =
            items(&machine["States"][choice]["Choices"]).filter_map(|rule| rule["Condition"].as_str());
        let mut asked: Vec<&str> = conditions
            .filter_map(|condition| condition.split("$states.input.status = '").nth(1)?.split('\'').next())
            .collect();
        asked.sort_unstable();
        if asked != wanted {
            faults.push(format!("`{choice}` asks for {asked:?}, but {} answers {wanted:?}", step.name));
        }
    }
    faults
}

#[test]
fn every_step_says_what_it_reads_and_answers() {
    for step in STEPS {
        for schema in [(step.input)().to_value(), (step.output)().to_value()] {
            assert!(!properties(&schema, &schema).is_empty(), "{}: {schema}", step.name);
        }
    }
}

#[test]
fn payloads_are_the_inputs_of_the_steps() {
    for procedure in BOTH {
        none(&questions(&machine(procedure)));
    }
    let with = |pointer: &str, value| questions(&changed(Procedure::Drill, pointer, value));
    let payload = |state: &str, field: &str| format!("/States/{state}/Arguments/Payload/{field}");
    found(&with(&payload("Prepare Launch", "wave"), json!(0)), "`Prepare Launch` sends Payload");
    found(&with(&payload("Launch For Failback", "wave"), Value::Null), "`Launch For Failback` sends Payload");
    found(&with(&payload("Write Report", "cleaning"), Value::Null), "`Write Report` sends Payload");
    found(&with(&payload("Check Readiness", "execution/id"), Value::Null), "sends Payload.execution");
}

#[test]
fn answers_have_what_is_kept_of_them() {
    for procedure in BOTH {
        none(&answers(&machine(procedure)));
    }
    let with = |pointer: &str, value| answers(&changed(Procedure::Drill, pointer, value));
    let wave = json!("{% $states.result.Payload.waveCount %}");
    found(&with("/States/Check Readiness/Assign/waves", wave), "keeps `waveCount`, which check-readiness");
    let reason = json!("{% $states.result.Payload.reason %}");
    found(
        &with("/States/Prepare Launch/Output", reason),
        "keeps `reason`, which prepare-launch does not answer",
    );
    assert_eq!(kept("{'a': $states.result.Payload.summary}"), ["summary"]);
}

#[test]
fn choices_know_every_status() {
    for procedure in BOTH {
        none(&statuses(&machine(procedure)));
    }
    let with = |pointer: &str, value| statuses(&changed(Procedure::Drill, pointer, value));
    let rule = |choice: &str, i: u8| format!("/States/{choice}/Choices/{i}/Condition");
    let again = json!("{% $states.input.status = 'again' and $polls < 2000 %}");
    found(&with(&rule("Failed Back Servers Work?", 1), again), "`Failed Back Servers Work?` asks for");
    found(
        &with(&rule("Launch Prepared?", 1), json!("{% false %}")),
        "`Launch Prepared?` asks for [\"done\", \"waiting\"]",
    );
}
