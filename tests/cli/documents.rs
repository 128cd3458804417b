//! The agreement of the documents with the code.

use std::collections::{BTreeMap, BTreeSet};

use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_rehearsal::plans;
use failback_rehearsal::rehearsal::{Always, Rehearsal, Setting};
use failback_rehearsal::runner::GateAnswer;
use failback_rehearsal::steps::STEPS;
use failback_sim::{Access, ERROR_CODES, Operation, Switches};
use serde_json::{Value, json};

use crate::support::{Ran, embedded, run, run_in_terminal, same, serves, text};

/// Every document.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs/rehearse.md",
    "docs/verification.md",
    "docs/freeze.md",
    "docs/gates.md",
    "docs/graphs.md",
    "docs/hold.md",
    "docs/plan.md",
    "docs/ready.md",
    "docs/reality.md",
    "docs/safety.md",
    "docs/simulator.md",
];

/// Returns the cells of a text's table rows. Only rows start with `| `.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.map(|row| row.split(" | ").map(str::trim).collect())
}

/// Returns the text between backticks.
fn codes(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_graphs_are_those_of_the_machines() {
    embedded("docs/graphs.md", "drill", "mermaid", &run(&["graph", "drill"]).stdout);
    embedded("docs/graphs.md", "failback", "mermaid", &run(&["graph", "failback"]).stdout);
}

#[test]
fn the_schema_is_the_commands() {
    same("docs/plan.schema.json", &run(&["plan-schema"]).stdout);
}

/// A field of a plan, as the schema describes it.
struct Field {
    required: bool,
    default: Option<Value>,
    has_fields: bool,
}

/// Returns every field of a plan, by its path.
fn fields(schema: &Value) -> BTreeMap<String, Field> {
    fn resolved<'s>(root: &'s Value, node: &'s Value) -> &'s Value {
        let one = node["anyOf"].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"));
        let node = one.unwrap_or(node);
        let Some(name) = node["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) else {
            return node;
        };
        &root["$defs"][name]
    }
    fn walk(root: &Value, node: &Value, prefix: &str, found: &mut BTreeMap<String, Field>) {
        let required: Vec<&str> =
            node["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, field) in node["properties"].as_object().into_iter().flatten() {
            let path = format!("{prefix}{name}");
            let mut inner = (resolved(root, field), format!("{path}."));
            if inner.0["items"].is_object() {
                inner = (resolved(root, &inner.0["items"]), format!("{path}[]."));
            }
            let has_fields = inner.0["properties"].is_object();
            walk(root, inner.0, &inner.1, found);
            let field = Field {
                required: required.contains(&name.as_str()),
                default: field.get("default").cloned(),
                has_fields,
            };
            found.insert(path, field);
        }
    }
    let mut found = BTreeMap::new();
    walk(schema, schema, "", &mut found);
    found
}

#[test]
fn every_field_of_the_plan_is_described() {
    let page = text("docs/plan.md");
    let described: BTreeMap<String, String> = rows(&page)
        .filter_map(|row| {
            let path = row[0].strip_prefix('`')?.strip_suffix('`')?;
            Some((path.to_owned(), (*row.get(2)?).to_owned()))
        })
        .collect();
    let schema: Value = serde_json::from_str(&plans::schema()).expect("the schema is JSON");
    let fields = fields(&schema);
    assert!(fields.len() > 40, "the schema was not understood");
    for (path, field) in &fields {
        let Some(default) = described.get(path) else {
            panic!("docs/plan.md has no row for `{path}`");
        };
        let expected = match &field.default {
            _ if field.required => "required".to_owned(),
            Some(default) if !field.has_fields => format!("`{default}`"),
            _ => "none".to_owned(),
        };
        assert_eq!(*default, expected, "docs/plan.md: default of `{path}`");
    }
    for path in described.keys() {
        assert!(fields.contains_key(path), "docs/plan.md describes `{path}`, which no plan has");
    }
}

#[test]
fn plans_in_the_documents_have_no_problems() {
    let mut plans = 0;
    for document in DOCUMENTS {
        let whole = text(document);
        for block in whole.split("```json\n").skip(1) {
            let (plan, _) = block.split_once("```").expect("the block ends");
            if let Err(problems) = Plan::parse(plan) {
                panic!("{document}: {problems}");
            }
            plans += 1;
        }
    }
    assert!(plans > 0);
}

/// Returns the arguments with a playback a thousand times as fast, which a test can wait for.
fn quickened(arguments: &[&str]) -> Vec<String> {
    let mut quick: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    if let Some(at) = arguments.iter().position(|argument| *argument == "--speed") {
        quick[at + 1].push_str("000");
    }
    quick
}

#[test]
fn every_command_of_the_documents_runs() {
    let pages: String = DOCUMENTS.iter().chain(&["docs/api.md"]).map(|path| text(path)).collect();
    let mut commands = 0;
    for line in pages.lines().filter_map(|line| line.trim_start().strip_prefix("cargo run -- ")) {
        let line = line.split('#').next().unwrap_or_default();
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let arguments: Vec<String> = quickened(&arguments);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        if arguments.contains(&"serve") {
            let told = serves(&arguments);
            assert!(told.contains("Listening on 127.0.0.1"), "{line}: {told}");
            continue;
        }
        for ran in [run(&arguments), run_in_terminal(&arguments)] {
            let Ran { code, stdout, stderr } = ran;
            assert!(matches!(code, 0 | 1 | 4), "{line}: exit code {code}\n{stdout}{stderr}");
        }
        commands += 1;
    }
    assert!(commands > 5, "{commands} commands were found");
}

/// Returns the name and the default of every switch of the simulator.
fn switches() -> Vec<(String, String)> {
    let switches = format!("{:?}", Switches::default());
    let inner = switches.trim_start_matches("Switches {").trim_end_matches('}').trim();
    let split = |switch: &str| switch.split_once(": ").map(|(name, default)| (name.into(), default.into()));
    inner.split(", ").filter_map(split).collect()
}

#[test]
fn every_switch_and_error_code_of_the_simulator_is_described() {
    let page = text("docs/simulator.md");
    let described: BTreeMap<&str, &str> =
        rows(&page).filter(|row| row.len() == 3).map(|row| (row[0], row[1])).collect();
    for (name, default) in switches() {
        let name = format!("`{name}`");
        assert_eq!(
            described.get(name.as_str()),
            Some(&format!("`{default}`").as_str()),
            "docs/simulator.md: {name}"
        );
    }
    let codes = codes(&page);
    for code in ERROR_CODES {
        assert!(codes.contains(code), "docs/simulator.md does not name `{code}`");
    }
}

/// Returns the calls of each step, over runs that take every path through it.
fn calls_by_step() -> BTreeMap<String, BTreeSet<String>> {
    let original: Value = serde_json::from_str(plans::THREE_TIER).expect("the example is JSON");
    let mut stops_b1 = original.clone();
    stops_b1["stopOriginalReplication"] = json!(true);
    stops_b1["gates"]["beforeStop"] = json!({ "timeoutMinutes": 60 });
    let mut by_hand = original.clone();
    by_hand["redirect"] = json!({ "byHand": true });
    by_hand["launch"]["dataAgeSecondsMax"] = json!(18_000);
    // The only gate is the one before the redirect, and it is answered with an abort.
    let mut aborted = original.clone();
    aborted["cutover"] = json!({ "acceptLossSeconds": 14 * 86_400 });
    let mut by_hook = original.clone();
    by_hook["cutover"] = json!({ "freeze": "byHook", "freezeMinutesMax": 120 });
    let usual = Switches::default();
    let existing = Switches { launch_into_existing: true, ..usual };
    let runs = [
        (Procedure::Drill, &original, usual, None),
        (Procedure::Failback, &original, usual, None),
        (Procedure::Failback, &original, usual, Some("launch:db-1x3")),
        // This call starts a reversed replication, and does not tag it.
        (Procedure::Drill, &original, usual, Some("late:start-reversed-replication=Failback.AccessDenied")),
        (Procedure::Failback, &stops_b1, usual, None),
        (Procedure::Failback, &by_hand, usual, None),
        (Procedure::Failback, &by_hook, usual, None),
        (Procedure::Failback, &original, existing, None),
        (Procedure::Failback, &aborted, usual, None),
    ];
    let mut by_step: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (procedure, input, switches, rule) in runs {
        let plan = Plan::read(input).unwrap_or_else(|problems| panic!("{problems}"));
        let setting = Setting { switches, ..Setting::usual(procedure, input.clone(), plan, 3, 1) };
        let mut rehearsal = Rehearsal::new(setting);
        if let Some(rule) = rule {
            rehearsal.fail(rule).unwrap_or_else(|problem| panic!("{problem}"));
        }
        let is_aborted = std::ptr::eq(input, &raw const aborted);
        let answer = if is_aborted { GateAnswer::Abort("not now".to_owned()) } else { GateAnswer::Yes };
        rehearsal.run(procedure, &mut Always(answer));
        for call in rehearsal.simulation.world().calls().iter() {
            // Only steps call DRS and the other services; the machine itself keeps the report.
            let Some(step) = call.step.as_deref().map(str::to_owned) else {
                assert_eq!(call.operation, "PutObject");
                continue;
            };
            by_step.entry(step).or_default().insert(format!("{}:{}", call.service, call.operation));
        }
    }
    by_step
}

#[test]
fn every_step_makes_the_calls_that_are_listed() {
    let page = text("ARCHITECTURE.md");
    let called = calls_by_step();
    let listed: BTreeMap<&str, BTreeSet<&str>> = rows(&page)
        .filter(|row| row.len() == 5)
        .filter_map(|row| Some((row[2].strip_prefix('`')?.strip_suffix('`')?, codes(row[4]))))
        .collect();
    for step in STEPS {
        let called: BTreeSet<&str> =
            called.get(step.name).into_iter().flatten().map(String::as_str).collect();
        let Some(listed) = listed.get(step.name) else {
            panic!(
                "ARCHITECTURE.md has no row for {} in *From the page to the calls*; it calls {called:?}",
                step.name
            );
        };
        let unlisted: Vec<_> = called.difference(listed).collect();
        let row = format!("ARCHITECTURE.md, *From the page to the calls*, row {}", step.name);
        assert!(unlisted.is_empty(), "{row}: add {unlisted:?}, which it calls");
        // A read may be rare; a document must not name a write that never happens.
        for uncalled in listed.difference(&called) {
            let operation = Operation::find(uncalled);
            let reads = operation.is_some_and(|operation| operation.kind == Access::Read);
            assert!(reads, "{row}: remove {uncalled}, which it never calls");
        }
    }
}

/// docs/safety.md has every rule in its own words, its enforcement, and each planted bug by its test's name.
#[test]
fn safety_is_told_rule_by_rule() {
    let page = text("docs/safety.md");
    let told: BTreeMap<&str, Vec<&str>> = rows(&page).map(|row| (row[0], row)).collect();
    for rule in failback_core::rule::SafetyRule::ALL {
        let row = told.get(rule.code()).unwrap_or_else(|| panic!("no row for {rule}")).clone();
        assert_eq!((row.len(), row[1]), (6, rule.name()), "{rule}");
        let kept = row[2..].iter().filter(|cell| **cell != "–").count();
        assert!(kept >= 1, "{rule} is kept by nothing");
    }
    let tests = text("tests/proof/planted.rs");
    let planted: BTreeSet<&str> = tests
        .split("#[test]\nfn ")
        .skip(1)
        .filter_map(|test| test.split_once('(').map(|(name, _)| name))
        .filter(|name| *name != "without_a_bug_the_same_worlds_hold")
        .collect();
    let listed: BTreeSet<&str> =
        page.lines().filter_map(|line| line.strip_prefix("- `")?.strip_suffix('`')).collect();
    assert_eq!(listed, planted, "docs/safety.md and tests/proof/planted.rs");
    assert!(planted.len() >= 12);
}

#[test]
fn every_change_that_makes_no_difference_is_explained() {
    let settings = text(".cargo/mutants.toml");
    let (_, listed) = settings.split_once("# Changes that make no difference").expect("the list");
    let (listed, _) = listed.split_once("\n]").expect("its end");
    let listed: BTreeSet<&str> = listed.split('\'').skip(1).step_by(2).collect();
    let document = text("docs/mutation.md");
    let (_, table) = document.split_once("| change | why it makes no difference |").expect("the table");
    let (table, _) = table.split_once("\n\n").expect("its end");
    assert!(!listed.is_empty());
    let explained: BTreeSet<&str> = rows(table).flat_map(|row| codes(row[0])).collect();
    assert_eq!(explained, listed, "docs/mutation.md and .cargo/mutants.toml");
}

/// `docs/reality.md` names a test as `file::name`.
#[test]
fn every_test_that_the_page_about_reality_names_exists() {
    let page = text("docs/reality.md");
    let named = rows(&page).flatten().flat_map(codes).filter_map(|code| code.split_once(".rs::"));
    let mut seen = 0;
    for (file, name) in named {
        let code = text(&format!("{file}.rs"));
        assert!(code.contains(&format!("fn {name}(")), "docs/reality.md: {file}.rs has no test {name}");
        seen += 1;
    }
    assert!(seen > 100, "{seen} tests are named");
}

/// A switch that no row names is a question that a reader cannot weigh.
#[test]
fn the_page_about_reality_names_every_switch() {
    let page = text("docs/reality.md");
    let named = codes(&page);
    for (switch, _) in switches() {
        assert!(named.contains(switch.as_str()), "docs/reality.md names no row for the switch {switch}");
    }
}
