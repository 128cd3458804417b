//! What the expressions of an execution see: its variables, and `$states`.

use std::mem;
use std::sync::Arc;

use jlens_core::{Bindings, Options};
use serde_json::{Map, Value, json};

use crate::interpreter::ErrorOutput;
use crate::query::Uses;
use crate::template::{Template, World};
use crate::{chance, clock, functions};

/// A bound on the work of one expression, so that one which never ends is an error.
const MOST_STEPS: u64 = 50_000_000;

/// What an execution is from its start to its end.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) execution_id: String,
    pub(crate) execution_name: String,
    pub(crate) state_machine_name: String,
    pub(crate) input: Arc<Value>,
    pub(crate) started_at: i64,
    pub(crate) seed: u64,
}

impl Origin {
    /// The machine's ARN, made from that of the execution; its name, if that is no ARN.
    fn machine_id(&self) -> String {
        match self.execution_id.split_once(":execution:") {
            Some((before, _)) => format!("{before}:stateMachine:{}", self.state_machine_name),
            None => self.state_machine_name.clone(),
        }
    }

    /// A number of chance for one use in this execution.
    pub(crate) fn chance(&self, what: &str, number: u64) -> u64 {
        let (seed, number) = (self.seed.to_le_bytes(), number.to_le_bytes());
        chance::hash(&[self.execution_id.as_bytes(), &seed, what.as_bytes(), &number])
    }
}

/// What there is of `$states` at a moment.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) state: &'a str,
    pub(crate) entered_at: i64,
    pub(crate) retry_count: u32,
    pub(crate) input: &'a Value,
    pub(crate) result: Option<&'a Value>,
    pub(crate) failure: Option<&'a ErrorOutput>,
    pub(crate) token: Option<&'a str>,
    pub(crate) now: i64,
}

impl View<'_> {
    /// `$states`, with the large parts of it only where they are read.
    fn states(&self, uses: Uses) -> Value {
        let mut states = Map::new();
        if uses.input {
            states.insert("input".to_owned(), self.input.clone());
        }
        if let Some(result) = self.result.filter(|_| uses.result) {
            states.insert("result".to_owned(), result.clone());
        }
        if let Some(failure) = self.failure.filter(|_| uses.error_output) {
            states.insert("errorOutput".to_owned(), failure.to_json());
        }
        if uses.context {
            states.insert("context".to_owned(), self.context(uses));
        }
        Value::Object(states)
    }

    fn context(&self, uses: Uses) -> Value {
        let mut context = json!({
            "Execution": {
                "Id": self.origin.execution_id,
                "Name": self.origin.execution_name,
                "StartTime": clock::to_iso(self.origin.started_at),
            },
            "State": {
                "EnteredTime": clock::to_iso(self.entered_at),
                "Name": self.state,
                "RetryCount": self.retry_count,
            },
            "StateMachine": {
                "Id": self.origin.machine_id(),
                "Name": self.origin.state_machine_name,
            },
        });
        if uses.execution_input {
            context["Execution"]["Input"] = Value::clone(&self.origin.input);
        }
        if let Some(token) = self.token {
            context["Task"] = json!({ "Token": token });
        }
        context
    }
}

/// The variables of an execution. They are kept as the evaluator wants them, so that a large one is
/// not copied for each expression.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    bindings: Bindings,
    /// How often chance has been needed.
    draws: u64,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Memory { bindings: functions::bind(Bindings::new()), draws: 0 }
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.bindings.iter().filter(|(name, _)| *name != "states")
    }

    pub(crate) fn set(&mut self, variable: &str, value: Value) {
        self.change(|b| b.var(variable, value));
    }

    /// Evaluates templates, all against the same variables.
    pub(crate) fn evaluate<'t>(
        &mut self,
        templates: impl Iterator<Item = &'t Template> + Clone,
        view: View<'_>,
    ) -> Result<Vec<Value>, ErrorOutput> {
        let mut uses = Uses::default();
        templates.clone().for_each(|t| uses.add(t.uses()));
        let mut options = Options::new().now(view.now).max_steps(MOST_STEPS);
        self.change(|b| b.var("states", view.states(uses)));
        if uses.chance {
            self.draws += 1;
            let seed = view.origin.chance("expressions", self.draws);
            options = options.seed(seed);
            self.change(|b| functions::bind_chance(b, seed));
        }
        let world = World { bindings: &self.bindings, options: &options };
        let values = templates.map(|t| t.evaluate(&world)).collect();
        // The copies in it may be large, and nobody reads them any more.
        self.change(|b| b.var("states", Value::Null));
        values
    }

    fn change(&mut self, f: impl FnOnce(Bindings) -> Bindings) {
        self.bindings = f(mem::take(&mut self.bindings));
    }
}
