use failback_core::cloud::Clock as _;
use failback_testkit::Fixture;
use serde_json::{Value, json};

use crate::TerminateRecoveredServers as Step;

fn due() -> Fixture {
    Fixture::failback(|_| ()).protected().stopped()
}

#[test]
fn b2_is_terminated_once_a4_is_production_and_protected() {
    let mut fixture = due();
    let first = fixture.waits::<Step>("terminating web-1, all-1", 1);
    assert!((48..=75).contains(&first), "{first}: a terminate job takes about a minute");
    assert_eq!(fixture.left(), ["A1 A2 A3 A4 B1 B2 B3", "A1 A2 A3 A4 B1 B2 B3"]);
    assert_eq!(fixture.done::<Step>().last().unwrap(), "the recovered servers are terminated");
    assert_eq!(fixture.left(), ["A1 A2 A3 A4 B1", "A1 A2 A3 A4 B1"]);
    fixture.idle::<Step>("are terminated");
}

#[test]
fn a_job_that_is_at_work_is_followed_and_not_repeated() {
    let mut fixture = due();
    fixture.waits::<Step>("terminating", 1);
    fixture.pass(40);
    let next = fixture.waits::<Step>("terminating web-1, all-1", 0);
    assert!(next < 30, "{next}: the job began 40 s ago");
}

#[test]
fn b3_is_never_terminated_while_it_is_production() {
    let mut fixture = Fixture::failback(|_| ()).launched().stopped();
    fixture.refused::<Step>("does not point at A4 (S2:");
    let mut fixture = Fixture::failback(|_| ()).redirected().stopped();
    fixture.refused::<Step>("is not protected");
    let mut fixture = Fixture::failback(|_| ()).protected();
    fixture.refused::<Step>("still replicates; it is stopped first (S4:");
}

#[test]
fn b3_lives_until_no_client_can_use_it() {
    let mut fixture = due();
    let redirected = fixture.fleet.redirected.as_mut().unwrap();
    redirected.in_sync = Some(fixture.simulation.now());
    redirected.old_ttl_seconds = Some(1_200);
    fixture.waits::<Step>("cannot be terminated yet: clients may still use B3 until", 0);
    fixture.pass(1_190);
    fixture.waits::<Step>("clients may still use B3", 0);
    fixture.pass(10);
    fixture.waits::<Step>("terminating web-1, all-1", 1);
    let mut fixture = due();
    fixture.fleet.redirected = None;
    fixture.refused::<Step>("does not know since when its records are INSYNC");
}

#[test]
fn what_drs_refuses_for_now_is_waited_for() {
    let mut fixture = due();
    fixture.fail("error:drs:TerminateRecoveryInstances=ConflictException");
    fixture.waits::<Step>("cannot be terminated yet", 0);
    fixture.done::<Step>();
    assert_eq!(fixture.left(), ["A1 A2 A3 A4 B1", "A1 A2 A3 A4 B1"]);
}

#[test]
fn a_launch_that_is_at_work_comes_first() {
    let mut fixture = Fixture::failback(|_| ()).protected();
    fixture.launch();
    fixture.waits::<Step>("are still being launched", 0);
}

#[test]
fn a_drill_terminates_its_own_b2_and_no_other() {
    let mut fixture = Fixture::drill(|_| ()).reversed().stopped();
    fixture.done::<Step>();
    assert_eq!(fixture.left(), ["A1 A2 B1", "A1 A2 B1"]);
    // A real recovery: A1 is stopped, traffic is on B3.
    let mut fixture = Fixture::new(
        failback_core::procedure::Procedure::Drill,
        failback_testkit::Scenario::Recovered,
        |_| (),
    )
    .reversed()
    .stopped();
    fixture.refused::<Step>("may be production");
    let keeps = |plan: &mut Value| plan["drill"]["keepRecoveredServers"] = json!(true);
    Fixture::drill(keeps).reversed().stopped().refused::<Step>("the plan keeps the recovered servers");
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(<crate::TerminateRecoveredServers as failback_core::step::Step>::limit_seconds(&plan), 3_600);
}
