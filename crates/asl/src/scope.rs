//! The variables and parts of `$states` that an expression may read, and those that it reads.

use std::collections::BTreeSet;

/// The names in scope at a field of a definition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NamesInScope<'a> {
    /// The variables that any state of the machine assigns.
    pub(crate) variables: &'a BTreeSet<String>,
    /// True where `$states.result` is in scope.
    pub(crate) result: bool,
    /// True where `$states.errorOutput` is in scope.
    pub(crate) error_output: bool,
}

/// The parts of `$states` that an expression reads, so that the other parts are not copied for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "a set")]
pub(crate) struct References {
    pub(crate) input: bool,
    pub(crate) result: bool,
    pub(crate) error_output: bool,
    pub(crate) context: bool,
    /// `$states.context.Execution.Input`, the only member of the Context object that can be large.
    pub(crate) execution_input: bool,
    /// `$states.context.Task.Token`.
    pub(crate) token: bool,
    /// A call of `$random`, `$uuid` or `$shuffle`.
    pub(crate) random: bool,
}

impl References {
    /// Returns true if the other references are among these.
    pub(crate) fn include(self, other: References) -> bool {
        let mut both = self;
        both.add(other);
        both == self
    }

    pub(crate) fn add(&mut self, other: References) {
        self.input |= other.input;
        self.result |= other.result;
        self.error_output |= other.error_output;
        self.context |= other.context;
        self.execution_input |= other.execution_input;
        self.token |= other.token;
        self.random |= other.random;
    }
}
