//! The list of all error names, and the error type.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Fault, fault};

macro_rules! error_names {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// The error name that Step Functions receives. It tells the caller what to do. Written `Failback.Throttled`
        /// and so on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorName { $($(#[$doc])* $name),+ }

        impl ErrorName {
            /// All names.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Returns the name as Step Functions receives it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => concat!("Failback.", stringify!($name))),+ }
            }
        }
    };
}

error_names! {
    /// AWS asks to slow down. Retried.
    Throttled,
    /// No answer, or a 5xx answer: the call may have taken effect. Retried; every step reads the live state first.
    Unavailable,
    /// AWS refuses because of the state of a resource. A step reads that state again, and waits or fails.
    Conflict,
    /// DRS is not initialised in a Region.
    NotInitialized,
    /// A permission is missing.
    AccessDenied,
    /// Something that must exist does not.
    NotFound,
    /// An AWS quota is used up.
    QuotaExceeded,
    /// AWS rejects the request as malformed.
    Rejected,
    /// The plan cannot be carried out as written.
    InvalidPlan,
    /// The plan is correct, but resources in AWS are not ready for it.
    NotReady,
    /// A safety rule forbids what a step was about to do.
    Guard,
    /// Servers could not be launched in as many attempts as the plan allows.
    LaunchFailed,
    /// Launched servers do not work after as many launches as the plan allows.
    ValidationFailed,
    /// What was read is too old to act upon. The step is called again, and reads it again.
    Stale,
    /// A wait took longer than the plan allows.
    TimedOut,
    /// A defect of this program.
    Internal,
}

impl ErrorName {
    /// Finds a name by the text that Step Functions receives.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|name| name.as_str() == text)
    }
}

impl fmt::Display for ErrorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The answer of AWS that caused an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsError {
    /// The operation, such as `drs:StartRecovery`.
    pub operation: &'static str,
    /// AWS's error code, such as `ConflictException`; empty when there was no answer.
    pub code: String,
    /// AWS's message.
    pub message: String,
    /// The value of the `Retry-After` header.
    pub retry_after_seconds: Option<u32>,
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code.is_empty() {
            write!(f, "{} got no answer ({})", self.operation, self.message)
        } else {
            write!(f, "{} answered {}: {}", self.operation, self.code, self.message)
        }
    }
}

impl std::error::Error for AwsError {}

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

    /// Returns the error for a defect of this program.
    pub fn internal(message: impl Into<String>) -> Self {
        Self { name: ErrorName::Internal, message: message.into(), source: None }
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

    /// Prefixes the message with the operation that was in progress.
    #[must_use]
    pub fn while_doing(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }
}

/// An error that this program detects by itself.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self { name: fault.name(), message: fault.to_string(), source: None }
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
        )
        .while_doing("stopping A2");
        assert_eq!(error.to_string(), "stopping A2: drs:StopReplication failed");
        assert_eq!(
            Chain(&error).to_string(),
            "stopping A2: drs:StopReplication failed: drs:StopReplication answered ConflictException: busy"
        );
    }

    #[test]
    fn a_name_is_read_back() {
        for name in ErrorName::ALL {
            assert_eq!(ErrorName::parse(name.as_str()), Some(*name));
        }
    }
}
