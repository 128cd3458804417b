//! Taking an object of a definition apart, member by member, noting each fault on the way.

use serde_json::{Map, Value};

use crate::machine::Assignment;
use crate::problem::{DefinitionProblem, member};
use crate::query::Scope;
use crate::template::Template;

/// What only the other query language has.
const JSON_PATH: [&str; 18] = [
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

/// The members of one object. What has not been asked for by the end is a fault.
pub(crate) struct Fields<'a, 'p> {
    pub(crate) path: String,
    members: &'a Map<String, Value>,
    asked: Vec<&'static str>,
    problems: &'p mut Vec<DefinitionProblem>,
}

impl<'a, 'p> Fields<'a, 'p> {
    /// Notes a fault, and gives nothing, if the value is no object.
    pub(crate) fn of(value: &'a Value, path: &str, problems: &'p mut Vec<DefinitionProblem>) -> Option<Self> {
        let Some(members) = value.as_object() else {
            problems.push(DefinitionProblem::new(path, "must be an object"));
            return None;
        };
        Some(Fields { path: path.to_owned(), members, asked: Vec::new(), problems })
    }

    /// The member as it is.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<&'a Value> {
        self.asked.push(name);
        self.members.get(name)
    }

    pub(crate) fn place(&self, name: &str) -> String {
        member(&self.path, name)
    }

    pub(crate) fn problems(&mut self) -> &mut Vec<DefinitionProblem> {
        self.problems
    }

    /// Notes a fault of a member.
    pub(crate) fn fault(&mut self, name: &str, message: impl Into<String>) {
        let place = self.place(name);
        self.problems.push(DefinitionProblem::new(place, message));
    }

    /// Notes a fault of the object.
    pub(crate) fn fault_here(&mut self, message: impl Into<String>) {
        self.problems.push(DefinitionProblem::new(self.path.clone(), message));
    }

    pub(crate) fn string(&mut self, name: &'static str) -> Option<String> {
        let value = self.take(name)?;
        if value.as_str().is_none() {
            self.fault(name, "must be a string");
        }
        value.as_str().map(str::to_owned)
    }

    pub(crate) fn required_string(&mut self, name: &'static str) -> Option<String> {
        if !self.members.contains_key(name) {
            self.asked.push(name);
            self.fault_here(format!("`{name}` is missing"));
            return None;
        }
        self.string(name)
    }

    /// A whole number from `least` to the largest that Step Functions takes.
    pub(crate) fn whole(&mut self, name: &'static str, least: u64) -> Option<u64> {
        let value = self.take(name)?;
        let number = value.as_u64().filter(|n| (least..=99_999_999).contains(n));
        if number.is_none() {
            self.fault(name, format!("must be an integer from {least} to 99999999"));
        }
        number
    }

    pub(crate) fn bool(&mut self, name: &'static str) -> Option<bool> {
        let value = self.take(name)?;
        if !value.is_boolean() {
            self.fault(name, "must be true or false");
        }
        value.as_bool()
    }

    pub(crate) fn array(&mut self, name: &'static str) -> &'a [Value] {
        match self.take(name) {
            None => &[],
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.fault(name, "must be an array");
                &[]
            }
        }
    }

    pub(crate) fn template(&mut self, name: &'static str, scope: Scope<'_>) -> Option<Template> {
        let value = self.take(name)?;
        let place = self.place(name);
        Some(Template::parse(value, &place, scope, self.problems))
    }

    /// A template that is one expression, or else a value that `fits`.
    pub(crate) fn setting(
        &mut self,
        name: &'static str,
        scope: Scope<'_>,
        wanted: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> Option<Template> {
        let before = self.problems.len();
        let template = self.template(name, scope)?;
        let fits = template.as_expression().is_some() || template.as_literal().is_some_and(fits);
        if !fits && self.problems.len() == before {
            self.fault(name, format!("must be {wanted} or an expression"));
        }
        Some(template)
    }

    pub(crate) fn assign(&mut self, scope: Scope<'_>) -> Vec<Assignment> {
        let Some(value) = self.take("Assign") else { return Vec::new() };
        let place = self.place("Assign");
        let Some(members) = value.as_object() else {
            self.fault("Assign", "must be an object");
            return Vec::new();
        };
        let mut assign = Vec::new();
        for (variable, value) in members {
            let place = member(&place, variable);
            if let Some(message) = name_fault(variable) {
                self.problems.push(DefinitionProblem::new(&place, message));
            }
            let value = Template::parse(value, &place, scope, self.problems);
            assign.push(Assignment { variable: variable.clone(), value });
        }
        assign
    }

    /// Notes each member that nobody asked for.
    pub(crate) fn close(self, of_what: &str) {
        for name in self.members.keys().filter(|n| !self.asked.contains(&n.as_str())) {
            let message = if JSON_PATH.contains(&name.as_str()) {
                format!("`{name}` is of the query language JSONPath; this machine is in JSONata")
            } else {
                format!("{of_what} has no field `{name}`")
            };
            self.problems.push(DefinitionProblem::new(member(&self.path, name), message));
        }
    }
}

fn name_fault(variable: &str) -> Option<&'static str> {
    let mut letters = variable.chars();
    let begins = letters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    if variable == "states" {
        Some("`states` is the name of what Step Functions provides; a variable needs another")
    } else if !begins || !letters.all(|c| c.is_alphanumeric() || c == '_') {
        Some("the name of a variable is a letter and then letters, digits and underscores")
    } else if variable.chars().count() > 80 {
        Some("the name of a variable has at most 80 characters")
    } else {
        None
    }
}
