use failback_testkit::Fixture;
use serde_json::{Value, json};

use crate::TerminateOriginalServers as Step;

fn due() -> Fixture {
    Fixture::failback(|_| ()).protected().stopped().without_b2()
}

#[test]
fn a1_is_terminated_once_nothing_depends_on_it() {
    let mut fixture = due();
    let first = fixture.waits::<Step>("terminating the originals of web-1, all-1", 1);
    assert!((30..=46).contains(&first), "{first}: EC2 takes less than a minute");
    fixture.pass(10);
    fixture.waits::<Step>("terminating the originals of web-1, all-1", 0);
    assert_eq!(fixture.done::<Step>().last().unwrap(), "the original servers are terminated");
    assert_eq!(fixture.left(), ["A2 A3 A4 B1", "A2 A3 A4 B1"]);
    fixture.idle::<Step>("are terminated");
}

#[test]
fn the_plan_decides() {
    let mut fixture = due();
    fixture.run.plan.cleanup.terminate_originals = false;
    fixture.refused::<Step>("keeps the original servers (S3:");
}

#[test]
fn b2_goes_first() {
    Fixture::failback(|_| ()).protected().stopped().refused::<Step>("B2 is terminated before A1 (S4:");
}

#[test]
fn an_a1_that_became_a4_is_left_alone() {
    let mut fixture = due();
    for server in 0..2 {
        let a4 = fixture.fleet.servers[server].a4();
        fixture.fleet.servers[server].a1 = a4;
    }
    fixture.idle::<Step>("are terminated");
}

#[test]
fn an_a1_that_somebody_terminated_is_done() {
    let mut fixture = due();
    let a1s = [fixture.a1(0), fixture.a1(1)];
    fixture.simulation.world().terminate_instances(fixture.source(), &a1s).unwrap();
    fixture.waits::<Step>("terminating the originals", 0);
    fixture.pass(300);
    fixture.idle::<Step>("are terminated");
}

/// Somebody protects A1 while the failback runs. Waiting for an hour ends nothing.
#[test]
fn a_protected_a1_is_told_once_the_others_are_terminated() {
    let mut fixture = due();
    let (region, a1) = (fixture.source(), fixture.a1(0));
    fixture.simulation.world().protect_from_termination(region, &a1).unwrap();
    fixture.waits::<Step>("terminating the originals of all-1", 1);
    fixture.pass(60);
    let told = fixture.call::<Step>().unwrap_err().to_string();
    assert!(
        told.contains(&format!("--region us-east-1 --instance-id {a1} --no-disable-api-termination")),
        "{told}"
    );
    assert_eq!(fixture.left(), ["A1 A2 A3 A4 B1", "A2 A3 A4 B1"]);
}

#[test]
fn a_b1_that_lags_holds_up_its_own_server_only() {
    let mut fixture = due().with_lagging_b1();
    fixture.waits::<Step>("originals cannot be terminated yet: web-1: A4 is protected", 1);
    fixture.pass(120);
    assert_eq!(fixture.left(), ["A1 A2 A3 A4 B1", "A2 A3 A4 B1"]);
}

#[test]
fn it_does_not_belong_to_a_drill() {
    let keeps = |plan: &mut Value| plan["cleanup"] = json!({});
    Fixture::drill(keeps).launched().stopped().refused::<Step>("does not belong to a drill");
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(<crate::TerminateOriginalServers as failback_core::step::Step>::limit(&plan).seconds(), 3_600);
}
