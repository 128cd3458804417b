use failback_core::cloud::Cloud;
use failback_core::moment::Moment;
use failback_stage::{Pending, Stage};
use serde_json::Value;

fn step(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Pending<'_> {
    Box::pin(crate::handle(cloud, payload, deadline))
}

#[test]
fn every_a3_is_reversed_and_b1_waited_for_until_it_is_healthy() {
    let mut stage = Stage::failback(|_| ()).redirected();
    let before = stage.writes();
    stage.waits(step, "replication of A3 is being reversed", 2);
    stage.pass(60);
    stage.waits(step, "B1 is ", 0);
    assert_eq!(stage.done(step).last().unwrap(), "2 failed-back servers protected");
    assert_eq!(stage.writes() - before, 2);
    assert!(stage.fleet.members.iter().all(|member| member.times.protected.is_some()));
    stage.idle(step, "2 failed-back servers protected");
}

#[test]
fn what_is_protected_already_is_left_as_it_is() {
    Stage::failback(|_| ()).protected().idle(step, "2 failed-back servers protected");
}

#[test]
fn a_rescan_says_how_far_it_is() {
    let mut stage = Stage::failback(|_| ()).redirected();
    stage.waits(step, "is being reversed", 2);
    let said = stage.done(step);
    assert!(said.iter().any(|why| why.contains(" % compared with A4")), "{said:#?}");
}

#[test]
fn what_drs_refuses_for_now_is_waited_for() {
    let mut stage = Stage::failback(|_| ()).redirected();
    stage.fail("error:drs:ReverseReplication=ConflictException");
    stage.waits(step, "DRS does not reverse replication of A3 yet", 1);
    stage.done(step);
}

#[test]
fn a_call_that_is_late_begins_nothing() {
    let mut stage = Stage::failback(|_| ()).redirected();
    let before = stage.writes();
    let answer = stage.call_until(stage.now(), step).unwrap();
    assert!(answer.why.ends_with("this call has no time left"), "{}", answer.why);
    assert_eq!((answer.wait_seconds, stage.writes()), (1, before));
}

#[test]
fn nothing_is_reversed_before_traffic_has_moved() {
    Stage::failback(|_| ()).launched().refused(step, "S");
}

#[test]
fn it_is_no_part_of_a_drill() {
    Stage::drill(|_| ()).launched().refused(step, "no part of a drill");
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Stage::failback(|_| ()).run.plan;
    assert_eq!(<crate::ProtectFailedBackServers as failback_core::step::Step>::limit_seconds(&plan), 172_800);
}
