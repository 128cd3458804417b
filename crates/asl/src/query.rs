//! One `JSONata` expression, compiled when the definition is read.

use jlens_core::{Bindings, Expression, Options};
use serde_json::Value;

use crate::error_output::ErrorOutput;
use crate::problem::{DefinitionProblem, Problems};
use crate::restrictions;
use crate::scope::{NamesInScope, References};

#[derive(Debug, Clone)]
pub(crate) struct Query {
    expression: Expression,
    /// The path of the expression in the definition, for the cause of an error.
    path: String,
    references: References,
}

/// The variables, functions and options that expressions are evaluated with.
pub(crate) struct QueryInput<'a> {
    pub(crate) bindings: &'a Bindings,
    pub(crate) options: &'a Options,
}

impl Query {
    /// Compiles an expression. Adds to `problems` what Step Functions would refuse in it.
    pub(crate) fn parse(
        text: &str,
        path: &str,
        names: NamesInScope<'_>,
        problems: &mut Problems,
    ) -> Option<Query> {
        match Expression::compile(text) {
            Ok(expression) => {
                let (references, messages) = restrictions::check(&expression.ast().root, names);
                problems.extend(messages.into_iter().map(|message| DefinitionProblem::new(path, message)));
                Some(Query { expression, path: path.to_owned(), references })
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

    pub(crate) fn references(&self) -> References {
        self.references
    }

    pub(crate) fn evaluate(&self, input: &QueryInput<'_>) -> Result<Value, ErrorOutput> {
        let reason = match self.expression.evaluate_with(None, input.bindings, input.options) {
            Ok(Some(value)) => return Ok(value),
            // JSONata's "undefined" is not a JSON value, so Step Functions makes it an error.
            Ok(None) => "gave nothing (undefined)".to_owned(),
            Err(error) => format!("failed: {} ({})", error.message(), error.code()),
        };
        let (path, text) = (&self.path, self.text());
        Err(ErrorOutput::query(format!("{path}: the JSONata expression '{text}' {reason}")))
    }
}
