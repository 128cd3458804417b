//! The evaluation of the expressions of one or several templates, all with the same variables.

use std::mem;

use jlens_core::{Bindings, Expression, Options};
use serde_json::Value;

use crate::plain_path::{self, PlainPath};
use crate::scope::References;
use crate::states_object::StatesObject;

/// The variables, functions and options that expressions are evaluated with, and `$states`, which is copied into the
/// variables only for an expression that needs the evaluator.
pub(crate) struct Evaluation<'a> {
    bindings: &'a mut Bindings,
    states: StatesObject<'a>,
    /// What the expressions that need the evaluator read.
    references: References,
    options: Options,
    /// The members of `$states` that the variables have now.
    copied: Option<References>,
}

impl<'a> Evaluation<'a> {
    pub(crate) fn new(
        bindings: &'a mut Bindings,
        states: StatesObject<'a>,
        references: References,
        options: Options,
    ) -> Self {
        Evaluation { bindings, states, references, options, copied: None }
    }

    /// Returns a copy of the value at a path. Returns None if only the evaluator can tell what the path gives.
    pub(crate) fn read(&self, path: &PlainPath) -> Option<Value> {
        if path.variable != "states" {
            return path.read(self.bindings.get(&path.variable)?);
        }
        if path.members == ["context", "State", "RetryCount"] {
            return Some(self.states.retry_count.into());
        }
        let (member, members) = path.members.split_first()?;
        plain_path::read(self.states.member(member)?, members)
    }

    /// Evaluates an expression that reads these parts of `$states`.
    pub(crate) fn run(
        &mut self,
        expression: &Expression,
        references: References,
    ) -> jlens_core::Result<Option<Value>> {
        if !self.copied.is_some_and(|copied| copied.include(references)) {
            self.references.add(references);
            self.set_states(self.states.to_json(self.references));
            self.copied = Some(self.references);
        }
        expression.evaluate_with(None, self.bindings, &self.options)
    }

    /// Drops `$states`, which may hold large copies that are not needed until the next evaluation.
    pub(crate) fn end(mut self) {
        if self.copied.is_some() {
            self.set_states(Value::Null);
        }
    }

    fn set_states(&mut self, states: Value) {
        *self.bindings = mem::take(self.bindings).var("states", states);
    }
}
