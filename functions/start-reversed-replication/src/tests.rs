use failback_testkit::{Fixture, Response};

use crate::StartReversedReplication as Step;

#[test]
fn every_b2_is_reversed_once_and_its_a2_waited_for() {
    let mut fixture = Fixture::failback(|_| ());
    let before = fixture.writes();
    let wait = fixture.waits::<Step>("DRS does not show A2 yet", 2);
    assert!((1..=60).contains(&wait), "{wait}");
    fixture.pass(60);
    assert_eq!(fixture.done::<Step>(), ["2 servers replicating to the source Region"]);
    assert_eq!(fixture.writes() - before, 2);
    assert!(fixture.fleet.servers.iter().all(|server| server.a2.is_some()));
    fixture.idle::<Step>("2 servers replicating to the source Region");
}

#[test]
fn what_has_been_asked_is_not_asked_again_at_once() {
    let mut fixture = Fixture::failback(|_| ());
    fixture.waits::<Step>("DRS does not show A2 yet", 2);
    fixture.waits::<Step>("DRS does not show A2 yet", 0);
}

#[test]
fn what_a_person_has_reversed_is_left_as_it_is() {
    Fixture::failback(|_| ()).reversed().idle::<Step>("2 servers replicating to the source Region");
}

#[test]
fn what_drs_refuses_for_now_is_waited_for_with_its_words() {
    let mut fixture = Fixture::failback(|_| ());
    fixture.fail("error:drs:ReverseReplication=ConflictExceptionx2");
    let wait = fixture.waits::<Step>("refused by a fault of the rehearsal", 0);
    assert!(wait >= 5, "{wait}");
    fixture.done::<Step>();
}

#[test]
fn a_call_that_is_late_begins_nothing() {
    let mut fixture = Fixture::failback(|_| ());
    let before = fixture.writes();
    let answer = fixture.call_until::<Step>(fixture.now()).unwrap();
    assert!(answer.why.ends_with("this call has no time left"), "{}", answer.why);
    assert_eq!((answer.wait_seconds, fixture.writes()), (1, before));
}

#[test]
fn a_b2_that_does_not_run_is_waited_for() {
    let mut fixture = Fixture::failback(|_| ());
    let b2 = fixture.b2(0);
    fixture.simulation.world().terminate_recovery_instances(fixture.recovery(), &[b2]).unwrap();
    fixture.pass(1_200);
    fixture.waits::<Step>("B2 does not run", 1);
}

#[test]
fn what_was_not_asked_yet_is_asked_beside_what_was() {
    let mut fixture = Fixture::failback(|_| ());
    fixture.fail("error:drs:ReverseReplication=ConflictException");
    fixture.waits::<Step>("web-1: DRS does not show A2 yet; all-1: refused by a fault of the rehearsal", 1);
    fixture.waits::<Step>("web-1, all-1: DRS does not show A2 yet", 1);
    fixture.waits::<Step>("web-1, all-1: DRS does not show A2 yet", 0);
}

#[test]
fn what_does_not_show_for_long_is_asked_anew() {
    let mut fixture = Fixture::failback(|_| ());
    let source = fixture.source();
    fixture.tamper(move |seen| {
        if let Response::SourceServers(region, servers) = seen
            && region == source
        {
            servers.clear();
        }
    });
    let asked = |fixture: &Fixture| {
        let world = fixture.simulation.world();
        let of = |call: &&failback_sim::Call| call.operation == "ReverseReplication";
        world.calls().iter().filter(of).count()
    };
    for polls in 0..17 {
        fixture.call::<Step>().unwrap();
        assert_eq!(asked(&fixture), 2 * (1 + polls / 8), "after {polls}");
    }
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(<crate::StartReversedReplication as failback_core::step::Step>::limit(&plan).seconds(), 3_600);
}
