//! Expressions that only name a value: a variable, or a member of one, such as `$states.result.Payload.fleet`. They are
//! most of a machine's expressions and carry its largest values, so they are read without the evaluator.

use jlens_core::ast::{Node, NodeKind};
use serde_json::{Number, Value};

/// The nesting up to which a value is read. The evaluator reads a deeper one, and has its own limit.
const MAX_NESTING: usize = 100;

/// The integers up to which each has a float of its own. `JSONata` knows no other numbers.
pub(crate) const MAX_EXACT_INTEGER: u64 = 1 << 53;

/// A variable, and the names of the members that lead to the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlainPath {
    pub(crate) variable: String,
    pub(crate) members: Vec<String>,
}

impl PlainPath {
    /// Returns the path that an expression is. Returns None if the expression is more than that.
    pub(crate) fn of(root: &Node, text: &str) -> Option<PlainPath> {
        let mut names = text.strip_prefix('$')?.split('.');
        let path = PlainPath {
            variable: names.next().filter(|name| is_name(name))?.to_owned(),
            members: names.map(|name| is_name(name).then(|| name.to_owned())).collect::<Option<_>>()?,
        };
        // The text decides, and the tree confirms that no name in it is a keyword.
        let steps = match &root.kind {
            NodeKind::Path { steps, .. } => steps.as_slice(),
            _ => std::slice::from_ref(root),
        };
        let (first, rest) = steps.split_first()?;
        let begins = matches!(&first.kind, NodeKind::Variable { name } if *name == path.variable);
        let mut members = rest.iter().zip(&path.members);
        let same =
            members.all(|(step, member)| matches!(&step.kind, NodeKind::Name { name } if name == member));
        (begins && same && rest.len() == path.members.len()).then_some(path)
    }

    /// Returns a copy of the value that the members lead to from the variable's value. Returns None where the evaluator
    /// would give something else: an error, items of a list, or a number that it writes in another way.
    pub(crate) fn read(&self, variable: &Value) -> Option<Value> {
        read(variable, &self.members)
    }
}

/// Returns a copy of the value that the members lead to, as [`PlainPath::read`] does.
pub(crate) fn read(from: &Value, members: &[String]) -> Option<Value> {
    let value = members.iter().try_fold(from, |value, member| value.as_object()?.get(member))?;
    stays_the_same(value, 0).then(|| value.clone())
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Returns true if the evaluator would give the value as it is.
fn stays_the_same(value: &Value, depth: usize) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => is_exact(number),
        Value::Array(items) => {
            depth < MAX_NESTING && items.iter().all(|item| stays_the_same(item, depth + 1))
        }
        Value::Object(members) => {
            depth < MAX_NESTING && members.values().all(|member| stays_the_same(member, depth + 1))
        }
    }
}

fn is_exact(number: &Number) -> bool {
    match (number.as_i64(), number.as_f64()) {
        (Some(integer), _) => integer.unsigned_abs() < MAX_EXACT_INTEGER,
        // The evaluator writes 2.0 as 2.
        (None, Some(float)) => !number.is_u64() && float.fract() != 0.0,
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use jlens_core::{Bindings, Expression};
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> Option<PlainPath> {
        PlainPath::of(&Expression::compile(text).unwrap().ast().root, text)
    }

    #[test]
    fn only_plain_paths_are_read() {
        assert_eq!(path("$fleet").unwrap().members.len(), 0);
        assert_eq!(path("$states.result.Payload.fleet").unwrap().members, ["result", "Payload", "fleet"]);
        for other in
            ["$a + 1", "$a[0]", "$a.b[]", "$a.b[0]", "$a.*", "$a.$b", "$f($a)", "$", "$$", "$$.a", "a.b"]
        {
            assert_eq!(path(other), None, "{other}");
        }
    }

    #[test]
    fn a_path_gives_what_the_evaluator_gives() {
        let values = [
            json!(null),
            json!({}),
            json!([]),
            json!({ "b": null }),
            json!({ "b": [] }),
            json!({ "b": [1] }),
            json!({ "b": [[1]] }),
            json!({ "b": [{ "c": 1 }, { "c": 2 }] }),
            json!([{ "b": 1 }]),
            json!({ "b": { "c": [{ "d": 1.5, "e": -0.25 }, "text", true] } }),
            json!({ "b": 2.0 }),
            json!({ "b": u64::MAX }),
            json!({ "b": i64::MIN }),
            json!({ "b": { "c": 1e300 } }),
            json!({ "b": -0.0 }),
        ];
        for text in ["$a", "$a.b", "$a.b.c"] {
            let (plain, expression) = (path(text).unwrap(), Expression::compile(text).unwrap());
            for value in &values {
                let evaluated = expression.evaluate(None, &Bindings::new().var("a", value.clone())).unwrap();
                if let Some(read) = plain.read(value) {
                    let texts = (Some(read.to_string()), evaluated.map(|value| value.to_string()));
                    assert_eq!(texts.0, texts.1, "{text} of {value}");
                }
            }
        }
        assert_eq!(path("$a.b").unwrap().read(&values[5]), Some(json!([1])));
        assert_eq!(path("$a.b").unwrap().read(&values[10]), None);
    }
}
