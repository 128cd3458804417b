use failback_core::step::Status;
use failback_testkit::Fixture;
use serde_json::{Value, json};

use crate::DeleteRecoveryInstances as Step;

fn due() -> Fixture {
    let kept = |plan: &mut Value| plan["cleanup"] = json!({});
    Fixture::failback(kept).protected().stopped().without_b2()
}

#[test]
fn the_record_goes_and_a4_stays() {
    let mut fixture = due();
    assert_eq!(fixture.done::<Step>(), ["the records of the failback launch are deleted"]);
    assert_eq!(fixture.left(), ["A1 A2 A4 B1", "A1 A2 A4 B1"]);
    fixture.idle::<Step>("are deleted");
}

#[test]
fn what_goes_before_is_gone_before() {
    let kept = |plan: &mut Value| plan["cleanup"] = json!({});
    Fixture::failback(kept).redirected().stopped().refused::<Step>("is not protected");
    Fixture::failback(kept)
        .protected()
        .stopped()
        .refused::<Step>("B2 is terminated before A3 is deleted (S4:");
    Fixture::failback(|_| ())
        .protected()
        .stopped()
        .without_b2()
        .refused::<Step>("A1 is terminated before A3 is deleted (S4:");
}

#[test]
fn what_drs_refuses_for_now_is_waited_for() {
    let mut fixture = due();
    fixture.fail("error:drs:DeleteRecoveryInstance=ConflictException");
    fixture.waits::<Step>("A3 cannot be deleted yet: web-1", 1);
    assert_eq!(fixture.done::<Step>().len(), 1);
}

#[test]
fn a_call_that_is_late_leaves_the_rest_to_the_next() {
    let mut fixture = due();
    let answer = fixture.call_until::<Step>(fixture.now()).unwrap();
    assert_eq!(
        (answer.status, answer.why.as_str()),
        (Status::Waiting, "A3 cannot be deleted yet: web-1, all-1: this call has no time left")
    );
    assert_eq!(fixture.left(), ["A1 A2 A3 A4 B1", "A1 A2 A3 A4 B1"]);
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(<crate::DeleteRecoveryInstances as failback_core::step::Step>::limit(&plan).seconds(), 3_600);
}
