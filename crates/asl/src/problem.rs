//! What is wrong with a definition, and where.

use std::fmt;

/// One fault of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionProblem {
    /// Where it is, such as `$.States['Check Readiness'].Next`.
    pub path: String,
    /// What is wrong there.
    pub message: String,
}

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

/// The path of a member of the object at `path`.
pub(crate) fn member(path: &str, name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { format!("{path}.{name}") } else { keyed(path, name) }
}

/// The path of a member whose name is data, as the name of a state is: always in brackets.
pub(crate) fn keyed(path: &str, name: &str) -> String {
    format!("{path}['{}']", name.replace('\'', "\\'"))
}
