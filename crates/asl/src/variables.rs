//! The variables of an execution, and the evaluation of templates against them.

use std::mem;

use jlens_core::{Bindings, Options};
use serde_json::Value;

use crate::error_output::ErrorOutput;
use crate::evaluation::Evaluation;
use crate::functions;
use crate::scope::References;
use crate::states_object::StatesObject;
use crate::template::Template;

/// The limit of evaluation steps, so that an expression that never ends is an error.
const MAX_STEPS: u64 = 50_000_000;

/// The variables of an execution. They are kept in the evaluator's own form, so that a large variable
/// is not copied for each expression.
#[derive(Debug, Clone)]
pub(crate) struct Variables {
    bindings: Bindings,
    /// The number of evaluations that used a seed so far; each is given another one.
    seeds_used: u64,
    /// The variables that were assigned since a task was started.
    assigned: Vec<String>,
}

impl Variables {
    pub(crate) fn new() -> Self {
        Variables { bindings: functions::bind(Bindings::new()), seeds_used: 0, assigned: Vec::new() }
    }

    /// Returns the names and values, without `$states`.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.bindings.iter().filter(|(name, _)| *name != "states")
    }

    pub(crate) fn set(&mut self, variable: &str, value: Value) {
        self.assigned.push(variable.to_owned());
        self.bindings = mem::take(&mut self.bindings).var(variable, value);
    }

    /// Forgets which variables were assigned, when a task is started.
    pub(crate) fn start_task(&mut self) {
        self.assigned.clear();
    }

    /// Evaluates templates, all with the same variables. `now_ms` is in milliseconds since 1970.
    pub(crate) fn evaluate(
        &mut self,
        templates: &[&Template],
        states: StatesObject<'_>,
        now_ms: i64,
    ) -> Result<Vec<Value>, ErrorOutput> {
        self.with(templates, states, now_ms, |evaluation, _| {
            templates.iter().map(|template| template.evaluate(evaluation)).collect()
        })
    }

    /// Evaluates a task's template again, with its value from the last task. Returns how many bytes of JSON are new, and how
    /// many are gone.
    pub(crate) fn evaluate_again(
        &mut self,
        template: &Template,
        value: &mut Value,
        states: StatesObject<'_>,
        now_ms: i64,
    ) -> Result<(usize, usize), ErrorOutput> {
        self.with(&[template], states, now_ms, |evaluation, assigned| {
            template.evaluate_again(value, assigned, evaluation)
        })
    }

    fn with<T>(
        &mut self,
        templates: &[&Template],
        states: StatesObject<'_>,
        now_ms: i64,
        act: impl FnOnce(&mut Evaluation<'_>, &[String]) -> T,
    ) -> T {
        let mut references = References::default();
        for template in templates {
            references.add(template.evaluated());
        }
        let mut options = Options::new().now(now_ms).max_steps(MAX_STEPS);
        if references.random {
            self.seeds_used += 1;
            let seed = states.execution.deterministic_number("expressions", self.seeds_used);
            options = options.seed(seed);
            self.bindings = functions::bind_deterministic(mem::take(&mut self.bindings), seed);
        }
        let mut evaluation = Evaluation::new(&mut self.bindings, states, references, options);
        let result = act(&mut evaluation, &self.assigned);
        evaluation.end();
        result
    }
}
