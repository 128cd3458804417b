//! JSON with expressions in it: `Arguments`, `Output`, `Assign` and other fields.

use serde_json::{Map, Value};

use crate::error_output::ErrorOutput;
use crate::evaluation::Evaluation;
use crate::history::json_bytes;
use crate::problem::{DefinitionProblem, Problems, member_path};
use crate::query::Query;
use crate::scope::{NamesInScope, References};

/// A value of a definition in which each string `{% … %}` stands for the result of an expression.
#[derive(Debug, Clone)]
pub struct Template {
    source: Value,
    node: Node,
    references: References,
    evaluated: References,
}

#[derive(Debug, Clone)]
enum Node {
    /// A value without an expression in it.
    Literal,
    Query(Box<Query>),
    /// One node for each item of the source, in its order.
    Array(Vec<Node>),
    /// One node for each member of the source, in its order.
    Object(Vec<Node>),
}

impl Template {
    /// Returns the value as the definition has it.
    pub fn source(&self) -> &Value {
        &self.source
    }

    /// Returns the value, if there are no expressions in it.
    pub fn as_literal(&self) -> Option<&Value> {
        matches!(self.node, Node::Literal).then_some(&self.source)
    }

    /// Returns the text between `{%` and `%}`, if the whole template is one expression.
    pub fn as_expression(&self) -> Option<&str> {
        if let Node::Query(query) = &self.node { Some(query.text()) } else { None }
    }

    /// Returns the text of each expression in the template.
    pub fn expressions(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        collect_expressions(&self.node, &mut texts);
        texts
    }

    /// Returns what the expressions of the template read together.
    pub(crate) fn references(&self) -> References {
        self.references
    }

    /// Returns what the expressions that need the evaluator read together: all but simple ones.
    pub(crate) fn evaluated(&self) -> References {
        self.evaluated
    }

    /// Reads a template and compiles its expressions. One that does not compile becomes a problem.
    pub(crate) fn parse(
        source: &Value,
        path: &str,
        names: NamesInScope<'_>,
        problems: &mut Problems,
    ) -> Template {
        let (references, evaluated) = (References::default(), References::default());
        let mut parser = Parser { names, references, evaluated, problems };
        let node = parser.node(source, path);
        let Parser { references, evaluated, .. } = parser;
        Template { source: source.clone(), node, references, evaluated }
    }

    pub(crate) fn evaluate(&self, evaluation: &mut Evaluation<'_>) -> Result<Value, ErrorOutput> {
        evaluate(&self.node, &self.source, evaluation)
    }

    /// Evaluates the template again. What names a variable that was not assigned since stays as it is in the value from
    /// before. Returns how many bytes of JSON are new, and how many are gone.
    pub(crate) fn evaluate_again(
        &self,
        value: &mut Value,
        assigned: &[String],
        evaluation: &mut Evaluation<'_>,
    ) -> Result<(usize, usize), ErrorOutput> {
        evaluate_again(&self.node, value, assigned, evaluation)
    }
}

fn collect_expressions<'a>(node: &'a Node, texts: &mut Vec<&'a str>) {
    match node {
        Node::Literal => {}
        Node::Query(query) => texts.push(query.text()),
        Node::Array(nodes) | Node::Object(nodes) => {
            for node in nodes {
                collect_expressions(node, texts);
            }
        }
    }
}

struct Parser<'a> {
    names: NamesInScope<'a>,
    references: References,
    evaluated: References,
    problems: &'a mut Problems,
}

impl Parser<'_> {
    fn node(&mut self, source: &Value, path: &str) -> Node {
        let mut nodes = Vec::new();
        match source {
            Value::String(text) => return self.text(text, path),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    nodes.push(self.node(item, &format!("{path}[{index}]")));
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    nodes.push(self.node(member, &member_path(path, name)));
                }
            }
            _ => return Node::Literal,
        }
        if nodes.iter().all(|node| matches!(node, Node::Literal)) {
            Node::Literal
        } else if source.is_array() {
            Node::Array(nodes)
        } else {
            Node::Object(nodes)
        }
    }

    fn text(&mut self, text: &str, path: &str) -> Node {
        let inner = text.strip_prefix("{%").and_then(|rest| rest.strip_suffix("%}"));
        if let Some(inner) = inner {
            let Some(query) = Query::parse(inner.trim(), path, self.names, self.problems) else {
                return Node::Literal;
            };
            self.references.add(query.references());
            if !query.is_simple() {
                self.evaluated.add(query.references());
            }
            return Node::Query(Box::new(query));
        }
        if text.contains("{%") || text.contains("%}") {
            self.problems.push(DefinitionProblem::new(
                path,
                "`{%` must be the first and `%}` the last of the text: an expression cannot be a part of it",
            ));
        }
        Node::Literal
    }
}

fn evaluate_again(
    node: &Node,
    value: &mut Value,
    assigned: &[String],
    evaluation: &mut Evaluation<'_>,
) -> Result<(usize, usize), ErrorOutput> {
    let (nodes, values): (_, Vec<&mut Value>) = match (node, value) {
        (Node::Query(query), value) => {
            if query.variable().is_some_and(|variable| !assigned.iter().any(|one| one == variable)) {
                return Ok((0, 0));
            }
            let now = query.evaluate(evaluation)?;
            let changed = (json_bytes(&now), json_bytes(value));
            *value = now;
            return Ok(changed);
        }
        (Node::Array(nodes), Value::Array(items)) => (nodes, items.iter_mut().collect()),
        (Node::Object(nodes), Value::Object(members)) => (nodes, members.values_mut().collect()),
        _ => return Ok((0, 0)),
    };
    let mut changed = (0, 0);
    for (node, value) in nodes.iter().zip(values) {
        let (new, gone) = evaluate_again(node, value, assigned, evaluation)?;
        changed = (changed.0 + new, changed.1 + gone);
    }
    Ok(changed)
}

fn evaluate(node: &Node, source: &Value, evaluation: &mut Evaluation<'_>) -> Result<Value, ErrorOutput> {
    match (node, source) {
        (Node::Query(query), _) => query.evaluate(evaluation),
        (Node::Array(nodes), Value::Array(items)) => {
            let mut values = Vec::new();
            for (node, item) in nodes.iter().zip(items) {
                values.push(evaluate(node, item, evaluation)?);
            }
            Ok(Value::Array(values))
        }
        (Node::Object(nodes), Value::Object(members)) => {
            let mut values = Map::new();
            for (node, (name, member)) in nodes.iter().zip(members) {
                values.insert(name.clone(), evaluate(node, member, evaluation)?);
            }
            Ok(Value::Object(values))
        }
        _ => Ok(source.clone()),
    }
}
