//! From the text of a definition to a machine.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::fields::Fields;
use crate::machine::{Choice, ChoiceRule, Fail, Machine, State, StateKind, Wait};
use crate::problem::{DefinitionProblem, keyed};
use crate::query::Scope;
use crate::{check, clock, json, task};

pub(crate) fn machine(text: &str) -> Result<Machine, Vec<DefinitionProblem>> {
    let document =
        json::read(text).map_err(|e| vec![DefinitionProblem::new("$", format!("not JSON: {e}"))])?;
    let mut problems = Vec::new();
    match top(&document, &mut problems) {
        Some(machine) if problems.is_empty() => Ok(machine),
        _ => Err(problems),
    }
}

fn top(document: &Value, problems: &mut Vec<DefinitionProblem>) -> Option<Machine> {
    let mut fields = Fields::of(document, "$", problems)?;
    match fields.take("QueryLanguage").map(Value::as_str) {
        Some(Some("JSONata")) => {}
        _ => fields.fault_here("`QueryLanguage` must be `JSONata`: this runner has no other query language"),
    }
    if fields.string("Version").is_some_and(|v| v != "1.0") {
        fields.fault("Version", "must be `1.0`");
    }
    let comment = fields.string("Comment");
    let timeout_seconds = fields.whole("TimeoutSeconds", 1);
    let start_at = fields.required_string("StartAt");
    let definitions = fields.take("States");
    let definitions = match definitions.map(Value::as_object) {
        Some(Some(states)) if !states.is_empty() => Some(states),
        _ => {
            fields.fault_here("`States` must be an object with at least one state");
            None
        }
    };
    fields.close("a machine");
    let (definitions, start_at) = (definitions?, start_at?);

    let mut variables = BTreeSet::new();
    definitions.values().for_each(|d| assigned(d, &mut variables));
    let states: Vec<State> =
        definitions.iter().filter_map(|(name, d)| state(name, d, &variables, problems)).collect();
    let places: HashMap<String, usize> =
        states.iter().enumerate().map(|(i, s)| (s.name.clone(), i)).collect();
    if !definitions.contains_key(&start_at) {
        problems.push(DefinitionProblem::new("$.StartAt", format!("there is no state `{start_at}`")));
    }
    let start = *places.get(&start_at)?;
    let machine = Machine { comment, timeout_seconds, states, places, start };
    if machine.states.len() == definitions.len() {
        check::graph(&machine, problems);
    }
    Some(machine)
}

/// The variables that a state sets, wherever in it.
fn assigned(definition: &Value, variables: &mut BTreeSet<String>) {
    let parts = ["Choices", "Catch"].iter().filter_map(|f| definition.get(f)?.as_array()).flatten();
    for part in parts.chain([definition]) {
        let names = part.get("Assign").and_then(Value::as_object).into_iter().flat_map(|a| a.keys().cloned());
        variables.extend(names);
    }
}

fn state(
    name: &str,
    definition: &Value,
    variables: &BTreeSet<String>,
    problems: &mut Vec<DefinitionProblem>,
) -> Option<State> {
    let path = keyed("$.States", name);
    if name.is_empty() || name.chars().count() > 80 {
        problems.push(DefinitionProblem::new(&path, "the name of a state has from 1 to 80 characters"));
    }
    let mut fields = Fields::of(definition, &path, problems)?;
    if fields.string("QueryLanguage").is_some_and(|l| l != "JSONata") {
        fields.fault("QueryLanguage", "must be `JSONata`: this runner has no other query language");
    }
    let kind_name = fields.required_string("Type")?;
    let scope = Scope { variables, result: false, error_output: false };
    // What a Task passes on may mention its result; nothing else has one.
    let after = Scope { result: kind_name == "Task", ..scope };

    let comment = fields.string("Comment");
    let kind = kind(&kind_name, &mut fields, scope)?;
    let output = if kind_name == "Fail" { None } else { fields.template("Output", after) };
    let ends = matches!(kind, StateKind::Succeed | StateKind::Fail(_));
    let assign = if ends { Vec::new() } else { fields.assign(after) };
    if let StateKind::Choice(choice) = &kind {
        choice_speaks_once(choice, output.is_some(), !assign.is_empty(), &mut fields);
    }
    let next = if ends || matches!(kind, StateKind::Choice(_)) { None } else { next_or_end(&mut fields) };
    fields.close(&format!("a {kind_name} state in JSONata"));
    Some(State { name: name.to_owned(), comment, kind, output, assign, next })
}

fn kind(name: &str, fields: &mut Fields<'_, '_>, scope: Scope<'_>) -> Option<StateKind> {
    match name {
        "Task" => task::parse(fields, scope).map(|t| StateKind::Task(Box::new(t))),
        "Choice" => Some(StateKind::Choice(choice(fields, scope))),
        "Wait" => wait(fields, scope).map(StateKind::Wait),
        "Pass" => Some(StateKind::Pass),
        "Succeed" => Some(StateKind::Succeed),
        "Fail" => {
            let error = fields.setting("Error", scope, "a string", Value::is_string);
            let cause = fields.setting("Cause", scope, "a string", Value::is_string);
            Some(StateKind::Fail(Fail { error, cause }))
        }
        "Map" | "Parallel" => {
            fields.fault("Type", format!("this runner does not run {name} states"));
            None
        }
        _ => {
            fields.fault("Type", format!("there is no type of state `{name}`"));
            None
        }
    }
}

fn next_or_end(fields: &mut Fields<'_, '_>) -> Option<String> {
    let next = fields.string("Next");
    let end = fields.bool("End");
    match (&next, end) {
        (Some(_), Some(true)) => fields.fault_here("has both `Next` and `End`"),
        (None, None | Some(false)) => fields.fault_here("has neither `Next` nor `End`"),
        _ => {}
    }
    next
}

fn wait(fields: &mut Fields<'_, '_>, scope: Scope<'_>) -> Option<Wait> {
    let is_seconds = |v: &Value| v.as_u64().is_some_and(|n| n <= 99_999_999);
    let seconds = fields.setting("Seconds", scope, "an integer from 0 to 99999999", is_seconds);
    let is_moment = |v: &Value| v.as_str().is_some_and(|t| clock::from_iso(t).is_some());
    let timestamp = fields.setting("Timestamp", scope, "an RFC 3339 timestamp", is_moment);
    match (seconds, timestamp) {
        (Some(seconds), None) => Some(Wait::Seconds(seconds)),
        (None, Some(timestamp)) => Some(Wait::Timestamp(timestamp)),
        _ => {
            fields.fault_here("a Wait has either `Seconds` or `Timestamp`");
            None
        }
    }
}

fn choice(fields: &mut Fields<'_, '_>, scope: Scope<'_>) -> Choice {
    let default = fields.string("Default");
    let items = fields.array("Choices");
    if items.is_empty() {
        fields.fault_here("`Choices` must be an array with at least one rule");
    }
    let place = fields.place("Choices");
    let rules = items
        .iter()
        .enumerate()
        .filter_map(|(i, item)| rule(item, &format!("{place}[{i}]"), scope, fields.problems()))
        .collect();
    Choice { rules, default }
}

fn rule(
    item: &Value,
    path: &str,
    scope: Scope<'_>,
    problems: &mut Vec<DefinitionProblem>,
) -> Option<ChoiceRule> {
    let mut fields = Fields::of(item, path, problems)?;
    let condition = fields.setting("Condition", scope, "a boolean", Value::is_boolean);
    if condition.is_none() {
        fields.fault_here("`Condition` is missing");
    }
    let next = fields.required_string("Next");
    let comment = fields.string("Comment");
    let assign = fields.assign(scope);
    let output = fields.template("Output", scope);
    fields.close("a rule of a Choice in JSONata");
    Some(ChoiceRule { condition: condition?, next: next?, comment, assign, output })
}

/// The documentation says that a Choice's own `Assign` applies whichever rule matches; engines apply it
/// only where none does. So each rule that matches has to say for itself what holds.
fn choice_speaks_once(choice: &Choice, output: bool, assign: bool, fields: &mut Fields<'_, '_>) {
    if assign && choice.rules.iter().any(|r| r.assign.is_empty()) {
        fields.fault(
            "Assign",
            "is read in two ways when a rule matches: give each rule an `Assign` of its own",
        );
    }
    if output && choice.rules.iter().any(|r| r.output.is_none()) {
        fields.fault(
            "Output",
            "is read in two ways when a rule matches: give each rule an `Output` of its own",
        );
    }
}
