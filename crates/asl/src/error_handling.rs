//! Handles an error in a state: retries the task, catches the error, or ends the execution.

use crate::error_output::{ErrorOutput, ExecutionResult};
use crate::event::Event;
use crate::interpreter::{Interpreter, Phase};
use crate::machine::{StateKind, Task};
use crate::{deterministic, retry};

impl Interpreter<'_> {
    /// Handles an error that the task did not return: one of an expression, or of a quota.
    pub(crate) fn handle_own_error(&mut self, error_output: ErrorOutput, now_ms: i64) {
        // The event EvaluationFailed.
        if error_output.error == ErrorOutput::QUERY
            && let Err(history_is_full) = self.history.count(1)
        {
            return self.end(ExecutionResult::Failed(history_is_full), now_ms);
        }
        self.retry_or_catch(error_output, now_ms);
    }

    pub(crate) fn retry_or_catch(&mut self, error_output: ErrorOutput, now_ms: i64) {
        let state = self.state;
        let StateKind::Task(task) = &state.kind else {
            return self.end(ExecutionResult::Failed(error_output), now_ms);
        };
        let failure = error_output.clone();
        self.history.push(Event::TaskFailed { at: now_ms, state: state.name.clone(), failure });
        if self.schedule_retry(task, &error_output, now_ms) {
            return;
        }
        let error = &error_output.error;
        let Some(catcher) = task.catch.iter().find(|catcher| retry::matches(&catcher.error_equals, error))
        else {
            return self.end(ExecutionResult::Failed(error_output), now_ms);
        };
        let next = &catcher.next;
        self.history.push(Event::Caught {
            at: now_ms,
            state: state.name.clone(),
            error: error.clone(),
            next: next.clone(),
        });
        let task_result = Some(Err(&error_output));
        let exited = self.exit(task_result, &catcher.assign, catcher.output.as_ref(), Some(next), now_ms);
        // Step Functions does not retry or catch an error of a catcher.
        if let Err(error_output) = exited {
            self.end(ExecutionResult::Failed(error_output), now_ms);
        }
    }

    /// Schedules a retry by the first retrier that matches the error. Returns false if none matches, or
    /// if that one has made its `MaxAttempts`.
    fn schedule_retry(&mut self, task: &Task, error_output: &ErrorOutput, now_ms: i64) -> bool {
        let mut retriers = task.retry.iter().zip(&mut self.retries_made);
        let first = retriers.find(|(retrier, _)| retry::matches(&retrier.error_equals, &error_output.error));
        let Some((retrier, retries_made)) = first else { return false };
        if u64::from(*retries_made) >= retrier.max_attempts {
            return false;
        }
        let purpose = format!("jitter of {}", self.state.name);
        let hash = self.execution.deterministic_number(&purpose, self.tasks_started);
        let delay_ms = retry::delay_ms(retrier, *retries_made, deterministic::fraction(hash));
        *retries_made = retries_made.saturating_add(1);
        #[allow(clippy::cast_precision_loss, reason = "some years at most")]
        let seconds = delay_ms as f64 / 1000.0;
        let (state, retry) = (self.state.name.clone(), self.retry_count());
        self.history.push(Event::RetryScheduled { at: now_ms, state, retry, seconds });
        self.phase = Phase::WaitingToRetry(now_ms.saturating_add(delay_ms));
        true
    }
}
