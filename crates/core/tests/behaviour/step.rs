//! The contract of a step: its input, its result and its time limit.

use failback_core::catalogue::{Reason, reason};
use failback_core::error::AwsError;
use failback_core::fleet::{Fleet, Reads};
use failback_core::plan::Plan;
use failback_core::procedure::{Either, Procedure};
use failback_core::step::{
    Attempt, Context, FleetInput, Handler, Limit, PollState, Step, StepResult, Waiting, WaveInput, attempt,
};
use failback_core::timestamp::Timestamp;
use failback_core::{Error, ErrorName, Result, step};
use futures_util::FutureExt as _;
use serde_json::{Value, json};

use crate::case::{A2, Case, start};

/// A step that reports its context: its wave, the seconds waited, the near deadline, and its own note.
struct Probe;

impl Step for Probe {
    type Scope = Either;
    type Input = FleetInput;
    const NAME: &'static str = "probe";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<StepResult> {
        report(ctx, fleet).await
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.launchMinutes", plan.limits.launch_minutes)
    }
}

/// The same step, wave by wave.
struct WaveProbe;

impl Step for WaveProbe {
    type Scope = Either;
    type Input = WaveInput;
    const NAME: &'static str = "wave-probe";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<StepResult> {
        report(ctx, fleet).await
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.launchMinutes", plan.limits.launch_minutes)
    }
}

async fn report(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<StepResult> {
    match ctx.run.plan.name.as_str() {
        "done" => return Ok(StepResult::Done(reason::traffic_is_redirected())),
        "relaunch" => return Ok(StepResult::Relaunch(reason::launched_again("web-1"))),
        _ => {}
    }
    ctx.read(fleet, Reads { a3: true, ..Reads::default() }).await?;
    let note: Option<u64> = ctx.note();
    if note.is_some() && ctx.run.plan.name == "notes once" {
        return Ok(Waiting::new(reason::traffic_is_redirected(), 0).into());
    }
    let (wave, waited, late) = (ctx.wave, ctx.waited_seconds(), ctx.is_late());
    let why = reason::replication_is(format!("wave {wave} waited {waited} late {late} note {note:?}"));
    Ok(Waiting::new(why, 0).with_note(7).into())
}

fn payload(case: &Case, poll: Option<&PollState>) -> Value {
    json!({ "run": case.run(), "fleet": case.fleet, "wait": poll })
}

fn call(case: &Case, poll: Option<&PollState>, deadline: Timestamp) -> Result<Value> {
    step::call::<Probe>(&case.aws, payload(case, poll), deadline).now_or_never().unwrap()
}

fn deadline() -> Timestamp {
    start().plus_seconds(1_000_000)
}

#[test]
fn the_first_poll_starts_the_wait_and_the_next_ones_carry_it_on() {
    let mut case = Case::failback();
    case.server().a2 = None;
    let first = call(&case, None, deadline()).unwrap();
    assert_eq!(
        (&first["answer"]["status"], &first["answer"]["why"]),
        (&json!("waiting"), &json!("wave 0 waited 0 late false note None"))
    );
    assert_eq!(first["answer"]["waitSeconds"], 1, "never none: a loop must take time");
    assert_eq!(
        first["wait"],
        json!({ "since": start(), "due": start().plus_seconds(1), "polls": 1, "note": 7 })
    );
    assert_eq!(first["fleet"]["servers"][0]["a2"], A2, "the fleet learned of A2");
    case.aws.now = start().plus_seconds(60);
    let wait: PollState = serde_json::from_value(first["wait"].clone()).unwrap();
    let second = call(&case, Some(&wait), deadline()).unwrap();
    assert_eq!(second["answer"]["why"], "wave 0 waited 60 late false note Some(7)");
    assert_eq!(
        second["wait"],
        json!({ "since": start(), "due": start().plus_seconds(61), "polls": 2, "note": 7 })
    );
}

/// A step may wait for something else after it has noted what it did.
#[test]
fn a_wait_that_notes_nothing_leaves_the_last_note_as_it_is() {
    let mut case = Case::failback();
    case.set("/name", json!("notes once"));
    let mut wait = None;
    for polls in 1..=3 {
        let answer = call(&case, wait.as_ref(), deadline()).unwrap();
        assert_eq!((&answer["wait"]["polls"], &answer["wait"]["note"]), (&json!(polls), &json!(7)));
        wait = serde_json::from_value(answer["wait"].clone()).unwrap();
    }
}

#[test]
fn a_step_is_late_at_its_deadline() {
    let why = |deadline| {
        call(&Case::failback(), None, deadline).unwrap()["answer"]["why"].as_str().unwrap().to_owned()
    };
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
            (&answer["answer"]["status"], &answer["answer"]["waitSeconds"], &answer["wait"]),
            (&json!(name), &json!(0), &json!(null))
        );
        assert_eq!(answer["fleet"], serde_json::to_value(&case.fleet).unwrap());
    }
}

#[test]
fn a_wait_ends_with_the_plans_limit() {
    let mut case = Case::failback();
    let due = start().plus_seconds(120 * 60);
    let wait = PollState { since: start(), due, polls: 9, note: None };
    case.aws.now = due;
    assert!(call(&case, Some(&wait), deadline()).is_ok(), "at the limit");
    case.aws.now = start().plus_seconds(120 * 60 + 1);
    let error = call(&case, Some(&wait), deadline()).unwrap_err();
    assert_eq!(error.name(), ErrorName::TimedOut);
    let said = error.to_string();
    assert!(
        said.starts_with(
            "probe has waited 120 min, longer than limits.launchMinutes (120 min) of the plan: wave 0"
        ),
        "{said}"
    );
}

/// An API was out, or the execution was stopped and redriven.
#[test]
fn the_time_for_which_no_call_came_through_does_not_count() {
    let mut case = Case::failback();
    let due = start().plus_seconds(600);
    let wait = PollState { since: start(), due, polls: 9, note: None };
    case.aws.now = due.plus_seconds(3 * 3_600);
    let after = call(&case, Some(&wait), deadline()).unwrap();
    assert_eq!(after["answer"]["why"], "wave 0 waited 600 late false note None");
    assert_eq!(after["wait"]["since"], json!(start().plus_seconds(3 * 3_600)));
    case.aws.now = due.plus_seconds(59);
    let after = call(&case, Some(&wait), deadline()).unwrap();
    assert_eq!(after["answer"]["why"], "wave 0 waited 659 late false note None", "calls take their time");
}

#[test]
fn a_step_of_a_wave_is_told_which() {
    let case = Case::failback();
    let mut payload = payload(&case, None);
    payload["wave"] = json!(3);
    let output =
        step::call::<WaveProbe>(&case.aws, payload.clone(), deadline()).now_or_never().unwrap().unwrap();
    assert!(output["answer"]["why"].as_str().unwrap().starts_with("wave 3"));
    let error = step::call::<Probe>(&case.aws, payload, deadline()).now_or_never().unwrap().unwrap_err();
    assert_eq!(error.name(), ErrorName::Internal);
    assert!(error.to_string().contains("Deploy state machines and functions together"), "{error}");
}

#[test]
fn a_step_is_a_handler_of_its_scopes_procedures() {
    assert_eq!(<Probe as Handler>::NAME, "probe");
    assert_eq!(<Probe as Handler>::PROCEDURES, [Procedure::Drill, Procedure::Failback]);
}

fn answered(name: ErrorName, message: &str) -> Error {
    let (code, message) = ("ConflictException".to_owned(), message.to_owned());
    Error::aws(name, AwsError { operation: "drs:StartRecovery", code, message, retry_after_seconds: None })
}

#[test]
fn a_refusal_for_now_is_a_reason_to_wait_and_every_other_is_an_error() {
    assert_eq!(attempt(Ok(1)).unwrap(), Attempt::Done(1));
    for &name in ErrorName::ALL {
        let for_now = matches!(name, ErrorName::Conflict | ErrorName::QuotaExceeded | ErrorName::NotReady);
        let error = answered(name, "not yet");
        match attempt::<()>(Err(error.clone())) {
            Ok(refusal) => assert!(for_now && refusal == Attempt::NotYet(Reason::from(&error)), "{name}"),
            Err(error) => assert!(!for_now && error.name() == name, "{name}"),
        }
    }
    let refusal = attempt::<()>(Err(answered(ErrorName::Conflict, "busy"))).unwrap();
    assert!(matches!(refusal, Attempt::NotYet(why) if why.as_str() == "busy"), "AWS's own words");
}
