//! The catalogue of messages: each entry is used, can be read, and says what comes next. `docs/messages.md` is written from
//! it by `UPDATE_GOLDEN=1`.

use std::fmt::Write as _;
use std::path::Path;

use failback_core::ErrorName;
use failback_core::catalogue::deployed::{self, Kind};
use failback_core::catalogue::{Cause, Entry, end, fact, fault, reason};
use failback_core::rule::SafetyRule;

use crate::deployed::tellers;
use crate::repo::{read, root, texts};

/// The page that is written.
const PAGE: &str = "docs/messages.md";

/// The objects of one server. A fact that names one is another fact for each server.
const OBJECTS: &[&str] =
    &["a1", "a2", "a3", "a4", "b1", "b2", "b3", "instance", "job", "server", "name", "id"];

/// Nouns that must agree with the number before them: they stand in the place itself, by `message::count`.
const COUNTED: &[&str] = &[
    "servers",
    "jobs",
    "records",
    "changes",
    "addresses",
    "instances",
    "launches",
    "times",
    "waves",
    "findings",
];

/// Verbs that do not agree with one server when they follow a list of names.
const PLURAL: &[&str] = &["are", "do", "have", "were", "wait", "copy"];

/// An entry with its kind, which is the module that makes it.
fn entries() -> Vec<(&'static str, Entry)> {
    let facts = fact::ENTRIES.iter().map(|entry| ("fact", *entry));
    let reasons = reason::ENTRIES.iter().map(|entry| ("reason", *entry));
    let faults = fault::ENTRIES.iter().map(|(_, entry)| ("fault", *entry));
    let ends = end::ENTRIES.iter().map(|entry| ("end", *entry));
    facts.chain(reasons).chain(faults).chain(ends).collect()
}

/// Returns the parts of a text between its places.
fn fixed(text: &str) -> Vec<&str> {
    text.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest)).collect()
}

/// Returns the word that follows each place.
fn after_places(text: &str) -> Vec<&str> {
    fixed(text)
        .into_iter()
        .skip(1)
        .filter_map(|part| part.strip_prefix(' '))
        .map(|part| part.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default())
        .collect()
}

#[test]
fn every_entry_can_be_read() {
    for (kind, Entry { name, text, remedy, .. }) in entries() {
        assert!(!text.ends_with(['.', ' ', ',', ';']), "{kind}::{name} ends like a whole sentence: {text}");
        assert!(!remedy.ends_with(['.', ' ', ',', ';']), "{kind}::{name}: {remedy}");
        assert!(fixed(text).iter().any(|part| part.chars().any(char::is_alphabetic)) || text.contains('{'));
        for word in after_places(text) {
            assert!(!COUNTED.contains(&word), "{kind}::{name}: `1 {word}` could be told: {text}");
            assert!(!PLURAL.contains(&word), "{kind}::{name}: `web-1 {word}` could be told: {text}");
        }
        for whole in [text, remedy] {
            assert!(!whole.contains("  ") && !whole.contains(" ,"), "{kind}::{name}: {whole}");
        }
    }
}

#[test]
fn every_fact_says_what_to_do_and_is_the_same_for_every_server() {
    for entry in fact::ENTRIES {
        assert!(entry.remedy.len() >= 7, "fact::{} has no remedy", entry.name);
        for place in entry.places {
            assert!(!OBJECTS.contains(place), "fact::{} names an object: {}", entry.name, entry.text);
        }
    }
}

/// No remedy for what may be production says to end it without a condition.
#[test]
fn no_remedy_ends_what_may_be_production() {
    for (kind, Entry { name, text, remedy, .. }) in entries() {
        let may_be = text.contains("production") || remedy.contains("production") || text.contains("clients");
        let ends =
            ["terminate it", "Terminate it", "terminate both"].iter().any(|words| remedy.contains(words));
        let is_conditional =
            remedy.contains("if ") || remedy.contains("If ") || remedy.contains("only one that nobody uses");
        assert!(!may_be || !ends || is_conditional, "{kind}::{name}: {remedy}");
    }
}

/// Returns every file of the code and its tests.
fn sources() -> impl Iterator<Item = (String, String)> {
    ["functions", "crates", "tests"].into_iter().flat_map(texts)
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

/// Returns the sources that make messages, without the catalogue and without tests.
fn product() -> String {
    let is_product = |path: &str| {
        (path.starts_with("functions/") || path.starts_with("crates/"))
            && path.contains("/src/")
            && !path.contains("/src/tests")
            && !path.contains("/catalogue/")
    };
    let sources = sources().filter(|(path, _)| is_rust(path) && is_product(path));
    let own = ["stall.rs", "mod.rs"].map(|name| read(&format!("crates/core/src/catalogue/{name}")));
    sources.map(|(_, text)| text).chain(own).collect()
}

#[test]
fn every_entry_is_used() {
    let product = product();
    for (kind, Entry { name, .. }) in entries() {
        let needle = format!("{kind}::{name}");
        let mut uses = product.split(needle.as_str()).skip(1);
        let is_use = |rest: &str| !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        assert!(uses.any(is_use), "nothing says {kind}::{name}");
    }
}

/// Returns a text without line continuations, as it is printed.
fn joined(text: &str) -> String {
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |whole, line| whole + line.trim_start())
}

/// A text of the suite has to hold a part of each fact: one that no case produces may be wrong for years.
#[test]
fn a_case_of_the_suite_produces_every_fact() {
    let is_case = |path: &str| {
        path.contains("/src/tests") || path.contains("/tests/behaviour/") || path.starts_with("tests/")
    };
    let cases = sources().filter(|(path, _)| is_case(path) && !path.ends_with("messages.rs"));
    let cases: String = cases.map(|(_, text)| joined(&text)).collect();
    for Entry { name, text, .. } in fact::ENTRIES {
        let produced = fixed(text).iter().any(|part| {
            let letters: Vec<char> = part.chars().collect();
            let size = letters.len().min(16);
            size > 3 && letters.windows(size).any(|window| cases.contains(&window.iter().collect::<String>()))
        });
        assert!(produced, "no case produces fact::{name}: {text}");
    }
}

fn list(page: &mut String, heading: &str, entries: &[Entry]) {
    let _ = writeln!(page, "## {heading}\n");
    for Entry { text, remedy, .. } in entries {
        let text = text.replace("{{", "{").replace("}}", "}").replace('\n', " ");
        let remedy = remedy.replace("{{", "{").replace("}}", "}");
        if remedy.is_empty() {
            let _ = writeln!(page, "- {text}.");
        } else {
            let _ = writeln!(page, "- **{text}.** {remedy}.");
        }
    }
    page.push('\n');
}

/// Returns the page as it should be.
fn page() -> String {
    let mut page = "# Messages

Everything that the steps, the state machines and the stack tell people, by kind, as `crates/core/src/catalogue/` has it. No
step makes a message elsewhere. What the state machines and the stack tell themselves, such as the frame of a gate's question
and the mails, is in `deployed.rs` of the catalogue and stands in `statemachine/` and `template.yaml`: a test compares them,
both ways. This page is written from the catalogue by another: `UPDATE_GOLDEN=1 cargo test -p drs-failback --test contract`.
Names in braces stand for what a message names. Not here are the problems of a plan, which `check-plan` prints with path and
remedy, and those of the HTTP API ([api.md](api.md)).

How a run ends is told with it in every case: the report says which instance serves the clients of each server now, what
protects it, and which command comes next.

"
    .to_owned();
    list(&mut page, "Findings of the readiness check", fact::ENTRIES);
    list(&mut page, "Waits and results of steps", reason::ENTRIES);
    list(&mut page, "How a run ends, and what comes next", end::ENTRIES);
    for rule in SafetyRule::ALL {
        let of_rule: Vec<Entry> = faults(Cause::SafetyRule(rule));
        if !of_rule.is_empty() {
            list(&mut page, &format!("Refusals under {rule}"), &of_rule);
        }
    }
    let _ = writeln!(page, "## Errors\n");
    for &name in ErrorName::ALL {
        for Entry { text, .. } in faults(Cause::ErrorName(name)) {
            let _ = writeln!(page, "- `{name}`: {}.", text.replace('\n', " "));
        }
        if let Some(remedy) = fault::remedy(name, "{operation}") {
            let _ = writeln!(page, "- `{name}`, as AWS answers: {{operation}} failed. {remedy}.");
        }
    }
    page.push('\n');
    for (heading, kind) in DEPLOYED {
        told_by_others(&mut page, heading, *kind);
    }
    page.trim_end().to_owned() + "\n"
}

/// The sections about what no function tells.
const DEPLOYED: &[(&str, Kind)] = &[
    ("Subjects of the state machines' mails", Kind::Subject),
    ("Questions of the state machines, around what a function says at {notice}", Kind::Question),
    ("Answers to these questions", Kind::Answer),
    ("Ends that the state machines tell", Kind::End),
    ("Mails of the stack", Kind::Mail),
    ("Alarms", Kind::Alarm),
    ("Refusals of a deployment", Kind::Deployment),
];

/// Lists what a state machine or the stack tells, with the states or resources that do.
fn told_by_others(page: &mut String, heading: &str, kind: Kind) {
    let _ = writeln!(page, "## {heading}\n");
    for entry in deployed::ENTRIES.iter().filter(|entry| entry.kind == kind) {
        let by: Vec<String> = tellers(entry).iter().map(|name| format!("*{name}*")).collect();
        let end = if entry.text.ends_with('}') { "" } else { "." };
        let _ = write!(page, "- {}: **{}{end}**", by.join(", "), entry.text.replace('\n', " "));
        if !entry.next.is_empty() {
            let _ = write!(page, " {}{}", entry.next, if entry.command.is_empty() { "." } else { ":" });
        }
        if !entry.command.is_empty() {
            let _ = write!(page, "\n  `{}`", entry.command);
        }
        page.push('\n');
    }
    page.push('\n');
}

fn faults(of: Cause) -> Vec<Entry> {
    fault::ENTRIES.iter().filter(|(cause, _)| *cause == of).map(|(_, entry)| *entry).collect()
}

#[test]
fn the_page_is_the_catalogue() {
    let page = page();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(root().join(PAGE), &page).expect("the page can be written");
    }
    assert!(read(PAGE) == page, "{PAGE}: UPDATE_GOLDEN=1 writes it again");
}
