//! Each feature of the language by a small machine, kept as data so that another engine can run it.

#![allow(clippy::unwrap_used, reason = "a test")]

mod driver;
mod exact;

use std::fs;
use std::path::Path;

use failback_asl::{ExecutionResult, Machine};
use serde_json::Value;

#[test]
fn each_machine_does_as_its_file_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        check(path.file_stem().unwrap().to_str().unwrap(), &case);
        seen += 1;
    }
    assert!(seen > 30, "only {seen} machines found");
}

fn check(name: &str, case: &Value) {
    let machine = Machine::parse(&case["definition"].to_string()).unwrap_or_else(|p| panic!("{name}: {p:?}"));
    let run = driver::run(&machine, case["input"].clone(), case["tasks"].as_array().unwrap());
    let expect = &case["expect"];
    let states: Vec<&str> = expect["states"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(run.states, states, "{name}: {:?}", run.outcome);
    match (expect["status"].as_str().unwrap(), &run.outcome) {
        ("SUCCEEDED", ExecutionResult::Succeeded(output)) => assert_eq!(output, &expect["output"], "{name}"),
        ("FAILED", ExecutionResult::Failed(failure)) => {
            assert_eq!(failure.error, expect["error"].as_str().unwrap(), "{name}: {}", failure.cause);
            if let Some(cause) = expect.get("cause") {
                assert_eq!(&failure.cause, cause, "{name}");
            }
        }
        (wanted, outcome) => panic!("{name}: expected {wanted}, and it came to {outcome:?}"),
    }
    if let Some(calls) = expect.get("calls") {
        assert_eq!(&Value::Array(run.calls), calls, "{name}");
    }
    if let Some(seconds) = expect.get("seconds") {
        assert_eq!(run.ms, seconds.as_i64().unwrap() * 1000, "{name}");
    }
}
