//! The problems for which a definition is refused, and their paths.

use std::fmt;

/// One problem of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionProblem {
    /// The path of the field or state in the definition, such as `$.States['Check Readiness'].Next`.
    pub path: String,
    /// A description of the problem, without the path.
    pub message: String,
}

/// The problems found in a definition so far.
pub(crate) type Problems = Vec<DefinitionProblem>;

impl DefinitionProblem {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        DefinitionProblem { path: path.into(), message: message.into() }
    }
}

impl fmt::Display for DefinitionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

impl std::error::Error for DefinitionProblem {}

/// Returns the path of a member of the object at `path`.
pub(crate) fn member_path(path: &str, name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { format!("{path}.{name}") } else { in_brackets(path, name) }
}

/// Returns the path of a state. Names of states are data, so they are always in brackets.
pub(crate) fn state_path(name: &str) -> String {
    in_brackets("$.States", name)
}

fn in_brackets(path: &str, name: &str) -> String {
    format!("{path}['{}']", name.replace('\'', "\\'"))
}
