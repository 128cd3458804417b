use failback_testkit::Fixture;

use crate::TerminateDrillServers as Step;

#[test]
fn a3_is_terminated_and_production_is_left_alone() {
    let mut fixture = Fixture::drill(|_| ()).launched().stopped();
    let first = fixture.waits::<Step>("terminating the drill's servers of web-1, all-1", 1);
    assert!((48..=75).contains(&first), "{first}: a terminate job takes about a minute");
    fixture.pass(40);
    let next = fixture.waits::<Step>("terminating the drill's servers of web-1, all-1", 0);
    assert!(next < 30, "{next}: the job began 40 s ago");
    assert_eq!(fixture.done::<Step>().last().unwrap(), "the drill's servers are terminated");
    assert_eq!(fixture.left(), ["A1 A2 B1 B2 B3", "A1 A2 B1 B2 B3"]);
    fixture.idle::<Step>("are terminated");
}

#[test]
fn nothing_was_launched_so_nothing_is_terminated() {
    Fixture::drill(|_| ()).reversed().stopped().idle::<Step>("are terminated");
}

#[test]
fn a2_is_stopped_before() {
    Fixture::drill(|_| ()).launched().refused::<Step>("still replicates; it is stopped first (S4:");
}

#[test]
fn what_drs_refuses_for_now_is_waited_for() {
    let mut fixture = Fixture::drill(|_| ()).launched().stopped();
    fixture.fail("error:drs:TerminateRecoveryInstances=ConflictException");
    fixture.waits::<Step>("does not terminate A3 of web-1, all-1 yet", 0);
    fixture.done::<Step>();
    assert_eq!(fixture.left(), ["A1 A2 B1 B2 B3", "A1 A2 B1 B2 B3"]);
}

#[test]
fn it_does_not_belong_to_a_failback() {
    Fixture::failback(|_| ()).launched().stopped().refused::<Step>("does not belong to a failback");
}

#[test]
fn what_the_ledger_has_lost_is_found_again() {
    let mut fixture = Fixture::drill(|_| ()).launched().stopped();
    for server in &mut fixture.fleet.servers {
        (server.a2, server.a3, server.b2) = (None, None, None);
    }
    fixture.waits::<Step>("terminating the drill's servers of web-1, all-1", 1);
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(<crate::TerminateDrillServers as failback_core::step::Step>::limit(&plan).seconds(), 3_600);
}

/// AWS would refuse it: the function may terminate only what carries the tag, and may not write it.
#[test]
fn an_a3_without_this_runs_tag_is_waited_for_and_then_left() {
    let mut fixture = Fixture::drill(|_| ()).launched();
    for server in 0..2 {
        let a2 = fixture.a2(server);
        fixture.simulation.world().stop_replication(fixture.source(), &a2).expect("A2 is stopped");
    }
    fixture.pass(600);
    fixture.waits::<Step>("does not show this run's tag on A3 of web-1, all-1 yet", 0);
    fixture.wait_in_vain(130);
    fixture.refused::<Step>("does not carry this run's tag");
    assert_eq!(fixture.left(), ["A1 A2 A3 A4 B1 B2 B3", "A1 A2 A3 A4 B1 B2 B3"]);
}
