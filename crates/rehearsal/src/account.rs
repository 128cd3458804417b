//! Step Functions of a simulated account, for the local HTTP API. A run is rehearsed as soon as it is started, in a
//! world of its own, up to the gate at which it waits for a person.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use failback_asl::Event;
use failback_core::error::AwsError;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::step_functions::{
    Execution, ExecutionPage, ExecutionStatus, HistoryEvent, StepFunctions, gate_token,
};
use failback_core::timestamp::Timestamp;
use failback_core::{Error, ErrorName, Result};
use failback_sim::World;
use serde_json::Value;

use crate::plans;
use crate::rehearsal::{Rehearsal, Setting};
use crate::runner::{GateAnswer, Watcher};

/// The executions of both machines, by procedure and name.
#[derive(Debug, Default)]
pub struct Account {
    kept: Mutex<BTreeMap<(&'static str, String), SimulatedExecution>>,
}

/// An execution, and its answers and history so far.
#[derive(Debug)]
struct SimulatedExecution {
    execution: Execution,
    seed: u64,
    answers: Vec<GateAnswer>,
    history: Vec<HistoryEvent>,
}

/// A watcher that replays the answers of people, and records events until a gate has no answer.
struct GateReplay {
    answers: std::vec::IntoIter<GateAnswer>,
    history: Vec<HistoryEvent>,
    began: Option<i64>,
    ended: i64,
    waits: bool,
}

impl Watcher for GateReplay {
    fn event(&mut self, _world: &World, event: &Event) {
        if self.waits {
            return;
        }
        self.began.get_or_insert(event.at());
        self.ended = event.at();
        let happened = match event {
            Event::Entered { at, state, .. } => {
                HistoryEvent::Entered { state: state.clone(), at: Timestamp::from_millis(*at) }
            }
            Event::Exited { state, output, .. } => {
                HistoryEvent::Exited { state: state.clone(), output: output.as_ref().clone() }
            }
            Event::TaskStarted { resource, arguments, .. } => {
                HistoryEvent::Scheduled { resource: resource.clone(), parameters: arguments.to_string() }
            }
            Event::TaskSucceeded { result, .. } => HistoryEvent::Succeeded(result.as_ref().clone()),
            Event::TaskFailed { .. } => HistoryEvent::Failed,
            _ => return,
        };
        self.history.push(happened);
    }

    fn gate(&mut self, _message: &str) -> GateAnswer {
        self.answers.next().unwrap_or_else(|| {
            self.waits = true;
            GateAnswer::Silence
        })
    }
}

impl SimulatedExecution {
    fn start(procedure: Procedure, name: &str, input: &Value, seed: u64) -> Self {
        let execution = Execution {
            id: format!("arn:aws:states:us-east-2:111122223333:execution:drs-failback-{procedure}:{name}"),
            name: name.to_owned(),
            procedure,
            status: ExecutionStatus::Running,
            started: Timestamp::from_millis(0),
            stopped: None,
            input: Some(input.clone()),
            failure: None,
        };
        let mut kept = Self { execution, seed, answers: Vec::new(), history: Vec::new() };
        kept.go_on();
        kept
    }

    /// Rehearses the execution from the start with one more answer. The run is the same every time.
    fn go_on(&mut self) {
        let Self { execution, seed, answers, history } = self;
        let input = execution.input.clone().unwrap_or_default();
        let Ok(plan) = Plan::read(&input) else { return };
        let servers = plans::suggested_servers(&plan);
        let setting = Setting::usual(execution.procedure, input, plan, servers, *seed);
        let mut clerk = GateReplay {
            answers: answers.clone().into_iter(),
            history: Vec::new(),
            began: None,
            ended: 0,
            waits: false,
        };
        let run = Rehearsal::new(setting).run(execution.procedure, &mut clerk);
        execution.started = Timestamp::from_millis(clerk.began.unwrap_or_default());
        clerk.history.reverse();
        *history = clerk.history;
        if clerk.waits {
            return;
        }
        execution.stopped = Some(Timestamp::from_millis(clerk.ended));
        execution.status =
            if run.outcome.is_as_planned() { ExecutionStatus::Succeeded } else { ExecutionStatus::Failed };
        execution.failure = run.failure.map(|failure| (failure.error, failure.cause));
    }

    /// Returns the token of the gate that waits.
    fn token(&self) -> Option<String> {
        let Some(HistoryEvent::Scheduled { parameters, .. }) = self.history.first() else { return None };
        let arguments: Value = serde_json::from_str(parameters).ok()?;
        gate_token(&arguments).map(str::to_owned)
    }
}

impl Account {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<(&'static str, String), SimulatedExecution>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answered(&self, operation: &'static str, token: &str, answer: GateAnswer) -> Result<()> {
        let mut all = self.kept();
        let goes_on = |kept: &&mut SimulatedExecution| {
            kept.execution.status == ExecutionStatus::Running && kept.token().as_deref() == Some(token)
        };
        let Some(kept) = all.values_mut().find(goes_on) else {
            return Err(refused(operation, "TaskDoesNotExist", "Task does not exist"));
        };
        kept.answers.push(answer);
        kept.go_on();
        Ok(())
    }
}

fn refused(operation: &'static str, code: &str, message: &str) -> Error {
    let source =
        AwsError { operation, code: code.to_owned(), message: message.to_owned(), retry_after_seconds: None };
    Error::aws(ErrorName::Rejected, source)
}

#[async_trait]
impl StepFunctions for Account {
    async fn start(&self, procedure: Procedure, name: &str, input: &Value) -> Result<Execution> {
        let mut all = self.kept();
        let seed = u64::try_from(all.len()).unwrap_or_default() + 1;
        let key = (procedure.as_str(), name.to_owned());
        if all.contains_key(&key) {
            return Err(refused("states:StartExecution", "ExecutionAlreadyExists", "it exists already"));
        }
        let kept = SimulatedExecution::start(procedure, name, input, seed);
        let execution = kept.execution.clone();
        all.insert(key, kept);
        Ok(execution)
    }

    async fn list(
        &self,
        procedure: Procedure,
        status: Option<ExecutionStatus>,
        limit: u16,
        after: Option<&str>,
    ) -> Result<ExecutionPage> {
        let all = self.kept();
        let mut found: Vec<&SimulatedExecution> =
            all.values().filter(|kept| kept.execution.procedure == procedure).collect();
        found.retain(|kept| status.is_none_or(|status| kept.execution.status == status));
        found.sort_by_key(|kept| std::cmp::Reverse(kept.seed));
        let skip = match after.map(str::parse::<usize>) {
            None => 0,
            Some(Ok(skip)) => skip,
            Some(Err(_)) => return Err(refused("states:ListExecutions", "InvalidToken", "Invalid Token")),
        };
        let page = found.iter().skip(skip).take(usize::from(limit));
        let executions: Vec<Execution> =
            page.map(|kept| Execution { input: None, failure: None, ..kept.execution.clone() }).collect();
        let end = skip + executions.len();
        Ok(ExecutionPage { executions, next: (end < found.len()).then(|| end.to_string()) })
    }

    async fn describe(&self, procedure: Procedure, name: &str) -> Result<Option<Execution>> {
        let key = (procedure.as_str(), name.to_owned());
        Ok(self.kept().get(&key).map(|kept| kept.execution.clone()))
    }

    async fn history(&self, id: &str) -> Result<Vec<HistoryEvent>> {
        let all = self.kept();
        let found = all.values().find(|kept| kept.execution.id == id);
        Ok(found.map(|kept| kept.history.clone()).unwrap_or_default())
    }

    async fn approve(&self, token: &str, output: &Value) -> Result<()> {
        self.answered("states:SendTaskSuccess", token, GateAnswer::of_output(output))
    }

    async fn refuse(&self, token: &str, _error: &str, cause: &str) -> Result<()> {
        self.answered("states:SendTaskFailure", token, GateAnswer::No(cause.to_owned()))
    }

    async fn stop(&self, id: &str, error: &str, cause: &str) -> Result<()> {
        let mut all = self.kept();
        let goes_on = |kept: &&mut SimulatedExecution| {
            kept.execution.id == id && kept.execution.status == ExecutionStatus::Running
        };
        if let Some(kept) = all.values_mut().find(goes_on) {
            kept.execution.status = ExecutionStatus::Aborted;
            kept.execution.stopped = Some(kept.execution.started);
            kept.execution.failure = Some((error.to_owned(), cause.to_owned()));
        }
        Ok(())
    }
}
