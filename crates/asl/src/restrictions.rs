//! Expressions that Step Functions refuses, though the evaluator here would run them.
//!
//! Step Functions has `JSONata` 2.0.6 without `$eval`; the evaluator here is newer. Also, an expression
//! has no input in Step Functions: its data are in `$states` and the variables. A name that is looked
//! up in the input is therefore a mistake.

use std::collections::HashSet;
use std::sync::LazyLock;

use jlens_core::ast::{Node, NodeKind, Stage};

use crate::functions;
use crate::scope::{NamesInScope, References};

static BUILT_IN_FUNCTIONS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| jlens_core::function_catalog().iter().map(|function| function.name).collect());

/// Returns what the expression reads, and the messages of the problems found in it.
pub(crate) fn check(root: &Node, names: NamesInScope<'_>) -> (References, Vec<String>) {
    let mut visitor =
        Visitor { names, locals: Vec::new(), references: References::default(), problems: Vec::new() };
    visitor.visit(root, true);
    (visitor.references, visitor.problems)
}

struct Visitor<'a> {
    names: NamesInScope<'a>,
    /// The variables bound inside the expression, around the current node. The innermost is last.
    locals: Vec<String>,
    references: References,
    problems: Vec<String>,
}

impl Visitor<'_> {
    /// Visits a node. `top` is true outside paths and predicates, where `JSONata` would read the input
    /// of the expression.
    fn visit(&mut self, node: &Node, top: bool) {
        self.visit_kind(node, top);
        let attrs = &node.attrs;
        self.locals.extend(attrs.focus.clone());
        self.locals.extend(attrs.index.clone());
        for stage in attrs.stages.iter().chain(&attrs.predicate) {
            match stage {
                Stage::Filter { expr, .. } => self.visit(expr, false),
                Stage::Index { var, .. } => self.locals.push(var.clone()),
            }
        }
        if let Some(group) = &attrs.group {
            for (key, value) in &group.pairs {
                self.visit(key, false);
                self.visit(value, false);
            }
        }
    }

    fn visit_kind(&mut self, node: &Node, top: bool) {
        // A variable that is bound in a path, a block or a function is unknown after it.
        let outer_locals = self.locals.len();
        match &node.kind {
            NodeKind::Path { steps, .. } => {
                self.visit_path(steps, top);
                self.locals.truncate(outer_locals);
            }
            NodeKind::Block { exprs, .. } => {
                self.visit_each(exprs, top);
                self.locals.truncate(outer_locals);
            }
            NodeKind::Lambda(def) => {
                self.locals.extend(def.params.iter().cloned());
                self.visit(&def.body, top);
                self.locals.truncate(outer_locals);
            }
            NodeKind::Bind { lhs, rhs } => self.visit_bind(lhs, rhs, top),
            NodeKind::Transform(def) => {
                self.visit(&def.pattern, false);
                self.visit(&def.update, false);
                self.visit_each(&def.delete, false);
            }
            NodeKind::Sort { terms } => terms.iter().for_each(|term| self.visit(&term.expr, false)),
            NodeKind::Fallback { op, .. } => {
                self.problem(format!(
                    "JSONata 2.0.6, which Step Functions has, does not know the operator `{}`",
                    op.symbol()
                ));
                self.visit_children(node, top);
            }
            NodeKind::Variable { name } => self.visit_variable(name, top),
            NodeKind::Name { name } if top => self.problem(format!(
                "`{name}` is looked up in nothing: write `$states.input.{name}` or use a variable"
            )),
            NodeKind::Wildcard | NodeKind::Descendant | NodeKind::Parent { .. } if top => {
                self.problem("a path cannot begin with `*`, `**` or `%`: there is nothing to look it up in");
            }
            _ => self.visit_children(node, top),
        }
    }

    /// Visits the children that belong to the kind of the node. `visit` visits those that any node may
    /// have, such as predicates.
    fn visit_children(&mut self, node: &Node, top: bool) {
        match &node.kind {
            NodeKind::Binary { lhs, rhs, .. }
            | NodeKind::Apply { lhs, rhs }
            | NodeKind::Fallback { lhs, rhs, .. } => {
                self.visit(lhs, top);
                self.visit(rhs, top);
            }
            NodeKind::Negate { expr } => self.visit(expr, top),
            NodeKind::Array { items } => self.visit_each(items, top),
            NodeKind::Object { pairs } => {
                for (key, value) in pairs {
                    self.visit(key, top);
                    self.visit(value, top);
                }
            }
            NodeKind::Condition { condition, then, otherwise } => {
                self.visit(condition, top);
                self.visit(then, top);
                if let Some(otherwise) = otherwise {
                    self.visit(otherwise, top);
                }
            }
            NodeKind::Function { procedure, args } | NodeKind::Partial { procedure, args } => {
                self.visit(procedure, top);
                self.visit_each(args, top);
            }
            _ => {}
        }
    }

    fn visit_each<'n>(&mut self, nodes: impl IntoIterator<Item = &'n Node>, top: bool) {
        for node in nodes {
            self.visit(node, top);
        }
    }

    fn visit_path(&mut self, steps: &[Node], top: bool) {
        let begins_at_states = steps.first().is_some_and(is_states) && steps.len() > 1;
        if begins_at_states {
            self.visit_member_of_states(steps);
        }
        for (i, step) in steps.iter().enumerate() {
            // As a variable, `$states` would count as a reference to all of its members.
            if !(begins_at_states && i == 0 && name_of(&steps[1]).is_some()) {
                self.visit(step, top && i == 0);
            }
        }
    }

    fn visit_bind(&mut self, lhs: &Node, rhs: &Node, top: bool) {
        if let NodeKind::Variable { name } = &lhs.kind {
            if name == "states" {
                self.problem("`$states` cannot be set");
            }
            // The name is known before the right side, because a function may call itself.
            self.locals.push(name.clone());
        }
        self.visit(rhs, top);
    }

    fn visit_variable(&mut self, name: &str, top: bool) {
        if self.locals.iter().any(|local| local == name) {
            return;
        }
        match name {
            "" if top => self.problem("`$` stands for nothing here: write `$states.input`"),
            "" => {}
            "$" => self.problem("`$$` stands for nothing here: write `$states.input`"),
            "states" => self.references.add(self.all_of_states()),
            "eval" => self.problem("Step Functions does not have `$eval`; `$parse` reads JSON"),
            "hash" => self.problem("this runner does not have `$hash`"),
            // A variable of the machine hides a function of the same name.
            _ if self.names.variables.contains(name) => {}
            "random" | "uuid" | "shuffle" => self.references.random = true,
            _ if functions::NAMES.contains(&name) || BUILT_IN_FUNCTIONS.contains(name) => {}
            _ => self.problem(format!("no state sets the variable `${name}`, and there is no such function")),
        }
    }

    /// Returns the references of an expression that reads `$states` as a whole.
    fn all_of_states(&self) -> References {
        References {
            input: true,
            result: self.names.result,
            error_output: self.names.error_output,
            context: true,
            execution_input: true,
            token: true,
            random: false,
        }
    }

    fn visit_member_of_states(&mut self, steps: &[Node]) {
        let Some(name) = steps.get(1).and_then(name_of) else { return };
        match name {
            "input" => self.references.input = true,
            "context" => self.visit_member_of_context(steps),
            "result" if self.names.result => self.references.result = true,
            "errorOutput" if self.names.error_output => self.references.error_output = true,
            "result" => {
                self.problem("`$states.result` is only there in the Output and the Assign of a Task");
            }
            "errorOutput" => {
                self.problem("`$states.errorOutput` is only there in the Output and the Assign of a Catch");
            }
            _ => self.problem(format!("there is no `$states.{name}`")),
        }
    }

    fn visit_member_of_context(&mut self, steps: &[Node]) {
        self.references.context = true;
        match (steps.get(2).and_then(name_of), steps.get(3).and_then(name_of)) {
            (Some("Execution"), Some("Id" | "Name" | "RedriveCount" | "StartTime"))
            | (Some("State" | "StateMachine"), _) => {}
            (Some("Task"), _) => self.references.token = true,
            _ => {
                self.references.execution_input = true;
                self.references.token = true;
            }
        }
    }

    /// Adds a problem, unless the expression has the same one already.
    fn problem(&mut self, message: impl Into<String>) {
        let message = message.into();
        if !self.problems.contains(&message) {
            self.problems.push(message);
        }
    }
}

/// Returns true for `$states` without a predicate.
fn is_states(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Variable { name } if name == "states") && node.attrs.predicate.is_empty()
}

fn name_of(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::Name { name } => Some(name),
        // A quoted step, as in `$states."input"`, is a name as well.
        NodeKind::String { value } => Some(value),
        _ => None,
    }
}
