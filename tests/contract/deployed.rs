//! What the state machines and the stack tell people themselves, against the list of the catalogue, both ways.

use std::collections::{BTreeMap, BTreeSet};

use failback_core::catalogue::deployed::{Deployed, ENTRIES, Kind};
use failback_core::procedure::Procedure;
use serde_json::{Value, json};

use crate::repo::{changed, found, none};
use crate::told::{Told, all, file_of, of_machine, of_template};
use crate::yaml;

/// The longest description of an alarm that CloudWatch takes, in characters.
const DESCRIPTION_MAX: usize = 1_024;

/// Checks that each text of a file is one of the list's.
fn unlisted(told: &[Told]) -> Vec<String> {
    let listed =
        |told: &Told| ENTRIES.iter().any(|entry| entry.kind == told.kind && entry.whole() == told.text);
    let unknown = told.iter().filter(|told| !listed(told));
    unknown
        .map(|Told { kind, text, place: (file, name) }| {
            format!("{file}: `{name}` tells what no {kind:?} of catalogue/deployed.rs is: {text}")
        })
        .collect()
}

/// Checks that each text of the list is told by a file.
fn untold(told: &[Told], entries: &[Deployed]) -> Vec<String> {
    let is_told =
        |entry: &&Deployed| told.iter().any(|told| told.kind == entry.kind && told.text == entry.whole());
    let unused = entries.iter().filter(|entry| !is_told(entry));
    unused
        .map(|entry| {
            format!("no state machine and no resource tells this {:?}: {}", entry.kind, entry.whole())
        })
        .collect()
}

/// Returns the states or resources that tell a text.
pub(crate) fn tellers(entry: &Deployed) -> BTreeSet<String> {
    let told = all().into_iter().filter(|told| told.kind == entry.kind && told.text == entry.whole());
    told.map(|told| told.place.1).collect()
}

#[test]
fn the_list_has_what_the_machines_and_the_stack_tell_and_nothing_else() {
    let told = all();
    none(&unlisted(&told));
    none(&untold(&told, ENTRIES));
    let mut without = told;
    without.retain(|told| told.place.1 != "ApiFailureAlarm");
    found(&untold(&without, ENTRIES), "no state machine and no resource tells this Alarm: The API answered");
}

#[test]
fn a_text_that_is_not_listed_is_found_wherever_it_stands() {
    let in_machine = |pointer: &str, value: Value| {
        let changed = changed(Procedure::Failback, pointer, value);
        unlisted(&of_machine(file_of(Procedure::Failback), &changed))
    };
    let says = |name: &str, text: &str| format!("`{name}` tells what no {text}");
    let cause = "/States/Stop Refused/Assign/failure/cause";
    found(&in_machine(cause, json!("somebody said no")), &says("Stop Refused", "End"));
    let cause = "/States/Report Missing/Cause";
    let nested = json!("{% $a = 1 ? {'cause': ('it is ' & $b & ' over')} : $told %}");
    found(
        &in_machine(cause, nested),
        "`Report Missing` tells what no End of catalogue/deployed.rs is: it is {b} over",
    );
    let message = "/States/Ask Before Stop/Arguments/Message";
    let another = json!("{% 'Failback ' & $run.plan.name & ' waits.\\n\\nPerhaps:\\naws it does' %}");
    found(&in_machine(message, another.clone()), &says("Ask Before Stop", "Answer"));
    found(&in_machine("/States/Ask Before Stop/Arguments/Subject", json!("Please answer")), "no Subject");
    let templates = |yaml: &str| unlisted(&of_template(&yaml::read(yaml)));
    let alarm =
        "Resources:\n  X:\n    Properties:\n      AlarmDescription: !Sub It fails in ${AWS::Region}\n";
    found(
        &templates(alarm),
        "template.yaml: `X` tells what no Alarm of catalogue/deployed.rs is: It fails in {region}",
    );
    let mail = "Resources:\n  X:\n    Targets: [{ InputTemplate: '\"<name> has ended badly\"' }]\n";
    found(
        &templates(mail),
        "template.yaml: `X` tells what no Mail of catalogue/deployed.rs is: {name} has ended badly",
    );
    let refusal = "Rules:\n  X: { Assertions: [{ AssertDescription: it may not be so }] }\n";
    found(&templates(refusal), "`X` tells what no Deployment");
    none(&templates("Resources:\n  X: { Description: What it is for }\n"));
}

/// What ends in a report is told with who serves and what comes next; a question, with its answers.
#[test]
fn every_listed_text_says_what_comes_next() {
    for entry @ Deployed { kind, text, next, command } in ENTRIES {
        let told_with_more = matches!(kind, Kind::Subject | Kind::Question | Kind::End);
        assert!(told_with_more || !next.is_empty() || !command.is_empty(), "{kind:?}: {text}");
        assert!(
            matches!(kind, Kind::Subject | Kind::Question | Kind::End | Kind::Deployment)
                || !command.is_empty()
        );
        for part in [text, next] {
            assert!(!part.ends_with(['.', ' ', ',', ';', ':']) || part.is_empty(), "{kind:?}: {part}");
            assert!(!part.contains("  ") && !part.contains(" ,"), "{kind:?}: {part}");
        }
        for call in command.split("aws ").skip(1) {
            assert!(call.contains("--region "), "{kind:?}: a command without its Region: {command}");
        }
        // An ARN with a stack's name of usual length has about 100 characters, and so has a log group.
        let places = entry.whole().matches('{').count();
        assert!(*kind != Kind::Alarm || entry.whole().len() + places * 100 <= DESCRIPTION_MAX, "{text}");
    }
}

/// Gates that offer the same answers offer them in the same words and order.
#[test]
fn every_question_has_a_yes_and_a_no() {
    let mut answers: BTreeMap<(&str, String), Vec<String>> = BTreeMap::new();
    for told in all().into_iter().filter(|told| told.kind == Kind::Answer) {
        let first = told.text.lines().next().unwrap_or_default().to_owned();
        answers.entry(told.place).or_default().push(first);
    }
    let asks = all().into_iter().filter(|told| told.kind == Kind::Question);
    for Told { place, .. } in asks {
        assert_eq!(answers[&place][..2], ["Yes:", "No:"], "{place:?}");
    }
}
