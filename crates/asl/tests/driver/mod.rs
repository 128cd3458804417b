//! Runs an execution against a script, in a time that jumps.

use failback_asl::{ErrorOutput, Event, ExecutionResult, Interpreter, Machine, NextAction, Start};
use serde_json::{Value, json};

/// 2026-01-01.
pub(crate) const DAY: i64 = 1_767_225_600_000;

pub(crate) struct Run {
    pub(crate) outcome: ExecutionResult,
    pub(crate) states: Vec<String>,
    pub(crate) calls: Vec<Value>,
    pub(crate) events: Vec<Event>,
    pub(crate) history_events: u64,
    pub(crate) transitions: u64,
    pub(crate) ms: i64,
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

/// `answers` are consumed one by one; a call beyond them fails.
pub(crate) fn run(machine: &Machine, input: Value, answers: &[Value]) -> Run {
    let mut execution = Interpreter::start(machine, start(input), DAY);
    let (mut now, mut calls) = (DAY, Vec::new());
    let outcome = loop {
        match execution.advance(now) {
            NextAction::SleepUntil(until) => {
                assert!(until > now, "a sleep that is over");
                now = until;
            }
            NextAction::Task(call) => {
                assert_eq!(execution.advance(now), NextAction::Task(call.clone()), "the same question again");
                let answer = answers.get(calls.len());
                calls.push(call.arguments["Payload"].clone());
                if answer.is_some_and(|a| a["silence"] == true) {
                    now = call.times_out_at.expect("a task that is never answered needs a time limit");
                    execution.task_done(Err(ErrorOutput::timeout()), now);
                } else {
                    execution.task_done(result(answer), now);
                }
            }
            NextAction::Ended(outcome) => break outcome,
        }
    };
    let events = execution.take_events();
    let states = events.iter().filter_map(|e| match e {
        Event::Entered { state, .. } => Some(state.clone()),
        _ => None,
    });
    Run {
        outcome,
        states: states.collect(),
        calls,
        history_events: execution.stats().history_events,
        transitions: execution.stats().transitions,
        events,
        ms: now - DAY,
    }
}

fn result(answer: Option<&Value>) -> Result<Value, ErrorOutput> {
    let beyond = json!({ "error": "Script", "cause": "called more often than the script says" });
    let answer = answer.unwrap_or(&beyond);
    match answer.get("result") {
        Some(result) => Ok(result.clone()),
        None => {
            Err(ErrorOutput::new(answer["error"].as_str().unwrap(), answer["cause"].as_str().unwrap_or("")))
        }
    }
}
