use crate::support::run;
use serde_json::Value;

#[test]
fn a_part_that_holds_ends_with_0_and_says_what_was_tried() {
    let ran = run(&["prove", "--only", "random", "--seeds", "3", "--jobs", "1"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("       3  random worlds"), "{}", ran.stdout);
    assert!(ran.stdout.contains("S1           held      a drill changes no A1"), "{}", ran.stdout);
    assert!(ran.stderr.ends_with("3 of 3 worlds\n"), "{}", ran.stderr);
}

#[test]
fn a_violation_ends_with_3_and_the_command_that_shows_it_again() {
    // The drill can start, so it is not refused.
    let case = "steady, 1 servers, seed 7: refuse drill";
    let ran = run(&["prove", "--case", case]);
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("refusal      BROKEN"), "{}", ran.stdout);
    assert!(ran.stdout.contains(&format!("drs-failback prove --case '{case}'")), "{}", ran.stdout);
}

#[test]
fn a_case_is_told_call_by_call() {
    let ran =
        run(&["prove", "--case", "recovered, 1 servers, seed 7: fail lost:StartRecovery; run failback"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.starts_with("what happened\n  fail lost:StartRecovery\n"), "{}", ran.stdout);
    let launched = ran.stdout.lines().filter(|line| line.contains("launch-for-failback: StartRecovery "));
    let launched: Vec<&str> = launched.collect();
    let [lost] = launched.as_slice() else { panic!("launched more than once: {launched:#?}") };
    assert!(lost.ends_with(", and the answer was lost"), "{lost}");
}

#[test]
fn as_json_it_is_one_object() {
    let ran = run(&["prove", "--only", "random", "--seeds", "2", "--json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let proof: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(proof["worlds"], 2);
    assert_eq!(proof["violations"], Value::Array(vec![]));
    assert!(proof["rules"].as_array().is_some_and(|rules| rules.len() == 15), "{}", proof["rules"]);
}

#[test]
fn a_text_that_is_no_case_is_a_usage_error() {
    let ran = run(&["prove", "--case", "steady: fly drill"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("--case: ") && ran.stderr.contains("known are"), "{}", ran.stderr);
}
