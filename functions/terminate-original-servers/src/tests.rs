use failback_core::cloud::Cloud;
use failback_core::moment::Moment;
use failback_stage::{Pending, Stage};
use serde_json::{Value, json};

fn step(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Pending<'_> {
    Box::pin(crate::handle(cloud, payload, deadline))
}

fn due() -> Stage {
    Stage::failback(|_| ()).protected().stopped().without_b2()
}

#[test]
fn a1_is_terminated_once_nothing_depends_on_it() {
    let mut stage = due();
    let first = stage.waits(step, "terminating the originals of web-1, all-1", 1);
    assert!((30..=46).contains(&first), "{first}: EC2 takes less than a minute");
    stage.pass(10);
    stage.waits(step, "terminating the originals of web-1, all-1", 0);
    assert_eq!(stage.done(step).last().unwrap(), "the original servers are terminated");
    assert_eq!(stage.left(), ["A2 A3 A4 B1", "A2 A3 A4 B1"]);
    stage.idle(step, "are terminated");
}

#[test]
fn the_plan_decides() {
    let mut stage = due();
    stage.run.plan.cleanup.terminate_originals = false;
    stage.refused(step, "keeps the original servers (S3)");
}

#[test]
fn b2_goes_first() {
    Stage::failback(|_| ()).protected().stopped().refused(step, "B2 is terminated before A1 (S4)");
}

#[test]
fn an_a1_that_became_a4_is_left_alone() {
    let mut stage = due();
    for server in 0..2 {
        let a4 = stage.fleet.members[server].a4();
        stage.fleet.members[server].a1 = a4;
    }
    stage.idle(step, "are terminated");
}

#[test]
fn an_a1_that_somebody_terminated_is_done() {
    let mut stage = due();
    let a1s = [stage.a1(0), stage.a1(1)];
    stage.simulation.world().terminate_instances(stage.home(), &a1s).unwrap();
    stage.waits(step, "terminating the originals", 0);
    stage.pass(300);
    stage.idle(step, "are terminated");
}

#[test]
fn it_is_no_part_of_a_drill() {
    let keeps = |plan: &mut Value| plan["cleanup"] = json!({});
    Stage::drill(keeps).launched().stopped().refused(step, "no part of a drill");
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Stage::failback(|_| ()).run.plan;
    assert_eq!(<crate::TerminateOriginalServers as failback_core::step::Step>::limit_seconds(&plan), 3_600);
}
