use failback_core::cloud::Cloud;
use failback_core::moment::Moment;
use failback_stage::{Pending, Stage};
use serde_json::Value;

fn step(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Pending<'_> {
    Box::pin(crate::handle(cloud, payload, deadline))
}

fn due() -> Stage {
    Stage::drill(|_| ()).launched().stopped().without_a4().without_b2()
}

#[test]
fn a2_is_disconnected_and_then_deleted() {
    let mut stage = due();
    let first = stage.waits(step, "A2 is being disconnected", 2);
    assert!((10..=40).contains(&first), "{first}");
    stage.waits(step, "A2 is being disconnected", 0);
    assert_eq!(stage.done(step).last().unwrap(), "the reversed source servers are deleted");
    assert_eq!(stage.left(), ["A1 B1", "A1 B1"]);
    stage.idle(step, "are deleted");
}

#[test]
fn a2_goes_last() {
    Stage::drill(|_| ()).launched().stopped().refused(step, "still exists (S4)");
    Stage::drill(|_| ()).reversed().stopped().refused(step, "still lives (S4)");
    Stage::drill(|_| ()).reversed().refused(step, "still replicates");
}

#[test]
fn what_drs_refuses_for_now_is_asked_anew_after_a_while() {
    let mut stage = due();
    stage.fail("error:drs:DisconnectSourceServer=ConflictException x2");
    stage.waits(step, "A2 cannot be removed yet", 0);
    stage.done(step);
    assert_eq!(stage.left(), ["A1 B1", "A1 B1"]);
}

#[test]
fn a_call_that_is_late_leaves_the_rest_to_the_next() {
    let mut stage = due();
    let before = stage.writes();
    let answer = stage.call_until(stage.now(), step).unwrap();
    assert_eq!((answer.status.as_str(), answer.why.as_str()), ("waiting", "this call has no time left"));
    assert_eq!(stage.writes(), before);
}

#[test]
fn what_is_disconnected_is_deleted_at_once() {
    let mut stage = due();
    stage.waits(step, "A2 is being disconnected", 2);
    stage.pass(120);
    let answer = stage.call(step).unwrap();
    assert_eq!(answer.status, "done", "{}", answer.why);
    assert_eq!(stage.left(), ["A1 B1", "A1 B1"]);
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Stage::failback(|_| ()).run.plan;
    assert_eq!(<crate::RemoveSourceServers as failback_core::step::Step>::limit_seconds(&plan), 3_600);
}
