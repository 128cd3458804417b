//! What AWS answers when it refuses, and what that means to a caller of the cloud traits.

use failback_core::error::AwsError;
use failback_core::{Error, ErrorName};

/// An error answer of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceError {
    /// AWS's error code, such as `ConflictException`.
    pub code: &'static str,
    /// AWS's message.
    pub message: String,
    /// HTTP status (drs-facts §1.1).
    pub http: u16,
    /// The `Retry-After` header.
    pub retry_after_seconds: Option<u32>,
    /// `resourceId` of the exception's body.
    pub resource_id: Option<String>,
    /// `quotaCode` of the exception's body.
    pub quota_code: Option<&'static str>,
}

impl ServiceError {
    /// An answer with this code, its usual status and message.
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

    /// 409: something is in a state that forbids it.
    pub(crate) fn conflict(message: impl Into<String>, resource: impl std::fmt::Display) -> Self {
        Self { resource_id: Some(resource.to_string()), ..Self::new("ConflictException", message) }
    }

    /// 404 of DRS.
    pub(crate) fn not_found(kind: &str, resource: impl std::fmt::Display) -> Self {
        let message = format!("{kind} {resource} was not found");
        Self { resource_id: Some(resource.to_string()), ..Self::new("ResourceNotFoundException", message) }
    }

    /// 400: malformed.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// 402: a quota is used up (drs-facts §6).
    pub(crate) fn quota(code: &'static str, message: impl Into<String>) -> Self {
        Self { quota_code: Some(code), ..Self::new("ServiceQuotaExceededException", message) }
    }

    /// 400: DRS was never initialised in this Region.
    pub(crate) fn uninitialized() -> Self {
        Self::new("UninitializedAccountException", "Account not initialized")
    }

    /// What the caller of a cloud trait is told.
    pub fn into_error(self, operation: &'static str) -> Error {
        let name = self.name();
        let Self { code, message, retry_after_seconds, .. } = self;
        Error::aws(name, AwsError { operation, code: code.to_owned(), message, retry_after_seconds })
    }

    /// The name under which the caller decides.
    pub fn name(&self) -> ErrorName {
        match self.code {
            "ThrottlingException"
            | "TooManyRequestsException"
            | "Throttling"
            | "PriorRequestNotComplete"
            | "RequestLimitExceeded" => ErrorName::Throttled,
            "ConflictException" | "IncorrectInstanceState" | "OperationNotPermitted" => ErrorName::Conflict,
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

/// The error of a call whose answer never arrived: it may or may not have taken effect.
pub(crate) fn no_answer(operation: &'static str) -> Error {
    let message = "the connection was closed".to_owned();
    let answer = AwsError { operation, code: String::new(), message, retry_after_seconds: None };
    Error::aws(ErrorName::Unavailable, answer)
}
