//! The committed schema of the plan, and the example plans.

use failback_core::plan::Plan;
use failback_rehearsal::plans;

use crate::repo::{find, found, none, texts};

const SCHEMA: &str = "docs/plan.schema.json";

fn check_schema(committed: Option<&str>) -> Vec<String> {
    let remedy = format!("run `cargo run -- plan-schema > {SCHEMA}`");
    match committed {
        None => vec![format!("there is no {SCHEMA}: {remedy}")],
        Some(text) if text == plans::schema() => Vec::new(),
        Some(_) => vec![format!("{SCHEMA} is not the schema of the plan any more: {remedy}")],
    }
}

fn check_plan(path: &str, text: &str) -> Vec<String> {
    Plan::parse(text).err().map(|problems| format!("{path}:\n{problems}")).into_iter().collect()
}

#[test]
fn the_schema_is_committed() {
    none(&check_schema(find(SCHEMA).as_deref()));
    found(&check_schema(None), "there is no docs/plan.schema.json: run `cargo run -- plan-schema");
    found(&check_schema(Some("{}")), "is not the schema of the plan any more");
}

#[test]
fn the_schema_refuses_unknown_fields() {
    let schema: serde_json::Value = serde_json::from_str(&plans::schema()).expect("the schema is JSON");
    assert_eq!(schema["additionalProperties"], false);
    assert!(schema["properties"]["regions"].is_object() && schema["properties"]["waves"].is_object());
}

#[test]
fn the_example_plans_are_plans() {
    let plans = texts("examples/plans");
    assert!(plans.len() >= 3);
    none(&plans.iter().flat_map(|(path, text)| check_plan(path, text)).collect::<Vec<_>>());
    let typed = plans::THREE_TIER.replacen("\"regions\"", "\"region\"", 1);
    found(&check_plan("x.json", &typed), "x.json:");
}
