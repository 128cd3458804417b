//! The repository's files, as the checks read them.

use std::fs;
use std::path::Path;

use failback_core::procedure::Procedure;
use failback_rehearsal::machines;
use serde_json::Value;

/// Both procedures.
pub(crate) const BOTH: [Procedure; 2] = [Procedure::Drill, Procedure::Failback];

/// Returns the root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns a file that must exist.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns a file, if it exists.
pub(crate) fn find(path: &str) -> Option<String> {
    fs::read_to_string(root().join(path)).ok()
}

/// Returns the names of the folders in a folder.
pub(crate) fn folders(path: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Returns every text file under a path, with its path from the root.
pub(crate) fn texts(path: &str) -> Vec<(String, String)> {
    let at = root().join(path);
    if at.is_file() {
        return find(path).map(|text| (path.to_owned(), text)).into_iter().collect();
    }
    let Ok(entries) = fs::read_dir(at) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let visible = names.iter().filter(|name| !name.starts_with('.') && *name != "target");
    visible.flat_map(|name| texts(&format!("{path}/{name}"))).collect()
}

/// Returns the library of a step.
pub(crate) fn step_source(step: &str) -> String {
    read(&format!("functions/{step}/src/lib.rs"))
}

/// Returns a machine as JSON.
pub(crate) fn machine(procedure: Procedure) -> Value {
    serde_json::from_str(machines::text(procedure)).expect("a state machine is JSON")
}

/// Returns a machine with one value replaced or added; null removes it.
#[allow(clippy::needless_pass_by_value, reason = "the callers read better so")]
pub(crate) fn changed(procedure: Procedure, pointer: &str, value: Value) -> Value {
    let mut machine = machine(procedure);
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
    match machine.pointer_mut(parent) {
        Some(Value::Object(members)) if value.is_null() => {
            assert!(members.remove(name).is_some(), "there is no {pointer}");
        }
        Some(Value::Object(members)) => {
            members.insert(name.to_owned(), value);
        }
        Some(Value::Array(items)) => {
            let index: usize = name.parse().expect("a number");
            items[index] = value;
        }
        _ => panic!("there is no {parent}"),
    }
    machine
}

/// Returns the states of a machine, in the order of the file.
pub(crate) fn states(machine: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let states = machine["States"].as_object().expect("a machine has states");
    states.iter().map(|(name, state)| (name.as_str(), state))
}

/// Returns the Tasks of a machine, in the order of the file.
pub(crate) fn tasks(machine: &Value) -> impl Iterator<Item = (&str, &Value)> {
    states(machine).filter(|(_, state)| state["Type"] == "Task")
}

/// Returns the step that a Task calls.
pub(crate) fn step_of(task: &Value) -> Option<failback_rehearsal::steps::StepEntry> {
    failback_rehearsal::steps::StepEntry::find(task["Arguments"]["FunctionName"].as_str()?)
}

/// Returns every expression in a value, without its brackets.
pub(crate) fn expressions(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => text
            .strip_prefix("{%")
            .and_then(|text| text.strip_suffix("%}"))
            .map(str::trim)
            .into_iter()
            .collect(),
        Value::Array(items) => items.iter().flat_map(expressions).collect(),
        Value::Object(members) => members.values().flat_map(expressions).collect(),
        _ => Vec::new(),
    }
}

/// Asserts that there are no faults.
pub(crate) fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// Asserts that some fault has these words.
pub(crate) fn found(faults: &[String], words: &str) {
    assert!(faults.iter().any(|fault| fault.contains(words)), "no fault says `{words}`: {faults:#?}");
}
