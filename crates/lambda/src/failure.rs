//! From an error of a step to what Step Functions retries and catches.

use failback_core::Error;
use lambda_runtime::Diagnostic;

/// Step Functions cuts off a cause at 32,768 characters (drs-facts §10), and writing it as JSON may double it.
const MESSAGE_MAX: usize = 16_000;

/// A plain boxed error would show its Rust type as its name, which no Retry or Catch can match.
pub(crate) fn diagnostic(error: &Error) -> Diagnostic {
    let mut message = error.told();
    if message.len() > MESSAGE_MAX {
        message.truncate(message.floor_char_boundary(MESSAGE_MAX));
        message.push_str(" … (cut off)");
    }
    Diagnostic { error_type: error.name().as_str().to_owned(), error_message: message }
}

#[cfg(test)]
mod tests {
    use failback_core::ErrorName;
    use failback_core::catalogue::fault;
    use failback_core::error::AwsError;

    use super::*;

    #[test]
    fn every_name_is_what_step_functions_sees() {
        for name in ErrorName::ALL {
            let (code, message) = ("ConflictException".to_owned(), "why".to_owned());
            let source =
                AwsError { operation: "drs:StopReplication", code, message, retry_after_seconds: None };
            let answer = diagnostic(&Error::aws(*name, source));
            assert_eq!(ErrorName::parse(&answer.error_type), Some(*name));
            assert!(answer.error_type.starts_with("Failback."));
        }
    }

    #[test]
    fn the_message_says_the_whole_chain() {
        let error = Error::aws(
            ErrorName::Conflict,
            AwsError {
                operation: "drs:StopReplication",
                code: "ConflictException".to_owned(),
                message: "busy".to_owned(),
                retry_after_seconds: None,
            },
        );
        let message = diagnostic(&error).error_message;
        let chain = "drs:StopReplication failed: drs:StopReplication answered ConflictException: busy. ";
        assert!(message.starts_with(chain) && message.len() > chain.len(), "{message}");
    }

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let error = Error::from(fault::is_no_arn("ü".repeat(MESSAGE_MAX)));
        let message = diagnostic(&error).error_message;
        assert!(message.len() < MESSAGE_MAX + 20 && message.ends_with("ü … (cut off)"), "{}", message.len());
    }
}
