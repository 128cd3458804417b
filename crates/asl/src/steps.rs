//! What an execution does in each type of state.

use std::sync::Arc;

use serde_json::Value;

use crate::chance;
use crate::event::Event;
use crate::functions::whole;
use crate::interpreter::{ErrorOutput, ExecutionResult, Interpreter, Phase, TaskCall, after};
use crate::machine::{Assignment, Choice, Fail, StateKind, Task, Wait};
use crate::memory::View;
use crate::retry;
use crate::template::Template;
use crate::{clock, resource};

type Step = Result<(), ErrorOutput>;

/// What a state has come to, before it says what it makes of it.
#[derive(Clone, Copy)]
pub(crate) enum Came<'a> {
    Result(&'a Arc<Value>),
    ErrorOutput(&'a ErrorOutput),
}

impl<'m> Interpreter<'m> {
    pub(crate) fn enter(&mut self, now: i64) -> Step {
        self.entered_at = now;
        self.retries = vec![0; self.state.task().map_or(0, |t| t.retry.len())];
        self.history.count(1)?;
        self.history.stats.transitions += 1;
        let (state, kind, input) = (self.state.name.clone(), self.state.kind.name(), Arc::clone(&self.input));
        self.history.news.push(Event::Entered { at: now, state, kind, input });
        self.history.weigh("the input of the state", &self.input)?;
        match &self.state.kind {
            StateKind::Task(task) => self.attempt(task, now),
            StateKind::Choice(choice) => self.choose(choice, now),
            StateKind::Wait(wait) => self.wait(wait, now),
            StateKind::Pass | StateKind::Succeed => self.leave_as_usual(None, now),
            StateKind::Fail(fail) => {
                let failure = self.failure_of(fail, now)?;
                self.end(ExecutionResult::Failed(failure), now);
                Ok(())
            }
        }
    }

    fn failure_of(&mut self, fail: &Fail, now: i64) -> Result<ErrorOutput, ErrorOutput> {
        let mut text = |template: &Option<Template>, field: &str| match template {
            None => Ok(String::new()),
            Some(template) => match self.evaluate_one(template, None, now)? {
                Value::String(text) => Ok(text),
                other => Err(ErrorOutput::new(
                    ErrorOutput::QUERY,
                    format!("{field} must be a string, and is {other}"),
                )),
            },
        };
        Ok(ErrorOutput::new(text(&fail.error, "Error")?, text(&fail.cause, "Cause")?))
    }

    fn choose(&mut self, choice: &'m Choice, now: i64) -> Step {
        for (i, rule) in choice.rules.iter().enumerate() {
            match self.evaluate_one(&rule.condition, None, now)? {
                Value::Bool(false) => {}
                Value::Bool(true) => {
                    self.chose(Some(i), &rule.next, now);
                    return self.leave(None, &rule.assign, rule.output.as_ref(), Some(&rule.next), now);
                }
                other => {
                    let condition = rule.condition.source();
                    let cause = format!("the condition {condition} must be a boolean, and is {other}");
                    return Err(ErrorOutput::new(ErrorOutput::QUERY, cause));
                }
            }
        }
        let Some(default) = &choice.default else {
            let cause = format!("no rule of the Choice '{}' matched, and it has no Default", self.state.name);
            return Err(ErrorOutput::new(ErrorOutput::NO_CHOICE, cause));
        };
        self.chose(None, default, now);
        let state = self.state;
        self.leave(None, &state.assign, state.output.as_ref(), Some(default), now)
    }

    fn chose(&mut self, rule: Option<usize>, next: &str, now: i64) {
        let (state, next) = (self.state.name.clone(), next.to_owned());
        self.history.news.push(Event::Chosen { at: now, state, rule, next });
    }

    fn wait(&mut self, wait: &Wait, now: i64) -> Step {
        let (template, wanted) = match wait {
            Wait::Seconds(template) => (template, "Seconds must be an integer from 0 to 99999999"),
            Wait::Timestamp(template) => (template, "Timestamp must be an RFC 3339 timestamp"),
        };
        let value = self.evaluate_one(template, None, now)?;
        let until = match wait {
            Wait::Seconds(_) => seconds(&value).map(|s| after(now, s)),
            Wait::Timestamp(_) => value.as_str().and_then(clock::from_iso),
        };
        let Some(until) = until else {
            return Err(ErrorOutput::new(ErrorOutput::QUERY, format!("{wanted}, and is {value}")));
        };
        self.history.news.push(Event::Waiting { at: now, state: self.state.name.clone(), until });
        self.phase = Phase::Waiting(until);
        Ok(())
    }

    fn attempt(&mut self, task: &'m Task, now: i64) -> Step {
        self.calls += 1;
        let token = resource::waits_for_token(&task.resource)
            .then(|| chance::uuid(self.origin.chance("token", self.calls)));
        let arguments = match &task.arguments {
            Some(template) => Arc::new(self.evaluate_one(template, token.as_deref(), now)?),
            None => Arc::clone(&self.input),
        };
        self.history.weigh("what the task is called with", &arguments)?;
        let times_out_at = match &task.timeout_seconds {
            None => None,
            Some(template) => {
                let value = self.evaluate_one(template, token.as_deref(), now)?;
                let Some(seconds) = seconds(&value).filter(|s| *s > 0) else {
                    let cause =
                        format!("TimeoutSeconds must be an integer from 1 to 99999999, and is {value}");
                    return Err(ErrorOutput::new(ErrorOutput::QUERY, cause));
                };
                Some(after(now, seconds))
            }
        };
        // Scheduled and started; one that waits for its token is submitted as well.
        self.history.count(if token.is_some() { 3 } else { 2 })?;
        let call = TaskCall {
            state: self.state.name.clone(),
            resource: task.resource.clone(),
            arguments,
            token,
            attempt: self.retry_count() + 1,
            times_out_at: self.capped(times_out_at),
        };
        self.history.news.push(Event::TaskStarted {
            at: now,
            state: call.state.clone(),
            resource: call.resource.clone(),
            attempt: call.attempt,
            arguments: Arc::clone(&call.arguments),
        });
        self.phase = Phase::Calling(call);
        Ok(())
    }

    pub(crate) fn attempt_again(&mut self, now: i64) -> Step {
        self.history.stats.transitions += 1;
        match &self.state.kind {
            StateKind::Task(task) => self.attempt(task, now),
            _ => Ok(()),
        }
    }

    pub(crate) fn task_succeeded(&mut self, result: Value, now: i64) -> Step {
        let result = Arc::new(result);
        self.history.count(1)?;
        self.history.weigh("the result of the task", &result)?;
        let state = self.state.name.clone();
        self.history.news.push(Event::TaskSucceeded { at: now, state, result: Arc::clone(&result) });
        self.leave_as_usual(Some(&result), now)
    }

    /// What the driver reports; a failure of the account, which it may come to, is one of its own.
    pub(crate) fn task_failed(&mut self, failure: ErrorOutput, now: i64) -> Step {
        self.history.count(1)?;
        self.recover(failure, now);
        Ok(())
    }

    /// A failure that is not the task's own answer: an expression, a limit.
    pub(crate) fn failed(&mut self, failure: ErrorOutput, now: i64) {
        if failure.error == ErrorOutput::QUERY
            && let Err(full) = self.history.count(1)
        {
            return self.end(ExecutionResult::Failed(full), now);
        }
        self.recover(failure, now);
    }

    /// Tries again, goes where the failure is caught, or ends.
    fn recover(&mut self, failure: ErrorOutput, now: i64) {
        let state = self.state;
        let StateKind::Task(task) = &state.kind else {
            return self.end(ExecutionResult::Failed(failure), now);
        };
        let event = Event::TaskFailed { at: now, state: state.name.clone(), failure: failure.clone() };
        self.history.news.push(event);
        if self.schedule_retry(task, &failure, now) {
            return;
        }
        let Some(catcher) = task.catch.iter().find(|c| retry::is_for(&c.error_equals, &failure.error)) else {
            return self.end(ExecutionResult::Failed(failure), now);
        };
        let (error, next) = (failure.error.clone(), catcher.next.clone());
        self.history.news.push(Event::Caught { at: now, state: state.name.clone(), error, next });
        let came = Some(Came::ErrorOutput(&failure));
        let left = self.leave(came, &catcher.assign, catcher.output.as_ref(), Some(&catcher.next), now);
        // The way out of a failure has no way out of its own.
        if let Err(failure) = left {
            self.end(ExecutionResult::Failed(failure), now);
        }
    }

    fn schedule_retry(&mut self, task: &Task, failure: &ErrorOutput, now: i64) -> bool {
        let Some(i) = task.retry.iter().position(|r| retry::is_for(&r.error_equals, &failure.error)) else {
            return false;
        };
        let (Some(retrier), Some(&done)) = (task.retry.get(i), self.retries.get(i)) else { return false };
        if u64::from(done) >= retrier.max_attempts {
            return false;
        }
        let what = format!("jitter of {}", self.state.name);
        let chance = chance::unit(self.origin.chance(&what, self.calls));
        let delay = retry::delay_ms(retrier, done, chance);
        if let Some(counter) = self.retries.get_mut(i) {
            *counter = done.saturating_add(1);
        }
        #[allow(clippy::cast_precision_loss, reason = "some years at most")]
        let seconds = delay as f64 / 1000.0;
        let (state, retry) = (self.state.name.clone(), self.retry_count());
        self.history.news.push(Event::RetryScheduled { at: now, state, retry, seconds });
        self.phase = Phase::BackingOff(now.saturating_add(delay));
        true
    }

    /// Leaves by the state's own `Assign`, `Output` and `Next`.
    pub(crate) fn leave_as_usual(&mut self, result: Option<&Arc<Value>>, now: i64) -> Step {
        let state = self.state;
        let came = result.map(Came::Result);
        self.leave(came, &state.assign, state.output.as_ref(), state.next.as_deref(), now)
    }

    fn leave(
        &mut self,
        came: Option<Came<'_>>,
        assign: &'m [Assignment],
        output: Option<&'m Template>,
        next: Option<&str>,
        now: i64,
    ) -> Step {
        let templates = assign.iter().map(|a| &a.value).chain(output);
        let mut values = self.evaluate(templates, came, None, now)?;
        let output = match (output.and_then(|_| values.pop()), came) {
            (Some(output), _) => Arc::new(output),
            (None, Some(Came::Result(result))) => Arc::clone(result),
            (None, Some(Came::ErrorOutput(failure))) => Arc::new(failure.to_json()),
            (None, None) => Arc::clone(&self.input),
        };
        self.history.weigh("the output of the state", &output)?;
        for (a, value) in assign.iter().zip(&values) {
            self.history.weigh(&format!("the variable `{}`", a.variable), value)?;
        }
        self.history.count(1)?;
        let state = &self.state.name;
        for (a, value) in assign.iter().zip(values) {
            let (state, variable) = (state.clone(), a.variable.clone());
            self.history.news.push(Event::Assigned { at: now, state, variable });
            self.memory.set(&a.variable, value);
        }
        self.history.news.push(Event::Exited { at: now, state: state.clone(), output: Arc::clone(&output) });
        self.go(next, output, now)
    }

    fn go(&mut self, next: Option<&str>, output: Arc<Value>, now: i64) -> Step {
        let Some(next) = next else {
            self.end(ExecutionResult::Succeeded(Arc::unwrap_or_clone(output)), now);
            return Ok(());
        };
        let Some(state) = self.machine.state(next) else {
            return Err(ErrorOutput::new(ErrorOutput::RUNTIME, format!("there is no state `{next}`")));
        };
        self.state = state;
        self.input = output;
        self.phase = Phase::Entering;
        Ok(())
    }

    fn retry_count(&self) -> u32 {
        self.retries.iter().fold(0, |all, one| all.saturating_add(*one))
    }

    fn evaluate_one(
        &mut self,
        template: &Template,
        token: Option<&str>,
        now: i64,
    ) -> Result<Value, ErrorOutput> {
        if let Some(literal) = template.as_literal() {
            return Ok(literal.clone());
        }
        let values = self.evaluate(std::iter::once(template), None, token, now)?;
        // One template gives one value.
        Ok(values.into_iter().next().unwrap_or_default())
    }

    fn evaluate<'t>(
        &mut self,
        templates: impl Iterator<Item = &'t Template> + Clone,
        came: Option<Came<'_>>,
        token: Option<&str>,
        now: i64,
    ) -> Result<Vec<Value>, ErrorOutput> {
        let view = View {
            origin: &self.origin,
            state: &self.state.name,
            entered_at: self.entered_at,
            retry_count: self.retry_count(),
            input: &self.input,
            result: if let Some(Came::Result(result)) = came { Some(result) } else { None },
            failure: if let Some(Came::ErrorOutput(failure)) = came { Some(failure) } else { None },
            token,
            now,
        };
        self.memory.evaluate(templates, view)
    }
}

fn seconds(value: &Value) -> Option<u64> {
    whole(value).and_then(|n| u64::try_from(n).ok()).filter(|n| *n <= 99_999_999)
}
