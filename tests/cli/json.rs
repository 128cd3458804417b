//! The output of `--json`.

use serde_json::Value;

use crate::support::run;

/// Runs with `--json`, and asserts that one object on standard output is the only output.
fn object(arguments: &[&str], code: i32) -> Value {
    let ran = run(&[arguments, &["--json"]].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (code, ""));
    let value: Value = serde_json::from_str(&ran.stdout).expect("standard output is one JSON value");
    assert!(value.is_object());
    value
}

/// Returns the labels of everything that is left, each as often as there are servers.
fn left(value: &Value) -> Vec<String> {
    let left = value["left"].as_array().expect("`left` is an array");
    let mut labels: Vec<String> = left.iter().map(|left| text(left, "label").to_owned()).collect();
    labels.sort();
    labels
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_else(|| panic!("`{field}` is no text in {value}"))
}

fn number(value: &Value, field: &str) -> f64 {
    value[field].as_f64().unwrap_or_else(|| panic!("`{field}` is not a number in {value}"))
}

/// Asserts every field on which scripts may rely.
fn is_complete(value: &Value, servers: usize) {
    for field in ["virtualSeconds", "awsSeconds", "transitions", "historyEvents", "payloadBytesMax"] {
        assert!(number(value, field) > 0.0, "{field}");
    }
    let rules = value["rules"].as_array().expect("`rules` is an array");
    let held: Vec<(&str, &Value)> = rules.iter().map(|rule| (text(rule, "id"), &rule["held"])).collect();
    let all = ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "S12"];
    assert_eq!(held, all.map(|id| (id, &Value::Bool(true))));
    let all = value["servers"].as_array().expect("`servers` is an array");
    assert_eq!(all.len(), servers);
    for server in all {
        for field in ["name", "wave", "outcome", "a1", "b1"] {
            assert!(!text(server, field).is_empty(), "{field}");
        }
        for label in ["a2", "a3", "a4", "b2", "b3"] {
            assert!(server.get(label).is_some(), "{label}");
        }
    }
    for left in value["left"].as_array().expect("`left` is an array") {
        for field in ["label", "id", "region", "kind"] {
            assert!(!text(left, field).is_empty(), "{field}");
        }
    }
    for kind in ["reads", "writes"] {
        let calls = value["calls"][kind].as_object().expect("`calls` counts by operation");
        assert!(calls.iter().all(|(name, count)| name.contains(':') && count.is_u64()), "{calls:?}");
    }
}

#[test]
fn a_drill_leaves_production_and_its_protection() {
    let value = object(&["drill"], 0);
    is_complete(&value, 3);
    assert_eq!((text(&value, "procedure"), text(&value, "outcome")), ("drill", "succeeded"));
    assert_eq!((&value["failure"], &value["seed"]), (&Value::Null, &Value::from(1)));
    assert_eq!(left(&value), ["A1", "A1", "A1", "B1", "B1", "B1"]);
    assert!(value["servers"].as_array().is_some_and(|all| all.iter().all(|it| it["outcome"] == "drilled")));
}

#[test]
fn a_failback_leaves_production_at_home_and_its_protection() {
    let value = object(&["failback", "--seed", "12"], 0);
    is_complete(&value, 3);
    assert_eq!((text(&value, "procedure"), text(&value, "outcome")), ("failback", "succeeded"));
    assert_eq!((&value["failure"], &value["seed"]), (&Value::Null, &Value::from(12)));
    assert_eq!(left(&value), ["A4", "A4", "A4", "B1", "B1", "B1"]);
    assert!(
        value["servers"].as_array().is_some_and(|all| all.iter().all(|it| it["outcome"] == "failedBack"))
    );
}

#[test]
fn a_held_failback_says_where_and_why() {
    let value = object(&["failback", "--fail", "launch:db-1x3"], 4);
    is_complete(&value, 3);
    assert_eq!(text(&value, "outcome"), "held");
    let failure = &value["failure"];
    assert_eq!(text(failure, "step"), "Launch For Failback");
    assert_eq!(text(failure, "error"), "Failback.LaunchFailed");
    assert!(text(failure, "cause").contains("db-1"));
}

#[test]
fn a_failed_drill_has_cleaned_up() {
    let value = object(&["drill", "--fail", "boot:web-1x3"], 1);
    assert_eq!(text(&value, "outcome"), "failed");
    assert_eq!(text(&value["failure"], "step"), "Validate Failed Back Servers");
    assert_eq!(left(&value), ["A1", "A1", "A1", "B1", "B1", "B1"]);
}

#[test]
fn the_last_of_several_runs_is_told() {
    let value = object(&["failback", "--fail", "launch:db-1x3", "--then", "failback"], 0);
    assert_eq!(text(&value, "outcome"), "succeeded");
    assert_eq!(left(&value), ["A4", "A4", "A4", "B1", "B1", "B1"]);
}

#[test]
fn three_hundred_servers_are_all_told() {
    let value = object(&["failback", "--servers", "300"], 0);
    is_complete(&value, 300);
    assert!(number(&value, "payloadBytesMax") < 262_144.0);
}

/// The servers as somebody has them, instead of servers that are drawn to fit the plan.
#[test]
fn a_plan_is_rehearsed_with_the_servers_that_it_is_for() {
    let home = object(&["failback", "--world", "examples/worlds/fleet.json"], 0);
    let servers = home["servers"].as_array().expect("servers");
    let names: Vec<&str> = servers.iter().map(|server| text(server, "name")).collect();
    assert_eq!(names, ["web-1", "web-2", "app-1", "db-1"]);
    object(&["drill", "--world", "examples/worlds/fleet.json"], 0);

    // A wave that nobody is in, and disks that take longer than the plan allows: found here, and not in a disaster.
    let cause = |world: &str, code| {
        text(&object(&["failback", "--world", world], code)["failure"], "cause").to_owned()
    };
    let nowhere = cause("tests/cli/worlds/no-wave.json", 1);
    assert!(nowhere.contains("app-1: no wave of the plan takes this server"), "{nowhere}");
    let slow = cause("tests/cli/worlds/sixty-terabytes.json", 4);
    assert!(slow.contains("longer than limits.replicationHours") && slow.contains("61850 GiB"), "{slow}");
}

#[test]
fn the_same_seed_gives_the_same_object() {
    assert_eq!(object(&["drill", "--seed", "3"], 0), object(&["drill", "--seed", "3"], 0));
}

#[test]
fn the_history_is_that_of_step_functions_event_for_event() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("history.json");
    let file = path.to_str().expect("the path is text");
    for (fault, code) in [("boot:web-1", 0), ("launch:db-1x3", 4)] {
        let told = object(&["failback", "--fail", fault, "--history", file], code);
        let history: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("it is written"))
            .expect("it is JSON");
        let events = history["events"].as_array().expect("`events` is an array");
        assert_eq!(Some(events.len() as u64), told["historyEvents"].as_u64(), "{fault}");
        assert_eq!(text(&events[0], "type"), "ExecutionStarted");
        let end = &events[events.len() - 1];
        assert_eq!(text(end, "type"), if code == 0 { "ExecutionSucceeded" } else { "ExecutionFailed" });
        for (index, event) in events.iter().enumerate() {
            assert_eq!(event["id"].as_u64(), Some(index as u64 + 1));
        }
    }
}
