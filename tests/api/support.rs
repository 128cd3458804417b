use failback_core::step_functions::StepFunctions;
use failback_core::timestamp::Timestamp;
use failback_rehearsal::account::Account;
use failback_rehearsal::plans;
use futures_util::FutureExt as _;
use serde_json::{Value, json};

use crate::document;

/// The default caller.
pub(crate) const SRE: &str = "arn:aws:sts::111122223333:assumed-role/sre/ada";

/// An answer.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u64,
    pub(crate) headers: Value,
    pub(crate) body: Value,
}

impl Got {
    /// Returns the detail of a problem.
    pub(crate) fn detail(&self) -> &str {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        assert_eq!(self.body["status"], self.status, "{self:?}");
        self.body["detail"].as_str().expect("a detail")
    }
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    event: Value,
}

impl Ask {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let event = json!({
            "version": "2.0",
            "routeKey": api::route_key(method, path).unwrap_or("$default"),
            "rawPath": path,
            "rawQueryString": query,
            "headers": { "host": "api.example.com" },
            "requestContext": {
                "stage": "$default",
                "http": { "method": method, "path": path },
                "authorizer": { "iam": { "userArn": SRE, "accountId": "111122223333" } },
            },
            "isBase64Encoded": false,
        });
        Self { event }
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body(&body.to_string()).header("Content-Type", "application/json")
    }

    pub(crate) fn body(mut self, body: &str) -> Self {
        self.event["body"] = json!(body);
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.event["headers"][name] = json!(value);
        self
    }

    pub(crate) fn caller(mut self, caller: &str) -> Self {
        self.event["requestContext"]["authorizer"]["iam"]["userArn"] = json!(caller);
        self
    }

    pub(crate) fn nobody(mut self) -> Self {
        self.event["requestContext"].as_object_mut().expect("an object").remove("authorizer");
        self
    }

    pub(crate) fn with(mut self, field: &str, value: Value) -> Self {
        self.event[field] = value;
        self
    }

    /// Sends the request, and compares the answer with the document.
    pub(crate) fn to(&self, step_functions: &dyn StepFunctions) -> Got {
        let now = Timestamp::parse("2026-11-02T08:00:00.000Z").expect("a moment");
        let response = api::answer(step_functions, self.event.clone(), now)
            .now_or_never()
            .expect("everything is at hand");
        let got = Got {
            status: response["statusCode"].as_u64().expect("a status"),
            headers: response["headers"].clone(),
            body: serde_json::from_str(response["body"].as_str().expect("a body")).expect("JSON"),
        };
        let method = self.event["requestContext"]["http"]["method"].as_str().expect("a method");
        let path = self.event["rawPath"].as_str().expect("a path");
        document::assert_described(method, path, &got);
        got
    }
}

pub(crate) fn get(path: &str) -> Ask {
    Ask::new("GET", path)
}

pub(crate) fn post(path: &str, body: &Value) -> Ask {
    Ask::new("POST", path).json(body)
}

/// Returns the example plan, which asks at its gates.
pub(crate) fn plan() -> Value {
    serde_json::from_str(plans::THREE_TIER).expect("the example")
}

/// Returns an account in which a failback waits before the redirect.
pub(crate) fn at_the_gate() -> Account {
    let account = Account::default();
    let started = post("/failbacks", &plan()).header("Idempotency-Key", "home").to(&account);
    assert_eq!(started.status, 201, "{started:?}");
    let yes = post("/failbacks/home/approve", &json!({ "gate": "Ask Before Launch" })).to(&account);
    assert_eq!(yes.status, 200, "{yes:?}");
    account
}
