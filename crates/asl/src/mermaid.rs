//! Draws a machine as a Mermaid flowchart.

use std::fmt::Write;

use crate::machine::{ChoiceRule, Machine, State, StateKind, Via};

/// The most characters of a label. A longer one would make the chart too wide to read.
const MAX_LABEL_CHARS: usize = 48;

impl Machine {
    /// Returns a Mermaid flowchart of the machine.
    pub fn mermaid(&self) -> String {
        let mut lines = vec![
            "flowchart TD".to_owned(),
            format!("    start((\" \")) --> {}", node_id(self, self.start_at())),
        ];
        for state in &self.states {
            lines.push(format!("    {}{}", node_id(self, &state.name), shape(state)));
        }
        let mut has_end_field = false;
        for state in &self.states {
            let from = node_id(self, &state.name);
            for edge in state.edges() {
                lines.push(format!("    {from} {} {}", arrow(state, edge.via), node_id(self, edge.to)));
            }
            // Succeed and Fail are ends by their shape.
            if state.is_end() && !matches!(state.kind, StateKind::Succeed | StateKind::Fail(_)) {
                lines.push(format!("    {from} --> done"));
                has_end_field = true;
            }
        }
        if has_end_field {
            lines.push("    done(((\" \")))".to_owned());
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

/// Returns an identifier that needs no quotes, whatever the name of the state is.
fn node_id(machine: &Machine, name: &str) -> String {
    machine.index_of.get(name).map_or_else(|| "none".to_owned(), |index| format!("s{index}"))
}

fn shape(state: &State) -> String {
    let name = quoted(&state.name);
    match &state.kind {
        StateKind::Task(_) => format!("[{name}]"),
        StateKind::Choice(_) => format!("{{{name}}}"),
        StateKind::Wait(_) => format!("({name})"),
        StateKind::Pass => format!("[/{name}/]"),
        StateKind::Succeed => format!("([{name}])"),
        StateKind::Fail(_) => format!("{{{{{name}}}}}"),
    }
}

fn arrow(state: &State, via: Via) -> String {
    match via {
        Via::Next => "-->".to_owned(),
        Via::Default => "-->|otherwise|".to_owned(),
        Via::Rule(index) => {
            let rule = state.choice().and_then(|choice| choice.rules.get(index));
            format!("-->|{}|", quoted(&shortened(&rule.map_or_else(String::new, rule_label))))
        }
        Via::Catch(index) => {
            let catcher = state.task().and_then(|task| task.catch.get(index));
            let errors = catcher.map_or_else(String::new, |catcher| catcher.error_equals.join(", "));
            format!("-.->|{}|", quoted(&shortened(&errors)))
        }
    }
}

/// Returns the comment of a choice rule, or else its condition.
fn rule_label(rule: &ChoiceRule) -> String {
    if let Some(comment) = &rule.comment {
        return comment.clone();
    }
    match rule.condition.as_expression() {
        Some(expression) => expression.to_owned(),
        None => rule.condition.source().to_string(),
    }
}

/// Returns the text in one line, cut at the length of a label.
fn shortened(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= MAX_LABEL_CHARS {
        return text;
    }
    text.chars().take(MAX_LABEL_CHARS - 1).chain(['…']).collect()
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '|' | '`' | '\\' => {
                // Mermaid reads `#` and a number as the character of that number.
                let _ = write!(quoted, "#{};", u32::from(c));
            }
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
