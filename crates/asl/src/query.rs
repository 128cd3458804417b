//! One `JSONata` expression: compiled once, and what it reads known beforehand.

use std::collections::BTreeSet;

use jlens_core::Expression;
use serde_json::Value;

use crate::interpreter::ErrorOutput;
use crate::problem::DefinitionProblem;
use crate::restrictions;
use crate::template::World;

/// Where an expression stands, which decides what it may mention.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The variables that some state of the machine sets.
    pub(crate) variables: &'a BTreeSet<String>,
    /// Whether there is a `$states.result`.
    pub(crate) result: bool,
    /// Whether there is a `$states.errorOutput`.
    pub(crate) error_output: bool,
}

/// What of the world an expression reads; the rest need not be put together for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "a set")]
pub(crate) struct Uses {
    pub(crate) input: bool,
    pub(crate) result: bool,
    pub(crate) error_output: bool,
    pub(crate) context: bool,
    /// `$states.context.Execution.Input`, which alone in the context is large.
    pub(crate) execution_input: bool,
    pub(crate) token: bool,
    pub(crate) chance: bool,
}

impl Uses {
    pub(crate) fn add(&mut self, other: Uses) {
        self.input |= other.input;
        self.result |= other.result;
        self.error_output |= other.error_output;
        self.context |= other.context;
        self.execution_input |= other.execution_input;
        self.token |= other.token;
        self.chance |= other.chance;
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Query {
    expression: Expression,
    path: String,
    uses: Uses,
}

impl Query {
    /// Compiles an expression. What is wrong with it goes to `problems`.
    pub(crate) fn parse(
        text: &str,
        path: &str,
        scope: Scope<'_>,
        problems: &mut Vec<DefinitionProblem>,
    ) -> Option<Query> {
        match Expression::compile(text) {
            Ok(expression) => {
                let (uses, faults) = restrictions::examine(&expression.ast().root, scope);
                problems.extend(faults.into_iter().map(|message| DefinitionProblem::new(path, message)));
                Some(Query { expression, path: path.to_owned(), uses })
            }
            Err(error) => {
                let message = format!("not JSONata: {} ({})", error.message(), error.code());
                problems.push(DefinitionProblem::new(path, message));
                None
            }
        }
    }

    pub(crate) fn text(&self) -> &str {
        self.expression.source()
    }

    pub(crate) fn uses(&self) -> Uses {
        self.uses
    }

    pub(crate) fn evaluate(&self, world: &World<'_>) -> Result<Value, ErrorOutput> {
        let what = match self.expression.evaluate_with(None, world.bindings, world.options) {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => "gave nothing (undefined)".to_owned(),
            Err(error) => format!("failed: {} ({})", error.message(), error.code()),
        };
        let cause = format!("{}: the JSONata expression '{}' {what}", self.path, self.text());
        Err(ErrorOutput::new(ErrorOutput::QUERY, cause))
    }
}
