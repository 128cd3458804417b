//! From an error of the SDK to an error of a step.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_drs::config::http::HttpResponse;
use aws_sdk_drs::error::{ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use failback_core::error::{AwsError, Chain};
use failback_core::{Error, ErrorName, Result};

use crate::errors::{DRS, EC2, LAMBDA, ROUTE_53, Row, STEP_FUNCTIONS, STS, name_of};

/// Names the operation in what went wrong with it.
pub(crate) trait OfOperation<T> {
    /// The answer of this operation, such as `drs:StartRecovery`.
    fn of(self, operation: &'static str) -> Result<T>;
}

impl<T, E> OfOperation<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
{
    fn of(self, operation: &'static str) -> Result<T> {
        self.map_err(|error| step_error(operation, &error))
    }
}

/// An answer of 2xx that lacks what the step needs. The call may have taken effect, so the step looks again.
pub(crate) fn unreadable(operation: &'static str, what: &str) -> Error {
    Error::aws(
        ErrorName::Unavailable,
        AwsError {
            operation,
            code: "Unreadable".to_owned(),
            message: format!("the answer names no {what}"),
            retry_after_seconds: None,
        },
    )
}

fn step_error<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Error
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
{
    let response = error.raw_response();
    let status = response.map(|response| response.status().as_u16());
    let (name, code, message) = match error.as_service_error() {
        Some(answer) => {
            let code = answer.code().unwrap_or_default();
            let name = name_of(table(operation), code, status);
            // Without a code, the SDK keeps the message only in the error's source.
            let message = answer.message().or_else(|| find_source::<ErrorMetadata>(answer)?.message());
            let message = message.unwrap_or("no message").to_owned();
            (name, code.to_owned(), message)
        }
        None => (without_answer(error, status), String::new(), Chain(error).to_string()),
    };
    let code = match status {
        Some(status) if code.is_empty() => format!("HTTP {status}"),
        _ => code,
    };
    let retry_after_seconds = response.and_then(retry_after);
    Error::aws(name, AwsError { operation, code, message, retry_after_seconds })
}

fn table(operation: &str) -> &'static [Row] {
    match operation.split_once(':') {
        Some(("drs", _)) => DRS,
        Some(("ec2", _)) => EC2,
        Some(("route53", _)) => ROUTE_53,
        Some(("states", _)) => STEP_FUNCTIONS,
        Some(("lambda", _)) => LAMBDA,
        _ => &[],
    }
}

/// What it means that no error could be read: no credentials, no connection, no time left, or garbage.
fn without_answer<E>(error: &SdkError<E, HttpResponse>, status: Option<u16>) -> ErrorName
where
    E: StdError + Send + Sync + 'static,
{
    if let Some(credentials) = find_source::<CredentialsError>(error) {
        return without_credentials(credentials);
    }
    match error {
        // The request could not even be written down.
        SdkError::ConstructionFailure(_) => ErrorName::Internal,
        _ => name_of(&[], "", status),
    }
}

/// No credentials are a missing permission, unless it is STS that cannot answer.
fn without_credentials(error: &CredentialsError) -> ErrorName {
    match find_source::<SdkError<AssumeRoleError, HttpResponse>>(error) {
        Some(refusal) => {
            let status = refusal.raw_response().map(|response| response.status().as_u16());
            name_of(STS, refusal.code().unwrap_or_default(), status)
        }
        None if matches!(error, CredentialsError::ProviderTimedOut(_)) => ErrorName::Unavailable,
        None => ErrorName::AccessDenied,
    }
}

fn find_source<'e, T: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The SDK reads this header but does not heed it (drs-facts §1.0); DRS binds it to ThrottlingException and
/// InternalServerException.
fn retry_after(response: &HttpResponse) -> Option<u32> {
    response.headers().get("retry-after")?.trim().parse().ok()
}
