//! Claims.

use failback_core::cloud::{ExecutionState, Tags};
use failback_core::error::ErrorName;
use failback_core::fleet::Owners;
use failback_core::guard::TagResource;
use failback_core::procedure::Either;
use failback_core::tags::tag;
use failback_core::{Error, Result};
use futures_util::FutureExt as _;
use serde_json::json;

use super::shared::stop_a2;
use crate::case::{B1, Case, JOB, id, job_on, refused, start};

const OTHER_RUN: &str = "arn:aws:states:eu-west-1:111122223333:execution:failback:other";

fn claim(case: &Case) -> Result<Vec<TagResource>> {
    case.ask::<Either, _>(|guard, servers| {
        let owners = Owners::read(&case.aws, &case.run(), servers).now_or_never().unwrap()?;
        Ok(guard.claim(&servers[0], &owners)?.into_iter().map(|claim| claim.warrant.spend()).collect())
    })
}

fn of_others(state: Option<ExecutionState>) -> Case {
    let mut case = Case::failback();
    case.claimed_by(Some(OTHER_RUN));
    case.aws.execution = state;
    case
}

#[test]
fn a_server_of_nobody_is_claimed_on_each_object_that_exists() {
    let mut case = Case::failback();
    case.claimed_by(None);
    let claimed = claim(&case).unwrap();
    let own = case.run().claim_tags();
    assert!(claimed.iter().all(|call| call.tags == own), "{claimed:?}");
    let on: Vec<_> = claimed.iter().map(|call| (call.region.as_str(), call.arn.as_str())).collect();
    let (b2, a2) = (case.b2().arn.clone(), case.a2().arn.clone());
    assert_eq!(on, [("us-east-2", b2.as_str()), ("us-east-1", a2.as_str())]);
    assert_eq!(claim(&case.clone().without_a2()).unwrap().len(), 1);
    assert_eq!(claim(&case.without_b2()).unwrap().len(), 1);
}

#[test]
fn what_is_claimed_already_is_not_claimed_again() {
    assert!(claim(&Case::failback()).unwrap().is_empty());
    let mut case = Case::failback();
    case.a2().tags.clear();
    assert_eq!(claim(&case).unwrap().len(), 1);
}

#[test]
fn an_owner_that_has_ended_is_followed_and_no_other() {
    assert_eq!(claim(&of_others(Some(ExecutionState::Ended))).unwrap().len(), 2);
    let says = |case: &Case, said| refused(case, claim, ErrorName::NotReady, said, |_| ());
    says(&of_others(Some(ExecutionState::Runs)), "another run is working on it");
    says(&of_others(Some(ExecutionState::Runs)), "Wait until it has ended, or stop it");
    says(&of_others(None), "whether that has ended cannot be seen from here");
    says(&of_others(None), "add it to takeOver in the plan");
}

#[test]
fn a_person_vouches_for_an_owner_that_cannot_be_seen_and_not_for_one_that_runs() {
    let named = |state| {
        let mut case = of_others(state);
        case.plan["takeOver"] = json!([OTHER_RUN]);
        case
    };
    assert_eq!(claim(&named(None)).unwrap().len(), 2);
    refused(&named(Some(ExecutionState::Runs)), claim, ErrorName::NotReady, "another run", |_| ());
    refused(&named(None), claim, ErrorName::NotReady, "another run", |case| {
        case.plan["takeOver"] = json!(["arn:aws:states:eu-west-1:111122223333:execution:failback:third"]);
    });
}

#[test]
fn a_claim_on_either_object_keeps_others_away() {
    let stop = |case: &Case| -> Result<(), Error> { stop_a2(case).map(drop) };
    stop(&Case::failback()).unwrap();
    let other = || OTHER_RUN.to_owned();
    refused(&Case::failback(), stop, ErrorName::Guard, "has claimed A2", |case| {
        case.a2().tags.insert(tag::RUN.to_owned(), other());
    });
    refused(&Case::failback(), stop, ErrorName::Guard, "has claimed B2", |case| {
        case.b2().tags.insert(tag::RUN.to_owned(), other());
    });
    // DRS creates A2 without tags.
    let mut case = Case::failback();
    case.a2().tags.clear();
    stop(&case).unwrap();
}

/// Returns a drill whose B2 is not tagged, and was launched by a job of this run.
fn launched_by(run: &str) -> Case {
    let mut case = Case::drill();
    case.claimed_by(None);
    case.b2().job = Some(id(JOB));
    let tags = Tags::from([(tag::RUN.to_owned(), run.to_owned())]);
    let created = Some(start().days_before(1));
    let job = failback_core::cloud::Job { tags, created, ..job_on(B1) };
    case.aws.recovery.jobs.push(job);
    case
}

#[test]
fn the_job_of_this_run_claims_a_b2_that_is_not_tagged_yet() {
    let stop = |case: &Case| -> Result<(), Error> { stop_a2(case).map(drop) };
    stop(&launched_by(&Case::drill().run().tag_value())).unwrap();
    refused(&launched_by(OTHER_RUN), stop, ErrorName::Guard, "has claimed B2", |_| ());
}

#[test]
fn a_claim_settles_the_later_the_more_others_may_still_do() {
    let settles = |case: &Case| -> Vec<u64> {
        let claims = case.ask::<Either, _>(|guard, servers| {
            let owners = Owners::read(&case.aws, &case.run(), servers).now_or_never().unwrap()?;
            guard.claim(&servers[0], &owners)
        });
        claims.unwrap().iter().map(|claim| claim.settles_seconds).collect()
    };
    let mut of_nobody = Case::failback();
    of_nobody.claimed_by(None);
    assert_eq!(settles(&of_nobody), [60, 60]);
    assert_eq!(settles(&of_others(Some(ExecutionState::Ended))), [110, 110]);
    let own = Case::drill().run().tag_value();
    assert_eq!(settles(&launched_by(&own).without_a2()), [0]);
}

#[test]
fn what_was_read_ten_seconds_ago_shows_no_owner_any_more() {
    let mut case = Case::failback();
    case.claimed_by(None);
    case.asked_after_seconds = 10;
    assert!(claim(&case).is_ok());
    refused(&case, claim, ErrorName::Stale, "too long ago", |case| case.asked_after_seconds = 11);
}
