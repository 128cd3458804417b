//! The names of errors: only those of `ErrorName` in `failback-core` exist.

use failback_core::ErrorName;
use failback_rehearsal::machines;

use crate::graph::items;
use crate::repo::{BOTH, found, machine, none, read, step_of, tasks, texts};

/// Names that only a machine uses, for the answer of a person.
const OF_THE_MACHINES: &[&str] = &["Failback.Aborted", "Failback.Refused"];

/// Files in which Step Functions or people read names of errors.
const PLACES: &[&str] =
    &["statemachine", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs", "template.yaml"];

/// Returns the names of the form `Failback.Name` in a text.
fn mentioned(text: &str) -> Vec<String> {
    let rest = text.split("Failback.").skip(1);
    let words = rest.filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next());
    words
        .filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|w| format!("Failback.{w}"))
        .collect()
}

fn check(path: &str, text: &str) -> Vec<String> {
    let unknown = mentioned(text)
        .into_iter()
        .filter(|name| ErrorName::parse(name).is_none() && !OF_THE_MACHINES.contains(&name.as_str()));
    unknown.map(|name| format!("{path}: there is no error {name} in crates/core/src/error/name.rs")).collect()
}

/// Returns the names whose documentation in the list says that they are retried.
fn retried(source: &str) -> Vec<String> {
    let list =
        source.split("\nerror_names! {").nth(1).and_then(|rest| rest.split("\n}").next()).unwrap_or_default();
    let mut names = Vec::new();
    let mut retried = false;
    for line in list.lines().map(str::trim) {
        if line.starts_with("///") {
            retried |= line.contains("Retried");
        } else if let Some(name) = line.strip_suffix(',')
            && std::mem::take(&mut retried)
        {
            names.push(format!("Failback.{name}"));
        }
    }
    names
}

#[test]
fn only_errors_that_exist_are_named() {
    let faults: Vec<String> =
        PLACES.iter().flat_map(|place| texts(place)).flat_map(|(path, text)| check(&path, &text)).collect();
    none(&faults);
    for procedure in BOTH {
        assert!(!mentioned(machines::text(procedure)).is_empty());
    }
    found(&check("x.json", "\"Failback.Trottled\""), "x.json: there is no error Failback.Trottled");
    none(&check("x.md", "`Failback.Throttled`, the end of a Failback. Then"));
}

#[test]
fn the_machines_retry_what_the_list_says() {
    let wanted = retried(&read("crates/core/src/error/name.rs"));
    assert_eq!(wanted, [ErrorName::Throttled.as_str(), ErrorName::Unavailable.as_str()]);
    for procedure in BOTH {
        for (name, task) in tasks(&machine(procedure)).filter(|(_, task)| step_of(task).is_some()) {
            let errors = items(&task["Retry"]).flat_map(|rule| items(&rule["ErrorEquals"]));
            let ours: Vec<&str> = errors
                .filter_map(|error| error.as_str())
                .filter(|error| error.starts_with("Failback."))
                .collect();
            assert_eq!(ours, wanted, "{procedure}: `{name}`");
        }
    }
}
