//! The frame of a step: what it is given, what it answers, how long it may wait, and what it waits for.

use async_trait::async_trait;
use failback_core::error::AwsError;
use failback_core::fleet::Fleet;
use failback_core::live::Look;
use failback_core::plan::Plan;
use failback_core::procedure::Either;
use failback_core::step::{Context, Step, Verdict, Wait, Waiting, handle, handle_wave, refused};
use failback_core::timestamp::Timestamp;
use failback_core::{Error, ErrorName, Result};
use futures_util::FutureExt as _;
use serde_json::{Value, json};

use crate::case::{A2, Case, start};

/// Tells what it was given: its wave, the seconds waited, whether it is late, and its own note.
struct Tell;

#[async_trait]
impl Step for Tell {
    type Scope = Either;
    const NAME: &'static str = "tell";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<Verdict> {
        if ctx.run.plan.name == "done" {
            return Ok(Verdict::Done("all is so".into()));
        }
        if ctx.run.plan.name == "relaunch" {
            return Ok(Verdict::Relaunch("one is not".into()));
        }
        ctx.look(fleet, Look { a3: true, ..Look::default() }).await?;
        let memo: Option<u64> = ctx.memo();
        let why =
            format!("wave {} waited {} late {} memo {memo:?}", ctx.wave, ctx.waited_seconds(), ctx.is_late());
        Ok(Verdict::Waiting(Waiting { memo: Some(json!(7)), ..Waiting::new(why, 0) }))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.launch_minutes * 60
    }
}

fn payload(case: &Case, wait: Option<&Wait>) -> Value {
    json!({ "run": case.run(), "fleet": case.fleet, "wait": wait })
}

fn call(case: &Case, wait: Option<&Wait>, deadline: Timestamp) -> Result<Value> {
    handle::<Tell>(&case.aws, payload(case, wait), deadline).now_or_never().unwrap()
}

fn deadline() -> Timestamp {
    start().plus_seconds(1_000_000)
}

#[test]
fn the_first_look_begins_the_wait_and_the_next_ones_carry_it_on() {
    let mut case = Case::failback();
    case.server().a2 = None;
    let first = call(&case, None, deadline()).unwrap();
    assert_eq!(
        (&first["status"], &first["why"]),
        (&json!("waiting"), &json!("wave 0 waited 0 late false memo None"))
    );
    assert_eq!(first["waitSeconds"], 1, "never none: a loop must take time");
    assert_eq!(first["wait"], json!({ "since": start(), "polls": 1, "memo": 7 }));
    assert_eq!(first["fleet"]["servers"][0]["a2"], A2, "the ledger learned of A2");
    case.aws.now = start().plus_seconds(90);
    let wait: Wait = serde_json::from_value(first["wait"].clone()).unwrap();
    let second = call(&case, Some(&wait), deadline()).unwrap();
    assert_eq!(second["why"], "wave 0 waited 90 late false memo Some(7)");
    assert_eq!(second["wait"], json!({ "since": start(), "polls": 2, "memo": 7 }));
}

#[test]
fn a_step_is_late_at_its_deadline() {
    let why = |deadline| call(&Case::failback(), None, deadline).unwrap()["why"].as_str().unwrap().to_owned();
    assert!(why(start()).contains("late true"));
    assert!(why(start().plus_seconds(1)).contains("late false"));
}

#[test]
fn what_is_done_waits_for_nothing() {
    for name in ["done", "relaunch"] {
        let mut case = Case::failback();
        case.set("/name", json!(name));
        let answer = call(&case, None, deadline()).unwrap();
        assert_eq!(
            (&answer["status"], &answer["waitSeconds"], &answer["wait"]),
            (&json!(name), &json!(0), &json!(null))
        );
        assert_eq!(answer["fleet"], serde_json::to_value(&case.fleet).unwrap());
    }
}

#[test]
fn a_wait_ends_with_the_plans_limit() {
    let mut case = Case::failback();
    let wait = Wait { since: start(), polls: 9, memo: None };
    case.aws.now = start().plus_seconds(120 * 60);
    assert!(call(&case, Some(&wait), deadline()).is_ok(), "at the limit");
    case.aws.now = start().plus_seconds(120 * 60 + 1);
    let error = call(&case, Some(&wait), deadline()).unwrap_err();
    assert_eq!(error.name(), ErrorName::TimedOut);
    let said = error.to_string();
    assert!(
        said.starts_with("tell has waited 120 min, longer than the plan's limits allow (120 min): wave 0"),
        "{said}"
    );
}

#[test]
fn a_step_of_a_wave_is_told_which() {
    let case = Case::failback();
    let mut payload = payload(&case, None);
    payload["wave"] = json!(3);
    let answer = handle_wave::<Tell>(&case.aws, payload.clone(), deadline()).now_or_never().unwrap().unwrap();
    assert!(answer["why"].as_str().unwrap().starts_with("wave 3"));
    let error = handle::<Tell>(&case.aws, payload, deadline()).now_or_never().unwrap().unwrap_err();
    assert_eq!(error.name(), ErrorName::Internal);
    assert!(error.to_string().contains("deploy machine and functions together"), "{error}");
}

#[test]
fn a_refusal_for_now_is_a_reason_to_wait_and_every_other_is_an_error() {
    assert_eq!(refused(Ok(1)).unwrap(), Ok(1));
    for &name in ErrorName::ALL {
        let for_now = matches!(name, ErrorName::Conflict | ErrorName::QuotaExceeded | ErrorName::NotReady);
        match refused::<()>(Err(Error::new(name, "not yet"))) {
            Ok(why) => assert!(for_now && why == Err("not yet".to_owned()), "{name}"),
            Err(error) => assert!(!for_now && error.name() == name, "{name}"),
        }
    }
    let answer = AwsError {
        operation: "drs:StartRecovery",
        code: "ConflictException".into(),
        message: "busy".into(),
        retry_after_seconds: None,
    };
    let why = refused::<()>(Err(Error::aws(ErrorName::Conflict, answer))).unwrap();
    assert_eq!(why, Err("busy".to_owned()), "AWS's own words");
}
