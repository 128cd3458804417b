//! Reads one object of a definition, field by field, and reports the problems of its fields.

use serde_json::{Map, Value};

use crate::machine::{Assignment, MAX_INTEGER};
use crate::problem::{DefinitionProblem, Problems, member_path};
use crate::scope::NamesInScope;
use crate::template::Template;

/// The fields that only a definition in the query language JSONPath has.
const JSON_PATH_FIELDS: [&str; 18] = [
    "InputPath",
    "OutputPath",
    "ResultPath",
    "Parameters",
    "ResultSelector",
    "Result",
    "ItemsPath",
    "MaxConcurrencyPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "SecondsPath",
    "TimestampPath",
    "ErrorPath",
    "CausePath",
    "Variable",
    "And",
    "Or",
    "Not",
];

/// The fields of one object. A field that was not read before `refuse_unknown` is a problem.
pub(crate) struct Fields<'a, 'p> {
    path: String,
    members: &'a Map<String, Value>,
    names_read: Vec<&'static str>,
    problems: &'p mut Problems,
}

impl<'a, 'p> Fields<'a, 'p> {
    /// Returns the fields of an object. Any other value is a problem.
    pub(crate) fn new(value: &'a Value, path: &str, problems: &'p mut Problems) -> Option<Self> {
        let Some(members) = value.as_object() else {
            problems.push(DefinitionProblem::new(path, "must be an object"));
            return None;
        };
        Some(Fields { path: path.to_owned(), members, names_read: Vec::new(), problems })
    }

    /// Reads a field of any type.
    pub(crate) fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.names_read.push(name);
        self.members.get(name)
    }

    pub(crate) fn path_of(&self, name: &str) -> String {
        member_path(&self.path, name)
    }

    pub(crate) fn problems(&mut self) -> &mut Problems {
        self.problems
    }

    /// Adds a problem of one field.
    pub(crate) fn problem(&mut self, name: &str, message: impl Into<String>) {
        let path = self.path_of(name);
        self.problems.push(DefinitionProblem::new(path, message));
    }

    /// Adds a problem of the object as a whole.
    pub(crate) fn problem_here(&mut self, message: impl Into<String>) {
        self.problems.push(DefinitionProblem::new(self.path.clone(), message));
    }

    pub(crate) fn string(&mut self, name: &'static str) -> Option<String> {
        let value = self.value(name)?;
        if !value.is_string() {
            self.problem(name, "must be a string");
        }
        value.as_str().map(str::to_owned)
    }

    pub(crate) fn required_string(&mut self, name: &'static str) -> Option<String> {
        if !self.members.contains_key(name) {
            self.problem_here(format!("`{name}` is missing"));
            return None;
        }
        self.string(name)
    }

    /// Reads an integer from `min` to the largest that Step Functions accepts.
    pub(crate) fn integer(&mut self, name: &'static str, min: u64) -> Option<u64> {
        let value = self.value(name)?;
        let number = value.as_u64().filter(|number| (min..=MAX_INTEGER).contains(number));
        if number.is_none() {
            self.problem(name, format!("must be an integer from {min} to {MAX_INTEGER}"));
        }
        number
    }

    pub(crate) fn bool(&mut self, name: &'static str) -> Option<bool> {
        let value = self.value(name)?;
        if !value.is_boolean() {
            self.problem(name, "must be true or false");
        }
        value.as_bool()
    }

    pub(crate) fn array(&mut self, name: &'static str) -> &'a [Value] {
        match self.value(name) {
            None => &[],
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.problem(name, "must be an array");
                &[]
            }
        }
    }

    pub(crate) fn template(&mut self, name: &'static str, names: NamesInScope<'_>) -> Option<Template> {
        let value = self.value(name)?;
        let path = self.path_of(name);
        Some(Template::parse(value, &path, names, self.problems))
    }

    /// Reads a template that must be one expression, or else a literal for which `is_valid` is true.
    /// `expected` describes the valid literals.
    pub(crate) fn expression_or(
        &mut self,
        name: &'static str,
        names: NamesInScope<'_>,
        expected: &str,
        is_valid: impl Fn(&Value) -> bool,
    ) -> Option<Template> {
        let count_before = self.problems.len();
        let template = self.template(name, names)?;
        let is_valid = template.as_expression().is_some() || template.as_literal().is_some_and(is_valid);
        // An expression that does not compile counts as a literal, and has a problem already.
        if !is_valid && self.problems.len() == count_before {
            self.problem(name, format!("must be {expected} or an expression"));
        }
        Some(template)
    }

    /// Reads a template that must be one expression, or else a number of seconds that is at least `min`.
    pub(crate) fn seconds(
        &mut self,
        name: &'static str,
        names: NamesInScope<'_>,
        min: u64,
    ) -> Option<Template> {
        let expected = format!("an integer from {min} to {MAX_INTEGER}");
        self.expression_or(name, names, &expected, |value| {
            value.as_u64().is_some_and(|seconds| (min..=MAX_INTEGER).contains(&seconds))
        })
    }

    pub(crate) fn assign(&mut self, names: NamesInScope<'_>) -> Vec<Assignment> {
        let Some(value) = self.value("Assign") else { return Vec::new() };
        let Some(members) = value.as_object() else {
            self.problem("Assign", "must be an object");
            return Vec::new();
        };
        let assign_path = self.path_of("Assign");
        let mut assign = Vec::new();
        for (variable, value) in members {
            let path = member_path(&assign_path, variable);
            if let Some(message) = variable_name_problem(variable) {
                self.problems.push(DefinitionProblem::new(&path, message));
            }
            let value = Template::parse(value, &path, names, self.problems);
            assign.push(Assignment { variable: variable.clone(), value });
        }
        assign
    }

    /// Adds a problem for each field that was not read. `owner` is the kind of object, for the message.
    pub(crate) fn refuse_unknown(self, owner: &str) {
        for name in self.members.keys().map(String::as_str) {
            if self.names_read.contains(&name) {
                continue;
            }
            let message = if JSON_PATH_FIELDS.contains(&name) {
                format!("`{name}` is of the query language JSONPath; this machine is in JSONata")
            } else {
                format!("{owner} has no field `{name}`")
            };
            self.problems.push(DefinitionProblem::new(member_path(&self.path, name), message));
        }
    }
}

fn variable_name_problem(variable: &str) -> Option<&'static str> {
    let starts_well = variable.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if variable == "states" {
        Some("`states` is the name of what Step Functions provides; a variable needs another")
    } else if !starts_well || !variable.chars().all(|c| c.is_alphanumeric() || c == '_') {
        Some("the name of a variable is a letter and then letters, digits and underscores")
    } else if variable.chars().count() > 80 {
        Some("the name of a variable has at most 80 characters")
    } else {
        None
    }
}
