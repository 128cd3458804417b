//! The watch of runs, over the same simulated account.

use failback_core::procedure::Procedure;
use failback_core::step_functions::StepFunctions as _;
use failback_core::timestamp::Timestamp;
use failback_rehearsal::account::Account;
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use watch_runs::Watched;

use crate::support::{at_the_gate, get, plan, post};

/// Returns what the watch sees at this moment. The payload is that of EventBridge, and of no use.
fn watched(account: &Account, at: Timestamp) -> Watched {
    let seen = watch_runs::watch(account, json!({ "source": "aws.events" }), at).now_or_never();
    let seen = seen.expect("everything is at hand").expect("an answer");
    serde_json::from_value(seen).expect("what the watch answers")
}

/// Returns the moment that an answer of the API has.
fn moment(of: &Value) -> Timestamp {
    of.as_str().and_then(Timestamp::parse).expect("a moment")
}

/// Starts an execution as the console does, which checks nothing.
fn start(account: &Account, procedure: Procedure, name: &str, input: &Value) {
    let started = account.start(procedure, name, input).now_or_never().expect("everything is at hand");
    started.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_gate_that_waits_is_told_with_its_minutes_until_it_is_answered() {
    let account = at_the_gate();
    let asked = moment(&get("/failbacks/home").to(&account).body["step"]["since"]);
    let seen = watched(&account, asked.plus_seconds(61 * 60 + 59));
    assert_eq!(seen.gate_minutes, 61);
    assert!(seen.answer.why.contains("home: waits at Ask Before Redirect for 61 min"), "{}", seen.answer.why);
    for gate in ["Ask Before Redirect", "Ask Before Clean Up"] {
        let yes = post("/failbacks/home/approve", &json!({ "gate": gate })).to(&account);
        assert_eq!(yes.status, 200, "{yes:?}");
    }
    let seen = watched(&account, asked.plus_seconds(86_400));
    assert_eq!(seen.gate_minutes, 0);
    assert!(seen.answer.why.starts_with("no failback waits for an answer"), "{}", seen.answer.why);
}

#[test]
fn of_many_gates_the_longest_wait_counts_on_every_page() {
    let account = Account::default();
    start(&account, Procedure::Failback, "first", &plan());
    for number in 0..101 {
        let name = format!("another-{number}");
        start(&account, Procedure::Failback, &name, &plan());
        let yes = post(&format!("/failbacks/{name}/approve"), &json!({})).to(&account);
        assert_eq!(yes.status, 200, "{yes:?}");
    }
    // The newest come first: the oldest is on the second page, and waits since its first gate; the others have passed theirs.
    let asked = moment(&get("/failbacks/first").to(&account).body["step"]["since"]);
    let seen = watched(&account, asked.plus_seconds(86_400));
    assert_eq!(seen.gate_minutes, 24 * 60);
    assert!(seen.answer.why.len() < 1_000, "{}", seen.answer.why);
}

#[test]
fn the_days_since_the_last_drill_that_succeeded_are_counted() {
    let account = Account::default();
    let now = Timestamp::parse("2026-11-02T08:00:00.000Z").expect("a moment");
    let never = watched(&account, now);
    assert_eq!(never.drill_days, watch_runs::KEPT_DAYS);
    assert!(never.answer.why.contains("no drill has succeeded in the last 90 days"), "{}", never.answer.why);
    post("/drills", &plan()).header("Idempotency-Key", "d").to(&account);
    let mut wrong = plan();
    wrong["drill"] = json!({});
    start(&account, Procedure::Drill, "later-and-refused", &wrong);
    assert_eq!(get("/drills/later-and-refused").to(&account).body["status"], "FAILED");
    let ended = moment(&get("/drills/d").to(&account).body["stopped"]);
    let day = watched(&account, ended.plus_seconds(86_400 + 5));
    assert_eq!(day.drill_days, 1);
    assert!(day.answer.why.ends_with("the last drill that succeeded ended 1 day ago"), "{}", day.answer.why);
    assert_eq!(watched(&account, ended.plus_seconds(100 * 86_400)).drill_days, 90);
}
