//! Errors of AWS's services, and their meaning for a caller of the cloud traits.

use failback_core::error::AwsError;
use failback_core::{Error, ErrorName};

/// An error response of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceError {
    /// AWS's error code, such as `ConflictException`.
    pub code: &'static str,
    /// AWS's message, as its services word it.
    pub message: String,
    /// HTTP status code (drs-facts §1.1).
    pub http: u16,
    /// The `Retry-After` header; absent unless AWS sent one.
    pub retry_after_seconds: Option<u32>,
    /// `resourceId` in the body; absent from exceptions that do not name a resource.
    pub resource_id: Option<String>,
    /// `quotaCode` in the body, such as `L-B827C881`; present for a quota that is used up.
    pub quota_code: Option<&'static str>,
}

impl ServiceError {
    /// Creates the error with a code, the usual status of that code, and a message.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        let http = match code {
            "ThrottlingException" | "TooManyRequestsException" => 429,
            "ServiceQuotaExceededException" => 402,
            "ConflictException" => 409,
            "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" => 403,
            "ResourceNotFoundException" | "NoSuchHostedZone" | "NoSuchChange" => 404,
            "InternalServerException" | "InternalError" => 500,
            "RequestLimitExceeded" | "ServiceUnavailable" | "ServiceUnavailableException" | "Unavailable" => {
                503
            }
            _ => 400,
        };
        Self {
            code,
            message: message.into(),
            http,
            retry_after_seconds: None,
            resource_id: None,
            quota_code: None,
        }
    }

    /// Creates a `ConflictException` (409): a resource is in a state that forbids the operation.
    pub(crate) fn conflict(message: impl Into<String>, resource: impl std::fmt::Display) -> Self {
        Self { resource_id: Some(resource.to_string()), ..Self::new("ConflictException", message) }
    }

    /// Creates DRS's `ResourceNotFoundException` (404).
    pub(crate) fn not_found(kind: &str, resource: impl std::fmt::Display) -> Self {
        let message = format!("{kind} {resource} was not found");
        Self { resource_id: Some(resource.to_string()), ..Self::new("ResourceNotFoundException", message) }
    }

    /// Creates a `ValidationException` (400): the request is malformed.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// Creates a `ServiceQuotaExceededException` (402): a quota is used up (drs-facts §6).
    pub(crate) fn quota(code: &'static str, message: impl Into<String>) -> Self {
        Self { quota_code: Some(code), ..Self::new("ServiceQuotaExceededException", message) }
    }

    /// Creates an `UninitializedAccountException` (400): DRS was never initialised in the Region.
    pub(crate) fn uninitialized() -> Self {
        Self::new("UninitializedAccountException", "Account not initialized")
    }

    /// Converts it to the error that a cloud trait returns.
    pub fn into_error(self, operation: &'static str) -> Error {
        let name = self.name();
        let Self { code, message, retry_after_seconds, .. } = self;
        Error::aws(name, AwsError { operation, code: code.to_owned(), message, retry_after_seconds })
    }

    /// Returns the class of the error, by which a caller decides.
    pub fn name(&self) -> ErrorName {
        match self.code {
            "ThrottlingException"
            | "TooManyRequestsException"
            | "Throttling"
            | "PriorRequestNotComplete"
            | "RequestLimitExceeded" => ErrorName::Throttled,
            "ConflictException"
            | "IncorrectInstanceState"
            | "OperationNotPermitted"
            | "InvalidChangeBatch" => ErrorName::Conflict,
            "UninitializedAccountException" => ErrorName::NotInitialized,
            "ServiceQuotaExceededException" => ErrorName::QuotaExceeded,
            "ResourceNotFoundException" | "NoSuchHostedZone" | "NoSuchChange" => ErrorName::NotFound,
            code if code.starts_with("AccessDenied") || code == "UnauthorizedOperation" => {
                ErrorName::AccessDenied
            }
            code if code.ends_with(".NotFound") || code.ends_with(".VersionNotFound") => ErrorName::NotFound,
            _ if self.http >= 500 => ErrorName::Unavailable,
            _ => ErrorName::Rejected,
        }
    }
}

/// Creates the error of a call whose response never arrived: it may or may not have taken effect.
pub(crate) fn no_answer(operation: &'static str) -> Error {
    let message = "the connection was closed".to_owned();
    let answer = AwsError { operation, code: String::new(), message, retry_after_seconds: None };
    Error::aws(ErrorName::Unavailable, answer)
}
