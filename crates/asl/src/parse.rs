//! Reads a definition and checks it.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::fields::Fields;
use crate::machine::{Choice, ChoiceRule, Fail, Machine, State, StateKind, Wait};
use crate::problem::{DefinitionProblem, Problems, state_path};
use crate::scope::NamesInScope;
use crate::{graph, json, parse_task, timestamp};

const OTHER_QUERY_LANGUAGE: &str = "must be `JSONata`: this runner has no other query language";

impl Machine {
    /// Reads and checks a definition.
    ///
    /// # Errors
    /// All problems of the definition. The transitions are only checked if each state could be read.
    pub fn parse(text: &str) -> Result<Machine, Vec<DefinitionProblem>> {
        let document = match json::read(text) {
            Ok(document) => document,
            Err(error) => return Err(vec![DefinitionProblem::new("$", format!("not JSON: {error}"))]),
        };
        let mut problems = Vec::new();
        match machine(&document, &mut problems) {
            Some(machine) if problems.is_empty() => Ok(machine),
            _ => Err(problems),
        }
    }
}

fn machine(document: &Value, problems: &mut Problems) -> Option<Machine> {
    let mut fields = Fields::new(document, "$", problems)?;
    // The field is required: without it, Step Functions reads the definition as JSONPath.
    if fields.value("QueryLanguage").and_then(Value::as_str) != Some("JSONata") {
        fields.problem_here(format!("`QueryLanguage` {OTHER_QUERY_LANGUAGE}"));
    }
    if fields.string("Version").is_some_and(|version| version != "1.0") {
        fields.problem("Version", "must be `1.0`");
    }
    let comment = fields.string("Comment");
    let timeout_seconds = fields.integer("TimeoutSeconds", 1);
    let start_at = fields.required_string("StartAt");
    let definitions = fields.value("States").and_then(Value::as_object);
    let definitions = definitions.filter(|states| !states.is_empty());
    if definitions.is_none() {
        fields.problem_here("`States` must be an object with at least one state");
    }
    fields.refuse_unknown("a machine");
    let (definitions, start_at) = (definitions?, start_at?);

    let variables = assigned_variables(definitions);
    let (mut states, mut index_of) = (Vec::new(), HashMap::new());
    for (name, definition) in definitions {
        if let Some(state) = state(name, definition, &variables, problems) {
            index_of.insert(name.clone(), states.len());
            states.push(state);
        }
    }
    if !definitions.contains_key(&start_at) {
        problems.push(DefinitionProblem::new("$.StartAt", format!("there is no state `{start_at}`")));
    }
    let start_index = *index_of.get(&start_at)?;
    let machine = Machine { comment, timeout_seconds, states, index_of, start_index };
    // Without a state that could not be read, transitions to it would be reported as wrong.
    if machine.states.len() == definitions.len() {
        graph::check(&machine, problems);
    }
    Some(machine)
}

/// Returns the variables that the states, their choice rules and their catchers assign.
fn assigned_variables(definitions: &Map<String, Value>) -> BTreeSet<String> {
    let mut variables = BTreeSet::new();
    for definition in definitions.values() {
        add_variables(definition, &mut variables);
        for field in ["Choices", "Catch"] {
            let Some(Value::Array(items)) = definition.get(field) else { continue };
            for item in items {
                add_variables(item, &mut variables);
            }
        }
    }
    variables
}

fn add_variables(object: &Value, variables: &mut BTreeSet<String>) {
    if let Some(Value::Object(assign)) = object.get("Assign") {
        variables.extend(assign.keys().cloned());
    }
}

fn state(
    name: &str,
    definition: &Value,
    variables: &BTreeSet<String>,
    problems: &mut Problems,
) -> Option<State> {
    let path = state_path(name);
    if name.is_empty() || name.chars().count() > 80 {
        problems.push(DefinitionProblem::new(&path, "the name of a state has from 1 to 80 characters"));
    }
    let mut fields = Fields::new(definition, &path, problems)?;
    if fields.string("QueryLanguage").is_some_and(|language| language != "JSONata") {
        fields.problem("QueryLanguage", OTHER_QUERY_LANGUAGE);
    }
    let kind_name = fields.required_string("Type")?;
    let names = NamesInScope { variables, result: false, error_output: false };
    // `Output` and `Assign` of a Task may read its result. No other state has a result.
    let names_after = NamesInScope { result: kind_name == "Task", ..names };

    let comment = fields.string("Comment");
    let kind = kind(&kind_name, &mut fields, names)?;
    let output = if kind_name == "Fail" { None } else { fields.template("Output", names_after) };
    let ends = matches!(kind, StateKind::Succeed | StateKind::Fail(_));
    let assign = if ends { Vec::new() } else { fields.assign(names_after) };
    if let StateKind::Choice(choice) = &kind {
        refuse_ambiguous(choice, output.is_some(), !assign.is_empty(), &mut fields);
    }
    let next = if ends || matches!(kind, StateKind::Choice(_)) { None } else { next_or_end(&mut fields) };
    fields.refuse_unknown(&format!("a {kind_name} state in JSONata"));
    Some(State { name: name.to_owned(), comment, kind, output, assign, next })
}

fn kind(name: &str, fields: &mut Fields<'_, '_>, names: NamesInScope<'_>) -> Option<StateKind> {
    match name {
        "Task" => Some(StateKind::Task(Box::new(parse_task::task(fields, names)?))),
        "Choice" => Some(StateKind::Choice(choice(fields, names))),
        "Wait" => Some(StateKind::Wait(wait(fields, names)?)),
        "Pass" => Some(StateKind::Pass),
        "Succeed" => Some(StateKind::Succeed),
        "Fail" => {
            let error = fields.expression_or("Error", names, "a string", Value::is_string);
            let cause = fields.expression_or("Cause", names, "a string", Value::is_string);
            Some(StateKind::Fail(Fail { error, cause }))
        }
        "Map" | "Parallel" => {
            fields.problem("Type", format!("this runner does not run {name} states"));
            None
        }
        _ => {
            fields.problem("Type", format!("there is no type of state `{name}`"));
            None
        }
    }
}

fn next_or_end(fields: &mut Fields<'_, '_>) -> Option<String> {
    let next = fields.string("Next");
    let end = fields.bool("End");
    match (&next, end) {
        (Some(_), Some(true)) => fields.problem_here("has both `Next` and `End`"),
        (None, None | Some(false)) => fields.problem_here("has neither `Next` nor `End`"),
        _ => {}
    }
    next
}

fn wait(fields: &mut Fields<'_, '_>, names: NamesInScope<'_>) -> Option<Wait> {
    let seconds = fields.seconds("Seconds", names, 0);
    let timestamp = fields.expression_or("Timestamp", names, "an RFC 3339 timestamp", is_timestamp);
    match (seconds, timestamp) {
        (Some(seconds), None) => Some(Wait::Seconds(seconds)),
        (None, Some(timestamp)) => Some(Wait::Timestamp(timestamp)),
        _ => {
            fields.problem_here("a Wait has either `Seconds` or `Timestamp`");
            None
        }
    }
}

fn is_timestamp(value: &Value) -> bool {
    value.as_str().is_some_and(|text| timestamp::from_rfc3339(text).is_some())
}

fn choice(fields: &mut Fields<'_, '_>, names: NamesInScope<'_>) -> Choice {
    let default = fields.string("Default");
    let items = fields.array("Choices");
    if items.is_empty() {
        fields.problem_here("`Choices` must be an array with at least one rule");
    }
    let path = fields.path_of("Choices");
    let mut rules = Vec::new();
    for (index, item) in items.iter().enumerate() {
        rules.extend(choice_rule(item, &format!("{path}[{index}]"), names, fields.problems()));
    }
    Choice { rules, default }
}

fn choice_rule(
    item: &Value,
    path: &str,
    names: NamesInScope<'_>,
    problems: &mut Problems,
) -> Option<ChoiceRule> {
    let mut fields = Fields::new(item, path, problems)?;
    let condition = fields.expression_or("Condition", names, "a boolean", Value::is_boolean);
    if condition.is_none() {
        fields.problem_here("`Condition` is missing");
    }
    let next = fields.required_string("Next");
    let comment = fields.string("Comment");
    let assign = fields.assign(names);
    let output = fields.template("Output", names);
    fields.refuse_unknown("a rule of a Choice in JSONata");
    Some(ChoiceRule { condition: condition?, next: next?, comment, assign, output })
}

/// Refuses a Choice that engines run in different ways. By AWS's documentation, the `Assign` and `Output`
/// of the Choice itself also apply when a choice rule matches; engines apply them only when none does.
/// Both give the same result if each choice rule has these fields itself.
fn refuse_ambiguous(choice: &Choice, has_output: bool, has_assign: bool, fields: &mut Fields<'_, '_>) {
    if has_assign && choice.rules.iter().any(|rule| rule.assign.is_empty()) {
        fields.problem(
            "Assign",
            "is read in two ways when a rule matches: give each rule an `Assign` of its own",
        );
    }
    if has_output && choice.rules.iter().any(|rule| rule.output.is_none()) {
        fields.problem(
            "Output",
            "is read in two ways when a rule matches: give each rule an `Output` of its own",
        );
    }
}
