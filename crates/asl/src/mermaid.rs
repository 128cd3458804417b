//! A picture of a machine, as the text that Mermaid draws.

use std::fmt::Write;

use crate::machine::{ChoiceRule, Machine, State, StateKind, Via};

/// The longest label that still leaves a readable picture.
const LABEL: usize = 48;

pub(crate) fn chart(machine: &Machine) -> String {
    let mut lines = vec![
        "flowchart TD".to_owned(),
        format!("    start((\" \")) --> {}", id(machine, machine.start_at())),
    ];
    for state in &machine.states {
        lines.push(format!("    {}{}", id(machine, &state.name), shape(state)));
    }
    for state in &machine.states {
        let from = id(machine, &state.name);
        for edge in state.edges() {
            lines.push(format!("    {from} {} {}", arrow(state, edge.via), id(machine, edge.to)));
        }
        if state.is_end() && !matches!(state.kind, StateKind::Succeed | StateKind::Fail(_)) {
            lines.push(format!("    {from} --> done"));
        }
    }
    if machine.states.iter().any(|s| s.is_end() && !matches!(s.kind, StateKind::Succeed | StateKind::Fail(_)))
    {
        lines.push("    done(((\" \")))".to_owned());
    }
    lines.push(String::new());
    lines.join("\n")
}

/// A name that needs no quoting, whatever the state is called.
fn id(machine: &Machine, name: &str) -> String {
    machine.places.get(name).map_or_else(|| "none".to_owned(), |i| format!("s{i}"))
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
        Via::Rule(i) => {
            let label = state.choice().and_then(|c| c.rules.get(i)).map_or_else(String::new, label);
            format!("-->|{}|", quoted(&label))
        }
        Via::Catch(i) => {
            let errors = state.task().and_then(|t| t.catch.get(i)).map(|c| c.error_equals.join(", "));
            format!("-.->|{}|", quoted(&short(&errors.unwrap_or_default())))
        }
    }
}

/// The author's own words for a rule, or else the rule.
fn label(rule: &ChoiceRule) -> String {
    let condition =
        || rule.condition.as_expression().map_or_else(|| rule.condition.source().to_string(), str::to_owned);
    short(&rule.comment.clone().unwrap_or_else(condition))
}

fn short(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= LABEL {
        return text;
    }
    text.chars().take(LABEL - 1).chain(['…']).collect()
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '|' | '`' | '\\' => {
                // Mermaid reads `#` and the number of a character as that character.
                let _ = write!(quoted, "#{};", u32::from(c));
            }
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
