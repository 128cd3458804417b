//! The output of rehearsals.

use std::fmt::Write as _;

use failback_core::cloud::Clock as _;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::step;
use failback_rehearsal::rehearsal::{Always, Rehearsal, Setting};
use failback_rehearsal::runner::GateAnswer;
use serde_json::{Value, json};
use watch_replication::WatchReplication;

use crate::support::{Ran, embedded, golden, run, run_with, text};

fn is_golden(name: &str, arguments: &[&str]) -> Ran {
    let ran = run(arguments);
    golden(name, &ran.transcript());
    ran
}

#[test]
fn a_drill() {
    let ran = is_golden("drill", &["drill"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn a_failback() {
    let ran = is_golden("failback", &["failback"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn a_failback_that_is_held_and_carried_on() {
    let ran = is_golden(
        "failback-held-then-failback",
        &["failback", "--fail", "launch:db-1x3", "--then", "failback"],
    );
    assert_eq!(ran.code, 0);
}

#[test]
fn a_failback_that_is_held() {
    let ran = is_golden("failback-held", &["failback", "--fail", "launch:db-1x3"]);
    assert_eq!(ran.code, 4);
}

#[test]
fn a_failback_that_is_refused_at_its_first_gate() {
    let ran = is_golden("failback-refused", &["failback", "--approve", "deny"]);
    assert_eq!(ran.code, 4);
}

#[test]
fn a_drill_that_fails_and_cleans_up() {
    let ran = is_golden("drill-failed", &["drill", "--fail", "boot:web-1x3"]);
    assert_eq!(ran.code, 1);
}

#[test]
fn a_drill_that_people_test_in() {
    let ran = is_golden("drill-held", &["drill", "--plan", "examples/plans/drill-with-tests.json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    embedded("docs/hold.md", "hold", "text", &message(&ran.stdout));
    let denied = run(&["drill", "--plan", "examples/plans/drill-with-tests.json", "--approve", "deny"]);
    assert_eq!(denied.code, 1);
    for words in ["Failback.Refused at Ask Before Clean Up", "left: A1 B1"] {
        assert!(denied.stdout.contains(words), "{words}: {}", denied.stdout);
    }
}

#[test]
fn a_failback_that_loses_nothing() {
    let ran = is_golden("failback-no-loss", &["failback", "--plan", "examples/plans/no-loss.json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let messages = message(&ran.stdout);
    let (first, _) = messages.split_once("\nFailback three-tier").expect("a second gate");
    embedded("docs/freeze.md", "freeze", "text", first);
    let told = ran.stdout.lines().find(|line| line.contains("nothing lost")).expect("the end says so");
    embedded("docs/freeze.md", "waited", "text", told.trim());
    let held = run(&["failback", "--plan", "examples/plans/no-loss.json", "--fail", "boot:db-1x9"]);
    assert_eq!(held.code, 4);
    let next: Vec<&str> = held.stdout.lines().map(str::trim).collect();
    assert!(next.join(" ").contains("let them go on"), "{}", held.stdout);
}

/// Returns what a transcript has after the world that the run has left.
fn after(stdout: &str) -> String {
    let end = stdout.split_once("\nafter\n").and_then(|(_, end)| end.split_once("\nsafety rules"));
    let (end, _) = end.expect("a failback shows the world after it, then the safety rules");
    format!("after\n{end}")
}

#[test]
fn a_failback_of_which_a_server_is_launched_again_on_request() {
    let ran = is_golden("failback-launched-again", &["failback", "--approve", "yes,launch-again=web-1"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let messages = message(&ran.stdout);
    let mut questions = messages.split("\nFailback three-tier");
    let redirect = questions.nth(1).map(|rest| format!("Failback three-tier{rest}"));
    embedded("docs/gates.md", "question", "text", redirect.expect("a second gate").trim_end());
    let mut lines = ran.stdout.lines().skip_while(|line| !line.contains("launched again, web-1"));
    let again: Vec<&str> = lines.by_ref().take_while(|line| !line.trim().is_empty()).collect();
    embedded("docs/gates.md", "again", "text", &again.join("\n"));
}

#[test]
fn a_failback_that_is_aborted() {
    let ran = is_golden("failback-aborted", &["failback", "--approve", "yes,abort"]);
    assert_eq!(ran.code, 4);
    embedded("docs/gates.md", "aborted", "text", &after(&ran.stdout));
    let then = run(&["failback", "--approve", "abort", "--then", "failback"]);
    assert_eq!(then.code, 0, "{}", then.stdout);
}

#[test]
fn a_failback_whose_hook_stops_writes() {
    let plan = "examples/plans/no-loss-by-hook.json";
    let ran = is_golden("failback-by-hook", &["failback", "--plan", plan]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let messages = message(&ran.stdout);
    let (first, _) = messages.split_once("\nFailback three-tier").expect("a second gate");
    embedded("docs/freeze.md", "hook", "text", first);
    assert!(ran.stdout.contains("nothing lost"), "{}", ran.stdout);
    let held = run(&["failback", "--plan", plan, "--fail", "boot:db-1x9"]);
    assert_eq!(held.code, 4);
    let next: Vec<&str> = held.stdout.lines().map(str::trim).collect();
    assert!(next.join(" ").contains("lets them go on within minutes"), "{}", held.stdout);
}

#[test]
fn a_failback_that_is_ready_to_go_home() {
    let ran = is_golden("failback-ready", &["failback", "--plan", "examples/plans/ready-to-go-home.json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    embedded("docs/ready.md", "ready", "text", &after(&ran.stdout));
}

/// What the watch says before, during and after a stall.
#[test]
fn the_watch_of_a_failback_that_is_ready_to_go_home() {
    let input: Value = serde_json::from_str(&text("examples/plans/ready-to-go-home.json")).expect("a plan");
    let plan = Plan::read(&input).unwrap_or_else(|problems| panic!("{problems}"));
    let mut rehearsal = Rehearsal::new(Setting::usual(Procedure::Failback, input, plan, 3, 1));
    rehearsal.run(Procedure::Failback, &mut Always(GateAnswer::Yes));
    let simulation = &rehearsal.simulation;
    let mut said = String::new();
    for (act, day) in [("", 1), ("stop", 2), ("start", 3)] {
        {
            let mut world = simulation.world();
            let (_, recovery) = world.region_pair();
            let b3 = world.fleet()[0].b3.clone();
            match act {
                "stop" => world.stop_instances(recovery, &b3).expect("it runs"),
                "start" => world.start_instances(recovery, &b3).expect("it is stopped"),
                _ => {}
            }
            world.advance_by(86_400_000);
        }
        let payload = json!({ "source": "us-east-1", "lagSecondsMax": 900 });
        let call = step::call::<WatchReplication>(simulation, payload, simulation.now().plus_seconds(60));
        let answer = simulation.run(call).expect("it has not died").expect("an answer");
        let _ = writeln!(said, "day {day}: {} in trouble: {}", answer["inTrouble"], answer["answer"]["why"]);
    }
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].contains(": 0 in trouble") && lines[2].contains(": 0 in trouble"), "{said}");
    assert!(lines[1].contains(": 1 in trouble") && lines[1].contains("STALLED"), "{said}");
    embedded("docs/ready.md", "watch", "text", &said);
}

/// Returns the message of a gate, without the margin that sets it off.
fn message(transcript: &str) -> String {
    let lines = transcript.lines().filter_map(|line| line.trim_start().strip_prefix('|'));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_failback_of_one_server_by_hand() {
    let ran = is_golden("failback-by-hand", &["failback", "--plan", "examples/plans/one-server.json"]);
    assert_eq!(ran.code, 0);
}

/// Returns the start and the end of the run, and its verdict: at most 46 lines.
fn excerpt(transcript: &str) -> String {
    let (_, run) = transcript.split_once("the run, by virtual time\n").expect("a run");
    let (run, rest) = run.split_once("\n\nafter\n").expect("the world after it");
    let (_, end) = rest.split_once("\n\n").expect("an end");
    let states: Vec<&str> = run.lines().collect();
    let (first, last) = (&states[..14], &states[states.len() - 6..]);
    let lines: Vec<&str> =
        first.iter().chain(&["  …"]).chain(last).copied().chain([""]).chain(end.lines()).collect();
    assert!(lines.len() <= 46, "{} lines", lines.len());
    lines.join("\n")
}

#[test]
fn the_readme_shows_a_part_of_the_drill() {
    embedded("README.md", "drill", "text", &excerpt(&run(&["drill"]).stdout));
}

#[test]
fn the_drill_and_the_end_of_the_failback_are_shown() {
    embedded("docs/rehearse.md", "drill", "text", &run(&["drill"]).transcript());
    let failback = run(&["failback"]).stdout;
    let end = failback.split_once("\nafter\n").and_then(|(_, end)| end.split_once("\nsafety rules"));
    let (end, _) = end.expect("a failback shows the world after it, then the safety rules");
    embedded("docs/rehearse.md", "failback", "text", &format!("after\n{end}"));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for arguments in [&["drill", "--seed", "7"], &["failback", "--seed", "7"]] {
        assert_eq!(run(arguments).stdout, run(arguments).stdout);
    }
    assert_ne!(run(&["drill", "--seed", "7"]).stdout, run(&["drill", "--seed", "8"]).stdout);
}

#[test]
fn a_person_at_the_terminal_answers_the_gates() {
    let ask = ["failback", "--approve", "ask"];
    assert_eq!(run_with(&ask, "yes\nyes\nyes\n").code, 0);

    let unclear = run_with(&ask, "yes\nYES\nperhaps\n\nyse\n Y \n");
    assert_eq!(unclear.code, 0, "{}", unclear.stdout);
    assert_eq!(unclear.stderr.matches("Please answer").count(), 3, "{}", unclear.stderr);

    let refused = run_with(&ask, "yes\nyes\nno\n");
    assert_eq!(refused.code, 4);
    assert!(refused.stdout.contains("Failback.Refused at Ask Before Clean Up"), "{}", refused.stdout);

    let silent = run_with(&ask, "");
    assert_eq!(silent.code, 4);
    assert!(silent.stdout.contains("States.Timeout at Ask Before Launch"), "{}", silent.stdout);
}

#[test]
fn virtual_time_is_played_back() {
    let fast = run(&["drill", "--speed", "100000"]);
    assert_eq!(fast.stdout, run(&["drill"]).stdout);
}

#[test]
fn the_graphs_are_golden() {
    is_golden("graph-drill", &["graph", "drill"]);
    is_golden("graph-failback", &["graph", "failback"]);
}
