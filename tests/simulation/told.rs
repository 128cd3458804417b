use failback_core::procedure::Procedure;
use failback_rehearsal::rehearsal::{Rehearsal, RunResult};
use failback_rehearsal::result;
use failback_rehearsal::runner::GateAnswer;
use serde_json::{Value, json};

use crate::support::{rehearsal, run, run_with, setting, three_tier};

const HOUR_SECONDS: u64 = 3_600;

/// Lets hours pass between two executions.
fn pass_hours(rehearsal: &Rehearsal, hours: i64) {
    rehearsal.simulation.world().advance_by(hours * 3_600_000);
}

/// Returns the object that `--json` prints.
fn json_of(rehearsal: &Rehearsal, run: &RunResult) -> Value {
    result::object(rehearsal, run)
}

fn rto_seconds(run: &RunResult) -> Option<u64> {
    run.report.as_ref().expect("a report").rto_seconds
}

/// Returns a failback of the example in which people redirect traffic by hand.
fn by_hand() -> Rehearsal {
    let plan = three_tier(|plan| {
        plan["redirect"] = json!({ "byHand": true });
        plan["launch"]["dataAgeSecondsMax"] = json!(86_400);
    });
    Rehearsal::new(setting(Procedure::Failback, plan, 3, 1))
}

#[test]
fn the_rto_counts_from_the_first_execution_of_a_failback() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    let held = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::No("not tonight".into()));
    assert_eq!(rto_seconds(&held), None, "traffic has not moved");
    pass_hours(&rehearsal, 5);
    let first = held.report.expect("a report").started;
    let resumed = run(&mut rehearsal, Procedure::Failback);
    let report = resumed.report.as_ref().expect("a report");
    let rto = rto_seconds(&resumed).expect("traffic has moved");
    assert!(rto > 5 * HOUR_SECONDS, "{rto} s, and the failback began at {first}");
    assert!(rto < report.ended.seconds_since(first), "{rto}");
}

#[test]
fn a_third_execution_reports_the_redirect_of_the_second() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    run_with(&mut rehearsal, Procedure::Failback, GateAnswer::No("not yet".into()));
    pass_hours(&rehearsal, 1);
    rehearsal.fail("error:ReverseReplication=AccessDeniedExceptionx9").expect("a rule");
    let second = run(&mut rehearsal, Procedure::Failback);
    rehearsal.mend();
    pass_hours(&rehearsal, 20);
    let third = run(&mut rehearsal, Procedure::Failback);
    let (second, third) = (second.report.expect("a report"), third.report.expect("a report"));
    assert_eq!(second.outcome.as_str(), "held");
    assert_eq!(third.outcome.as_str(), "succeeded");
    assert!(second.rto_seconds.is_some_and(|rto| rto > HOUR_SECONDS), "{:?}", second.rto_seconds);
    assert_eq!(third.rto_seconds, second.rto_seconds);
    // Milestones count in whole seconds of their own execution.
    let (second, third) = (second.loss.expect("a loss"), third.loss.expect("a loss"));
    assert!((second.from.millis() - third.from.millis()).abs() < 1_000, "{second:?}, {third:?}");
    assert_eq!((third.until, third.until_at_most), (second.until, second.until_at_most));
}

#[test]
fn traffic_that_people_move_has_an_rto_and_a_loss() {
    let mut rehearsal = by_hand();
    let run = run(&mut rehearsal, Procedure::Failback);
    let report = run.report.as_ref().expect("a report");
    let yes = report.approvals.iter().find(|approval| approval.gate == "Ask Before Redirect").expect("a yes");
    let rto = rto_seconds(&run).expect("the RTO");
    assert!(yes.at.seconds_since(report.started).abs_diff(rto) <= 60, "{rto}: {yes:?}");
    let loss = report.loss.expect("the loss");
    assert!(loss.from < yes.at && loss.until_at_most.seconds_since(yes.at) <= 60, "{loss:?}, {yes:?}");
}

#[test]
fn the_work_of_aws_is_a_part_of_the_run() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    run_with(&mut rehearsal, Procedure::Failback, GateAnswer::No("not yet".into()));
    let resumed = run(&mut rehearsal, Procedure::Failback);
    let told = json_of(&rehearsal, &resumed);
    let (aws, whole) = (told["awsSeconds"].as_f64().unwrap(), told["virtualSeconds"].as_f64().unwrap());
    assert!(aws > 0.0 && aws <= whole, "AWS's own work took {aws} s of {whole} s");
}

#[test]
fn the_times_of_a_server_have_names_and_units() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    let run = run(&mut rehearsal, Procedure::Failback);
    let told = json_of(&rehearsal, &run);
    let server = &told["report"]["servers"][0];
    let times = server["secondsFromStart"].as_object().expect("labelled times");
    let names: Vec<&str> = times.keys().map(String::as_str).collect();
    assert_eq!(names, ["reversed", "ready", "launched", "pointInTime", "validated", "protected"]);
    assert!(server["lagAtLaunchSeconds"].is_u64(), "{server}");
}

#[test]
fn a_failback_with_nothing_to_do_is_no_success() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    run(&mut rehearsal, Procedure::Failback);
    let again = run(&mut rehearsal, Procedure::Failback);
    let report = again.report.expect("a report");
    assert_eq!(report.outcome.as_str(), "nothing to do");
    assert!(report.summary.contains("nothing to do: every server ran in us-east-1"), "{}", report.summary);
    assert!(again.failure.is_none(), "{:?}", again.failure);
}

#[test]
fn leftovers_that_were_removed_are_no_failure_and_no_drill() {
    let mut rehearsal = rehearsal(Procedure::Drill, 3, 1);
    rehearsal.fail("task:terminate-recovered-servers=Failback.AccessDenied").expect("a rule");
    let failed = run(&mut rehearsal, Procedure::Drill);
    assert_eq!(failed.outcome.as_str(), "failed");
    rehearsal.mend();
    let cleaned = run(&mut rehearsal, Procedure::Drill);
    let report = cleaned.report.as_ref().expect("a report");
    assert_eq!(report.outcome.as_str(), "cleaned up");
    assert_eq!(
        report.next,
        "Nothing is left of the interrupted drill. This execution rehearsed nothing: start the drill again."
    );
    assert_eq!(run(&mut rehearsal, Procedure::Drill).outcome.as_str(), "succeeded");
}
