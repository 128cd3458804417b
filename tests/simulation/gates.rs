use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_rehearsal::runner::GateAnswer;
use serde_json::json;

use crate::support::{
    assert_done, assert_left, calls, cause, failure, rehearsal, rest, run, run_with, setting, three_tier,
};
use failback_rehearsal::rehearsal::Rehearsal;

const ALL: &[&str] = &["A1", "A2", "A3", "A4", "B1", "B2", "B3"];

#[test]
fn a_no_holds_the_failback_and_deletes_nothing() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    let held = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::No("not tonight".into()));
    assert_eq!((held.outcome, failure(&held)), (Outcome::Held, ("Ask Before Redirect", "Failback.Refused")));
    assert_eq!(cause(&held), "not tonight");
    assert_eq!(calls(&rehearsal, "ChangeResourceRecordSets"), 0);
    assert_left(&rehearsal, ALL);
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
}

#[test]
fn time_running_out_means_no() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    let held = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::Silence);
    assert_eq!((held.outcome, failure(&held)), (Outcome::Held, ("Ask Before Redirect", "States.Timeout")));
    assert!(held.virtual_seconds >= 240.0 * 60.0);
    assert_left(&rehearsal, ALL);
}

#[test]
fn a_no_before_the_clean_up_keeps_everything_running_at_home() {
    let only_cleanup =
        three_tier(|plan| plan["gates"] = json!({ "beforeCleanup": { "timeoutMinutes": 60 } }));
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, only_cleanup, 3, 1));
    let held = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::No("look first".into()));
    assert_eq!((held.outcome, failure(&held).0), (Outcome::Held, "Ask Before Clean Up"));
    assert_left(&rehearsal, ALL);
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
}

#[test]
fn without_gates_nobody_is_asked() {
    let plan = three_tier(|plan| plan["gates"] = json!({}));
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, plan, 3, 1));
    let done = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::No("never asked".into()));
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
}

#[test]
fn traffic_moved_by_hand_is_believed_only_after_a_yes() {
    let plan = three_tier(|plan| {
        plan["redirect"] = json!({ "byHand": true });
        plan["launch"]["dataAgeSecondsMax"] = json!(1_209_600);
        plan["gates"] = json!({ "beforeRedirect": { "timeoutMinutes": 60 } });
    });
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, plan, 3, 1));
    let held = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::Silence);
    assert_eq!(held.outcome, Outcome::Held);
    assert_left(&rehearsal, ALL);
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
    assert_eq!(calls(&rehearsal, "ChangeResourceRecordSets"), 0);
}

#[test]
fn originals_are_kept_unless_the_plan_says_otherwise() {
    let plan = three_tier(|plan| plan["cleanup"] = json!({}));
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, plan, 3, 1));
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, &["A1", "A4", "B1"]);
}

#[test]
fn original_replication_is_stopped_only_where_the_plan_says_so() {
    let plan = three_tier(|plan| {
        plan["stopOriginalReplication"] = json!(true);
        plan["gates"]["beforeStop"] = json!({ "timeoutMinutes": 60 });
    });
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, plan, 3, 1));
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
    // B1 of each server, then A2 of each server.
    assert_eq!(calls(&rehearsal, "StopReplication"), 6);
}
