//! What Step Functions does not let an expression say, though this evaluator would.
//!
//! Step Functions has `JSONata` 2.0.6 without `$eval`; the evaluator here is newer. And an expression
//! has no input there: the data are in `$states` and the variables, so a name that is looked up in
//! nothing is a mistake.

use std::collections::HashSet;
use std::sync::LazyLock;

use jlens_core::ast::{Node, NodeKind, Stage};

use crate::functions::OWN;
use crate::query::{Scope, Uses};

static BUILT_IN: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| jlens_core::function_catalog().iter().map(|f| f.name).collect());

/// What the expression reads, and what is wrong with it.
pub(crate) fn examine(root: &Node, scope: Scope<'_>) -> (Uses, Vec<String>) {
    let mut e = Examiner { scope, locals: Vec::new(), uses: Uses::default(), faults: Vec::new() };
    e.visit(root, true);
    (e.uses, e.faults)
}

struct Examiner<'a> {
    scope: Scope<'a>,
    /// The variables bound around the node, innermost last.
    locals: Vec<String>,
    uses: Uses,
    faults: Vec<String>,
}

impl Examiner<'_> {
    /// `top`: there is no context item here.
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
        match &node.kind {
            NodeKind::Path { steps, .. } => self.scoped(|e| e.visit_path(steps, top)),
            NodeKind::Block { exprs, .. } => {
                self.scoped(|e| exprs.iter().for_each(|x| e.visit(x, top)));
            }
            NodeKind::Bind { lhs, rhs } => self.visit_bind(lhs, rhs, top),
            NodeKind::Lambda(def) => self.scoped(|e| {
                e.locals.extend(def.params.iter().cloned());
                e.visit(&def.body, top);
            }),
            NodeKind::Transform(def) => {
                self.visit(&def.pattern, false);
                self.visit(&def.update, false);
                def.delete.iter().for_each(|d| self.visit(d, false));
            }
            NodeKind::Sort { terms } => terms.iter().for_each(|t| self.visit(&t.expr, false)),
            NodeKind::Fallback { op, .. } => {
                self.fault(format!(
                    "JSONata 2.0.6, which Step Functions has, does not know the operator `{}`",
                    op.symbol()
                ));
                node_children(node, |child| self.visit(child, top));
            }
            NodeKind::Variable { name } => self.variable(name, top),
            NodeKind::Name { name } if top => self.fault(format!(
                "`{name}` is looked up in nothing: write `$states.input.{name}` or use a variable"
            )),
            NodeKind::Wildcard | NodeKind::Descendant | NodeKind::Parent { .. } if top => {
                self.fault(
                    "a path cannot begin with `*`, `**` or `%`: there is nothing to look it up in".to_owned(),
                );
            }
            _ => node_children(node, |child| self.visit(child, top)),
        }
    }

    fn visit_path(&mut self, steps: &[Node], top: bool) {
        let of_states = steps.first().is_some_and(|s| is_variable(s, "states")) && steps.len() > 1;
        if of_states {
            self.states_member(steps);
        }
        for (i, step) in steps.iter().enumerate() {
            if !(of_states && i == 0 && name_of(&steps[1]).is_some()) {
                self.visit(step, top && i == 0);
            }
        }
    }

    fn visit_bind(&mut self, lhs: &Node, rhs: &Node, top: bool) {
        if let NodeKind::Variable { name } = &lhs.kind {
            if name == "states" {
                self.fault("`$states` cannot be set".to_owned());
            }
            // Before the right side, for a function may call itself.
            self.locals.push(name.clone());
        }
        self.visit(rhs, top);
    }

    fn variable(&mut self, name: &str, top: bool) {
        if self.locals.iter().any(|l| l == name) {
            return;
        }
        match name {
            "" if top => self.fault("`$` stands for nothing here: write `$states.input`".to_owned()),
            "" => {}
            "$" => self.fault("`$$` stands for nothing here: write `$states.input`".to_owned()),
            "states" => self.all_of_states(),
            "eval" => self.fault("Step Functions does not have `$eval`; `$parse` reads JSON".to_owned()),
            "hash" => self.fault("this runner does not have `$hash`".to_owned()),
            // A variable of the machine takes the place of a function of its name.
            _ if self.scope.variables.contains(name) => {}
            _ if OWN.contains(&name) => self.uses.chance |= matches!(name, "random" | "uuid"),
            "shuffle" => self.uses.chance = true,
            _ if BUILT_IN.contains(name) => {}
            _ => self.fault(format!("no state sets the variable `${name}`, and there is no such function")),
        }
    }

    /// `$states` as a whole: everything that there is of it.
    fn all_of_states(&mut self) {
        let Scope { result, error_output, .. } = self.scope;
        let all = Uses {
            input: true,
            result,
            error_output,
            context: true,
            execution_input: true,
            token: true,
            chance: false,
        };
        self.uses.add(all);
    }

    fn states_member(&mut self, steps: &[Node]) {
        let Some(name) = steps.get(1).and_then(name_of) else { return };
        match name {
            "input" => self.uses.input = true,
            "context" => self.context_member(steps),
            "result" if self.scope.result => self.uses.result = true,
            "errorOutput" if self.scope.error_output => self.uses.error_output = true,
            "result" => {
                self.fault(
                    "`$states.result` is only there in the Output and the Assign of a Task".to_owned(),
                );
            }
            "errorOutput" => {
                self.fault(
                    "`$states.errorOutput` is only there in the Output and the Assign of a Catch".to_owned(),
                );
            }
            _ => self.fault(format!("there is no `$states.{name}`")),
        }
    }

    fn context_member(&mut self, steps: &[Node]) {
        self.uses.context = true;
        match (steps.get(2).and_then(name_of), steps.get(3).and_then(name_of)) {
            (Some("Execution"), Some("Id" | "Name" | "StartTime")) | (Some("State" | "StateMachine"), _) => {}
            (Some("Task"), _) => self.uses.token = true,
            _ => {
                self.uses.execution_input = true;
                self.uses.token = true;
            }
        }
    }

    fn scoped(&mut self, f: impl FnOnce(&mut Self)) {
        let outer = self.locals.len();
        f(self);
        self.locals.truncate(outer);
    }

    fn fault(&mut self, message: String) {
        if !self.faults.contains(&message) {
            self.faults.push(message);
        }
    }
}

/// The children that belong to the kind of the node. What hangs on it besides, such as a predicate,
/// has been or will be visited by `visit`, in another context.
fn node_children(node: &Node, mut f: impl FnMut(&Node)) {
    match &node.kind {
        NodeKind::Binary { lhs, rhs, .. }
        | NodeKind::Apply { lhs, rhs }
        | NodeKind::Fallback { lhs, rhs, .. } => [lhs, rhs].into_iter().for_each(|n| f(n)),
        NodeKind::Negate { expr } => f(expr),
        NodeKind::Array { items } => items.iter().for_each(f),
        NodeKind::Object { pairs } => pairs.iter().for_each(|(key, value)| {
            f(key);
            f(value);
        }),
        NodeKind::Condition { condition, then, otherwise } => {
            f(condition);
            f(then);
            if let Some(otherwise) = otherwise {
                f(otherwise);
            }
        }
        NodeKind::Function { procedure, args } | NodeKind::Partial { procedure, args } => {
            f(procedure);
            args.iter().for_each(f);
        }
        _ => {}
    }
}

fn is_variable(node: &Node, wanted: &str) -> bool {
    matches!(&node.kind, NodeKind::Variable { name } if name == wanted) && node.attrs.predicate.is_empty()
}

fn name_of(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::Name { name } => Some(name),
        // `$states."input"`: a quoted step is a name as well.
        NodeKind::String { value } => Some(value),
        _ => None,
    }
}
