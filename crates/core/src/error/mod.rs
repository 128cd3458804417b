//! The error type. The catalogue, which it needs, knows the names of errors alone.

pub mod name;

use std::fmt;

use crate::catalogue::{Fault, Reason, fault, reason};

pub use name::{AwsError, ErrorName};

/// An error of a step. `Display` omits the source; [`Chain`] prints both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    name: ErrorName,
    message: String,
    source: Option<AwsError>,
}

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Returns an error for an answer of AWS.
    pub fn aws(name: ErrorName, source: AwsError) -> Self {
        Self { name, message: format!("{} failed", source.operation), source: Some(source) }
    }

    /// Returns the name that Step Functions receives.
    pub fn name(&self) -> ErrorName {
        self.name
    }

    /// Returns the answer of AWS, if one caused this error.
    pub fn aws_error(&self) -> Option<&AwsError> {
        self.source.as_ref()
    }

    /// Returns everything that a person is told: the message, AWS's answer, and what to do about it.
    pub fn told(&self) -> String {
        let chain = Chain(self).to_string();
        match self.source.as_ref().and_then(|answer| fault::remedy(self.name, answer.operation)) {
            Some(remedy) => format!("{}. {remedy}", chain.trim_end_matches('.')),
            None => chain,
        }
    }
}

/// An error that this program detects by itself.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self { name: fault.name(), message: fault.to_string(), source: None }
    }
}

/// The reason of a wait for what is refused for now.
impl From<&Error> for Reason {
    fn from(error: &Error) -> Self {
        match error.aws_error() {
            // AWS's message says more than the name of the operation.
            Some(answer) if error.name() == ErrorName::QuotaExceeded => {
                let message = answer.message.trim_end_matches('.');
                reason::quota_is_used_up(message, fault::quota(answer.operation))
            }
            Some(answer) => Self::of_aws(answer),
            None => reason::refused_for_now(error),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

/// The display of an error with all its sources. No other code prints sources.
pub struct Chain<'a>(pub &'a dyn std::error::Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(source) = next {
            write!(f, ": {source}")?;
            next = source.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_says_one_thing_and_the_chain_says_all() {
        let error = Error::aws(
            ErrorName::Conflict,
            AwsError {
                operation: "drs:StopReplication",
                code: "ConflictException".into(),
                message: "busy".into(),
                retry_after_seconds: None,
            },
        );
        assert_eq!(error.to_string(), "drs:StopReplication failed");
        assert_eq!(
            Chain(&error).to_string(),
            "drs:StopReplication failed: drs:StopReplication answered ConflictException: busy"
        );
    }
}
