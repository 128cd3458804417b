use failback_core::cloud::Clock as _;
use failback_core::procedure::Procedure;
use failback_core::tags::tag;
use failback_sim::LaunchChange;
use failback_testkit::{Fixture, Response, Scenario};
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

/// A terminate job completes, and a B3 that somebody has protected lives: no other job does better.
#[test]
fn a_protected_b3_is_told_once_the_others_are_terminated() {
    let mut fixture = due();
    let b3 = fixture.b2(0).instance();
    fixture.simulation.world().protect_from_termination(fixture.recovery(), &b3).unwrap();
    fixture.waits::<Step>("terminating web-1, all-1", 1);
    fixture.pass(120);
    let told = fixture.call::<Step>().unwrap_err().to_string();
    assert!(
        told.contains(&format!("--region us-east-2 --instance-id {b3} --no-disable-api-termination")),
        "{told}"
    );
    assert_eq!(fixture.left(), ["A1 A2 A3 A4 B1 B2 B3", "A1 A2 A3 A4 B1"]);
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
    fixture.waits::<Step>("cannot be terminated yet: web-1, all-1: clients may still use B3 until", 0);
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
fn a_b1_that_lags_holds_up_its_own_server_only() {
    let mut fixture = due().with_lagging_b1();
    fixture.waits::<Step>("cannot be terminated yet: web-1: A4 is protected, and B1 is not healthy", 1);
    fixture.pass(120);
    assert_eq!(fixture.left(), ["A1 A2 A3 A4 B1 B2 B3", "A1 A2 A3 A4 B1"]);
}

#[test]
fn a_launch_that_is_at_work_comes_first() {
    let mut fixture = Fixture::failback(|_| ()).protected();
    fixture.launch();
    fixture.waits::<Step>("still being launched: ", 0);
}

#[test]
fn a_drill_terminates_its_own_b2_and_no_other() {
    let mut fixture = Fixture::drill(|_| ()).reversed().stopped();
    fixture.done::<Step>();
    assert_eq!(fixture.left(), ["A1 A2 B1", "A1 A2 B1"]);
    // A real recovery: A1 is stopped, traffic is on B3.
    let mut fixture = Fixture::new(Procedure::Drill, Scenario::Recovered, |_| ()).reversed().stopped();
    fixture.refused::<Step>("may be production");
    let keeps = |plan: &mut Value| plan["drill"]["keepRecoveredServers"] = json!(true);
    Fixture::drill(keeps).reversed().stopped().refused::<Step>("the plan keeps the recovered servers");
}

#[test]
fn a_b3_that_existed_before_is_left_and_b2_tagged() {
    let mut fixture = Fixture::with_existing(Procedure::Failback, Scenario::Recovered, |_| ());
    fixture = fixture.protected().stopped();
    let before = fixture.left();
    assert_eq!(fixture.done::<Step>().last().unwrap(), "the recovered servers are terminated");
    assert_eq!(fixture.left(), before);
    for server in 0..2 {
        let world = fixture.simulation.world();
        let b2 = world.recovery_instance(fixture.recovery(), &fixture.b2(server)).unwrap();
        assert_eq!(b2.tags[tag::LEFT], b2.job.to_string());
    }
    fixture.idle::<Step>("are terminated");
}

#[test]
fn the_others_of_a_b3_that_existed_before_are_terminated() {
    for by_tag in [true, false] {
        let mut fixture = due();
        let (b1, b3) = (fixture.b1(0), fixture.b2(0).instance());
        if by_tag {
            fixture.tamper(move |seen| {
                if let Response::Instances(_, instances) = seen {
                    for b3 in instances.iter_mut().filter(|found| found.id == b3) {
                        b3.tags.insert(tag::LAUNCH_INTO.into(), tag::ALLOWED_TO_LAUNCH_INTO.into());
                    }
                }
            });
        } else {
            let into = LaunchChange { launch_into: Some(Some(b3)), ..LaunchChange::default() };
            let recovery = fixture.recovery();
            fixture.simulation.world().update_launch_configuration(recovery, &b1, &into).unwrap();
        }
        fixture.done::<Step>();
        assert_eq!(fixture.left(), ["A1 A2 A3 A4 B1 B2 B3", "A1 A2 A3 A4 B1"]);
    }
}

#[test]
fn what_existed_before_is_left_only_once_a4_is_production_and_protected() {
    let existing = || Fixture::with_existing(Procedure::Failback, Scenario::Recovered, |_| ());
    existing().launched().stopped().refused::<Step>("does not point at A4 (S2:");
    existing().redirected().stopped().refused::<Step>("is not protected");
    let mut fixture = existing().protected().stopped();
    let redirected = fixture.fleet.redirected.as_mut().unwrap();
    redirected.in_sync = Some(fixture.simulation.now());
    redirected.old_ttl_seconds = Some(1_200);
    fixture.waits::<Step>("cannot be terminated yet: web-1, all-1: clients may still use B3 until", 0);
}

#[test]
fn a_drill_does_not_terminate_what_existed_before() {
    let fixture = Fixture::with_existing(Procedure::Drill, Scenario::DrilledRecovered, |_| ());
    fixture.reversed().stopped().refused::<Step>("existed before B1 was launched into it (S5:");
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(
        <crate::TerminateRecoveredServers as failback_core::step::Step>::limit(&plan).seconds(),
        3_600
    );
}
