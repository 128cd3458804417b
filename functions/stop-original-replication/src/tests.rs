use failback_core::plan::Redirect;
use failback_core::step::Status;
use failback_testkit::Fixture;
use serde_json::{Value, json};

use crate::StopOriginalReplication as Step;

fn stops(plan: &mut Value) {
    plan["stopOriginalReplication"] = json!(true);
    plan["gates"]["beforeStop"] = json!({ "timeoutMinutes": 60 });
}

fn due() -> Fixture {
    Fixture::failback(stops).reversed()
}

#[test]
fn b1_is_stopped_once_b3_works_and_is_replicated_home() {
    let mut fixture = due();
    let before = fixture.writes();
    assert!(fixture.done::<Step>()[0].starts_with("replication of B1 stopped for 2 servers"));
    assert_eq!(fixture.writes() - before, 2);
    fixture.idle::<Step>("replication of B1 was stopped already");
}

#[test]
fn the_plan_decides_and_b3_must_be_production() {
    Fixture::failback(|_| ()).reversed().refused::<Step>("does not request to stop");
    Fixture::failback(stops).refused::<Step>("not replicated to the source Region yet");
}

#[test]
fn a_b1_that_protects_a4_already_is_left_as_it_is() {
    let mut fixture = Fixture::failback(|_| ()).protected();
    fixture.run.plan.stop_original_replication = true;
    fixture.idle::<Step>("replication of B1 was stopped already");
}

#[test]
fn what_drs_refuses_for_now_is_waited_for() {
    let mut fixture = due();
    fixture.fail("error:drs:StopReplication=ConflictException");
    fixture.waits::<Step>("replication of B1 does not stop yet: web-1", 1);
    fixture.done::<Step>();
}

#[test]
fn a_call_that_is_late_leaves_the_rest_to_the_next() {
    let mut fixture = due();
    let answer = fixture.call_until::<Step>(fixture.now()).unwrap();
    assert_eq!(
        (answer.status, answer.why.as_str()),
        (Status::Waiting, "replication of B1 does not stop yet: web-1, all-1: this call has no time left")
    );
}

#[test]
fn b1_is_not_stopped_where_production_may_be_home() {
    let fixture = due();
    let address =
        fixture.simulation.world().instance(fixture.source(), &fixture.a1(0)).unwrap().private_ip.clone();
    fixture.point_at(&address);
    let mut fixture = fixture;
    fixture.refused::<Step>("production DNS points at A1, which B1 protects (S2:");
}

/// People who put traffic back start the servers first, and move those without a record of their own in another way.
#[test]
fn b1_is_not_stopped_while_a_running_a1_may_serve() {
    let mut fixture = due();
    let source = fixture.source();
    // A record shows that clients of web-1 use B3.
    let a1s = [fixture.a1(0), fixture.a1(1)];
    fixture.simulation.world().start_instances(source, &a1s).unwrap();
    fixture.pass(60);
    let error = fixture.call::<Step>().unwrap_err().to_string();
    assert!(error.contains("all-1: A1 i-"), "{error}");
    fixture.run.plan.redirect = Redirect::ByHand { originals_may_run: true };
    fixture.done::<Step>();
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(<crate::StopOriginalReplication as failback_core::step::Step>::limit(&plan).seconds(), 3_600);
}
