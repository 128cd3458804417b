//! What a small machine as data cannot say: time limits, tokens, the account, and chance.

use failback_asl::{
    ErrorOutput, Event, ExecutionResult, HISTORY_LIMIT, Interpreter, Machine, NextAction, PAYLOAD_LIMIT,
};
use serde_json::{Value, json};

use crate::driver::{DAY, Run, run, start};

fn machine(states: &Value) -> Machine {
    limited(states, 99_999_999)
}

fn limited(states: &Value, timeout: u64) -> Machine {
    let first = states.as_object().unwrap().keys().next().unwrap();
    let text = json!({
        "QueryLanguage": "JSONata", "StartAt": first, "TimeoutSeconds": timeout, "States": states,
    });
    Machine::parse(&text.to_string()).unwrap()
}

fn task(more: &Value) -> Value {
    let mut task = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": { "FunctionName": "task", "Payload": {} },
        "End": true,
    });
    task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    task
}

fn failure(run: &Run) -> &ErrorOutput {
    match &run.outcome {
        ExecutionResult::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_account_is_that_of_step_functions() {
    // Started, Pass 2, Task 5, ended.
    let m = machine(&json!({ "P": { "Type": "Pass", "Next": "T" }, "T": task(&json!({})) }));
    let r = run(&m, json!({}), &[json!({ "result": 1 })]);
    assert_eq!((r.history_events, r.transitions), (9, 2));

    // Started, Task entered, three attempts of scheduled, started and failed, exited, Fail 1, ended.
    let m = machine(&json!({
        "T": task(&json!({
            "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 2 }],
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "F" }],
        })),
        "F": { "Type": "Fail" },
    }));
    let fails = vec![json!({ "error": "E" }); 3];
    let r = run(&m, json!({}), &fails);
    assert_eq!((r.history_events, r.transitions), (1 + 1 + 9 + 1 + 1 + 1, 4));
    let retries = r.events.iter().filter(|e| matches!(e, Event::RetryScheduled { .. })).count();
    assert_eq!(retries, 2);
    assert!(r.events.windows(2).all(|w| w[0].at() <= w[1].at()));
}

#[test]
fn a_machine_that_never_ends_ends_at_the_limit_of_the_history() {
    let m = machine(&json!({
        "A": { "Type": "Pass", "Next": "B" },
        "B": { "Type": "Choice", "Choices": [{ "Condition": "{% false %}", "Next": "C" }], "Default": "A" },
        "C": { "Type": "Succeed" },
    }));
    let r = run(&m, json!({}), &[]);
    assert_eq!(failure(&r).error, "States.Runtime");
    assert!(failure(&r).cause.contains("25000"), "{}", failure(&r).cause);
    assert_eq!(r.history_events, HISTORY_LIMIT);
}

#[test]
fn a_task_times_out_and_the_timeout_has_a_name_of_its_own() {
    let m = machine(&json!({
        "T": task(&json!({
            "TimeoutSeconds": "{% $states.input.limit %}",
            "Catch": [
                { "ErrorEquals": ["States.TaskFailed"], "Next": "Wrong" },
                { "ErrorEquals": ["States.Timeout"], "Next": "Right" },
            ],
        })),
        "Wrong": { "Type": "Succeed" },
        "Right": { "Type": "Succeed" },
    }));
    let r = run(&m, json!({ "limit": 30 }), &[json!({ "silence": true })]);
    assert_eq!((r.states.as_slice(), r.ms), (["T".to_owned(), "Right".to_owned()].as_slice(), 30_000));
    let r = run(&m, json!({ "limit": 0 }), &[]);
    assert_eq!(r.states, ["T", "Wrong"]);
}

#[test]
fn the_machine_times_out_in_a_wait_in_a_task_and_between_retries() {
    let wait = limited(&json!({ "W": { "Type": "Wait", "Seconds": 100, "End": true } }), 10);
    let r = run(&wait, json!({}), &[]);
    assert_eq!((r.outcome, r.ms), (ExecutionResult::TimedOut, 10_000));

    let all = json!([{ "ErrorEquals": ["States.ALL"], "Next": "S" }]);
    let slow = limited(
        &json!({ "T": task(&json!({ "TimeoutSeconds": 60, "Catch": all })), "S": { "Type": "Succeed" } }),
        10,
    );
    let r = run(&slow, json!({}), &[json!({ "silence": true })]);
    assert_eq!((r.outcome, r.ms), (ExecutionResult::TimedOut, 10_000));

    let retry = json!({ "Retry": [{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 60 }] });
    let r = run(&limited(&json!({ "T": task(&retry) }), 10), json!({}), &[json!({ "error": "E" })]);
    assert_eq!((r.outcome, r.ms), (ExecutionResult::TimedOut, 10_000));
}

#[test]
fn a_token_is_handed_out_and_is_another_for_each_call() {
    let text = json!({
        "T": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish.waitForTaskToken",
            "Arguments": { "Message": { "token": "{% $states.context.Task.Token %}" } },
            "Retry": [{ "ErrorEquals": ["Again"] }],
            "End": true,
        },
    });
    let m = machine(&text);
    let mut execution = Interpreter::start(&m, start(json!({})), DAY);
    let mut tokens = Vec::new();
    for now in [DAY, DAY + 1000] {
        let NextAction::Task(call) = execution.advance(now) else { panic!("no task") };
        assert_eq!(call.arguments["Message"]["token"], call.token.clone().unwrap());
        tokens.push(call.token);
        execution.task_done(Err(ErrorOutput::new("Again", "")), now);
    }
    assert_ne!(tokens[0], tokens[1]);
    // Started, entered, and twice scheduled, started, submitted, failed.
    assert_eq!(execution.stats().history_events, 10);
}

#[test]
fn too_much_data_is_an_error_that_only_its_name_catches() {
    let big = json!({ "result": "x".repeat(PAYLOAD_LIMIT) });
    let caught_by = |name: &str| {
        machine(&json!({
            "T": task(&json!({ "Catch": [{ "ErrorEquals": [name], "Next": "S" }] })),
            "S": { "Type": "Succeed" },
        }))
    };
    let r = run(&caught_by("States.ALL"), json!({}), std::slice::from_ref(&big));
    assert_eq!(failure(&r).error, "States.DataLimitExceeded");
    let r = run(&caught_by("States.DataLimitExceeded"), json!({}), &[big]);
    assert!(matches!(r.outcome, ExecutionResult::Succeeded(_)), "{:?}", r.outcome);

    let m = machine(&json!({ "T": task(&json!({})) }));
    let r = run(&m, Value::String("x".repeat(PAYLOAD_LIMIT)), &[]);
    assert_eq!(failure(&r).error, "States.DataLimitExceeded");

    let fits = Value::String("x".repeat(PAYLOAD_LIMIT - 2));
    let m = machine(&json!({ "P": { "Type": "Pass", "End": true } }));
    let mut execution = Interpreter::start(&m, start(fits), DAY);
    assert!(matches!(execution.advance(DAY), NextAction::Ended(ExecutionResult::Succeeded(_))));
    assert_eq!(execution.stats().payload_bytes_max, PAYLOAD_LIMIT);
}

#[test]
fn jitter_and_chance_are_the_same_in_each_run_and_in_a_clone() {
    let states = json!({
        "T": task(&json!({
            "Retry": [{
                "ErrorEquals": ["States.ALL"], "IntervalSeconds": 100, "MaxAttempts": 5, "BackoffRate": 1,
                "JitterStrategy": "FULL",
            }],
            "Output": "{% [$uuid(), $random(), $shuffle([1..20])] %}",
        })),
    });
    let m = machine(&states);
    let mut answers = vec![json!({ "error": "E" }); 5];
    answers.push(json!({ "result": 1 }));
    let (one, two) = (run(&m, json!({}), &answers), run(&m, json!({}), &answers));
    assert_eq!((one.events, one.outcome), (two.events.clone(), two.outcome));
    let waits: Vec<f64> = two
        .events
        .iter()
        .filter_map(|e| if let Event::RetryScheduled { seconds, .. } = e { Some(*seconds) } else { None })
        .collect();
    assert_eq!(waits.len(), 5);
    assert!(waits.iter().all(|w| (0.0..=100.0).contains(w)) && waits[0].to_bits() != waits[1].to_bits());

    let mut execution = Interpreter::start(&m, start(json!({})), DAY);
    execution.advance(DAY);
    let mut twin = execution.clone();
    execution.task_done(Ok(json!(1)), DAY);
    twin.task_done(Ok(json!(1)), DAY);
    assert_eq!(execution.outcome(), twin.outcome());
    assert!(execution.outcome().is_some());
}

#[test]
fn an_answer_that_nobody_waits_for_changes_nothing() {
    let m = machine(&json!({ "W": { "Type": "Wait", "Seconds": 5, "Assign": { "x": 1 }, "End": true } }));
    let mut execution = Interpreter::start(&m, start(json!({})), DAY);
    assert_eq!(execution.advance(DAY), NextAction::SleepUntil(DAY + 5000));
    execution.task_done(Ok(json!(1)), DAY);
    assert_eq!(execution.advance(DAY + 1), NextAction::SleepUntil(DAY + 5000));
    assert_eq!((execution.state_name(), execution.variables().count()), ("W", 0));
    assert_eq!(execution.advance(DAY + 5000), NextAction::Ended(ExecutionResult::Succeeded(json!({}))));
    assert_eq!(execution.variables().collect::<Vec<_>>(), [("x", &json!(1))]);
    execution.stop(ErrorOutput::new("Late", ""), DAY + 6000);
    assert_eq!(execution.outcome(), Some(&ExecutionResult::Succeeded(json!({}))));
}

#[test]
fn an_expression_that_calls_itself_for_ever_is_an_error() {
    let output = "{% ($f := function($n) { 1 + $f($n) }; $f(1)) %}";
    let m = machine(&json!({ "P": { "Type": "Pass", "Output": output, "End": true } }));
    assert_eq!(failure(&run(&m, json!({}), &[])).error, "States.QueryEvaluationError");
}

#[test]
fn long_errors_and_causes_are_cut() {
    let m = machine(&json!({ "T": task(&json!({})) }));
    let answer = json!({ "error": "é".repeat(300), "cause": "c".repeat(40_000) });
    let r = run(&m, json!({}), &[answer]);
    let failure = failure(&r);
    assert_eq!((failure.error.chars().count(), failure.cause.len()), (256, 32_768));
}

#[test]
fn a_picture_shows_each_state_and_each_way() {
    let m = machine(&json!({
        "NextAction \"it\"": task(&json!({
            "End": false, "Next": "Which", "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "No" }],
        })),
        "Which": {
            "Type": "Choice",
            "Choices": [
                { "Condition": "{% $states.input.n > 3 %}", "Next": "Yes", "Comment": "many" },
                { "Condition": "{% $states.input.n < 0 %}", "Next": "No" },
            ],
            "Default": "Later",
        },
        "Later": { "Type": "Wait", "Seconds": 1, "Next": "Which" },
        "Yes": { "Type": "Pass", "End": true },
        "No": { "Type": "Fail" },
    }));
    let expected = "flowchart TD
    start((\" \")) --> s0
    s0[\"NextAction #34;it#34;\"]
    s1{\"Which\"}
    s2(\"Later\")
    s3[/\"Yes\"/]
    s4{{\"No\"}}
    s0 --> s1
    s0 -.->|\"States.ALL\"| s4
    s1 -->|\"many\"| s3
    s1 -->|\"$states.input.n #60; 0\"| s4
    s1 -->|otherwise| s2
    s2 --> s1
    s3 --> done
    done(((\" \")))
";
    assert_eq!(m.mermaid(), expected);
}
