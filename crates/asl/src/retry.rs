//! Matches errors with retriers and catchers, and computes the wait before a retry.

use crate::error_output::ErrorOutput;
use crate::machine::{Jitter, MAX_INTEGER, Retrier};

/// Returns true if an `ErrorEquals` matches this error name.
pub(crate) fn matches(error_equals: &[String], error: &str) -> bool {
    // Step Functions never retries or catches States.Runtime, even if it is named.
    if error == ErrorOutput::RUNTIME {
        return false;
    }
    error_equals.iter().any(|name| match name.as_str() {
        _ if name == error => true,
        "States.ALL" => error != ErrorOutput::DATA_LIMIT,
        "States.TaskFailed" => error != ErrorOutput::DATA_LIMIT && error != ErrorOutput::TIMEOUT,
        _ => false,
    })
}

/// Returns the wait before a retry, in milliseconds. `retries_made` is the number of retries that the
/// retrier has made; `jitter_fraction`, from 0 to 1, is the part of the interval that full jitter waits.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "kept below 2^53")]
pub(crate) fn delay_ms(retrier: &Retrier, retries_made: u32, jitter_fraction: f64) -> i64 {
    // Without a limit, the backoff would soon exceed what an integer of milliseconds holds.
    let max_delay = retrier.max_delay_seconds.unwrap_or(MAX_INTEGER) as f64;
    let interval = retrier.interval_seconds as f64 * retrier.backoff_rate.powf(f64::from(retries_made));
    let delay = interval.min(max_delay);
    let delay = if retrier.jitter == Jitter::Full { delay * jitter_fraction } else { delay };
    (delay * 1000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn wildcard_names_do_not_match_every_error() {
        let all = names(&["States.ALL"]);
        let failed = names(&["States.TaskFailed"]);
        assert!(matches(&all, "Boom") && matches(&all, "States.Timeout") && matches(&failed, "Boom"));
        assert!(!matches(&failed, "States.Timeout"));
        assert!(!matches(&all, "States.DataLimitExceeded") && !matches(&failed, "States.DataLimitExceeded"));
        assert!(matches(&names(&["States.DataLimitExceeded"]), "States.DataLimitExceeded"));
        assert!(!matches(&all, "States.Runtime") && !matches(&names(&["States.Runtime"]), "States.Runtime"));
        assert!(!matches(&names(&["Bo"]), "Boom"));
    }

    #[test]
    fn waits_grow_to_their_limit() {
        let mut retrier = Retrier {
            error_equals: names(&["States.ALL"]),
            interval_seconds: 3,
            max_attempts: 9,
            backoff_rate: 1.5,
            max_delay_seconds: Some(8),
            jitter: Jitter::None,
        };
        let waits: Vec<i64> = (0..4).map(|retries_made| delay_ms(&retrier, retries_made, 0.5)).collect();
        assert_eq!(waits, [3000, 4500, 6750, 8000]);
        retrier.jitter = Jitter::Full;
        assert_eq!(delay_ms(&retrier, 3, 0.5), 4000);
        retrier.max_delay_seconds = None;
        assert_eq!(delay_ms(&retrier, u32::MAX, 1.0), 99_999_999_000);
    }
}
