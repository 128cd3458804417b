use failback_core::step::Status;
use failback_testkit::Fixture;

use crate::RemoveSourceServers as Step;

fn due() -> Fixture {
    Fixture::drill(|_| ()).launched().stopped().without_a4().without_b2()
}

#[test]
fn a2_is_disconnected_and_then_deleted() {
    let mut fixture = due();
    let first = fixture.waits::<Step>("A2 is being disconnected", 2);
    assert!((10..=40).contains(&first), "{first}");
    fixture.waits::<Step>("A2 is being disconnected", 0);
    assert_eq!(fixture.done::<Step>().last().unwrap(), "the reversed source servers are deleted");
    assert_eq!(fixture.left(), ["A1 B1", "A1 B1"]);
    fixture.idle::<Step>("are deleted");
}

#[test]
fn a2_goes_last() {
    Fixture::drill(|_| ()).launched().stopped().refused::<Step>("still exists (S4:");
    Fixture::drill(|_| ()).reversed().stopped().refused::<Step>("still exists (S4:");
    Fixture::drill(|_| ()).reversed().refused::<Step>("still replicates");
}

#[test]
fn what_drs_refuses_for_now_is_asked_anew_after_a_while() {
    let mut fixture = due();
    fixture.fail("error:drs:DisconnectSourceServer=ConflictException x2");
    fixture.waits::<Step>("A2 cannot be removed yet", 0);
    fixture.done::<Step>();
    assert_eq!(fixture.left(), ["A1 B1", "A1 B1"]);
}

#[test]
fn a_call_that_is_late_leaves_the_rest_to_the_next() {
    let mut fixture = due();
    let before = fixture.writes();
    let answer = fixture.call_until::<Step>(fixture.now()).unwrap();
    assert_eq!(
        (answer.status, answer.why.as_str()),
        (Status::Waiting, "A2 cannot be removed yet: web-1, all-1: this call has no time left")
    );
    assert_eq!(fixture.writes(), before);
}

/// DRS shows a disconnection late. A call that has no time for the others has not to ask for it again.
#[test]
fn what_was_requested_is_not_forgotten_by_a_call_without_time() {
    let mut fixture = due();
    fixture.waits::<Step>("A2 is being disconnected", 2);
    for _ in 0..3 {
        let before = fixture.writes();
        let answer = fixture.call_until::<Step>(fixture.now()).unwrap();
        assert!(answer.why.contains("A2 is being disconnected"), "{}", answer.why);
        fixture.waits::<Step>("A2 is being disconnected", 0);
        assert_eq!(fixture.writes(), before);
    }
}

#[test]
fn what_is_disconnected_is_deleted_at_once() {
    let mut fixture = due();
    fixture.waits::<Step>("A2 is being disconnected", 2);
    fixture.pass(120);
    let answer = fixture.call::<Step>().unwrap();
    assert_eq!(answer.status, Status::Done, "{}", answer.why);
    assert_eq!(fixture.left(), ["A1 B1", "A1 B1"]);
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(<crate::RemoveSourceServers as failback_core::step::Step>::limit(&plan).seconds(), 3_600);
}
