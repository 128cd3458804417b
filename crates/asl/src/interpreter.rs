//! The interpreter: the data of one execution, and the methods that read, evaluate and end it.

use std::sync::Arc;

use serde_json::Value;

use crate::error_output::{ErrorOutput, ExecutionResult};
use crate::event::Event;
use crate::history::{History, Stats, json_bytes};
use crate::machine::{Machine, State};
use crate::next_action::TaskCall;
use crate::states_object::{ExecutionInfo, StatesObject, TaskResult};
use crate::template::Template;
use crate::variables::Variables;

/// The parameters of a new execution.
#[derive(Debug, Clone)]
pub struct Start {
    /// The ARN of the execution. Any other text is accepted, too.
    pub execution_id: String,
    /// The name of the execution, `$states.context.Execution.Name`.
    pub execution_name: String,
    /// The name of the machine, `$states.context.StateMachine.Name`.
    pub state_machine_name: String,
    /// The input of the execution.
    pub input: Value,
    /// The seed of jitter, `$random`, `$uuid`, `$shuffle` and task tokens. With the same seed and
    /// execution ID, they are the same again.
    pub seed: u64,
}

/// An interpreter that runs one execution of a machine in virtual time. Times are in milliseconds since 1970.
#[derive(Debug, Clone)]
pub struct Interpreter<'m> {
    pub(crate) machine: &'m Machine,
    pub(crate) execution: Arc<ExecutionInfo>,
    pub(crate) variables: Variables,
    pub(crate) history: History,
    pub(crate) state: &'m State,
    /// The input of the state.
    pub(crate) input: Arc<Value>,
    pub(crate) entered_at: i64,
    /// The retries that each retrier of the state has made since the state was entered.
    pub(crate) retries_made: Vec<u32>,
    /// The number of tasks started in the execution, from which task tokens and jitter are derived.
    pub(crate) tasks_started: u64,
    pub(crate) phase: Phase,
    /// The arguments of the task that was started last, which the next call of the same task mostly repeats.
    pub(crate) arguments: Option<Arguments<'m>>,
    /// The time at which the machine's `TimeoutSeconds` end.
    pub(crate) deadline: Option<i64>,
}

/// Evaluated arguments of a task.
#[derive(Debug, Clone)]
pub(crate) struct Arguments<'m> {
    template: &'m Template,
    value: Arc<Value>,
    bytes: usize,
}

/// The progress of an execution inside its state. Times are in milliseconds since 1970.
#[derive(Debug, Clone)]
pub(crate) enum Phase {
    /// The state has not been entered yet.
    Entering,
    /// The task has started and has not ended.
    RunningTask(TaskCall),
    /// The task failed and is started again at this time.
    WaitingToRetry(i64),
    /// The Wait ends at this time.
    Waiting(i64),
    /// The execution has ended.
    Ended(ExecutionResult),
}

impl<'m> Interpreter<'m> {
    /// Starts an execution. It enters its first state when it is advanced.
    pub fn start(machine: &'m Machine, start: Start, now_ms: i64) -> Self {
        let input = Arc::new(start.input);
        let execution = ExecutionInfo {
            execution_id: start.execution_id,
            execution_name: start.execution_name,
            state_machine_name: start.state_machine_name,
            input: Arc::clone(&input),
            started_at: now_ms,
            seed: start.seed,
            redrives: 0,
        };
        let mut history = History::default();
        // The event ExecutionStarted.
        history.stats.history_events = 1;
        Interpreter {
            machine,
            execution: Arc::new(execution),
            variables: Variables::new(),
            history,
            state: machine.first(),
            input,
            entered_at: now_ms,
            retries_made: Vec::new(),
            tasks_started: 0,
            phase: Phase::Entering,
            arguments: None,
            deadline: machine.timeout_seconds.map(|seconds| after(now_ms, seconds)),
        }
    }

    /// Returns the machine that the interpreter runs.
    pub fn machine(&self) -> &'m Machine {
        self.machine
    }

    /// Returns the name of the state that the execution is in, is about to enter, or ended in.
    pub fn state_name(&self) -> &str {
        &self.state.name
    }

    /// Returns the variables assigned so far, with their values.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.variables.iter()
    }

    /// Returns the result of the execution, if it has ended.
    pub fn outcome(&self) -> Option<&ExecutionResult> {
        if let Phase::Ended(result) = &self.phase { Some(result) } else { None }
    }

    /// Returns the usage of the execution so far.
    pub fn stats(&self) -> Stats {
        self.history.stats
    }

    /// Returns the events since the last call. They are kept until they are taken.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.history.pending_events)
    }

    /// Counts a redrive, `$states.context.Execution.RedriveCount`: an execution that was stopped goes on in the state that it
    /// was in, with its variables.
    pub fn redrive(&mut self) {
        Arc::make_mut(&mut self.execution).redrives += 1;
    }

    /// Ends the execution with an error, as `StopExecution` does. An execution that has ended stays as
    /// it is.
    pub fn stop(&mut self, error_output: ErrorOutput, now_ms: i64) {
        if self.outcome().is_none() {
            self.end(ExecutionResult::Failed(error_output), now_ms);
        }
    }

    pub(crate) fn end(&mut self, result: ExecutionResult, now_ms: i64) {
        self.history.stats.history_events += 1;
        self.history.push(Event::Ended { at: now_ms, outcome: result.clone() });
        self.phase = Phase::Ended(result);
    }

    /// Ends the execution if the machine's `TimeoutSeconds` have passed.
    pub(crate) fn check_deadline(&mut self, now_ms: i64) {
        if self.outcome().is_none() && self.deadline.is_some_and(|deadline| deadline <= now_ms) {
            self.end(ExecutionResult::TimedOut, now_ms);
        }
    }

    /// Returns the time, or the deadline of the execution if that is earlier.
    pub(crate) fn by_deadline(&self, time_ms: i64) -> i64 {
        self.deadline.map_or(time_ms, |deadline| deadline.min(time_ms))
    }

    /// Returns the sum of the retries of all retriers, which is `$states.context.State.RetryCount`.
    pub(crate) fn retry_count(&self) -> u32 {
        self.retries_made.iter().fold(0, |sum, retries| sum.saturating_add(*retries))
    }

    pub(crate) fn evaluate_one(
        &mut self,
        template: &Template,
        token: Option<&str>,
        now_ms: i64,
    ) -> Result<Value, ErrorOutput> {
        if let Some(literal) = template.as_literal() {
            return Ok(literal.clone());
        }
        let values = self.evaluate(&[template], None, token, now_ms)?;
        // One template gives one value.
        Ok(values.into_iter().next().unwrap_or_default())
    }

    pub(crate) fn evaluate(
        &mut self,
        templates: &[&Template],
        task_result: Option<TaskResult<'_>>,
        token: Option<&str>,
        now_ms: i64,
    ) -> Result<Vec<Value>, ErrorOutput> {
        let (variables, states) = self.scope(task_result, token);
        variables.evaluate(templates, states, now_ms)
    }

    /// Evaluates the arguments of a task, and checks their size. Those of the last task are changed where they must be, if it
    /// was the same one and nobody else holds them.
    pub(crate) fn evaluate_arguments(
        &mut self,
        template: &'m Template,
        token: Option<&str>,
        now_ms: i64,
    ) -> Result<Arc<Value>, ErrorOutput> {
        let last = self.arguments.take().filter(|last| std::ptr::eq(last.template, template));
        let last = last.and_then(|last| Some((Arc::try_unwrap(last.value).ok()?, last.bytes)));
        let (value, bytes) = if let Some((mut value, bytes)) = last {
            let (variables, states) = self.scope(None, token);
            let (new, gone) = variables.evaluate_again(template, &mut value, states, now_ms)?;
            (value, bytes + new - gone)
        } else {
            let value = self.evaluate_one(template, token, now_ms)?;
            let bytes = json_bytes(&value);
            (value, bytes)
        };
        let value = Arc::new(value);
        self.variables.start_task();
        self.arguments = Some(Arguments { template, value: Arc::clone(&value), bytes });
        self.history.check_known_size("what the task is called with", &value, bytes)?;
        Ok(value)
    }

    /// Returns the variables, and what `$states` is now.
    fn scope<'a>(
        &'a mut self,
        task_result: Option<TaskResult<'a>>,
        token: Option<&'a str>,
    ) -> (&'a mut Variables, StatesObject<'a>) {
        let retry_count = self.retry_count();
        let states = StatesObject {
            execution: &self.execution,
            state_name: &self.state.name,
            entered_at: self.entered_at,
            retry_count,
            input: &self.input,
            task_result,
            token,
        };
        (&mut self.variables, states)
    }
}

/// Returns the time that is so many seconds later.
pub(crate) fn after(now_ms: i64, seconds: u64) -> i64 {
    now_ms.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000))
}
