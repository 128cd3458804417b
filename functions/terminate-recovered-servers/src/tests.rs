use failback_core::cloud::Cloud;
use failback_core::moment::Moment;
use failback_stage::{Pending, Stage};
use serde_json::{Value, json};

fn step(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Pending<'_> {
    Box::pin(crate::handle(cloud, payload, deadline))
}

fn due() -> Stage {
    Stage::failback(|_| ()).protected().stopped()
}

#[test]
fn b2_is_terminated_once_a4_is_production_and_protected() {
    let mut stage = due();
    let first = stage.waits(step, "terminating web-1, all-1", 1);
    assert!((48..=75).contains(&first), "{first}: a terminate job takes about a minute");
    assert_eq!(stage.left(), ["A1 A2 A3 A4 B1 B2 B3", "A1 A2 A3 A4 B1 B2 B3"]);
    assert_eq!(stage.done(step).last().unwrap(), "the recovered servers are terminated");
    assert_eq!(stage.left(), ["A1 A2 A3 A4 B1", "A1 A2 A3 A4 B1"]);
    stage.idle(step, "are terminated");
}

#[test]
fn a_job_that_is_at_work_is_followed_and_not_repeated() {
    let mut stage = due();
    stage.waits(step, "terminating", 1);
    stage.pass(40);
    let next = stage.waits(step, "terminating web-1, all-1", 0);
    assert!(next < 30, "{next}: the job began 40 s ago");
}

#[test]
fn b3_is_never_terminated_while_it_is_production() {
    let mut stage = Stage::failback(|_| ()).launched().stopped();
    stage.refused(step, "does not point at A4 (S2)");
    let mut stage = Stage::failback(|_| ()).redirected().stopped();
    stage.refused(step, "is not protected");
    let mut stage = Stage::failback(|_| ()).protected();
    stage.refused(step, "still replicates; it is stopped first (S4)");
}

#[test]
fn what_drs_refuses_for_now_is_waited_for() {
    let mut stage = due();
    stage.fail("error:drs:TerminateRecoveryInstances=ConflictException");
    stage.waits(step, "cannot be terminated yet", 0);
    stage.done(step);
    assert_eq!(stage.left(), ["A1 A2 A3 A4 B1", "A1 A2 A3 A4 B1"]);
}

#[test]
fn a_launch_that_is_at_work_comes_first() {
    let mut stage = Stage::failback(|_| ()).protected();
    stage.launch();
    stage.waits(step, "are still being launched", 0);
}

#[test]
fn a_drill_terminates_its_own_b2_and_no_other() {
    let mut stage = Stage::drill(|_| ()).reversed().stopped();
    stage.done(step);
    assert_eq!(stage.left(), ["A1 A2 B1", "A1 A2 B1"]);
    // Recovered for real: A1 is stopped, traffic is on B3.
    let mut stage =
        Stage::new(failback_core::procedure::Procedure::Drill, failback_stage::Scene::Recovered, |_| ())
            .reversed()
            .stopped();
    stage.refused(step, "may be production");
    let keeps = |plan: &mut Value| plan["drill"]["keepRecoveredServers"] = json!(true);
    Stage::drill(keeps).reversed().stopped().refused(step, "the plan keeps the recovered servers");
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Stage::failback(|_| ()).run.plan;
    assert_eq!(<crate::TerminateRecoveredServers as failback_core::step::Step>::limit_seconds(&plan), 3_600);
}
