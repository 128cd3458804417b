use failback_core::ErrorName;
use failback_core::cloud::ExecutionState;
use failback_core::guard::CLAIM_SETTLES_SECONDS;
use failback_core::run::Aborted;
use failback_core::step::{PollState, Status};
use failback_core::tags::tag;
use failback_testkit::{Fixture, Response};
use serde_json::json;

use crate::ClaimServers as Step;

const OTHER: &str = "arn:aws:states:us-east-1:111122223333:execution:drs-failback-failback:other";

/// Returns a failback whose servers nobody has claimed.
fn unclaimed() -> Fixture {
    let mut fixture = Fixture::failback(|_| ());
    fixture.owner = None;
    fixture
}

/// Returns a failback whose servers another run has claimed, which is in this state.
fn of_another_run(state: Option<ExecutionState>) -> Fixture {
    let mut fixture = unclaimed();
    fixture.claimed_by(OTHER);
    fixture.tamper(move |seen| {
        if let Response::ExecutionState(OTHER, seen) = seen {
            *seen = state;
        }
    });
    fixture
}

fn owners(fixture: &Fixture) -> Vec<Option<String>> {
    let world = fixture.simulation.world();
    let b2 = |index| world.recovery_instance(fixture.recovery(), &fixture.b2(index)).cloned();
    (0..2).map(|index| b2(index)?.tags.get(tag::RUN).cloned()).collect()
}

#[test]
fn every_server_is_claimed_and_the_claim_is_waited_for() {
    let mut fixture = unclaimed();
    let seconds = fixture.waits::<Step>("until every other run must have seen the claim", 2);
    assert_eq!(seconds, 60);
    let own = Some(fixture.run.tag_value());
    assert_eq!(owners(&fixture), [own.clone(), own]);
    // A moment too early, and then in time.
    fixture.pass(i64::try_from(seconds).unwrap_or_default() - 5);
    fixture.waits::<Step>("until every other run must have seen the claim", 0);
    fixture.pass(5);
    fixture.idle::<Step>("2 servers claimed");
}

#[test]
fn a2_is_claimed_too_once_it_exists() {
    let mut fixture = unclaimed().reversed();
    fixture.waits::<Step>("until every other run", 4);
    assert_eq!(fixture.done::<Step>().last().map(String::as_str), Some("2 servers claimed"));
}

/// A call whose answer was lost may have claimed a moment ago.
#[test]
fn a_claim_of_unknown_age_is_waited_for_in_full() {
    let mut fixture = unclaimed();
    fixture.claimed_by(&fixture.run.tag_value());
    assert_eq!(fixture.waits::<Step>("until every other run", 0), CLAIM_SETTLES_SECONDS);
}

/// The same for a later call of a large fleet, whose note is of the call before.
#[test]
fn a_claim_of_a_call_that_failed_is_waited_for_in_full() {
    let mut fixture = unclaimed();
    let now = fixture.now();
    let note = Some(json!({ "claimed": 0, "settles_ms": now.millis(), "claimed_ms": now.millis() }));
    fixture.poll = Some(PollState { since: now, due: now.plus_seconds(1), polls: 1, note });
    fixture.pass(20);
    fixture.claimed_by(&fixture.run.tag_value());
    assert_eq!(fixture.waits::<Step>("until every other run", 0), CLAIM_SETTLES_SECONDS);
}

#[test]
fn a_claim_that_was_overwritten_meanwhile_is_lost() {
    let mut fixture = unclaimed();
    let seconds = fixture.waits::<Step>("until every other run", 2);
    fixture.claimed_by(OTHER);
    fixture.pass(i64::try_from(seconds).unwrap_or_default());
    fixture.waits::<Step>("until every other run", 0);
    fixture.pass(10);
    fixture.waits::<Step>("claimed so far: 0 of 2 servers", 0);
    let before = fixture.writes();
    let error = fixture.call::<Step>().unwrap_err();
    assert_eq!(error.name(), ErrorName::NotReady, "{error}");
    assert!(error.to_string().contains(OTHER) && error.to_string().contains("takeOver"), "{error}");
    assert_eq!(fixture.writes(), before);
}

#[test]
fn a_server_is_taken_over_only_from_a_run_that_has_ended() {
    let mut fixture = of_another_run(Some(ExecutionState::Ended));
    assert_eq!(fixture.waits::<Step>("until every other run", 2), CLAIM_SETTLES_SECONDS);
    for state in [Some(ExecutionState::Runs), None] {
        let mut fixture = of_another_run(state);
        let error = fixture.call::<Step>().unwrap_err();
        assert_eq!(error.name(), ErrorName::NotReady, "{error}");
        assert_eq!(owners(&fixture), [Some(OTHER.to_owned()), Some(OTHER.to_owned())]);
    }
}

#[test]
fn a_person_vouches_for_a_run_that_cannot_be_seen() {
    let mut fixture = Fixture::failback(|plan| plan["takeOver"] = json!([OTHER]));
    fixture.owner = None;
    fixture.claimed_by(OTHER);
    fixture.waits::<Step>("until every other run", 2);
}

#[test]
fn what_is_left_of_the_time_is_used() {
    let mut fixture = unclaimed();
    let output = fixture.call_until::<Step>(fixture.now()).unwrap();
    assert_eq!((output.status, output.why.as_str()), (Status::Waiting, "claimed so far: 0 of 2 servers"));
    assert_eq!(output.wait_seconds, 1);
    fixture.waits::<Step>("until every other run", 2);
}

#[test]
fn a_claim_that_drs_shows_late_is_not_done_before_it_shows() {
    let mut fixture = unclaimed();
    fixture.waits::<Step>("until every other run", 2);
    fixture.pass(60);
    fixture.tamper(|seen| {
        if let Response::RecoveryInstances(_, found) = seen {
            for b2 in found {
                b2.tags.clear();
            }
        }
    });
    assert_eq!(fixture.waits::<Step>("until every other run", 0), 10);
    fixture.pass(10);
    fixture.waits::<Step>("claimed so far: 0 of 2 servers", 0);
    assert_eq!(fixture.waits::<Step>("until every other run", 2), 60);
}

/// A cold start delays a call, and a slow engine all of them: that makes no claim newer.
#[test]
fn a_call_that_comes_late_does_not_wait_again() {
    let mut fixture = unclaimed();
    let seconds = fixture.waits::<Step>("until every other run", 2);
    fixture.pass(i64::try_from(seconds).unwrap_or_default() + 3);
    fixture.idle::<Step>("2 servers claimed");
}

/// Returns a failback that a person has aborted, at a gate unless its plan did it.
fn aborted(mut fixture: Fixture, gate: Option<&str>) -> Fixture {
    let gate = gate.map(str::to_owned);
    fixture.run.aborted = Some(Aborted { gate, at: fixture.now(), by: None, comment: None });
    fixture
}

const GATE: Option<&str> = Some("Ask Before Redirect");

/// Returns which A3 carries the run's tag.
fn claimed(fixture: &Fixture) -> Vec<bool> {
    let (ids, own) = ([0, 1].map(|server| fixture.a3(server)), fixture.run.tag_value());
    let world = fixture.simulation.world();
    let a3s = ids.iter().map(|id| world.recovery_instance(fixture.source(), id));
    a3s.map(|a3| a3.is_some_and(|a3| a3.tags.get(tag::RUN) == Some(&own))).collect()
}

#[test]
fn an_abort_at_a_gate_claims_each_a3_that_it_ends() {
    let mut fixture = aborted(Fixture::failback(|_| ()).launched(), GATE);
    let answer = fixture.call::<Step>().unwrap();
    let told = (answer.status, answer.why.as_str());
    assert_eq!(told, (Status::Done, "A4 that the abort terminates carries the run's tag"));
    assert_eq!(claimed(&fixture), [true, true]);
    fixture.pass(60);
    fixture.idle::<Step>("carries the run's tag");
    let mut nobody = Fixture::failback(|_| ()).launched();
    nobody.done::<Step>();
    assert_eq!(claimed(&nobody), [false, false]);
}

#[test]
fn an_abort_by_the_plan_claims_the_servers_first() {
    let mut fixture = aborted(Fixture::failback(|_| ()).launched(), None);
    fixture.waits::<Step>("until every other run must have seen the claim", 0);
    fixture.done::<Step>();
    assert_eq!(claimed(&fixture), [true, true]);
}

#[test]
fn an_abort_that_aws_asks_to_slow_down_does_not_wait_for_the_claims_again() {
    let mut fixture = aborted(Fixture::failback(|_| ()).launched(), None);
    let seconds = fixture.waits::<Step>("until every other run must have seen the claim", 0);
    fixture.pass(i64::try_from(seconds).unwrap_or_default());
    fixture.fail("error:drs:TagResource=ThrottlingException x2");
    fixture.waits::<Step>("AWS asks to slow down", 0);
    let answer = fixture.call::<Step>().unwrap();
    assert_eq!((answer.status, claimed(&fixture)), (Status::Done, vec![true, true]), "{}", answer.why);
}

#[test]
fn an_abort_waits_for_a_launch_that_is_under_way_or_not_shown() {
    let mut fixture = aborted(Fixture::failback(|_| ()).prepared(), GATE);
    let job = fixture.launch();
    fixture.waits::<Step>("DRS has launched A4 and does not show it yet", 0);
    fixture.until("the job has ended", |world| {
        let (source, _) = world.region_pair();
        world.job(source, &job).is_some_and(|job| !job.is_active())
    });
    let source = fixture.source();
    fixture.tamper(move |seen| {
        if let Response::RecoveryInstances(region, found) = seen
            && region == source
        {
            found.clear();
        }
    });
    fixture.waits::<Step>("DRS has launched A4 and does not show it yet", 0);
}

#[test]
fn an_abort_claims_no_a4_of_a_person_and_none_that_the_plan_keeps() {
    let mut fixture = aborted(Fixture::failback(|_| ()).prepared(), GATE);
    let job = fixture.launch_in_console();
    fixture.until("the job has ended", |world| {
        let (source, _) = world.region_pair();
        world.job(source, &job).is_some_and(|job| !job.is_active())
    });
    fixture.pass(600);
    fixture.idle::<Step>("carries the run's tag");
    let keep = |plan: &mut serde_json::Value| plan["cutover"]["onAbort"] = json!("keep");
    aborted(Fixture::failback(keep).launched(), GATE).idle::<Step>("carries the run's tag");
}
