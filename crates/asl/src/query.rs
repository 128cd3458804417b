//! One `JSONata` expression, compiled when the definition is read.

use jlens_core::Expression;
use serde_json::Value;

use crate::error_output::ErrorOutput;
use crate::evaluation::Evaluation;
use crate::problem::{DefinitionProblem, Problems};
use crate::restrictions;
use crate::scope::{NamesInScope, References};
use crate::simple::Simple;

#[derive(Debug, Clone)]
pub(crate) struct Query {
    expression: Expression,
    /// The path of the expression in the definition, for the cause of an error.
    path: String,
    references: References,
    /// The simple expression that it is, unless it is more than that.
    simple: Option<Simple>,
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
                let simple = Simple::of(&expression.ast().root, text);
                Some(Query { expression, path: path.to_owned(), references, simple })
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

    /// Returns true if the expression is usually read without the evaluator.
    pub(crate) fn is_simple(&self) -> bool {
        self.simple.is_some()
    }

    /// Returns the name of the variable, if the expression is nothing else.
    pub(crate) fn variable(&self) -> Option<&str> {
        match &self.simple {
            // `$states` is another one at each time.
            Some(Simple::Path(path)) if path.members.is_empty() && path.variable != "states" => {
                Some(&path.variable)
            }
            _ => None,
        }
    }

    pub(crate) fn evaluate(&self, evaluation: &mut Evaluation<'_>) -> Result<Value, ErrorOutput> {
        if let Some(value) = self.simple.as_ref().and_then(|simple| simple.evaluate(evaluation)) {
            return Ok(value);
        }
        let reason = match evaluation.run(&self.expression, self.references) {
            Ok(Some(value)) => return Ok(value),
            // JSONata's "undefined" is not a JSON value, so Step Functions makes it an error.
            Ok(None) => "gave nothing (undefined)".to_owned(),
            Err(error) => format!("failed: {} ({})", error.message(), error.code()),
        };
        let (path, text) = (&self.path, self.text());
        Err(ErrorOutput::query(format!("{path}: the JSONata expression '{text}' {reason}")))
    }
}
