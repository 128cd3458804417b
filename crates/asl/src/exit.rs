//! Exits a state and goes to the next one.

use std::sync::Arc;

use serde_json::Value;

use crate::error_output::{ErrorOutput, ExecutionResult};
use crate::event::Event;
use crate::interpreter::{Interpreter, Phase};
use crate::machine::Assignment;
use crate::states_object::TaskResult;
use crate::template::Template;

impl<'m> Interpreter<'m> {
    /// Exits the state by its own `Assign`, `Output` and `Next`. `result` is that of a Task.
    pub(crate) fn exit_normally(
        &mut self,
        result: Option<&Arc<Value>>,
        now_ms: i64,
    ) -> Result<(), ErrorOutput> {
        let state = self.state;
        self.exit(result.map(Ok), &state.assign, state.output.as_ref(), state.next.as_deref(), now_ms)
    }

    /// Exits the state by the fields of a state, a choice rule or a catcher.
    pub(crate) fn exit(
        &mut self,
        task_result: Option<TaskResult<'_>>,
        assign: &'m [Assignment],
        output: Option<&'m Template>,
        next: Option<&str>,
        now_ms: i64,
    ) -> Result<(), ErrorOutput> {
        // All in one evaluation, because `Output` must not see the variables that `Assign` sets.
        let mut templates: Vec<&Template> = assign.iter().map(|assignment| &assignment.value).collect();
        templates.extend(output);
        let mut values = self.evaluate(&templates, task_result, None, now_ms)?;
        let output = if output.is_some() { values.pop() } else { None };
        let output = match (output, task_result) {
            (Some(output), _) => Arc::new(output),
            (None, Some(Ok(result))) => Arc::clone(result),
            (None, Some(Err(error_output))) => Arc::new(error_output.to_json()),
            (None, None) => Arc::clone(&self.input),
        };
        self.history.check_size("the output of the state", &output)?;
        for (Assignment { variable, .. }, value) in assign.iter().zip(&values) {
            self.history.check_variable(variable, value)?;
        }
        // The event of the state type, such as PassStateExited.
        self.history.count(1)?;
        let state = &self.state.name;
        for (Assignment { variable, .. }, value) in assign.iter().zip(values) {
            let event = Event::Assigned { at: now_ms, state: state.clone(), variable: variable.clone() };
            self.history.push(event);
            self.variables.set(variable, value);
        }
        self.history.push(Event::Exited { at: now_ms, state: state.clone(), output: Arc::clone(&output) });
        self.go_to(next, output, now_ms)
    }

    fn go_to(&mut self, next: Option<&str>, output: Arc<Value>, now_ms: i64) -> Result<(), ErrorOutput> {
        let Some(next) = next else {
            self.end(ExecutionResult::Succeeded(Arc::unwrap_or_clone(output)), now_ms);
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
}
