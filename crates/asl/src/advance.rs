//! Advances an execution until it needs its caller.

use std::sync::Arc;

use serde_json::Value;

use crate::error_output::ErrorOutput;
use crate::event::Event;
use crate::interpreter::{Interpreter, Phase};
use crate::next_action::NextAction;

impl Interpreter<'_> {
    /// Runs the execution up to a time, and returns the next action that it needs from its caller.
    pub fn advance(&mut self, now_ms: i64) -> NextAction {
        loop {
            self.check_deadline(now_ms);
            let step = match &self.phase {
                Phase::Ended(result) => return NextAction::Ended(result.clone()),
                Phase::RunningTask(call) => return NextAction::Task(call.clone()),
                Phase::Waiting(until) | Phase::WaitingToRetry(until) if now_ms < *until => {
                    return NextAction::SleepUntil(self.by_deadline(*until));
                }
                Phase::Waiting(_) => self.exit_normally(None, now_ms),
                Phase::WaitingToRetry(_) => self.retry_task(now_ms),
                Phase::Entering => self.enter(now_ms),
            };
            if let Err(error_output) = step {
                self.handle_own_error(error_output, now_ms);
            }
        }
    }

    /// Passes in the result of the task in [`NextAction::Task`]. Without a running task, nothing happens.
    pub fn task_done(&mut self, result: Result<Value, ErrorOutput>, now_ms: i64) {
        self.check_deadline(now_ms);
        if !matches!(self.phase, Phase::RunningTask(_)) {
            return;
        }
        if let Err(error_output) = self.take_task_result(result, now_ms) {
            self.handle_own_error(error_output, now_ms);
        }
    }

    fn take_task_result(
        &mut self,
        result: Result<Value, ErrorOutput>,
        now_ms: i64,
    ) -> Result<(), ErrorOutput> {
        // The event TaskSucceeded, TaskFailed or TaskTimedOut.
        self.history.count(1)?;
        match result {
            Ok(result) => {
                let result = Arc::new(result);
                self.history.check_size("the result of the task", &result)?;
                let state = self.state.name.clone();
                self.history.push(Event::TaskSucceeded { at: now_ms, state, result: Arc::clone(&result) });
                self.exit_normally(Some(&result), now_ms)
            }
            Err(ErrorOutput { error, cause }) => {
                // The fields are public, so the caller may have passed in texts that are too long.
                self.retry_or_catch(ErrorOutput::new(error, cause), now_ms);
                Ok(())
            }
        }
    }
}
