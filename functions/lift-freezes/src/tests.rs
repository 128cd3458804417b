use failback_core::cloud::{ExecutionState, HookAnswer, RunningExecution};
use failback_core::fleet::Lease;
use failback_core::procedure::Procedure;
use failback_core::tags::{Tags, tag};
use failback_sim::Stack;
use failback_testkit::{Fixture, Response};
use serde_json::{Value, json};

use crate::{LiftFreezes, Lifted};

/// Returns a failback that has frozen B3 for an hour, and whose A4 are launched.
fn frozen() -> Fixture {
    freeze(failback().launched())
}

fn failback() -> Fixture {
    Fixture::failback(|plan| {
        plan["cutover"] = json!({ "freeze": "byHook", "freezeMinutesMax": 60 });
        plan["waves"] = json!([]);
    })
}

/// Has the hook freeze B3, as the run's execution does.
fn freeze(fixture: Fixture) -> Fixture {
    let until = fixture.now().plus_seconds(3_600);
    let input = serde_json::to_value(&fixture.run.plan).expect("a plan");
    let servers: Vec<Value> = (0..2).map(|server| json!({ "b3": fixture.b2(server).to_string() })).collect();
    {
        let mut world = fixture.simulation.world();
        let known = RunningExecution {
            id: fixture.run.id.clone(),
            started: fixture.run.started,
            procedure: Procedure::Failback,
            input,
        };
        world.execution_started(known, Stack::First);
        let asked = json!({ "action": "freeze", "until": until.to_string(), "servers": servers });
        world.invoke_hook(&asked).expect("a hook").expect("an answer");
    }
    tagged(&fixture, Lease::Until(until));
    fixture
}

/// Writes a lease of the run's to each B2.
fn tagged(fixture: &Fixture, lease: Lease) {
    let mut tags = lease.tags();
    tags.insert(tag::FROZEN_BY.to_owned(), fixture.run.tag_value());
    tag_all(fixture, &tags);
}

fn tag_all(fixture: &Fixture, tags: &Tags) {
    for server in 0..2 {
        let b2 = fixture.b2(server);
        let mut world = fixture.simulation.world();
        let arn = world.recovery_instance(fixture.recovery(), &b2).expect("B2").arn.clone();
        world.tag_resource(&arn, tags).expect("it exists");
    }
}

fn call(fixture: &Fixture) -> Lifted {
    let payload = json!({ "recovery": fixture.recovery(), "hook": fixture.run.hook });
    let answer = fixture.answer::<LiftFreezes>(payload, fixture.now().plus_seconds(60));
    serde_json::from_value(answer.unwrap_or_else(|error| panic!("{error}"))).expect("an answer")
}

fn says(fixture: &Fixture, words: &str) -> Lifted {
    let lifted = call(fixture);
    assert!(lifted.answer.why.contains(words), "{}", lifted.answer.why);
    lifted
}

fn is_frozen(fixture: &Fixture) -> bool {
    let world = fixture.simulation.world();
    world.fleet().iter().any(|server| server.b3.last().is_some_and(|b3| world.is_frozen(b3)))
}

fn end(fixture: &Fixture) {
    fixture.simulation.world().execution_ended(&fixture.run.id);
}

#[test]
fn a_freeze_goes_on_while_its_execution_runs_within_its_lease() {
    let fixture = frozen();
    let lifted = says(&fixture, "freeze of 2 servers goes on");
    assert_eq!((lifted.frozen, lifted.overdue), (2, 0));
    assert!(is_frozen(&fixture));
}

#[test]
fn without_a_freeze_there_is_nothing_to_do() {
    let fixture = Fixture::failback(|_| ());
    let before = fixture.writes();
    let lifted = says(&fixture, "no freeze is to be lifted");
    assert_eq!((lifted.frozen, lifted.overdue, fixture.writes()), (0, 0, before));
}

/// Two phases: whoever has not seen the mark acts no more when the hook is called.
#[test]
fn a_freeze_whose_execution_has_ended_is_marked_and_then_lifted() {
    let fixture = frozen();
    end(&fixture);
    says(&fixture, "marked, to be lifted");
    fixture.pass(130);
    says(&fixture, "marked, to be lifted");
    assert!(is_frozen(&fixture), "a redirect may be under way");
    fixture.pass(20);
    says(&fixture, "freeze of 2 servers lifted");
    assert!(!is_frozen(&fixture));
    says(&fixture, "no freeze is to be lifted");
}

#[test]
fn a_lease_that_is_nearly_over_is_lifted_under_a_running_execution() {
    let fixture = frozen();
    fixture.pass(3_600 - 600 - 10);
    says(&fixture, "goes on");
    fixture.pass(20);
    says(&fixture, "marked");
    fixture.pass(150);
    says(&fixture, "freeze of 2 servers lifted");
    assert!(!is_frozen(&fixture));
}

#[test]
fn what_clients_have_left_stays_frozen() {
    let fixture = freeze(failback().redirected());
    end(&fixture);
    says(&fixture, "marked");
    fixture.pass(150);
    let lifted = says(&fixture, "clients use A4");
    assert_eq!(lifted.overdue, 0);
    fixture.pass(7_200);
    assert_eq!(says(&fixture, "clients use A4").overdue, 0, "nobody needs to do anything");
    assert!(is_frozen(&fixture));
}

/// What is not known to serve is not lifted, and people are told once the lease is over.
#[test]
fn a_record_that_leads_elsewhere_is_no_proof_that_b3_serves() {
    let fixture = frozen();
    fixture.point_at("203.0.113.99");
    end(&fixture);
    says(&fixture, "marked");
    fixture.pass(150);
    let lifted = says(&fixture, "the plan's records do not show that clients use B3");
    assert_eq!(lifted.overdue, 0, "the lease is not over");
    fixture.pass(600);
    assert_eq!(call(&fixture).overdue, 2);
    assert!(is_frozen(&fixture));
}

#[test]
fn a_hook_that_is_not_done_is_called_again() {
    let mut fixture = frozen();
    end(&fixture);
    fixture.tamper(|seen| {
        if let Response::Hook(answer) = seen {
            *answer =
                HookAnswer::read(&json!({ "status": "waiting", "why": "it starts" })).expect("an answer");
        }
    });
    says(&fixture, "marked");
    fixture.pass(150);
    for _ in 0..2 {
        says(&fixture, "not lifted: it starts");
    }
    fixture.tamper(|_| ());
    says(&fixture, "freeze of 2 servers lifted");
}

#[test]
fn an_execution_that_is_not_shown_is_left_to_whoever_sees_it() {
    let mut fixture = frozen();
    fixture.tamper(|seen| {
        if let Response::ExecutionState(_, state) = seen {
            *state = None::<ExecutionState>;
        }
    });
    assert_eq!(says(&fixture, "Step Functions does not show").overdue, 0);
    fixture.pass(3_700);
    assert_eq!(call(&fixture).overdue, 2);
}

#[test]
fn a_lease_that_cannot_be_read_is_one_that_is_over() {
    let fixture = frozen();
    tag_all(&fixture, &Tags::from([(tag::FREEZE.to_owned(), "for ever".to_owned())]));
    says(&fixture, "marked");
}
