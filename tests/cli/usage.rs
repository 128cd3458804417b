//! The output for a wrong command line or a wrong plan.

use crate::support::{golden, run, run_into, run_with};

/// Asserts exit code 2, a reason on standard error, and no other output. Returns the reason.
fn is_wrong(arguments: &[&str]) -> String {
    let ran = run(arguments);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}");
    assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    ran.stderr
}

#[test]
fn a_wrong_fault_lists_what_is_known() {
    let faults = [
        "nonsense",
        "cut:StartRecovery",
        "error:StartRecovery",
        "error:StartRecoveries=ConflictException",
        "error:StartRecovery=Conflict",
        "lost:StartRecoveries",
        "crash:launch",
        "stall:web-1",
        "stall:web-1=long",
        "stall:web-9=30",
        "launch:web-9",
        "boot:web-9x2",
    ];
    let said: Vec<String> = faults.iter().map(|fault| is_wrong(&["failback", "--fail", fault])).collect();
    golden("wrong-faults", &said.concat());
}

#[test]
fn an_unknown_name_is_answered_with_every_known_one() {
    let operations = is_wrong(&["failback", "--fail", "lost:Nothing"]);
    for operation in failback_sim::OPERATIONS {
        assert!(operations.contains(operation.name), "{}", operation.name);
    }
    let steps = is_wrong(&["failback", "--fail", "crash:nothing"]);
    for step in failback_rehearsal::steps::STEPS {
        assert!(steps.contains(step.name), "{}", step.name);
    }
    let servers = is_wrong(&["failback", "--fail", "boot:nothing"]);
    for server in ["web-1", "db-1", "app-1"] {
        assert!(servers.contains(server), "{server}");
    }
}

#[test]
fn other_mistakes_are_usage_errors() {
    is_wrong(&["frobnicate"]);
    is_wrong(&["drill", "--frobnicate"]);
    is_wrong(&["drill", "--servers", "0"]);
    is_wrong(&["drill", "--servers", "1001"]);
    is_wrong(&["drill", "--speed", "0"]);
    is_wrong(&["drill", "--approve", "perhaps"]);
    is_wrong(&["drill", "--then", "failover"]);
    is_wrong(&["graph", "failover"]);
    assert!(is_wrong(&["drill", "--plan", "no-such-plan.json"]).contains("no-such-plan.json"));
    assert!(is_wrong(&["check-plan", "no-such-plan.json"]).contains("no-such-plan.json"));
    assert_eq!(run(&[]).code, 2);
}

#[test]
fn numbers_faults_and_files_that_are_wrong_are_told_in_plain_words() {
    let cases = [
        (&["drill", "--servers", "abc"][..], "not a whole number from 1 to 1000"),
        (&["drill", "--servers", "-1"], "not a whole number from 1 to 1000"),
        (&["drill", "--servers", "1.5"], "not a whole number from 1 to 1000"),
        (&["failback", "--seed", "x"], "not a whole number from 0"),
        (&["failback", "--seed", "-2"], "not a whole number from 0"),
        (&["failback", "--speed", "fast"], "neither `max` nor a number above 0"),
        (&["failback", "--fail", "boot:web-1x0"], "zero times is never: leave the fault out"),
        (&["failback", "--fail", "outage:drs=ten@5"], "not a number of minutes"),
        (
            &["failback", "--history", "no-such-folder/history.json"],
            "no-such-folder/history.json: No such file",
        ),
        (&["check-plan", "tests/cli"], "tests/cli: Is a directory"),
    ];
    for (arguments, words) in cases {
        let ran = run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("digit found"), "{}", ran.stderr);
    }
    assert!(!crate::support::file("no-such-folder").exists(), "a folder was made");
}

#[test]
fn an_output_that_nobody_reads_ends_the_command_without_a_word() {
    for arguments in
        [&["drill"][..], &["plan-schema"], &["graph", "drill"], &["drill", "--json"], &["failback"]]
    {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        assert_eq!(run_into(arguments, writer), (Some(5), String::new()), "{arguments:?}");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_told() {
    for arguments in [&["drill"][..], &["check-plan", "examples/plans/three-tier.json"], &["api", "openapi"]]
    {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("/dev/full");
        let (code, told) = run_into(arguments, full);
        assert_eq!(code, Some(5), "{arguments:?}: {told}");
        assert!(told.starts_with("error: the output cannot be written: No space left"), "{told}");
    }
}

#[test]
fn every_problem_of_a_plan_is_told_at_once() {
    let ran = run(&["check-plan", "tests/cli/plans/wrong.json"]);
    assert_eq!(ran.code, 2);
    golden("check-plan-wrong", &ran.transcript());

    let ran = run(&["drill", "--plan", "tests/cli/plans/wrong.json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("$.regions:"), "{}", ran.stderr);
}

#[test]
fn a_plan_that_is_no_json_is_told_where() {
    let ran = run_with(&["check-plan", "-"], "{ \"name\": }\n");
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains("line 1 column 11"), "{}", ran.stdout);
}

#[test]
fn the_examples_have_no_problems() {
    let mut all = String::new();
    let plans = [
        "one-server",
        "three-tier",
        "three-hundred",
        "drill-with-tests",
        "no-loss",
        "no-loss-by-hook",
        "ready-to-go-home",
    ];
    for plan in plans {
        let ran = run(&["check-plan", &format!("examples/plans/{plan}.json")]);
        assert_eq!(ran.code, 0, "{plan}: {}", ran.stdout);
        all.push_str(&ran.transcript());
    }
    golden("check-plan-examples", &all);
}

#[test]
fn help_is_golden() {
    for (name, arguments) in [
        ("help", &["--help"][..]),
        ("help-drill", &["drill", "--help"]),
        ("help-failback", &["failback", "--help"]),
        ("help-check-plan", &["check-plan", "--help"]),
        ("help-prove", &["prove", "--help"]),
    ] {
        let ran = run(arguments);
        assert_eq!(ran.code, 0);
        golden(name, &ran.transcript());
    }
}
