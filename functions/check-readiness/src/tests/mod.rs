mod chain;
mod drill;
mod failback;
mod others;
mod regions;
mod servers;
mod told;

use failback_core::{Error, ErrorName, Result};
use failback_testkit::Fixture;
use serde_json::{Value, json};

use crate::{CheckReadiness, Finding, Output};

/// Changes the plan so that traffic is redirected by hand, and no record names a server.
fn by_hand(plan: &mut Value) {
    plan["redirect"] = json!({ "byHand": true });
    plan["launch"]["dataAgeSecondsMax"] = json!(1_209_600);
    let gate = || json!({ "timeoutMinutes": 60 });
    plan["gates"] = json!({ "beforeRedirect": gate(), "beforeCleanup": gate() });
}

/// Calls the step with a plan.
fn check_plan(fixture: &Fixture, plan: &Value) -> Result<Output> {
    let run = &fixture.run;
    let execution = json!({ "id": run.id, "started": run.started });
    let payload = json!({ "procedure": run.procedure, "plan": plan, "execution": execution });
    let before = fixture.writes();
    let answer = fixture.answer::<CheckReadiness>(payload, fixture.now().plus_seconds(60));
    assert_eq!(fixture.writes(), before, "something was changed");
    answer.map(|output| serde_json::from_value(output).expect("an output"))
}

/// Calls the step with the plan of the world.
fn check(fixture: &Fixture) -> Result<Output> {
    check_plan(fixture, &serde_json::to_value(&fixture.run.plan).expect("a plan"))
}

/// Asserts that exactly this stands in the way of these servers.
fn blocked(fixture: &Fixture, about: &str, said: &str) {
    let error: Error = check(fixture).expect_err(said);
    let text = error.to_string();
    assert_eq!(error.name(), ErrorName::NotReady, "{text}");
    assert!(text.contains("1 thing stands in the way; nothing was changed"), "{text}");
    let blocker = text.lines().find(|line| line.trim().starts_with("blocker: ")).expect("a blocker");
    let blocker = without_objects(blocker);
    assert!(blocker.contains(&format!("blocker: {about}: {said}")), "{blocker}");
}

/// Returns the text without the objects of servers, which stand in brackets behind their names.
fn without_objects(text: &str) -> String {
    let mut parts = text.split(" (");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let is_object = part.starts_with("i-")
            || part.starts_with("s-")
            || part.starts_with("drsjob-")
            || part.starts_with("A4 ")
            || part.starts_with("shop.");
        match part.split_once(')') {
            Some((_, rest)) if is_object => text + rest,
            _ => text + " (" + part,
        }
    })
}

/// Asserts that nothing stands in the way and that there is this warning about these servers.
fn warned(fixture: &Fixture, about: &str, said: &str) {
    let output = check(fixture).unwrap_or_else(|error| panic!("{error}"));
    let is_about = |it: &Finding| without_objects(&it.about) == about;
    let finds = output.warnings.iter().any(|it| is_about(it) && it.message.contains(said));
    assert!(finds, "{said} is not in {:#?}", output.warnings);
}

/// Asserts that nothing stands in the way and that there is no such warning.
fn silent(fixture: &Fixture, said: &str) {
    let output = check(fixture).unwrap_or_else(|error| panic!("{error}"));
    assert!(!output.warnings.iter().any(|it| it.message.contains(said)), "{:#?}", output.warnings);
}
