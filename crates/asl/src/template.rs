//! JSON with expressions in it: `Arguments`, `Output`, `Assign` and the like.

use jlens_core::{Bindings, Options};
use serde_json::{Map, Value};

use crate::interpreter::ErrorOutput;
use crate::problem::{DefinitionProblem, member};
use crate::query::{Query, Scope, Uses};

/// A value of a definition in which each text `{% … %}` stands for what the expression gives.
#[derive(Debug, Clone)]
pub struct Template {
    source: Value,
    node: Node,
    uses: Uses,
}

#[derive(Debug, Clone)]
enum Node {
    /// Nothing to evaluate in here.
    Literal,
    Query(Box<Query>),
    /// Aligned with the source: one node for each item.
    Array(Vec<Node>),
    /// Aligned with the source: one node for each member, in its order.
    Object(Vec<Node>),
}

/// What expressions are evaluated with.
pub(crate) struct World<'a> {
    pub(crate) bindings: &'a Bindings,
    pub(crate) options: &'a Options,
}

impl Template {
    /// The value as the definition has it.
    pub fn source(&self) -> &Value {
        &self.source
    }

    /// The value, if there is no expression in it.
    pub fn as_literal(&self) -> Option<&Value> {
        matches!(self.node, Node::Literal).then_some(&self.source)
    }

    /// The text between `{%` and `%}`, if the whole template is one expression.
    pub fn as_expression(&self) -> Option<&str> {
        if let Node::Query(query) = &self.node { Some(query.text()) } else { None }
    }

    /// The text of each expression in it.
    pub fn expressions(&self) -> Vec<&str> {
        let mut found = Vec::new();
        collect(&self.node, &mut found);
        found
    }

    pub(crate) fn uses(&self) -> Uses {
        self.uses
    }

    pub(crate) fn parse(
        value: &Value,
        path: &str,
        scope: Scope<'_>,
        problems: &mut Vec<DefinitionProblem>,
    ) -> Template {
        let mut uses = Uses::default();
        let node = parse_node(value, path, scope, &mut uses, problems);
        Template { source: value.clone(), node, uses }
    }

    pub(crate) fn evaluate(&self, world: &World<'_>) -> Result<Value, ErrorOutput> {
        evaluate(&self.node, &self.source, world)
    }
}

fn collect<'a>(node: &'a Node, found: &mut Vec<&'a str>) {
    match node {
        Node::Literal => {}
        Node::Query(query) => found.push(query.text()),
        Node::Array(nodes) | Node::Object(nodes) => nodes.iter().for_each(|n| collect(n, found)),
    }
}

fn parse_node(
    value: &Value,
    path: &str,
    scope: Scope<'_>,
    uses: &mut Uses,
    problems: &mut Vec<DefinitionProblem>,
) -> Node {
    let nodes: Vec<Node> = match value {
        Value::String(text) => return parse_text(text, path, scope, uses, problems),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, v)| parse_node(v, &format!("{path}[{i}]"), scope, uses, problems))
            .collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, v)| parse_node(v, &member(path, name), scope, uses, problems))
            .collect(),
        _ => return Node::Literal,
    };
    if nodes.iter().all(|n| matches!(n, Node::Literal)) {
        Node::Literal
    } else if value.is_array() {
        Node::Array(nodes)
    } else {
        Node::Object(nodes)
    }
}

fn parse_text(
    text: &str,
    path: &str,
    scope: Scope<'_>,
    uses: &mut Uses,
    problems: &mut Vec<DefinitionProblem>,
) -> Node {
    let (opens, closes) = (text.contains("{%"), text.contains("%}"));
    let inner = text.strip_prefix("{%").and_then(|t| t.strip_suffix("%}"));
    match inner {
        Some(inner) => match Query::parse(inner.trim(), path, scope, problems) {
            Some(query) => {
                uses.add(query.uses());
                Node::Query(Box::new(query))
            }
            None => Node::Literal,
        },
        None if opens || closes => {
            problems.push(DefinitionProblem::new(
                path,
                "`{%` must be the first and `%}` the last of the text: an expression cannot be a part of it",
            ));
            Node::Literal
        }
        None => Node::Literal,
    }
}

fn evaluate(node: &Node, source: &Value, world: &World<'_>) -> Result<Value, ErrorOutput> {
    match (node, source) {
        (Node::Query(query), _) => query.evaluate(world),
        (Node::Array(nodes), Value::Array(items)) => nodes
            .iter()
            .zip(items)
            .map(|(n, v)| evaluate(n, v, world))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        (Node::Object(nodes), Value::Object(members)) => nodes
            .iter()
            .zip(members)
            .map(|(n, (name, v))| Ok((name.clone(), evaluate(n, v, world)?)))
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        _ => Ok(source.clone()),
    }
}
