use failback_core::cloud::{ExecutionState, RunningExecution};
use failback_core::procedure::Procedure;
use failback_core::timestamp::Timestamp;
use failback_testkit::{Fixture, Response};
use serde_json::{Value, json};

use super::{blocked, silent};

const SAID: &str = "is working on these servers";

/// Returns a failback beside another running execution with this id, start (in seconds after this one's) and plan.
fn beside(id: &'static str, later_seconds: i64, change: impl FnOnce(&mut Value)) -> Fixture {
    let mut fixture = Fixture::failback(|_| ());
    let mut input = serde_json::to_value(&fixture.run.plan).unwrap();
    change(&mut input);
    let started = Timestamp::from_millis(fixture.run.started.millis() + later_seconds * 1000);
    let other = RunningExecution { id: id.to_owned(), started, procedure: Procedure::Drill, input };
    fixture.tamper(move |seen| {
        if let Response::Executions(executions) = seen {
            executions.push(other.clone());
        }
    });
    fixture
}

/// Names that sort before and after this execution's, which ends in `stage:one`.
const BEFORE: &str = "arn:aws:states:us-east-1:111122223333:execution:drill:one";
const AFTER: &str = "arn:aws:states:us-east-1:111122223333:execution:throng:one";

#[test]
fn of_two_that_mean_the_same_servers_the_one_that_began_first_goes_on() {
    let both = |fixture: &Fixture| {
        format!("{}, {}", fixture.b1(0).min(fixture.b1(1)), fixture.b1(0).max(fixture.b1(1)))
    };
    let fixture = beside(AFTER, -1, |_| ());
    blocked(&fixture, &both(&fixture), "a drill that started ");
    silent(&beside(BEFORE, 1, |_| ()), SAID);
}

#[test]
fn of_two_that_began_together_the_name_decides() {
    let fixture = beside(BEFORE, 0, |_| ());
    let both = format!("{}, {}", fixture.b1(0).min(fixture.b1(1)), fixture.b1(0).max(fixture.b1(1)));
    blocked(&fixture, &both, "a drill that started ");
    silent(&beside(AFTER, 0, |_| ()), SAID);
}

#[test]
fn an_execution_does_not_wait_for_itself() {
    silent(&beside("arn:aws:states:us-east-1:111122223333:execution:stage:one", 0, |_| ()), SAID);
}

#[test]
fn only_what_is_shared_stands_in_the_way() {
    silent(&beside(BEFORE, -1, |plan| plan["servers"] = json!({ "tags": { "app": "mail" } })), SAID);
    let elsewhere = json!({ "source": "us-east-1", "recovery": "eu-west-1" });
    silent(&beside(BEFORE, -1, move |plan| plan["regions"] = elsewhere), SAID);
    silent(&beside(BEFORE, -1, |plan| plan["colour"] = json!("blue")), SAID);
    let one = |plan: &mut Value| plan["servers"] = json!({ "ids": ["s-00000000000000001"] });
    silent(&beside(BEFORE, -1, one), SAID);
}

#[test]
fn servers_of_others_that_both_plans_mean_are_not_told() {
    // The other plan names one server of this fleet, by its id.
    let first = Fixture::failback(|_| ()).b1(0).to_string();
    let id = first.clone();
    let one = move |plan: &mut Value| plan["servers"] = json!({ "ids": [id] });
    blocked(&beside(BEFORE, -1, one), &first, "a drill that started ");
}

const OWNER: &str = "arn:aws:states:us-east-1:111122223333:execution:drs-failback-failback:owner";

/// Returns a failback whose servers another run has claimed, which is in this state.
fn claimed(state: Option<ExecutionState>, change: impl FnOnce(&mut Value)) -> Fixture {
    let mut fixture = Fixture::failback(change);
    fixture.owner = Some(OWNER.to_owned());
    fixture.tamper(move |seen| {
        if let Response::ExecutionState(OWNER, seen) = seen {
            *seen = state;
        }
    });
    fixture
}

#[test]
fn servers_that_another_run_has_claimed_are_not_touched() {
    blocked(&claimed(Some(ExecutionState::Runs), |_| ()), "all-1, web-1", "another run is working on it");
    blocked(&claimed(None, |_| ()), "all-1, web-1", "another run has claimed it, and whether that");
    silent(&claimed(Some(ExecutionState::Ended), |_| ()), "another run");
    silent(&claimed(None, |plan| plan["takeOver"] = json!([OWNER])), "another run");
}
