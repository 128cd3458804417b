use failback_core::cloud::Cloud;
use failback_core::moment::Moment;
use failback_stage::{Pending, Stage};
use serde_json::{Value, json};

fn step(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Pending<'_> {
    Box::pin(crate::handle(cloud, payload, deadline))
}

fn due() -> Stage {
    let kept = |plan: &mut Value| plan["cleanup"] = json!({});
    Stage::failback(kept).protected().stopped().without_b2()
}

#[test]
fn the_record_goes_and_a4_stays() {
    let mut stage = due();
    assert_eq!(stage.done(step), ["the records of the failback launch are deleted"]);
    assert_eq!(stage.left(), ["A1 A2 A4 B1", "A1 A2 A4 B1"]);
    stage.idle(step, "are deleted");
}

#[test]
fn what_goes_before_is_gone_before() {
    let kept = |plan: &mut Value| plan["cleanup"] = json!({});
    Stage::failback(kept).redirected().stopped().refused(step, "is not protected");
    Stage::failback(kept).protected().stopped().refused(step, "B2 is terminated before A3 is deleted (S4)");
    Stage::failback(|_| ())
        .protected()
        .stopped()
        .without_b2()
        .refused(step, "A1 is terminated before A3 is deleted (S4)");
}

#[test]
fn what_drs_refuses_for_now_is_waited_for() {
    let mut stage = due();
    stage.fail("error:drs:DeleteRecoveryInstance=ConflictException");
    stage.waits(step, "web-1: A3 cannot be deleted yet", 0);
    assert_eq!(stage.done(step).len(), 1);
}

#[test]
fn a_call_that_is_late_leaves_the_rest_to_the_next() {
    let mut stage = due();
    let answer = stage.call_until(stage.now(), step).unwrap();
    assert_eq!((answer.status.as_str(), answer.why.as_str()), ("waiting", "this call has no time left"));
    assert_eq!(stage.left(), ["A1 A2 A3 A4 B1", "A1 A2 A3 A4 B1"]);
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Stage::failback(|_| ()).run.plan;
    assert_eq!(<crate::DeleteRecoveryInstances as failback_core::step::Step>::limit_seconds(&plan), 3_600);
}
