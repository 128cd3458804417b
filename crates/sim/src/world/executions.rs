//! Executions of the state machines, as Step Functions shows them.

use std::collections::BTreeMap;

use failback_core::cloud::{ExecutionState, RunningExecution};
use failback_core::procedure::Procedure;

use super::state::World;

/// The age of what Step Functions shows with [`executions_show_late`](crate::Switches::executions_show_late), in
/// milliseconds. Its reads are eventually consistent, without a limit.
const LATE_MS: i64 = 60_000;

/// The stack of an execution. A stack's functions see the executions of its own machines only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stack {
    /// The stack of the scenario.
    #[default]
    First,
    /// A second stack for the same fleet, in another Region or account.
    Second,
}

/// The executions, by ARN.
#[derive(Debug, Clone, Default)]
pub(crate) struct Executions(BTreeMap<String, KnownExecution>);

#[derive(Debug, Clone)]
struct KnownExecution {
    execution: RunningExecution,
    stack: Stack,
    /// The times of its start and end; a redrive starts it again.
    ran: Vec<(i64, Option<i64>)>,
}

impl KnownExecution {
    fn state_at(&self, at_ms: i64) -> Option<ExecutionState> {
        let (started, _) = self.ran.first()?;
        let runs =
            |(from, until): &(i64, Option<i64>)| *from <= at_ms && until.is_none_or(|until| at_ms < until);
        match self.ran.iter().any(runs) {
            true => Some(ExecutionState::Runs),
            false if at_ms < *started => None,
            false => Some(ExecutionState::Ended),
        }
    }
}

impl World {
    /// Returns the ARN of an execution in the recovery Region, of a machine that has the name of its procedure.
    pub fn execution_arn(&self, procedure: Procedure, name: &str) -> String {
        let (_, region) = self.region_pair;
        format!(
            "arn:{}:states:{region}:{}:execution:drs-failback-{procedure}:{name}",
            region.partition(),
            self.account
        )
    }

    /// Adds an execution that starts now.
    pub fn execution_started(&mut self, execution: RunningExecution, stack: Stack) {
        let ran = vec![(self.now_ms, None)];
        self.executions.0.insert(execution.id.clone(), KnownExecution { execution, stack, ran });
    }

    /// Ends an execution now.
    pub fn execution_ended(&mut self, id: &str) {
        let now = self.now_ms;
        let last = self.executions.0.get_mut(id).and_then(|known| known.ran.last_mut());
        if let Some((_, until)) = last {
            until.get_or_insert(now);
        }
        self.workload.released_for.remove(id);
    }

    /// Redrives an execution that had ended.
    pub fn execution_redriven(&mut self, id: &str) {
        let now = self.now_ms;
        if let Some(known) = self.executions.0.get_mut(id) {
            known.ran.push((now, None));
        }
    }

    /// Returns the running executions of the caller's stack, as ListExecutions shows them.
    pub fn running_executions(&self) -> Vec<RunningExecution> {
        let at_ms = self.executions_as_of_ms();
        let shown = self.executions.0.values().filter(|known| self.is_seen(known));
        let running = shown.filter(|known| known.state_at(at_ms) == Some(ExecutionState::Runs));
        running.map(|known| known.execution.clone()).collect()
    }

    /// Returns the state of an execution, as DescribeExecution shows it to the caller's stack; `None` for one that it does
    /// not show.
    pub fn execution_state(&self, id: &str) -> Option<ExecutionState> {
        let known = self.executions.0.get(id).filter(|known| self.is_seen(known))?;
        known.state_at(self.executions_as_of_ms())
    }

    /// Returns an execution, as DescribeExecution shows it to the caller's stack.
    pub fn execution(&self, id: &str) -> Option<(&RunningExecution, ExecutionState)> {
        let state = self.execution_state(id)?;
        self.executions.0.get(id).map(|known| (&known.execution, state))
    }

    /// Returns true for an execution that runs now, and has run without a pause since this time.
    pub fn has_run_since(&self, id: &str, since_ms: i64) -> bool {
        let ran = self.executions.0.get(id).and_then(|known| known.ran.last());
        ran.is_some_and(|(from, until)| *from <= since_ms && until.is_none())
    }

    fn executions_as_of_ms(&self) -> i64 {
        if self.switches.executions_show_late { self.now_ms - LATE_MS } else { self.now_ms }
    }

    /// Returns true for an execution of the caller's stack. A caller that is no execution is of the first stack.
    fn is_seen(&self, known: &KnownExecution) -> bool {
        let caller = self.caller.execution.as_deref().and_then(|id| self.executions.0.get(id));
        known.stack == caller.map(|caller| caller.stack).unwrap_or_default()
    }
}
