//! Tests that a machine file cannot describe: quotas, timeouts, task tokens, random values, and Mermaid.

use failback_asl::{
    ErrorOutput, Event, ExecutionResult, HISTORY_LIMIT, Interpreter, Machine, NextAction, PAYLOAD_LIMIT,
};
use serde_json::{Value, json};

use crate::caller::{Run, START_MS, run, start};

fn machine(states: &Value) -> Machine {
    machine_with_timeout(states, 99_999_999)
}

/// Returns a machine that starts at the first of the states.
fn machine_with_timeout(states: &Value, timeout_seconds: u64) -> Machine {
    let first = states.as_object().unwrap().keys().next().unwrap();
    let definition = json!({
        "QueryLanguage": "JSONata", "StartAt": first, "TimeoutSeconds": timeout_seconds, "States": states,
    });
    Machine::parse(&definition.to_string()).unwrap()
}

/// Returns a Task that ends the execution, with these fields added or replaced.
fn task(fields: &Value) -> Value {
    let mut task = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": { "FunctionName": "task", "Payload": {} },
        "End": true,
    });
    task.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    task
}

fn machine_that_catches(error: &str) -> Machine {
    machine(&json!({
        "T": task(&json!({ "Catch": [{ "ErrorEquals": [error], "Next": "S" }] })),
        "S": { "Type": "Succeed" },
    }))
}

fn error_output(run: &Run) -> &ErrorOutput {
    match &run.result {
        ExecutionResult::Failed(error_output) => error_output,
        other => panic!("{other:?}"),
    }
}

#[test]
fn history_events_and_transitions_are_counted_as_in_step_functions() {
    // ExecutionStarted, two of the Pass, five of the Task, ExecutionSucceeded.
    let m = machine(&json!({ "P": { "Type": "Pass", "Next": "T" }, "T": task(&json!({})) }));
    let r = run(&m, json!({}), &[json!({ "result": 1 })]);
    assert_eq!((r.stats.history_events, r.stats.transitions), (9, 2));

    // ExecutionStarted, TaskStateEntered, three each of TaskScheduled, TaskStarted and TaskFailed,
    // TaskStateExited, FailStateEntered, ExecutionFailed.
    let m = machine(&json!({
        "T": task(&json!({
            "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 2 }],
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "F" }],
        })),
        "F": { "Type": "Fail" },
    }));
    let errors = vec![json!({ "error": "E" }); 3];
    let r = run(&m, json!({}), &errors);
    assert_eq!((r.stats.history_events, r.stats.transitions), (1 + 1 + 9 + 1 + 1 + 1, 4));
    let retries = r.events.iter().filter(|e| matches!(e, Event::RetryScheduled { .. })).count();
    assert_eq!(retries, 2);
    assert!(r.events.windows(2).all(|w| w[0].at() <= w[1].at()));
}

#[test]
fn an_endless_loop_fails_at_the_quota_of_history_events() {
    let m = machine(&json!({
        "A": { "Type": "Pass", "Next": "B" },
        "B": { "Type": "Choice", "Choices": [{ "Condition": "{% false %}", "Next": "C" }], "Default": "A" },
        "C": { "Type": "Succeed" },
    }));
    let r = run(&m, json!({}), &[]);
    assert_eq!(error_output(&r).error, "States.Runtime");
    assert!(error_output(&r).cause.contains("25000"), "{}", error_output(&r).cause);
    assert_eq!(r.stats.history_events, HISTORY_LIMIT);
}

#[test]
fn a_task_that_times_out_fails_with_states_timeout() {
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
    assert_eq!(r.states, ["T", "Right"]);
    assert_eq!(r.duration_ms, 30_000);
    let r = run(&m, json!({ "limit": 0 }), &[]);
    assert_eq!(r.states, ["T", "Wrong"]);
}

#[test]
fn an_execution_times_out_in_a_wait_in_a_task_and_between_retries() {
    let wait = machine_with_timeout(&json!({ "W": { "Type": "Wait", "Seconds": 100, "End": true } }), 10);
    let r = run(&wait, json!({}), &[]);
    assert_eq!((r.result, r.duration_ms), (ExecutionResult::TimedOut, 10_000));

    let catch_all = json!([{ "ErrorEquals": ["States.ALL"], "Next": "S" }]);
    let states = json!({
        "T": task(&json!({ "TimeoutSeconds": 60, "Catch": catch_all })),
        "S": { "Type": "Succeed" },
    });
    let r = run(&machine_with_timeout(&states, 10), json!({}), &[json!({ "silence": true })]);
    assert_eq!((r.result, r.duration_ms), (ExecutionResult::TimedOut, 10_000));

    let retry = json!({ "Retry": [{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 60 }] });
    let m = machine_with_timeout(&json!({ "T": task(&retry) }), 10);
    let r = run(&m, json!({}), &[json!({ "error": "E" })]);
    assert_eq!((r.result, r.duration_ms), (ExecutionResult::TimedOut, 10_000));
}

#[test]
fn each_task_call_has_a_token_of_its_own() {
    let states = json!({
        "T": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish.waitForTaskToken",
            "Arguments": { "Message": { "token": "{% $states.context.Task.Token %}" } },
            "Retry": [{ "ErrorEquals": ["Again"] }],
            "End": true,
        },
    });
    let m = machine(&states);
    let mut interpreter = Interpreter::start(&m, start(json!({})), START_MS);
    let mut tokens = Vec::new();
    for now in [START_MS, START_MS + 1000] {
        let NextAction::Task(call) = interpreter.advance(now) else { panic!("no task") };
        assert_eq!(call.arguments["Message"]["token"], call.token.clone().unwrap());
        tokens.push(call.token);
        interpreter.task_done(Err(ErrorOutput::new("Again", "")), now);
    }
    assert_ne!(tokens[0], tokens[1]);
    // ExecutionStarted, TaskStateEntered, and two each of TaskScheduled, TaskStarted, TaskSubmitted and
    // TaskFailed.
    assert_eq!(interpreter.stats().history_events, 10);
}

#[test]
fn data_limit_exceeded_is_only_caught_by_its_own_name() {
    let big = json!({ "result": "x".repeat(PAYLOAD_LIMIT) });
    let r = run(&machine_that_catches("States.ALL"), json!({}), std::slice::from_ref(&big));
    assert_eq!(error_output(&r).error, "States.DataLimitExceeded");
    let r = run(&machine_that_catches("States.DataLimitExceeded"), json!({}), &[big]);
    assert!(matches!(r.result, ExecutionResult::Succeeded(_)), "{:?}", r.result);

    let m = machine(&json!({ "T": task(&json!({})) }));
    let r = run(&m, Value::String("x".repeat(PAYLOAD_LIMIT)), &[]);
    assert_eq!(error_output(&r).error, "States.DataLimitExceeded");

    let largest = Value::String("x".repeat(PAYLOAD_LIMIT - 2));
    let m = machine(&json!({ "P": { "Type": "Pass", "End": true } }));
    let mut interpreter = Interpreter::start(&m, start(largest), START_MS);
    assert!(matches!(interpreter.advance(START_MS), NextAction::Ended(ExecutionResult::Succeeded(_))));
    assert_eq!(interpreter.stats().payload_bytes_max, PAYLOAD_LIMIT);
}

#[test]
fn jitter_and_random_values_are_the_same_in_each_run_and_in_a_clone() {
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
    let mut tasks = vec![json!({ "error": "E" }); 5];
    tasks.push(json!({ "result": 1 }));
    let (one, two) = (run(&m, json!({}), &tasks), run(&m, json!({}), &tasks));
    assert_eq!((one.events, one.result), (two.events.clone(), two.result));
    let mut waits = Vec::new();
    for event in &two.events {
        if let Event::RetryScheduled { seconds, .. } = event {
            waits.push(*seconds);
        }
    }
    assert_eq!(waits.len(), 5);
    assert!(waits.iter().all(|w| (0.0..=100.0).contains(w)) && waits[0].to_bits() != waits[1].to_bits());

    let mut interpreter = Interpreter::start(&m, start(json!({})), START_MS);
    interpreter.advance(START_MS);
    let mut clone = interpreter.clone();
    interpreter.task_done(Ok(json!(1)), START_MS);
    clone.task_done(Ok(json!(1)), START_MS);
    assert_eq!(interpreter.outcome(), clone.outcome());
    assert!(interpreter.outcome().is_some());
}

#[test]
fn a_task_result_without_a_running_task_changes_nothing() {
    let m = machine(&json!({ "W": { "Type": "Wait", "Seconds": 5, "Assign": { "x": 1 }, "End": true } }));
    let mut interpreter = Interpreter::start(&m, start(json!({})), START_MS);
    assert_eq!(interpreter.advance(START_MS), NextAction::SleepUntil(START_MS + 5000));
    interpreter.task_done(Ok(json!(1)), START_MS);
    assert_eq!(interpreter.advance(START_MS + 1), NextAction::SleepUntil(START_MS + 5000));
    assert_eq!((interpreter.state_name(), interpreter.variables().count()), ("W", 0));
    let succeeded = ExecutionResult::Succeeded(json!({}));
    assert_eq!(interpreter.advance(START_MS + 5000), NextAction::Ended(succeeded.clone()));
    assert_eq!(interpreter.variables().collect::<Vec<_>>(), [("x", &json!(1))]);
    interpreter.stop(ErrorOutput::new("Late", ""), START_MS + 6000);
    assert_eq!(interpreter.outcome(), Some(&succeeded));
}

#[test]
fn endless_recursion_in_an_expression_is_an_error() {
    let output = "{% ($f := function($n) { 1 + $f($n) }; $f(1)) %}";
    let m = machine(&json!({ "P": { "Type": "Pass", "Output": output, "End": true } }));
    assert_eq!(error_output(&run(&m, json!({}), &[])).error, "States.QueryEvaluationError");
}

#[test]
fn errors_and_causes_are_cut_at_their_longest_length() {
    let m = machine(&json!({ "T": task(&json!({})) }));
    let task_error = json!({ "error": "é".repeat(300), "cause": "c".repeat(40_000) });
    let r = run(&m, json!({}), &[task_error]);
    let error_output = error_output(&r);
    assert_eq!((error_output.error.chars().count(), error_output.cause.len()), (256, 32_768));
}

#[test]
fn the_mermaid_flowchart_shows_each_state_and_each_transition() {
    let m = machine(&json!({
        "Ask \"it\"": task(&json!({
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
    let flowchart = "flowchart TD
    start((\" \")) --> s0
    s0[\"Ask #34;it#34;\"]
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
    assert_eq!(m.mermaid(), flowchart);
}

/// What a task is called with is evaluated again only where it has changed, unless somebody holds what it was before.
#[test]
fn arguments_are_the_same_whether_those_of_before_are_held_or_not() {
    let payload = json!({
        "run": "{% $run %}", "polls": "{% $polls %}", "fixed": { "a": 1 },
        "list": ["{% $note %}", "{% $states.input %}"], "retries": "{% $states.context.State.RetryCount %}",
    });
    let machine = machine(&json!({
        "S": {
            "Type": "Pass", "Next": "T",
            "Assign": { "run": { "name": "x", "list": [1, { "a": "b" }] }, "polls": 0, "note": null },
        },
        "T": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "More?",
            "Arguments": { "FunctionName": "task", "Payload": payload },
            "Assign": { "polls": "{% $polls + 1 %}", "note": "{% $states.result %}" },
            "Output": "{% $states.result %}",
            "Retry": [{ "ErrorEquals": ["Again"], "IntervalSeconds": 1, "MaxAttempts": 3 }],
        },
        "More?": {
            "Type": "Choice", "Default": "Done",
            "Choices": [{ "Condition": "{% $polls = 2 %}", "Next": "Other" }, { "Condition": "{% $polls < 5 %}", "Next": "T" }],
        },
        "Other": { "Type": "Pass", "Assign": { "run": "another" }, "Next": "T" },
        "Done": { "Type": "Succeed" },
    }));
    let script = [
        json!({ "result": "one" }),
        json!({ "error": "Again" }),
        json!({ "result": { "long": "a longer result than those before" } }),
        json!({ "result": 3 }),
        json!({ "result": null }),
        json!({ "result": [] }),
    ];
    let held = run(&machine, json!({ "in": "put" }), &script);
    let mut interpreter = Interpreter::start(&machine, start(json!({ "in": "put" })), START_MS);
    let (mut now, mut payloads) = (START_MS, Vec::new());
    let result = loop {
        interpreter.take_events();
        match interpreter.advance(now) {
            NextAction::SleepUntil(until) => now = until,
            NextAction::Task(call) => {
                let told = &script[payloads.len()];
                payloads.push(call.arguments["Payload"].clone());
                let failed = |error: &str| ErrorOutput::new(error, "");
                let answer = told.get("result").cloned();
                interpreter.task_done(answer.ok_or_else(|| failed(told["error"].as_str().unwrap())), now);
            }
            NextAction::Ended(result) => break result,
        }
    };
    assert_eq!((payloads, result), (held.payloads, held.result));
    assert_eq!(interpreter.stats(), held.stats);
}
