//! What the HTTP API asks Step Functions.

use failback_core::procedure::Procedure;
use failback_core::step_functions::{ExecutionStatus, HistoryEvent, StepFunctions};
use failback_core::timestamp::Timestamp;
use serde_json::{Value, json};

use super::{Answer, Canned};
use crate::{Aws, Config, Machines};

const RUN: &str = "arn:aws:states:us-east-2:1:execution:failback:home";

fn aws(canned: &Canned) -> Aws {
    let arn = |name: &str| format!("arn:aws:states:us-east-2:1:stateMachine:{name}");
    let machines = Some(Machines { drill: arn("drill"), failback: arn("failback") });
    canned.aws_with(Config { machines, ..Config::default() })
}

#[tokio::test]
async fn a_run_is_started_on_its_machine_with_the_plan_as_text() {
    let canned = Canned::new([Answer::ok(json!({ "executionArn": RUN, "startDate": 1.5 }))]);
    let plan = json!({ "name": "shop" });
    let run = aws(&canned).start(Procedure::Failback, "home", &plan).await.unwrap();
    assert_eq!(
        (run.id.as_str(), run.status, run.started),
        (RUN, ExecutionStatus::Running, Timestamp::from_millis(1_500))
    );
    let asked = canned.asked()[0].json();
    assert_eq!(asked["stateMachineArn"], "arn:aws:states:us-east-2:1:stateMachine:failback");
    assert_eq!((&asked["name"], &asked["input"]), (&json!("home"), &json!("{\"name\":\"shop\"}")));
}

#[tokio::test]
async fn one_page_is_listed_and_says_where_the_next_begins() {
    let item = json!({
        "executionArn": RUN, "stateMachineArn": "arn:m", "name": "home", "status": "TIMED_OUT",
        "startDate": 1.0, "stopDate": 2.0,
    });
    let canned = Canned::new([Answer::ok(json!({ "executions": [item], "nextToken": "more" }))]);
    let page =
        aws(&canned).list(Procedure::Drill, Some(ExecutionStatus::TimedOut), 7, Some("here")).await.unwrap();
    assert_eq!((page.executions[0].status, page.next.as_deref()), (ExecutionStatus::TimedOut, Some("more")));
    let asked = canned.asked()[0].json();
    assert_eq!((&asked["statusFilter"], &asked["maxResults"]), (&json!("TIMED_OUT"), &json!(7)));
    assert_eq!(asked["nextToken"], "here");
    assert_eq!(canned.asked().len(), 1);
}

#[tokio::test]
async fn a_run_is_described_by_its_name_and_none_is_no_error() {
    let described = json!({
        "executionArn": RUN, "stateMachineArn": "arn:m", "name": "home", "status": "FAILED", "startDate": 1.0,
        "stopDate": 2.0, "input": "{\"name\":\"shop\"}", "error": "Failback.NotReady", "cause": "why",
    });
    let missing = Answer::status(400, json!({ "__type": "ExecutionDoesNotExist", "message": "none" }));
    let canned = Canned::new([Answer::ok(described), missing]);
    let aws = aws(&canned);
    let run = aws.describe(Procedure::Failback, "home").await.unwrap().unwrap();
    assert_eq!(run.input, Some(json!({ "name": "shop" })));
    assert_eq!(run.failure, Some(("Failback.NotReady".to_owned(), "why".to_owned())));
    assert_eq!(canned.asked()[0].json()["executionArn"], RUN);
    assert_eq!(aws.describe(Procedure::Failback, "none").await.unwrap(), None);
}

#[tokio::test]
async fn the_newest_of_a_history_is_read_and_cut_off_data_does_no_harm() {
    let event = |id: u64, kind: &str, name: &str, details: Value| {
        let mut event = json!({ "id": id, "timestamp": 1.0, "type": kind });
        event[name] = details;
        event
    };
    let details = json!({ "resource": "publish.waitForTaskToken", "resourceType": "sns", "region": "us-east-2", "parameters": "{}" });
    let events = json!([
        event(5, "TaskScheduled", "taskScheduledEventDetails", details),
        event(4, "TaskStateEntered", "stateEnteredEventDetails", json!({ "name": "Ask Before Redirect" })),
        event(
            3,
            "TaskStateExited",
            "stateExitedEventDetails",
            json!({ "name": "Launch", "output": "{\"status\":\"done\"}" })
        ),
        event(
            2,
            "TaskSucceeded",
            "taskSucceededEventDetails",
            json!({ "resource": "invoke", "resourceType": "lambda", "output": "{\"Pay" })
        ),
        event(
            1,
            "TaskTimedOut",
            "taskTimedOutEventDetails",
            json!({ "resource": "invoke", "resourceType": "lambda" })
        ),
        json!({ "id": 0, "timestamp": 1.0, "type": "ExecutionStarted" }),
    ]);
    let canned = Canned::new([Answer::ok(json!({ "events": events }))]);
    let history = aws(&canned).history(RUN).await.unwrap();
    assert_eq!(
        history,
        [
            HistoryEvent::Scheduled {
                resource: "publish.waitForTaskToken".to_owned(),
                parameters: "{}".to_owned()
            },
            HistoryEvent::Entered {
                state: "Ask Before Redirect".to_owned(),
                at: Timestamp::from_millis(1_000)
            },
            HistoryEvent::Exited { state: "Launch".to_owned(), output: json!({ "status": "done" }) },
            HistoryEvent::Succeeded(Value::Null),
            HistoryEvent::Failed,
        ]
    );
    let asked = canned.asked()[0].json();
    assert_eq!((&asked["reverseOrder"], &asked["includeExecutionData"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn a_gate_is_answered_and_a_run_stopped() {
    let canned =
        Canned::new([Answer::ok(json!({})), Answer::ok(json!({})), Answer::ok(json!({ "stopDate": 1.0 }))]);
    let aws = aws(&canned);
    aws.approve("token", &json!({ "approved": true })).await.unwrap();
    aws.refuse("token", "Failback.Refused", "no").await.unwrap();
    aws.stop(RUN, "Failback.Stopped", "enough").await.unwrap();
    let asked: Vec<Value> = canned.asked().iter().map(super::Asked::json).collect();
    assert_eq!(
        (&asked[0]["taskToken"], &asked[0]["output"]),
        (&json!("token"), &json!("{\"approved\":true}"))
    );
    assert_eq!((&asked[1]["error"], &asked[1]["cause"]), (&json!("Failback.Refused"), &json!("no")));
    assert_eq!((&asked[2]["executionArn"], &asked[2]["cause"]), (&json!(RUN), &json!("enough")));
}
