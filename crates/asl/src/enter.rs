//! Enters a state: the work of each type of state.

use std::sync::Arc;

use serde_json::Value;

use crate::error_output::{ErrorOutput, ExecutionResult};
use crate::event::Event;
use crate::functions::as_integer;
use crate::interpreter::{Interpreter, Phase, after};
use crate::machine::{Choice, Fail, MAX_INTEGER, StateKind, Task, Wait};
use crate::next_action::TaskCall;
use crate::template::Template;
use crate::{deterministic, timestamp};

impl<'m> Interpreter<'m> {
    pub(crate) fn enter(&mut self, now_ms: i64) -> Result<(), ErrorOutput> {
        self.entered_at = now_ms;
        self.retries_made = vec![0; self.state.task().map_or(0, |task| task.retry.len())];
        // The event of the state type, such as PassStateEntered.
        self.history.count(1)?;
        self.history.stats.transitions += 1;
        let (state, kind, input) = (self.state.name.clone(), self.state.kind.name(), Arc::clone(&self.input));
        self.history.push(Event::Entered { at: now_ms, state, kind, input });
        self.history.check_size("the input of the state", &self.input)?;
        match &self.state.kind {
            StateKind::Task(task) => self.start_task(task, now_ms),
            StateKind::Choice(choice) => self.choose(choice, now_ms),
            StateKind::Wait(wait) => self.wait(wait, now_ms),
            StateKind::Pass | StateKind::Succeed => self.exit_normally(None, now_ms),
            StateKind::Fail(fail) => self.fail(fail, now_ms),
        }
    }

    fn fail(&mut self, fail: &Fail, now_ms: i64) -> Result<(), ErrorOutput> {
        let error = self.evaluate_text(fail.error.as_ref(), "Error", now_ms)?;
        let cause = self.evaluate_text(fail.cause.as_ref(), "Cause", now_ms)?;
        self.end(ExecutionResult::Failed(ErrorOutput::new(error, cause)), now_ms);
        Ok(())
    }

    fn evaluate_text(
        &mut self,
        template: Option<&Template>,
        field: &str,
        now_ms: i64,
    ) -> Result<String, ErrorOutput> {
        let Some(template) = template else { return Ok(String::new()) };
        match self.evaluate_one(template, None, now_ms)? {
            Value::String(text) => Ok(text),
            other => Err(ErrorOutput::query(format!("{field} must be a string, and is {other}"))),
        }
    }

    fn choose(&mut self, choice: &'m Choice, now_ms: i64) -> Result<(), ErrorOutput> {
        for (index, rule) in choice.rules.iter().enumerate() {
            match self.evaluate_one(&rule.condition, None, now_ms)? {
                Value::Bool(false) => {}
                Value::Bool(true) => {
                    self.push_chosen(Some(index), &rule.next, now_ms);
                    return self.exit(None, &rule.assign, rule.output.as_ref(), Some(&rule.next), now_ms);
                }
                other => {
                    let condition = rule.condition.source();
                    return Err(ErrorOutput::query(format!(
                        "the condition {condition} must be a boolean, and is {other}"
                    )));
                }
            }
        }
        let Some(default) = &choice.default else {
            let cause = format!("no rule of the Choice '{}' matched, and it has no Default", self.state.name);
            return Err(ErrorOutput::new(ErrorOutput::NO_CHOICE, cause));
        };
        self.push_chosen(None, default, now_ms);
        let state = self.state;
        self.exit(None, &state.assign, state.output.as_ref(), Some(default), now_ms)
    }

    fn push_chosen(&mut self, rule: Option<usize>, next: &str, now_ms: i64) {
        let (state, next) = (self.state.name.clone(), next.to_owned());
        self.history.push(Event::Chosen { at: now_ms, state, rule, next });
    }

    fn wait(&mut self, wait: &Wait, now_ms: i64) -> Result<(), ErrorOutput> {
        let until = match wait {
            Wait::Seconds(template) => {
                after(now_ms, self.evaluate_seconds(template, "Seconds", 0, None, now_ms)?)
            }
            Wait::Timestamp(template) => {
                let value = self.evaluate_one(template, None, now_ms)?;
                let Some(until) = value.as_str().and_then(timestamp::from_rfc3339) else {
                    return Err(ErrorOutput::query(format!(
                        "Timestamp must be an RFC 3339 timestamp, and is {value}"
                    )));
                };
                until
            }
        };
        self.history.push(Event::Waiting { at: now_ms, state: self.state.name.clone(), until });
        self.phase = Phase::Waiting(until);
        Ok(())
    }

    fn start_task(&mut self, task: &'m Task, now_ms: i64) -> Result<(), ErrorOutput> {
        self.tasks_started += 1;
        let mut token = None;
        if task.waits_for_token() {
            let hash = self.execution.deterministic_number("token", self.tasks_started);
            token = Some(deterministic::uuid(hash));
        }
        let arguments = if let Some(template) = &task.arguments {
            self.evaluate_arguments(template, token.as_deref(), now_ms)?
        } else {
            self.history.check_size("what the task is called with", &self.input)?;
            Arc::clone(&self.input)
        };
        let mut times_out_at = self.deadline;
        if let Some(template) = &task.timeout_seconds {
            let seconds = self.evaluate_seconds(template, "TimeoutSeconds", 1, token.as_deref(), now_ms)?;
            times_out_at = Some(self.by_deadline(after(now_ms, seconds)));
        }
        // The events TaskScheduled and TaskStarted; with a token, TaskSubmitted as well.
        self.history.count(if token.is_some() { 3 } else { 2 })?;
        let call = TaskCall {
            state: self.state.name.clone(),
            resource: task.resource.clone(),
            arguments,
            token,
            attempt: self.retry_count() + 1,
            times_out_at,
        };
        self.history.push(Event::TaskStarted {
            at: now_ms,
            state: call.state.clone(),
            resource: call.resource.clone(),
            attempt: call.attempt,
            arguments: Arc::clone(&call.arguments),
        });
        self.phase = Phase::RunningTask(call);
        Ok(())
    }

    pub(crate) fn retry_task(&mut self, now_ms: i64) -> Result<(), ErrorOutput> {
        // AWS bills a retry as a state transition.
        self.history.stats.transitions += 1;
        match &self.state.kind {
            StateKind::Task(task) => self.start_task(task, now_ms),
            _ => Ok(()),
        }
    }

    /// Evaluates a field that must give an integer from `min` to the largest that Step Functions accepts.
    fn evaluate_seconds(
        &mut self,
        template: &Template,
        field: &str,
        min: u64,
        token: Option<&str>,
        now_ms: i64,
    ) -> Result<u64, ErrorOutput> {
        let value = self.evaluate_one(template, token, now_ms)?;
        match as_integer(&value).map(u64::try_from) {
            Some(Ok(seconds)) if (min..=MAX_INTEGER).contains(&seconds) => Ok(seconds),
            _ => Err(ErrorOutput::query(format!(
                "{field} must be an integer from {min} to {MAX_INTEGER}, and is {value}"
            ))),
        }
    }
}
