//! Runs the machine of each file in `machines`, one for each feature of the language. The machines are
//! data, so that other engines can run them too.

#![allow(clippy::unwrap_used, reason = "a test")]

mod caller;
mod interpreter;

use std::fs;
use std::path::Path;

use failback_asl::{ExecutionResult, Machine};
use serde_json::Value;

#[test]
fn each_machine_runs_as_its_file_expects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        check(path.file_stem().unwrap().to_str().unwrap(), &case);
        count += 1;
    }
    assert!(count > 30, "only {count} machines found");
}

fn check(name: &str, case: &Value) {
    let machine = Machine::parse(&case["definition"].to_string()).unwrap_or_else(|p| panic!("{name}: {p:?}"));
    let run = caller::run(&machine, case["input"].clone(), case["tasks"].as_array().unwrap());
    let expect = &case["expect"];
    let states: Vec<&str> = expect["states"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(run.states, states, "{name}: {:?}", run.result);
    match (expect["status"].as_str().unwrap(), &run.result) {
        ("SUCCEEDED", ExecutionResult::Succeeded(output)) => assert_eq!(output, &expect["output"], "{name}"),
        ("FAILED", ExecutionResult::Failed(error_output)) => {
            let cause = &error_output.cause;
            assert_eq!(error_output.error, expect["error"].as_str().unwrap(), "{name}: {cause}");
            if let Some(expected_cause) = expect.get("cause") {
                assert_eq!(cause, expected_cause, "{name}");
            }
        }
        (status, result) => panic!("{name}: expected {status}, but the result is {result:?}"),
    }
    if let Some(calls) = expect.get("calls") {
        assert_eq!(&Value::Array(run.payloads), calls, "{name}");
    }
    if let Some(seconds) = expect.get("seconds") {
        assert_eq!(run.duration_ms, seconds.as_i64().unwrap() * 1000, "{name}");
    }
}
