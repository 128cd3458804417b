use async_trait::async_trait;
use failback_core::error::AwsError;
use failback_core::procedure::Procedure;
use failback_core::step_functions::{Execution, ExecutionPage, ExecutionStatus, HistoryEvent, StepFunctions};
use failback_core::{Error, ErrorName, Result};
use failback_rehearsal::account::Account;
use serde_json::{Value, json};

use crate::support::{Ask, at_the_gate, get, plan, post};

/// A change that makes a plan wrong.
type Mistake = fn(&mut Value);

#[test]
fn a_request_that_nobody_signed_is_refused() {
    let account = Account::default();
    for ask in [get("/drills"), post("/drills", &plan()), post("/failbacks/home/approve", &json!({}))] {
        let got = ask.clone().nobody().to(&account);
        assert_eq!(got.status, 403, "{got:?}");
        assert_eq!(ask.caller("").to(&account).status, 403);
    }
    assert_eq!(get("/drills").to(&account).body["runs"], json!([]));
}

#[test]
fn the_wrong_method_is_told_the_right_one() {
    let account = Account::default();
    let wrong = [
        ("PUT", "/drills", "GET, POST"),
        ("DELETE", "/drills/home", "GET"),
        ("GET", "/plan-checks", "POST"),
        ("GET", "/failbacks/home/approve", "POST"),
        ("POST", "/openapi.json", "GET"),
    ];
    for (method, path, allow) in wrong {
        let got = Ask::new(method, path).to(&account);
        assert_eq!((got.status, &got.headers["allow"]), (405, &json!(allow)), "{method} {path}: {got:?}");
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let account = Account::default();
    for path in ["/", "/plans", "/drills/none", "/drills/a%20b", "/failbacks/none", "/drills/none/report/x"] {
        assert_eq!(get(path).to(&account).status, 404, "{path}");
    }
    assert_eq!(post("/drills/none/approve", &json!({})).to(&account).status, 404);
    assert_eq!(post("/drills/none/stop", &json!({ "reason": "x" })).to(&account).status, 404);
}

/// IAM judges the path as it was sent, so only one spelling of it may mean anything.
#[test]
fn a_path_has_one_spelling() {
    let account = at_the_gate();
    let others = [
        "//failbacks",
        "/failbacks/",
        "/%66ailbacks",
        "/failbacks%2F",
        "/Failbacks",
        "/./failbacks",
        "/drills/../failbacks",
        "/failbacks/.",
        "failbacks",
        "/failbacks;v=1",
    ];
    for path in others {
        let got = post(path, &plan()).to(&account);
        assert_eq!(got.status, if path == "/failbacks/." { 405 } else { 404 }, "{path}: {got:?}");
    }
    for path in [
        "/failbacks/home/",
        "/failbacks//home",
        "//failbacks/home",
        "/failbacks/%68ome",
        "/failbacks/home%2F",
    ] {
        assert_eq!(get(path).to(&account).status, 404, "{path}");
    }
    for path in ["/failbacks/home/approve/", "/failbacks/home//approve", "/failbacks/home/%61pprove"] {
        assert_eq!(post(path, &json!({})).to(&account).status, 404, "{path}");
    }
    assert_eq!(get("/failbacks/home").to(&account).body["gate"]["state"], "Ask Before Redirect");
}

/// API Gateway has asked IAM about the route that it has chosen.
#[test]
fn a_route_that_api_gateway_has_not_chosen_is_not_taken() {
    let account = at_the_gate();
    let yes = post("/failbacks/home/approve", &json!({}));
    for key in ["GET /failbacks/{name}", "POST /failbacks/{name}/reject", "ANY /{proxy+}", "$default"] {
        let got = yes.clone().with("routeKey", json!(key)).to(&account);
        assert_eq!(got.status, 404, "{key}: {got:?}");
    }
    assert_eq!(yes.with("routeKey", json!("POST /failbacks/{name}/approve")).to(&account).status, 200);
}

#[test]
fn a_body_that_is_no_plan_is_refused_for_what_it_is() {
    let account = Account::default();
    let to = |ask: Ask| ask.to(&account).status;
    assert_eq!(to(Ask::new("POST", "/drills")), 400);
    assert_eq!(to(Ask::new("POST", "/drills").body("{")), 400);
    assert_eq!(to(Ask::new("POST", "/drills").body("<a/>").header("content-type", "text/xml")), 415);
    let huge = " ".repeat(300_000);
    assert_eq!(to(Ask::new("POST", "/drills").body(&huge)), 413);
    assert_eq!(to(Ask::new("POST", "/drills").body("===").with("isBase64Encoded", json!(true))), 400);
    assert_eq!(to(post("/drills", &json!([]))), 422);
    assert_eq!(to(post("/drills?dry=1", &plan())), 400);
    assert_eq!(to(post("/drills", &plan()).header("Idempotency-Key", "a key")), 400);
    assert_eq!(get("/drills").to(&account).body["runs"], json!([]), "something was started");
}

#[test]
fn a_wrong_plan_is_told_each_of_its_problems() {
    let account = Account::default();
    let wrong: [(&str, Mistake); 8] = [
        ("$.colour", |plan| plan["colour"] = json!("blue")),
        ("$.name", |plan| plan["name"] = json!("")),
        ("$.regions.source", |plan| plan["regions"]["source"] = json!("mars-1")),
        ("$.servers", |plan| plan["servers"] = json!({})),
        ("$.launch.network", |plan| plan["launch"]["network"] = json!({})),
        ("$.limits.launchMinutes", |plan| plan["limits"] = json!({ "launchMinutes": 0 })),
        ("$.redirect.records[0].type", |plan| plan["redirect"]["records"][0]["type"] = json!("MX")),
        ("$.gates.beforeRedirect", |plan| plan["gates"]["beforeRedirect"] = json!(7)),
    ];
    let mut all = plan();
    for (path, mistake) in wrong {
        mistake(&mut all);
        let mut one = plan();
        mistake(&mut one);
        let got = post("/plan-checks", &one).to(&account);
        assert_eq!(got.status, 422, "{path}: {got:?}");
        assert!(has(&got.body, path), "{path} is not in {}", got.body);
    }
    let got = post("/failbacks", &all).to(&account);
    assert_eq!(got.status, 422);
    let told = wrong.iter().filter(|(path, _)| has(&got.body, path)).count();
    assert!(told >= 6, "of eight mistakes {told} are told: {}", got.body);
    assert_eq!(get("/failbacks").to(&account).body["runs"], json!([]), "a wrong plan was started");
}

fn has(body: &Value, path: &str) -> bool {
    let errors = body["errors"].as_array().expect("errors");
    errors.iter().any(|error| {
        let text = |field: &str| error[field].as_str().is_some_and(|text| !text.is_empty());
        error["path"].as_str().is_some_and(|found| found.starts_with(path))
            && text("message")
            && text("remedy")
    })
}

#[test]
fn two_starts_of_one_fleet_are_one_run() {
    let account = at_the_gate();
    for path in ["/failbacks", "/drills"] {
        let second = post(path, &plan()).to(&account);
        assert_eq!((second.status, &second.body["execution"]), (409, &json!("/failbacks/home")), "{path}");
        assert!(second.detail().contains("wait until failbacks/home has ended, or stop it"));
    }
}

#[test]
fn an_approval_of_nothing_that_waits_is_refused() {
    let account = Account::default();
    assert_eq!(post("/failbacks/none/approve", &json!({})).to(&account).status, 404);
    let account = at_the_gate();
    let other = post("/failbacks/home/approve", &json!({ "gate": "Ask Before Clean Up" })).to(&account);
    assert_eq!(other.status, 409);
    assert!(other.detail().contains("waits at `Ask Before Redirect`"), "{other:?}");
    post("/failbacks/home/approve", &json!({})).to(&account);
    post("/failbacks/home/approve", &json!({})).to(&account);
    let late = post("/failbacks/home/approve", &json!({})).to(&account);
    assert_eq!((late.status, late.detail()), (409, "home has ended: SUCCEEDED"));
    assert_eq!(post("/failbacks/home/stop", &json!({ "reason": "late" })).to(&account).status, 409);
}

#[test]
fn an_answer_says_why_in_words_that_are_known() {
    let account = at_the_gate();
    let bodies = [
        json!({}),
        json!({ "reason": "" }),
        json!({ "reason": 7 }),
        json!({ "reason": "x", "by": "me" }),
        json!([]),
    ];
    for body in bodies {
        assert_eq!(post("/failbacks/home/reject", &body).to(&account).status, 400, "{body}");
    }
    assert_eq!(post("/failbacks/home/approve", &json!({ "approved": true })).to(&account).status, 400);
    assert_eq!(get("/failbacks/home").to(&account).body["gate"]["state"], "Ask Before Redirect");
}

#[test]
fn a_page_that_is_none_is_refused() {
    let account = Account::default();
    for query in ["limit=0", "limit=101", "limit=x", "status=running", "after=x", "page=2", "limit=1&limit=2"]
    {
        assert_eq!(get(&format!("/drills?{query}")).to(&account).status, 400, "{query}");
    }
}

/// Step Functions that refuses everything with one error, while a failback waits at its gate.
struct Refusing(ErrorName, &'static str);

impl Refusing {
    fn error<T>(&self) -> Result<T> {
        Err(Error::aws(
            self.0,
            AwsError {
                operation: "states:SendTaskSuccess",
                code: self.1.to_owned(),
                message: "no".to_owned(),
                retry_after_seconds: Some(7),
            },
        ))
    }
}

#[async_trait]
impl StepFunctions for Refusing {
    async fn start(&self, _: Procedure, _: &str, _: &Value) -> Result<Execution> {
        self.error()
    }

    async fn list(
        &self,
        _: Procedure,
        _: Option<ExecutionStatus>,
        _: u16,
        _: Option<&str>,
    ) -> Result<ExecutionPage> {
        self.error()
    }

    async fn describe(&self, _: Procedure, name: &str) -> Result<Option<Execution>> {
        Ok(at_the_gate().describe(Procedure::Failback, name).await?.filter(|found| found.name == "home"))
    }

    async fn history(&self, id: &str) -> Result<Vec<HistoryEvent>> {
        at_the_gate().history(id).await
    }

    async fn approve(&self, _: &str, _: &Value) -> Result<()> {
        self.error()
    }

    async fn refuse(&self, _: &str, _: &str, _: &str) -> Result<()> {
        self.error()
    }

    async fn stop(&self, _: &str, _: &str, _: &str) -> Result<()> {
        self.error()
    }
}

#[test]
fn a_wrong_token_was_answered_by_another_person() {
    for code in ["InvalidToken", "TaskDoesNotExist", "TaskTimedOut"] {
        let refusing = Refusing(ErrorName::Rejected, code);
        let got = post("/failbacks/home/approve", &json!({})).to(&refusing);
        assert_eq!(got.status, 409, "{code}: {got:?}");
        assert!(got.detail().contains("answered by another person, or its time is up"), "{got:?}");
        assert_eq!(post("/failbacks/home/reject", &json!({ "reason": "x" })).to(&refusing).status, 409);
    }
}

#[test]
fn what_step_functions_refuses_has_a_status_of_its_own() {
    let refused = [
        (ErrorName::Throttled, 429, true),
        (ErrorName::Unavailable, 503, true),
        (ErrorName::AccessDenied, 500, false),
        (ErrorName::Rejected, 502, false),
    ];
    for (name, status, retry) in refused {
        let refusing = Refusing(name, "Code");
        let got = get("/drills").to(&refusing);
        assert_eq!(got.status, status, "{got:?}");
        assert_eq!(got.headers.get("retry-after").is_some(), retry, "{got:?}");
        assert_eq!(post("/failbacks/home/stop", &json!({ "reason": "x" })).to(&refusing).status, status);
    }
}
