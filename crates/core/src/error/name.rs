//! The list of all error names, and the answer of AWS that causes an error.

use std::fmt;

use serde::{Deserialize, Serialize};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back() {
        for name in ErrorName::ALL {
            assert_eq!(ErrorName::parse(name.as_str()), Some(*name));
        }
    }
}
