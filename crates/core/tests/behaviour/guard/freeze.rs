//! Freezes by the hook: the lease, and what is refused without it.

use failback_core::Result;
use failback_core::cloud::{ExecutionState, HookAction, HookAnswer, ReplicationState};
use failback_core::error::ErrorName;
use failback_core::fleet::Lease;
use failback_core::guard::{CallHook, Guard, LIFT_SECONDS, SecondParty, TagResource, Warrant};
use failback_core::procedure::Failback;
use failback_core::run::Frozen;
use failback_core::tags::tag;
use failback_core::timestamp::Timestamp;
use serde_json::json;

use crate::case::{A1, A4, Case, id, refused};

/// Returns a failback whose plan has the hook freeze B3, with a lease of an hour from now.
fn frozen() -> Case {
    let mut case = Case::failback();
    case.plan["cutover"] = json!({ "freeze": "byHook", "freezeMinutesMax": 60 });
    case.points_at("10.1.0.3");
    let until = until(&case);
    leased(&mut case, Lease::Until(until), true);
    case
}

fn until(case: &Case) -> Timestamp {
    case.aws.now.plus_seconds(3_600)
}

fn leased(case: &mut Case, lease: Lease, is_own: bool) {
    let by = if is_own { case.run().tag_value() } else { "another".to_owned() };
    let b2 = case.b2();
    b2.tags.extend(lease.tags());
    b2.tags.insert(tag::FROZEN_BY.to_owned(), by);
}

fn take(case: &Case) -> Result<Option<TagResource>> {
    let until = until(case);
    case.ask(|guard: &Guard<'_, Failback>, servers| {
        Ok(guard.take_lease(&servers[0], until)?.map(Warrant::spend))
    })
}

fn freeze(case: &Case) -> Result<CallHook> {
    let until = until(case);
    case.ask(|guard: &Guard<'_, Failback>, servers| Ok(guard.freeze(servers, until)?.spend()))
}

fn holds(case: &Case) -> Result<()> {
    case.ask(|guard: &Guard<'_, Failback>, servers| guard.lease_holds(&servers[0]))
}

#[test]
fn a_lease_is_taken_once_with_the_execution() {
    let mut case = frozen();
    assert_eq!(take(&case).unwrap(), None, "it is shown");
    case.b2().tags.remove(tag::FREEZE);
    let taken = take(&case).unwrap().expect("a call");
    assert_eq!((taken.region.as_str(), &taken.arn), ("us-east-2", &case.b2().arn.clone()));
    assert_eq!(taken.tags, Lease::taken_by(&case.run(), until(&case)));
    for lease in [Lease::Until(until(&case)), Lease::Lifting(case.aws.now)] {
        leased(&mut case, lease, false);
        refused(&case, take, ErrorName::NotReady, "an earlier freeze of B3 is being lifted", |_| ());
        // Nobody lifts it once traffic has moved.
        case.points_at("10.0.0.4");
        assert!(take(&case).unwrap().is_some());
        case.points_at("10.1.0.3");
    }
    let now = case.aws.now;
    leased(&mut case, Lease::Lifted(Timestamp::from_millis(now.millis() - 109_000)), false);
    refused(&case, take, ErrorName::NotReady, "an earlier freeze of B3 is being lifted", |_| ());
    leased(&mut case, Lease::Lifted(Timestamp::from_millis(now.millis() - 110_000)), false);
    assert!(take(&case).unwrap().is_some(), "every call of the second party is over");
}

#[test]
fn the_hook_freezes_what_has_the_lease_and_nothing_else() {
    let mut case = frozen();
    let call = freeze(&case).unwrap();
    assert_eq!(call.function, "arn:aws:lambda:us-east-2:111122223333:function:freeze");
    assert_eq!((call.request.action, call.request.until), (HookAction::Freeze, until(&case)));
    assert_eq!(call.request.servers.len(), 1);
    let not_shown = "DRS does not show the lease";
    let until = Lease::Until(until(&case));
    leased(&mut case, until, false);
    refused(&case, freeze, ErrorName::NotReady, not_shown, |_| ());
    case.b2().tags.remove(tag::FREEZE);
    refused(&case, freeze, ErrorName::NotReady, not_shown, |_| ());
}

#[test]
fn a_lease_holds_until_its_last_part_begins() {
    let mut case = frozen();
    holds(&case).unwrap();
    let now = case.aws.now;
    leased(&mut case, Lease::Until(now.plus_seconds(LIFT_SECONDS + 1)), true);
    holds(&case).unwrap();
    let over = "the freeze of B3 is over";
    for (lease, is_own) in [
        (Lease::Until(now.plus_seconds(LIFT_SECONDS)), true),
        (Lease::Until(now.plus_seconds(3_600)), false),
        (Lease::Lifting(now), true),
        (Lease::Lifted(now), true),
    ] {
        leased(&mut case, lease, is_own);
        refused(&case, holds, ErrorName::Guard, over, |_| ());
    }
    case.b2().tags.insert(tag::FREEZE.to_owned(), "until tomorrow".to_owned());
    refused(&case, holds, ErrorName::Guard, over, |_| ());
    case.plan["cutover"] = json!({ "freeze": "byHand" });
    holds(&case).unwrap();
}

#[test]
fn the_second_party_marks_what_has_ended_or_is_nearly_over() {
    let mut case = frozen();
    let run = case.run();
    let mark = |case: &mut Case, owner| {
        let (now, b2) = (case.aws.now, case.b2().clone());
        SecondParty::new(&case.aws).mark(&b2, &run, owner, now).unwrap().map(Warrant::spend)
    };
    assert_eq!(mark(&mut case, ExecutionState::Runs), None);
    let marked = mark(&mut case, ExecutionState::Ended).expect("a mark");
    assert_eq!(marked.tags, Lease::Lifting(case.aws.now).tags());
    let now = case.aws.now;
    leased(&mut case, Lease::Until(now.plus_seconds(LIFT_SECONDS)), true);
    assert!(mark(&mut case, ExecutionState::Runs).is_some());
    leased(&mut case, Lease::Lifting(now), true);
    assert_eq!(mark(&mut case, ExecutionState::Ended), None, "it is marked already");
    let (b2, old) = (case.b2().clone(), Timestamp::from_millis(now.millis() - 61_000));
    let stale = SecondParty::new(&case.aws).mark(&b2, &run, ExecutionState::Ended, old).unwrap_err();
    assert_eq!(stale.name(), ErrorName::Stale);
}

#[test]
fn a_freeze_is_noted_as_lifted_once_the_hook_says_so() {
    let mut case = frozen();
    let (run, b2) = (case.run(), case.b2().clone());
    let party = SecondParty::new(&case.aws);
    let lifted = party.lifted(&b2, &run, &HookAnswer::Done).unwrap().spend();
    assert_eq!(lifted.tags, Lease::Lifted(case.aws.now).tags());
    let waits = HookAnswer::read(&json!({ "status": "waiting" })).unwrap();
    assert_eq!(party.lifted(&b2, &run, &waits).unwrap_err().name(), ErrorName::NotReady);
}

#[test]
fn an_answer_of_the_hook_is_one_of_three_and_nothing_else() {
    assert_eq!(HookAnswer::read(&json!({ "status": "done", "by": "me" })).unwrap(), HookAnswer::Done);
    let missing = HookAnswer::read(&json!({ "status": "missing", "why": "12 orders" })).unwrap();
    assert!(matches!(missing, HookAnswer::Missing(why) if why.as_str() == "12 orders"));
    for odd in [json!(null), json!("done"), json!({}), json!({ "status": "ok" }), json!({ "status": 1 })] {
        let error = HookAnswer::read(&odd).unwrap_err();
        assert_eq!(error.name(), ErrorName::Rejected, "{odd}");
        assert!(error.to_string().contains("FreezeHookArn"), "{error}");
    }
}

/// Traffic moves under a lease that holds, and once the hook has said that A4 lacks nothing.
#[test]
fn traffic_moves_only_under_the_lease_and_once_it_is_verified() {
    let mut case = frozen();
    let start = case.aws.now;
    case.a3().point_in_time = Some(start);
    case.a3().replication_state = ReplicationState::NotStarted;
    case.b1().instance = Some(id(A1));
    case.frozen = Some(Frozen { at: Timestamp::from_millis(start.millis() - 1_000), redrives: 0 });
    let answers = |status: &str| HookAnswer::read(&json!({ "status": status, "why": "12 orders" })).unwrap();
    let redirect = |case: &Case, answer: Option<HookAnswer>| {
        let live = case.live()?;
        case.ask(|guard: &Guard<'_, Failback>, servers| {
            guard.redirect(&live, servers, &case.checks, answer.as_ref())
        })
    };
    assert_eq!(redirect(&case, Some(HookAnswer::Done)).unwrap().len(), 1);
    for (answer, name, words) in [
        (None, ErrorName::NotReady, "the hook was not asked"),
        (Some(answers("waiting")), ErrorName::NotReady, "12 orders"),
        (Some(answers("missing")), ErrorName::Guard, "A4 lacks what B3 has accepted: 12 orders"),
    ] {
        let error = redirect(&case, answer).unwrap_err();
        assert!(error.name() == name && error.to_string().contains(words), "{error}");
    }
    let verify = |case: &Case| {
        let live = case.live()?;
        case.ask(|guard: &Guard<'_, Failback>, servers| Ok(guard.verify(&live, servers)?.map(Warrant::spend)))
    };
    let asked = verify(&case).unwrap().expect("a call").request;
    assert_eq!((asked.action, asked.servers[0].a4.clone()), (HookAction::Verify, Some(id(A4))));
    for lease in [Lease::Until(start.plus_seconds(LIFT_SECONDS)), Lease::Lifting(start), Lease::Lifted(start)]
    {
        leased(&mut case, lease, true);
        let refusals = [redirect(&case, Some(HookAnswer::Done)).map(|_| ()), verify(&case).map(|_| ())];
        for error in refusals.map(Result::unwrap_err) {
            assert!(error.to_string().contains("the freeze of B3 is over"), "{error}");
        }
    }
    case.points_at("10.0.0.4");
    assert_eq!(verify(&case).unwrap(), None, "all traffic has moved");
}
