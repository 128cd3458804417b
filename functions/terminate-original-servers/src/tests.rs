use failback_core::cloud::Cloud;
use failback_core::timestamp::Timestamp;
use failback_testkit::{Fixture, Pending};
use serde_json::{Value, json};

fn step(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Pending<'_> {
    Box::pin(crate::handle(cloud, payload, deadline))
}

fn due() -> Fixture {
    Fixture::failback(|_| ()).protected().stopped().without_b2()
}

#[test]
fn a1_is_terminated_once_nothing_depends_on_it() {
    let mut fixture = due();
    let first = fixture.waits(step, "terminating the originals of web-1, all-1", 1);
    assert!((30..=46).contains(&first), "{first}: EC2 takes less than a minute");
    fixture.pass(10);
    fixture.waits(step, "terminating the originals of web-1, all-1", 0);
    assert_eq!(fixture.done(step).last().unwrap(), "the original servers are terminated");
    assert_eq!(fixture.left(), ["A2 A3 A4 B1", "A2 A3 A4 B1"]);
    fixture.idle(step, "are terminated");
}

#[test]
fn the_plan_decides() {
    let mut fixture = due();
    fixture.run.plan.cleanup.terminate_originals = false;
    fixture.refused(step, "keeps the original servers (S3)");
}

#[test]
fn b2_goes_first() {
    Fixture::failback(|_| ()).protected().stopped().refused(step, "B2 is terminated before A1 (S4)");
}

#[test]
fn an_a1_that_became_a4_is_left_alone() {
    let mut fixture = due();
    for server in 0..2 {
        let a4 = fixture.fleet.servers[server].a4();
        fixture.fleet.servers[server].a1 = a4;
    }
    fixture.idle(step, "are terminated");
}

#[test]
fn an_a1_that_somebody_terminated_is_done() {
    let mut fixture = due();
    let a1s = [fixture.a1(0), fixture.a1(1)];
    fixture.simulation.world().terminate_instances(fixture.source(), &a1s).unwrap();
    fixture.waits(step, "terminating the originals", 0);
    fixture.pass(300);
    fixture.idle(step, "are terminated");
}

#[test]
fn it_is_no_part_of_a_drill() {
    let keeps = |plan: &mut Value| plan["cleanup"] = json!({});
    Fixture::drill(keeps).launched().stopped().refused(step, "no part of a drill");
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(<crate::TerminateOriginalServers as failback_core::step::Step>::limit_seconds(&plan), 3_600);
}
