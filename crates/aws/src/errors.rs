//! What AWS's answers mean to a step: one table for each service.
//!
//! Answers are told apart by code, as text, because codes arrive that the model does not declare
//! (drs-facts §1.1). A code that no table has is judged by the answer's HTTP status.

use failback_core::ErrorName::{
    self, AccessDenied, Conflict, NotFound, NotInitialized, QuotaExceeded, Rejected, Throttled, Unavailable,
};

/// A code, or `*` and the end that codes have, and what it means.
pub(crate) type Row = (&'static str, ErrorName);

/// Codes that every service answers.
pub(crate) const COMMON: &[Row] = &[
    ("Throttling", Throttled),
    ("ThrottlingException", Throttled),
    ("ThrottledException", Throttled),
    ("RequestThrottled", Throttled),
    ("RequestLimitExceeded", Throttled),
    ("TooManyRequestsException", Throttled),
    ("InternalError", Unavailable),
    ("InternalFailure", Unavailable),
    ("InternalServerError", Unavailable),
    ("InternalServerException", Unavailable),
    ("ServiceUnavailable", Unavailable),
    ("ServiceUnavailableException", Unavailable),
    ("RequestTimeout", Unavailable),
    ("RequestTimeoutException", Unavailable),
    ("AccessDenied", AccessDenied),
    ("AccessDeniedException", AccessDenied),
    ("ExpiredToken", AccessDenied),
    ("ExpiredTokenException", AccessDenied),
    ("IncompleteSignature", AccessDenied),
    ("InvalidClientTokenId", AccessDenied),
    ("InvalidSignatureException", AccessDenied),
    ("MissingAuthenticationToken", AccessDenied),
    ("OptInRequired", AccessDenied),
    ("RequestExpired", AccessDenied),
    ("SignatureDoesNotMatch", AccessDenied),
    ("UnrecognizedClientException", AccessDenied),
    ("ValidationError", Rejected),
    ("ValidationException", Rejected),
];

/// DRS (drs-facts §1.1).
pub(crate) const DRS: &[Row] = &[
    ("ConflictException", Conflict),
    ("ResourceNotFoundException", NotFound),
    ("ServiceQuotaExceededException", QuotaExceeded),
    ("UninitializedAccountException", NotInitialized),
];

/// EC2. It answers 400 for nearly everything, so the status alone says little.
pub(crate) const EC2: &[Row] = &[
    ("Unavailable", Unavailable),
    ("UnauthorizedOperation", AccessDenied),
    ("AuthFailure", AccessDenied),
    ("Blocked", AccessDenied),
    // Termination protection: somebody may lift it, so it is a state and not a missing permission.
    ("OperationNotPermitted", Conflict),
    ("IncorrectInstanceState", Conflict),
    ("IncorrectState", Conflict),
    ("*.NotFound", NotFound),
    ("*.NotFoundException", NotFound),
    ("*.VersionNotFound", NotFound),
    ("*LimitExceeded", QuotaExceeded),
];

/// Route 53 (drs-facts §10).
pub(crate) const ROUTE_53: &[Row] = &[
    // One change at a time in a zone: as with throttling, the same call succeeds a little later.
    ("PriorRequestNotComplete", Throttled),
    ("NoSuchHostedZone", NotFound),
    ("NoSuchChange", NotFound),
    // A set is not the one that was read, or exists already: a step reads again.
    ("InvalidChangeBatch", Conflict),
    ("InvalidInput", Rejected),
];

/// What Step Functions answers when there is no execution of a name.
pub(crate) const STEP_FUNCTIONS_MISSING: &str = "ExecutionDoesNotExist";

/// Step Functions.
pub(crate) const STEP_FUNCTIONS: &[Row] = &[
    ("KmsThrottlingException", Throttled),
    ("KmsAccessDeniedException", AccessDenied),
    ("KmsInvalidStateException", Conflict),
    ("StateMachineDoesNotExist", NotFound),
    (STEP_FUNCTIONS_MISSING, NotFound),
    ("ExecutionAlreadyExists", Conflict),
    ("ExecutionLimitExceeded", QuotaExceeded),
    ("TaskDoesNotExist", NotFound),
    ("TaskTimedOut", Conflict),
    ("ResourceNotFound", NotFound),
    ("InvalidArn", Rejected),
    ("InvalidToken", Rejected),
];

/// Lambda, asked to call the hook. A function that VPC, disks or keys keep from running is an error of its own settings.
pub(crate) const LAMBDA: &[Row] = &[
    ("ResourceNotFoundException", NotFound),
    ("ResourceConflictException", Conflict),
    ("ResourceNotReadyException", Conflict),
    ("EC2ThrottledException", Throttled),
    ("ServiceException", Unavailable),
    ("EC2UnexpectedException", Unavailable),
    ("KMSAccessDeniedException", AccessDenied),
    ("EC2AccessDeniedException", AccessDenied),
];

/// STS, asked for the credentials of a role.
pub(crate) const STS: &[Row] =
    &[("PackedPolicyTooLarge", Rejected), ("RegionDisabledException", AccessDenied)];

/// What an answer means: by the service's code, by a common code, or else by status.
pub(crate) fn name_of(table: &[Row], code: &str, status: Option<u16>) -> ErrorName {
    find(COMMON, code).or_else(|| find(table, code)).unwrap_or_else(|| status.map_or(Unavailable, by_status))
}

fn find(table: &[Row], code: &str) -> Option<ErrorName> {
    let matches = |pattern: &str| match pattern.strip_prefix('*') {
        Some(end) => code.ends_with(end),
        None => code == pattern,
    };
    table.iter().find(|(pattern, _)| matches(pattern)).map(|(_, name)| *name)
}

/// What an answer without a known code means. A success that cannot be read has taken effect, or may have.
fn by_status(status: u16) -> ErrorName {
    match status {
        401 | 403 => AccessDenied,
        402 => QuotaExceeded,
        404 => NotFound,
        408 => Unavailable,
        409 => Conflict,
        429 => Throttled,
        400..=499 => Rejected,
        _ => Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_decides_before_the_status() {
        assert_eq!(name_of(EC2, "RequestLimitExceeded", Some(503)), Throttled);
        assert_eq!(name_of(EC2, "VcpuLimitExceeded", Some(400)), QuotaExceeded);
        assert_eq!(name_of(ROUTE_53, "Throttling", Some(400)), Throttled);
    }

    #[test]
    fn an_unknown_code_is_judged_by_its_status() {
        let expected = [
            (400, Rejected),
            (401, AccessDenied),
            (402, QuotaExceeded),
            (403, AccessDenied),
            (404, NotFound),
            (408, Unavailable),
            (409, Conflict),
            (413, Rejected),
            (429, Throttled),
            (500, Unavailable),
            (503, Unavailable),
            (200, Unavailable),
        ];
        for (status, name) in expected {
            assert_eq!(name_of(DRS, "Strange", Some(status)), name, "{status}");
        }
        assert_eq!(name_of(DRS, "Strange", None), Unavailable);
    }
}
