use failback_core::cloud::Cloud;
use failback_core::moment::Moment;
use failback_stage::{Pending, Stage};
use serde_json::Value;

fn step(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Pending<'_> {
    Box::pin(crate::handle(cloud, payload, deadline))
}

#[test]
fn a3_is_terminated_and_production_is_left_alone() {
    let mut stage = Stage::drill(|_| ()).launched().stopped();
    let first = stage.waits(step, "terminating the drill's servers of web-1, all-1", 1);
    assert!((48..=75).contains(&first), "{first}: a terminate job takes about a minute");
    stage.pass(40);
    let next = stage.waits(step, "terminating the drill's servers of web-1, all-1", 0);
    assert!(next < 30, "{next}: the job began 40 s ago");
    assert_eq!(stage.done(step).last().unwrap(), "the drill's servers are terminated");
    assert_eq!(stage.left(), ["A1 A2 B1 B2 B3", "A1 A2 B1 B2 B3"]);
    stage.idle(step, "are terminated");
}

#[test]
fn nothing_was_launched_so_nothing_is_terminated() {
    Stage::drill(|_| ()).reversed().stopped().idle(step, "are terminated");
}

#[test]
fn a2_is_stopped_before() {
    Stage::drill(|_| ()).launched().refused(step, "still replicates; it is stopped first (S4)");
}

#[test]
fn what_drs_refuses_for_now_is_waited_for() {
    let mut stage = Stage::drill(|_| ()).launched().stopped();
    stage.fail("error:drs:TerminateRecoveryInstances=ConflictException");
    stage.waits(step, "does not terminate A3 of web-1, all-1 yet", 0);
    stage.done(step);
    assert_eq!(stage.left(), ["A1 A2 B1 B2 B3", "A1 A2 B1 B2 B3"]);
}

#[test]
fn it_is_no_part_of_a_failback() {
    Stage::failback(|_| ()).launched().stopped().refused(step, "no part of a failback");
}

#[test]
fn what_the_ledger_has_lost_is_found_again() {
    let mut stage = Stage::drill(|_| ()).launched().stopped();
    for member in &mut stage.fleet.members {
        (member.a2, member.a3, member.b2) = (None, None, None);
    }
    stage.waits(step, "terminating the drill's servers of web-1, all-1", 1);
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Stage::failback(|_| ()).run.plan;
    assert_eq!(<crate::TerminateDrillServers as failback_core::step::Step>::limit_seconds(&plan), 3_600);
}
