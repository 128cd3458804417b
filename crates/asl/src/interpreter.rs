//! An execution as its driver sees it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::event::Event;
use crate::history::{History, Stats};
use crate::machine::{Machine, State};
use crate::memory::{Memory, Origin};

/// What starts an execution.
#[derive(Debug, Clone)]
pub struct Start {
    /// The ARN of the execution, or what stands for it.
    pub execution_id: String,
    /// Its name.
    pub execution_name: String,
    /// The name of the machine.
    pub state_machine_name: String,
    /// The input.
    pub input: Value,
    /// Varies what is left to chance: jitter, `$random`, `$uuid`, tokens.
    pub seed: u64,
}

/// One run of a machine.
#[derive(Debug, Clone)]
pub struct Interpreter<'m> {
    pub(crate) machine: &'m Machine,
    pub(crate) origin: Arc<Origin>,
    pub(crate) memory: Memory,
    pub(crate) history: History,
    pub(crate) state: &'m State,
    pub(crate) input: Arc<Value>,
    pub(crate) entered_at: i64,
    /// For each retrier of the state, how many retries it has made since the state was entered.
    pub(crate) retries: Vec<u32>,
    /// Tasks called so far, of which the tokens are made.
    pub(crate) calls: u64,
    pub(crate) phase: Phase,
    deadline: Option<i64>,
}

/// Where in a state an execution is.
#[derive(Debug, Clone)]
pub(crate) enum Phase {
    /// About to enter it.
    Entering,
    /// The Task is being done.
    Calling(TaskCall),
    /// The Task is to be called again at this moment.
    BackingOff(i64),
    /// The Wait ends at this moment.
    Waiting(i64),
    Ended(ExecutionResult),
}

/// What an execution needs from the world.
#[derive(Debug, Clone, PartialEq)]
pub enum NextAction {
    /// A task is to be done. The answer goes to [`Interpreter::task_done`]; until then the question is
    /// the same.
    Task(TaskCall),
    /// There is nothing to do before this moment.
    SleepUntil(i64),
    /// It has ended.
    Ended(ExecutionResult),
}

/// A task to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskCall {
    /// The state that asks for it.
    pub state: String,
    /// What is called.
    pub resource: String,
    /// What it is called with.
    pub arguments: Arc<Value>,
    /// The token whose return is the answer, if the resource waits for one.
    pub token: Option<String>,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// When the driver is to answer that the task has timed out ([`ErrorOutput::timeout`]).
    pub times_out_at: Option<i64>,
}

/// An error and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorOutput {
    /// The name that `ErrorEquals` compares.
    pub error: String,
    /// What happened, for a person.
    pub cause: String,
}

impl ErrorOutput {
    pub(crate) const QUERY: &str = "States.QueryEvaluationError";
    pub(crate) const RUNTIME: &str = "States.Runtime";
    pub(crate) const DATA_LIMIT: &str = "States.DataLimitExceeded";
    pub(crate) const TIMEOUT: &str = "States.Timeout";
    pub(crate) const NO_CHOICE: &str = "States.NoChoiceMatched";

    /// A failure; what is longer than Step Functions allows is cut off.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        ErrorOutput { error: cut(error.into(), 256), cause: cut(cause.into(), 32_768) }
    }

    /// What a task that has not been done in time is answered with.
    pub fn timeout() -> Self {
        ErrorOutput::new(Self::TIMEOUT, "")
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "Error": self.error, "Cause": self.cause })
    }
}

fn cut(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
    }
    text
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub enum ExecutionResult {
    /// Well, with this output.
    Succeeded(Value),
    /// With an error that nothing caught.
    Failed(ErrorOutput),
    /// It took longer than the machine allows.
    TimedOut,
}

impl<'m> Interpreter<'m> {
    /// An execution that is about to enter the machine's first state.
    pub fn start(machine: &'m Machine, start: Start, now_ms: i64) -> Self {
        let input = Arc::new(start.input);
        let origin = Origin {
            execution_id: start.execution_id,
            execution_name: start.execution_name,
            state_machine_name: start.state_machine_name,
            input: Arc::clone(&input),
            started_at: now_ms,
            seed: start.seed,
        };
        let mut history = History::default();
        history.stats.history_events = 1;
        Interpreter {
            machine,
            origin: Arc::new(origin),
            memory: Memory::new(),
            history,
            state: machine.first(),
            input,
            entered_at: now_ms,
            retries: Vec::new(),
            calls: 0,
            phase: Phase::Entering,
            deadline: machine.timeout_seconds.map(|s| after(now_ms, s)),
        }
    }

    /// Runs until the machine needs something of the world, and says what.
    pub fn advance(&mut self, now_ms: i64) -> NextAction {
        loop {
            self.check_deadline(now_ms);
            let step = match &self.phase {
                Phase::Ended(outcome) => return NextAction::Ended(outcome.clone()),
                Phase::Calling(call) => return NextAction::Task(call.clone()),
                Phase::Waiting(until) | Phase::BackingOff(until) if now_ms < *until => {
                    return NextAction::SleepUntil(self.deadline.map_or(*until, |d| d.min(*until)));
                }
                Phase::Waiting(_) => self.leave_as_usual(None, now_ms),
                Phase::BackingOff(_) => self.attempt_again(now_ms),
                Phase::Entering => self.enter(now_ms),
            };
            if let Err(failure) = step {
                self.failed(failure, now_ms);
            }
        }
    }

    /// Answers [`NextAction::Task`]. Without a task that is being done, nothing happens.
    pub fn task_done(&mut self, result: Result<Value, ErrorOutput>, now_ms: i64) {
        self.check_deadline(now_ms);
        if !matches!(self.phase, Phase::Calling(_)) {
            return;
        }
        let step = match result {
            Ok(result) => self.task_succeeded(result, now_ms),
            Err(failure) => self.task_failed(ErrorOutput::new(failure.error, failure.cause), now_ms),
        };
        if let Err(failure) = step {
            self.failed(failure, now_ms);
        }
    }

    /// The machine that runs.
    pub fn machine(&self) -> &'m Machine {
        self.machine
    }

    /// The state that the execution is in, is about to enter, or ended in.
    pub fn state_name(&self) -> &str {
        &self.state.name
    }

    /// The variables set so far.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.memory.variables()
    }

    /// How the execution ended, if it has.
    pub fn outcome(&self) -> Option<&ExecutionResult> {
        if let Phase::Ended(outcome) = &self.phase { Some(outcome) } else { None }
    }

    /// What the execution has used so far.
    pub fn stats(&self) -> Stats {
        self.history.stats
    }

    /// What has happened since this was last asked. It is kept until then.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.history.news)
    }

    /// Ends it from outside, as `StopExecution` does.
    pub fn stop(&mut self, failure: ErrorOutput, now_ms: i64) {
        if self.outcome().is_none() {
            self.end(ExecutionResult::Failed(failure), now_ms);
        }
    }

    pub(crate) fn end(&mut self, outcome: ExecutionResult, now_ms: i64) {
        self.history.stats.history_events += 1;
        self.history.news.push(Event::Ended { at: now_ms, outcome: outcome.clone() });
        self.phase = Phase::Ended(outcome);
    }

    /// The earlier of a moment and the machine's own last one.
    pub(crate) fn capped(&self, moment: Option<i64>) -> Option<i64> {
        [moment, self.deadline].into_iter().flatten().min()
    }

    fn check_deadline(&mut self, now_ms: i64) {
        if self.outcome().is_none() && self.deadline.is_some_and(|d| d <= now_ms) {
            self.end(ExecutionResult::TimedOut, now_ms);
        }
    }
}

/// A moment so many seconds later.
pub(crate) fn after(now_ms: i64, seconds: u64) -> i64 {
    now_ms.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000))
}
