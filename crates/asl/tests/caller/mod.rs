//! Runs an execution with scripted task results, in virtual time.

use failback_asl::{ErrorOutput, Event, ExecutionResult, Interpreter, Machine, NextAction, Start, Stats};
use serde_json::Value;

/// 2026-01-01, in milliseconds since 1970.
pub(crate) const START_MS: i64 = 1_767_225_600_000;

pub(crate) struct Run {
    pub(crate) result: ExecutionResult,
    /// The names of the states entered, in order.
    pub(crate) states: Vec<String>,
    /// The `Payload` of each task call.
    pub(crate) payloads: Vec<Value>,
    pub(crate) events: Vec<Event>,
    pub(crate) stats: Stats,
    pub(crate) duration_ms: i64,
}

pub(crate) fn start(input: Value) -> Start {
    Start {
        execution_id: "arn:aws:states:eu-west-1:123456789012:execution:machine:run".to_owned(),
        execution_name: "run".to_owned(),
        state_machine_name: "machine".to_owned(),
        input,
        seed: 1,
    }
}

/// Runs an execution to its end. Each task call takes the next item of `tasks`; a call after the last
/// one fails. An item is `{"result": …}`, `{"error": …, "cause": …}`, or `{"silence": true}` for a task
/// that times out.
pub(crate) fn run(machine: &Machine, input: Value, tasks: &[Value]) -> Run {
    let mut interpreter = Interpreter::start(machine, start(input), START_MS);
    let (mut now, mut payloads) = (START_MS, Vec::new());
    let result = loop {
        match interpreter.advance(now) {
            NextAction::SleepUntil(until) => {
                assert!(until > now, "a sleep until a time in the past");
                now = until;
            }
            NextAction::Task(call) => {
                // Until the task ends, the next action stays the same.
                assert_eq!(interpreter.advance(now), NextAction::Task(call.clone()));
                let task = tasks.get(payloads.len());
                payloads.push(call.arguments["Payload"].clone());
                if task.is_some_and(|task| task["silence"] == true) {
                    now = call.times_out_at.expect("a task that never ends needs a timeout");
                    interpreter.task_done(Err(ErrorOutput::timeout()), now);
                } else {
                    interpreter.task_done(task_result(task), now);
                }
            }
            NextAction::Ended(result) => break result,
        }
    };
    let events = interpreter.take_events();
    let mut states = Vec::new();
    for event in &events {
        if let Event::Entered { state, .. } = event {
            states.push(state.clone());
        }
    }
    Run { result, states, payloads, events, stats: interpreter.stats(), duration_ms: now - START_MS }
}

fn task_result(task: Option<&Value>) -> Result<Value, ErrorOutput> {
    let Some(task) = task else {
        return Err(ErrorOutput::new("Script", "called more often than the script says"));
    };
    match task.get("result") {
        Some(result) => Ok(result.clone()),
        None => Err(ErrorOutput::new(task["error"].as_str().unwrap(), task["cause"].as_str().unwrap_or(""))),
    }
}
