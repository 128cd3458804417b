//! Expressions that a machine evaluates at every turn, such as `$states.input.status = 'waiting' and $polls < 2000`: plain
//! paths and literals, with `=`, `<`, `and` and `+`. They are evaluated without the evaluator, unless their values are of
//! types for which `JSONata` has more rules.

use jlens_core::ast::{BinaryOp, Node, NodeKind};
use serde_json::Value;

use crate::evaluation::Evaluation;
use crate::plain_path::{MAX_EXACT_INTEGER, PlainPath};

/// A simple expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Simple {
    Path(PlainPath),
    Literal(Value),
    Operation(BinaryOp, Box<[Simple; 2]>),
}

impl Simple {
    /// Returns the expression that a node of this source is. Returns None if it is not simple.
    pub(crate) fn of(node: &Node, source: &str) -> Option<Simple> {
        let text = source.get(node.span.start..node.span.end)?;
        if let Some(path) = PlainPath::of(node, text) {
            return Some(Simple::Path(path));
        }
        match &node.kind {
            // A literal that is written as it is, and has no step or predicate behind it.
            NodeKind::String { value } if text == format!("'{value}'") => {
                Some(Simple::Literal(value.as_str().into()))
            }
            NodeKind::Number { .. } => text
                .parse::<u64>()
                .ok()
                .filter(|value| *value < MAX_EXACT_INTEGER)
                .map(|value| Simple::Literal(value.into())),
            NodeKind::Binary { op, lhs, rhs } if is_plainly_written(text) => {
                let is_known = matches!(op, BinaryOp::Eq | BinaryOp::Lt | BinaryOp::And | BinaryOp::Add);
                let operands = [Simple::of(lhs, source)?, Simple::of(rhs, source)?];
                is_known.then(|| Simple::Operation(*op, Box::new(operands)))
            }
            _ => None,
        }
    }

    /// Returns the value. Returns None where only the evaluator can tell it.
    pub(crate) fn evaluate(&self, evaluation: &Evaluation<'_>) -> Option<Value> {
        match self {
            Simple::Path(path) => evaluation.read(path),
            Simple::Literal(value) => Some(value.clone()),
            Simple::Operation(op, operands) => {
                let [lhs, rhs] = &**operands;
                let lhs = lhs.evaluate(evaluation)?;
                if (*op, &lhs) == (BinaryOp::And, &Value::Bool(false)) {
                    return Some(lhs);
                }
                operate(*op, &lhs, &rhs.evaluate(evaluation)?)
            }
        }
    }
}

/// Returns true for text without parentheses, predicates or anything else that groups or filters.
fn is_plainly_written(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || " $._'=<+".contains(c))
}

fn operate(op: BinaryOp, lhs: &Value, rhs: &Value) -> Option<Value> {
    match (op, lhs, rhs) {
        (BinaryOp::Eq, Value::String(lhs), Value::String(rhs)) => Some((lhs == rhs).into()),
        (BinaryOp::And, Value::Bool(lhs), Value::Bool(rhs)) => Some((*lhs && *rhs).into()),
        (BinaryOp::Lt, Value::Number(lhs), Value::Number(rhs)) => {
            Some((lhs.as_i64()? < rhs.as_i64()?).into())
        }
        (BinaryOp::Add, Value::Number(lhs), Value::Number(rhs)) => {
            let sum = lhs.as_i64()?.checked_add(rhs.as_i64()?)?;
            (sum.unsigned_abs() < MAX_EXACT_INTEGER).then(|| sum.into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jlens_core::{Bindings, Expression, Options};
    use serde_json::json;

    use super::*;
    use crate::scope::References;
    use crate::states_object::{ExecutionInfo, StatesObject};

    fn simple(text: &str) -> Option<Simple> {
        Simple::of(&Expression::compile(text).unwrap().ast().root, text)
    }

    #[test]
    fn only_plainly_written_operations_are_simple() {
        for text in ["$a.b = 'x'", "$a.b = 'x' and $b < 2000", "$a + 1 + $b.c", "$a", "'x'", "12"] {
            assert!(simple(text).is_some(), "{text}");
        }
        for other in [
            "($a = 'x')",
            "$a[0] = 'x'",
            "$a = 'x'[0]",
            "$a = \"x\"",
            "$a = 'x\\n'",
            "$a < 1.5",
            "$a < 1e3",
            "$a > 1",
            "$a or $b",
            "$a & 'x'",
            "$a = null",
            "$count($a) < 2",
            "$a.b.$c = 'x'",
            "-$a + 1",
        ] {
            assert_eq!(simple(other), None, "{other}");
        }
    }

    #[test]
    fn a_simple_expression_gives_what_the_evaluator_gives() {
        let texts = [
            "$a = 'x'",
            "$a = $b",
            "$a < $b",
            "$a + $b",
            "$a and $b",
            "$a = 'x' and $b < 2",
            "$a + 1 + $b < 3",
        ];
        let values = [
            json!(null),
            json!(true),
            json!(false),
            json!("x"),
            json!("y"),
            json!(0),
            json!(-1),
            json!(2),
            json!(1.5),
            json!(9_007_199_254_740_991_u64),
            json!(u64::MAX),
            json!([]),
            json!(["x"]),
            json!({}),
        ];
        let execution = ExecutionInfo {
            execution_id: String::new(),
            execution_name: String::new(),
            state_machine_name: String::new(),
            input: std::sync::Arc::default(),
            started_at: 0,
            seed: 0,
            redrives: 0,
        };
        let mut told = 0;
        for text in texts {
            let (simple, expression) = (simple(text).unwrap(), Expression::compile(text).unwrap());
            for (a, b) in values.iter().flat_map(|a| values.iter().map(move |b| (a, b))) {
                let mut bindings = Bindings::new().var("a", a.clone()).var("b", b.clone());
                let evaluated = expression.evaluate(None, &bindings);
                let states = StatesObject {
                    execution: &execution,
                    state_name: "",
                    entered_at: 0,
                    retry_count: 0,
                    input: &Value::Null,
                    task_result: None,
                    token: None,
                };
                let evaluation =
                    Evaluation::new(&mut bindings, states, References::default(), Options::new());
                if let Some(value) = simple.evaluate(&evaluation) {
                    told += 1;
                    let evaluated = evaluated.unwrap().map(|value| value.to_string());
                    assert_eq!(Some(value.to_string()), evaluated, "{text} with {a} and {b}");
                }
            }
        }
        assert!(told > 100, "{told}");
    }
}
