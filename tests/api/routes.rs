use failback_rehearsal::account::Account;
use serde_json::json;

use crate::support::{SRE, at_the_gate, get, plan, post};

#[test]
fn a_drill_is_started_and_shown_with_its_report() {
    let account = Account::default();
    let started = post("/drills", &plan()).to(&account);
    assert_eq!(started.status, 201, "{started:?}");
    let path = started.headers["location"].as_str().expect("a location");
    assert_eq!(path, "/drills/drill-three-tier-shop-20261102T080000Z");
    let shown = get(path).to(&account);
    assert_eq!((shown.status, &shown.body["status"]), (200, &json!("SUCCEEDED")));
    assert_eq!(shown.body["plan"], "three-tier shop");
    assert_eq!(shown.body["report"]["outcome"], "succeeded");
    assert_eq!(shown.body["servers"].as_array().map(Vec::len), Some(3));
    assert_eq!(shown.body["step"]["state"], "Drill Done");
}

#[test]
fn who_started_a_run_is_in_its_input_and_its_report() {
    let account = Account::default();
    post("/drills", &plan()).header("Idempotency-Key", "d").caller("arn:aws:iam::1:user/grace").to(&account);
    let shown = get("/drills/d").to(&account);
    assert_eq!(shown.body["startedBy"], "arn:aws:iam::1:user/grace");
    assert_eq!(shown.body["report"]["startedBy"], "arn:aws:iam::1:user/grace");
}

#[test]
fn a_failback_waits_at_its_gates_and_goes_on_when_somebody_says_yes() {
    let account = at_the_gate();
    let before = get("/failbacks/home").to(&account);
    assert_eq!(before.body["status"], "RUNNING");
    assert_eq!(before.body["gate"]["state"], "Ask Before Redirect");
    let question = before.body["gate"]["question"].as_str().expect("a question");
    assert!(question.contains("waits for your answer") && !question.contains("--task-token"), "{question}");
    let yes = post("/failbacks/home/approve", &json!({ "gate": "Ask Before Redirect" })).to(&account);
    assert_eq!((yes.status, &yes.body["by"]), (200, &json!(SRE)));
    let second = get("/failbacks/home").to(&account);
    assert_eq!(second.body["gate"]["state"], "Ask Before Clean Up");
    assert_eq!(post("/failbacks/home/approve", &json!({})).to(&account).status, 200);
    let done = get("/failbacks/home").to(&account);
    assert_eq!(
        (&done.body["status"], &done.body["report"]["outcome"]),
        (&json!("SUCCEEDED"), &json!("succeeded"))
    );
}

#[test]
fn a_no_holds_the_failback_and_says_whose_it_was() {
    let account = at_the_gate();
    let no = post("/failbacks/home/reject", &json!({ "reason": "the shop is open" })).to(&account);
    assert_eq!(no.status, 200, "{no:?}");
    let held = get("/failbacks/home").to(&account);
    assert_eq!(held.body["report"]["outcome"], "held");
    let cause = held.body["report"]["failure"]["cause"].as_str().expect("a cause");
    assert_eq!(cause, format!("{SRE} said no: the shop is open"));
}

#[test]
fn servers_are_launched_again_and_the_gate_asks_once_more() {
    let account = at_the_gate();
    let again = json!({ "servers": ["web-1"], "reason": "the shop shows old prices" });
    let asked = post("/failbacks/home/launch-again", &again).to(&account);
    assert_eq!((asked.status, &asked.body["launchAgain"]), (200, &json!(["web-1"])), "{asked:?}");
    assert_eq!(get("/failbacks/home").to(&account).body["gate"]["state"], "Ask Before Redirect");
    assert_eq!(post("/failbacks/home/approve", &json!({})).to(&account).status, 200);
    let late = post("/failbacks/home/launch-again", &json!({ "servers": "all" })).to(&account);
    assert_eq!(late.status, 409, "it waits before the clean-up");
    assert_eq!(post("/failbacks/home/abort", &json!({ "reason": "no" })).to(&account).status, 409);
    post("/failbacks/home/approve", &json!({})).to(&account);
    let approvals = &get("/failbacks/home").to(&account).body["report"]["approvals"];
    let again = approvals.as_array().expect("approvals").iter().find(|one| one["launchAgain"].is_array());
    assert_eq!(again.map(|one| &one["launchAgain"]), Some(&json!(["web-1"])));
    for wrong in
        [json!({}), json!({ "servers": [] }), json!({ "servers": [1] }), json!({ "servers": "some" })]
    {
        assert_eq!(post("/failbacks/home/launch-again", &wrong).to(&account).status, 400, "{wrong}");
    }
}

#[test]
fn an_abort_leads_back_and_says_whose_it_was() {
    let account = at_the_gate();
    assert_eq!(post("/failbacks/home/abort", &json!({})).to(&account).status, 400, "a reason is needed");
    let abort = json!({ "gate": "Ask Before Redirect", "reason": "the shop stays open" });
    let decided = post("/failbacks/home/abort", &abort).to(&account);
    assert_eq!((decided.status, &decided.body["aborted"]), (200, &json!(true)), "{decided:?}");
    let ended = get("/failbacks/home").to(&account).body;
    assert_eq!((&ended["status"], &ended["report"]["outcome"]), (&json!("FAILED"), &json!("aborted")));
    assert_eq!(ended["failure"]["error"], "Failback.Aborted");
    let aborted = &ended["report"]["aborted"];
    assert_eq!((&decided.body["by"], &aborted["comment"]), (&json!(SRE), &json!("the shop stays open")));
    assert_eq!(post("/drills/home/abort", &abort).to(&account).status, 404, "a drill has no such route");
}

/// A drill that people test in waits as a failback does at its gates.
#[test]
fn a_drill_is_held_until_somebody_answers() {
    let held = || {
        let account = Account::default();
        let mut plan = plan();
        plan["drill"]["hold"] = json!({ "timeoutMinutes": 480 });
        let started = post("/drills", &plan).header("Idempotency-Key", "d").to(&account);
        assert_eq!(started.status, 201, "{started:?}");
        account
    };
    let account = held();
    let shown = get("/drills/d").to(&account);
    assert_eq!(
        (&shown.body["status"], &shown.body["gate"]["state"]),
        (&json!("RUNNING"), &json!("Ask Before Clean Up"))
    );
    let question = shown.body["gate"]["question"].as_str().expect("a question");
    assert!(
        question.contains("subnet-0f1e2d3c4b5a69788") && !question.contains("--task-token"),
        "{question}"
    );
    assert_eq!(post("/failbacks/d/approve", &json!({})).to(&account).status, 404, "it is no failback");
    let other = post("/drills/d/approve", &json!({ "gate": "Ask Before Hold Ends" })).to(&account);
    assert_eq!(other.status, 409, "{other:?}");
    let yes = post("/drills/d/approve", &json!({ "gate": "Ask Before Clean Up" })).to(&account);
    assert_eq!((yes.status, &yes.body["by"]), (200, &json!(SRE)));
    let done = get("/drills/d").to(&account);
    assert_eq!(done.body["report"]["outcome"], "succeeded");
    assert_eq!(done.body["report"]["approvals"][0]["gate"], "Ask Before Clean Up");

    let account = held();
    let no = post("/drills/d/reject", &json!({ "reason": "the shop shows no prices" })).to(&account);
    assert_eq!(no.status, 200, "{no:?}");
    let failed = get("/drills/d").to(&account);
    assert_eq!(
        (&failed.body["status"], &failed.body["report"]["outcome"]),
        (&json!("FAILED"), &json!("failed"))
    );
    let cause = failed.body["report"]["failure"]["cause"].as_str().expect("a cause");
    assert_eq!(cause, format!("{SRE} said no: the shop shows no prices"));
}

#[test]
fn a_run_is_stopped() {
    let account = at_the_gate();
    let stopped = post("/failbacks/home/stop", &json!({ "reason": "wrong plan" })).to(&account);
    assert_eq!((stopped.status, &stopped.body["by"]), (200, &json!(SRE)));
    let shown = get("/failbacks/home").to(&account);
    assert_eq!(shown.body["status"], "ABORTED");
    assert_eq!(shown.body["failure"]["cause"], format!("{SRE} stopped it: wrong plan"));
}

#[test]
fn runs_are_listed_by_page_the_newest_first() {
    let account = Account::default();
    for key in ["one", "two", "three"] {
        assert_eq!(post("/drills", &plan()).header("Idempotency-Key", key).to(&account).status, 201);
    }
    let first = get("/drills?limit=2").to(&account);
    let names = |got: &crate::support::Got| -> Vec<String> {
        let runs = got.body["runs"].as_array().expect("runs");
        runs.iter().map(|run| run["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&first), ["three", "two"]);
    let after = first.body["after"].as_str().expect("more");
    assert_eq!(names(&get(&format!("/drills?limit=2&after={after}")).to(&account)), ["one"]);
    assert_eq!(names(&get("/drills?status=RUNNING").to(&account)), Vec::<String>::new());
    assert_eq!(names(&get("/failbacks").to(&account)), Vec::<String>::new());
}

#[test]
fn a_start_that_is_repeated_starts_nothing() {
    let account = at_the_gate();
    let again = post("/failbacks", &plan()).header("idempotency-key", "home").to(&account);
    assert_eq!((again.status, &again.body["name"]), (200, &json!("home")));
    let mut other = plan();
    other["name"] = json!("another");
    let other = post("/failbacks", &other).header("idempotency-key", "home").to(&account);
    assert_eq!(other.status, 409);
    assert!(other.detail().contains("another plan"), "{other:?}");
}

#[test]
fn a_plan_is_checked_and_nothing_is_started() {
    let account = Account::default();
    let checked = post("/plan-checks", &plan()).to(&account);
    assert_eq!((checked.status, &checked.body["name"]), (200, &json!("three-tier shop")));
    assert_eq!(get("/drills").to(&account).body["runs"], json!([]));
}

#[test]
fn a_body_that_came_as_base64_is_read() {
    let account = Account::default();
    // {"gate":"none"}
    let body = "eyJnYXRlIjoibm9uZSJ9";
    let got = crate::support::Ask::new("POST", "/failbacks/none/approve")
        .body(body)
        .with("isBase64Encoded", json!(true))
        .to(&account);
    assert_eq!(got.status, 404, "the body was read, and there is no such run: {got:?}");
}
