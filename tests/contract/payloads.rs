//! The machines send what the steps read, and read what the steps send.

use drs_failback::steps::STEPS;
use failback_core::procedure::Procedure;
use failback_core::step::{Input, WaveInput};
use serde_json::{Value, json};

use crate::graph::items;
use crate::repo::{BOTH, changed, expressions, found, machine, none, read, step_of, step_source, tasks};

/// The fields of a struct in a source text: each as JSON has it, with its type.
pub(crate) fn fields(source: &str, name: &str) -> Option<Vec<(String, String)>> {
    let (_, rest) = source.split_once(&format!("pub struct {name} {{\n"))?;
    let (body, _) = rest.split_once("\n}")?;
    let lines = body.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(": "));
    Some(lines.map(|(name, kind)| (camel(name), kind.trim_end_matches(',').to_owned())).collect())
}

fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(&part[..1].to_ascii_uppercase());
        text.push_str(&part[1..]);
    }
    text
}

/// What a step reads: its own `Input`, or the one of its frame.
fn question_of(source: &str) -> Vec<(String, String)> {
    let frame = if source.contains("step::handle_wave::<") { "WaveInput" } else { "Input" };
    fields(source, "Input").or_else(|| fields(&read("crates/core/src/step.rs"), frame)).unwrap_or_default()
}

/// What a step answers: its own `Output`, the one of its frame, or the report.
pub(crate) fn answer_of(source: &str) -> Vec<(String, String)> {
    let framed = source.contains("step::handle::<") || source.contains("step::handle_wave::<");
    let (file, name) = if framed { ("step", "Output") } else { ("report", "Report") };
    fields(source, "Output")
        .or_else(|| fields(&read(&format!("crates/core/src/{file}.rs")), name))
        .unwrap_or_default()
}

fn names(fields: &[(String, String)]) -> Vec<&str> {
    let mut names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys
}

/// The payload of every call has the fields of the step's input, neither more nor fewer.
fn questions(machine: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, task) in tasks(machine) {
        let Some(step) = step_of(task) else { continue };
        let source = step_source(step.name);
        differ(name, "Payload", &task["Arguments"]["Payload"], &question_of(&source), &source, &mut faults);
    }
    faults
}

fn differ(
    state: &str,
    at: &str,
    value: &Value,
    wanted: &[(String, String)],
    source: &str,
    faults: &mut Vec<String>,
) {
    let (sent, read) = (keys(value), names(wanted));
    if sent != read {
        faults.push(format!("`{state}` sends {at} with {sent:?}, but its step reads {read:?}"));
    }
    for (name, kind) in wanted.iter().filter(|(name, _)| value[name.as_str()].is_object()) {
        if let Some(inner) = fields(source, kind) {
            differ(state, &format!("{at}.{name}"), &value[name.as_str()], &inner, source, faults);
        }
    }
}

/// What a machine keeps of an answer is in the answer.
fn answers(machine: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, task) in tasks(machine) {
        let Some(step) = step_of(task) else { continue };
        let answer = answer_of(&step_source(step.name));
        for expression in expressions(&task["Assign"]).into_iter().chain(expressions(&task["Output"])) {
            for field in kept(expression).into_iter().filter(|field| !names(&answer).contains(field)) {
                faults.push(format!("`{name}` keeps `{field}`, which {} does not answer", step.name));
            }
        }
    }
    faults
}

/// The members of the answer that an expression names, by path or in a list to sift by.
fn kept(expression: &str) -> Vec<&str> {
    let word = |text: &'static str| expression.split(text).skip(1);
    let end = |c: char| !c.is_ascii_alphanumeric();
    let by_path = word("$states.result.Payload.").filter_map(|rest| rest.split(end).next());
    let by_list = word("$k in [").filter_map(|rest| rest.split(']').next()).flat_map(|list| list.split(", "));
    by_path.chain(by_list.map(|name| name.trim_matches('\''))).collect()
}

/// The Choice behind a step that can be waited for knows each status that the step can answer, and no other.
fn statuses(machine: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (_, task) in tasks(machine).filter(|(_, task)| task["Arguments"]["Payload"].get("wait").is_some()) {
        let (Some(step), Some(choice)) = (step_of(task), task["Next"].as_str()) else { continue };
        let mut wanted = vec!["done", "waiting"];
        if step_source(step.name).contains("Verdict::Relaunch") {
            wanted.insert(1, "relaunch");
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
fn fields_are_read_from_source_as_serde_reads_them() {
    let of = |schema: schemars::Schema| keys(&schema.as_value()["properties"]).join(" ");
    let source = read("crates/core/src/step.rs");
    let read = |name| names(&fields(&source, name).expect("a struct")).join(" ");
    assert_eq!(read("Input"), of(schemars::schema_for!(Input)));
    assert_eq!(read("WaveInput"), of(schemars::schema_for!(WaveInput)));
    assert_eq!(read("Output"), "fleet progress status wait waitSeconds why");
    for step in STEPS {
        let source = step_source(step.name);
        assert!(!question_of(&source).is_empty() && !answer_of(&source).is_empty(), "{}", step.name);
        assert!(
            !source.contains("serde(rename ="),
            "{}: names of fields are read from the source here",
            step.name
        );
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
    let sift = json!("{% $sift($states.result.Payload, function($v, $k) { $k in ['status', 'reason'] }) %}");
    found(
        &with("/States/Prepare Launch/Output", sift),
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
        "`Launch Prepared?` asks for [\"done\"]",
    );
}
