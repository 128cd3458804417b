use failback_core::ErrorName;
use failback_core::catalogue::fact;
use failback_core::cloud::SourceServer;
use failback_core::id::SourceServerId;
use failback_core::plan::SERVERS_MAX;
use failback_testkit::{Fixture, Response};
use serde_json::{Value, json};

use super::{by_hand, check, check_plan};
use crate::finding::{Finding, Findings as _, merged, not_ready};

#[test]
fn a_wrong_plan_is_refused_with_every_problem() {
    let fixture = Fixture::failback(|_| ());
    let mut plan = serde_json::to_value(&fixture.run.plan).unwrap();
    plan["colour"] = json!("blue");
    plan["limits"]["launchMinutes"] = json!(0);
    let error = check_plan(&fixture, &plan).unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidPlan);
    let text = error.to_string();
    assert!(text.contains("$.colour") && text.contains("$.limits.launchMinutes"), "{text}");
}

#[test]
fn a_plan_that_chooses_nothing_is_told() {
    let fixture = Fixture::failback(|_| ());
    let mut plan = serde_json::to_value(&fixture.run.plan).unwrap();
    plan["servers"] = json!({ "tags": { "app": "nothing" } });
    by_hand(&mut plan);
    let error = check_plan(&fixture, &plan).unwrap_err().to_string();
    assert!(error.contains("$.servers: chooses no source server of us-east-2"), "{error}");
    assert!(!error.contains("every server is home"), "{error}");
}

/// Tampers with the first server so that it is seen as this many, each with its own id and without a B2.
fn many(servers: usize, change: impl FnOnce(&mut Value)) -> Fixture {
    let mut fixture = Fixture::failback(change);
    let (b1, away) = (fixture.b1(0), fixture.recovery());
    fixture.tamper(move |seen| {
        if let Response::SourceServers(region, found) = seen
            && region == away
        {
            let one = found.iter().find(|server| server.id == b1).cloned().unwrap();
            let id = |number: usize| -> SourceServerId { format!("s-{number:017x}").parse().unwrap() };
            *found = (0..servers).map(|number| SourceServer { id: id(number), ..one.clone() }).collect();
        }
    });
    fixture
}

#[test]
fn an_execution_carries_so_many_servers_and_no_more() {
    let told =
        |servers| check(&many(servers, by_hand)).err().map(|error| error.to_string()).unwrap_or_default();
    let said = format!("$.servers: chooses {} servers", SERVERS_MAX + 1);
    assert!(told(SERVERS_MAX + 1).contains(&said), "{}", told(SERVERS_MAX + 1));
    assert!(!told(SERVERS_MAX).contains("$.servers: chooses"), "{}", told(SERVERS_MAX));
}

/// Step Functions ends an execution with a larger payload, and catches nothing.
#[test]
fn a_plan_that_an_execution_cannot_carry_is_refused() {
    let label = "n".repeat(60);
    let name = |n: usize| format!("{label}.{label}.{label}.web-{n}.example.com");
    let record = |n: usize| {
        json!({
            "zoneId": "Z0123456789ABCDEFGHIJ", "name": name(n), "type": "A", "ttlSeconds": 60, "server": "web-1",
            "address": "private"
        })
    };
    let records: Vec<Value> = (0..500).map(record).collect();
    let fixture = many(SERVERS_MAX, |plan| plan["redirect"] = json!({ "records": records }));
    let told = check(&fixture).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(
        told.contains("the plan: takes up to ") && told.contains("and an execution carries 262144"),
        "{told}"
    );
}

#[test]
fn what_is_the_same_of_many_is_told_once() {
    let mut findings: Vec<Finding> = Vec::new();
    findings.warn("a", fact::b3_existed());
    findings.block("b", fact::a1_is_not_stopped());
    findings.block("c", fact::a1_is_not_stopped());
    let told: Vec<String> = merged(findings).iter().map(Finding::to_string).collect();
    let blocker = format!("blocker: b, c: {}", fact::a1_is_not_stopped());
    assert_eq!(told, [blocker, format!("warning: a: {}", fact::b3_existed())]);
}

#[test]
fn so_many_findings_are_told_and_the_rest_is_counted() {
    let findings = |number: usize| {
        let mut findings: Vec<Finding> = Vec::new();
        (0..number).for_each(|it| {
            findings.block("x", fact::originals_use_the_subnet(format_args!("problem {it:03}")));
        });
        not_ready(&findings).to_string()
    };
    assert!(findings(1).starts_with("1 thing stands in the way; nothing was changed\n"), "{}", findings(1));
    assert!(
        findings(50).starts_with("50 things stand in the way; nothing was changed\n"),
        "{}",
        findings(50)
    );
    assert!(findings(50).contains("problem 049") && !findings(50).contains("more"), "{}", findings(50));
    assert!(
        findings(52).contains("problem 049") && !findings(52).contains("problem 050"),
        "{}",
        findings(52)
    );
    assert!(findings(52).ends_with("\n  and 2 more"), "{}", findings(52));
}
