//! Which errors a retrier or a catcher is for, and how long a retrier waits.

use crate::interpreter::ErrorOutput;
use crate::machine::{Jitter, Retrier};

/// Whether one of the names in an `ErrorEquals` stands for this error.
pub(crate) fn is_for(names: &[String], error: &str) -> bool {
    // Nothing can be done about this one, whatever is written.
    if error == ErrorOutput::RUNTIME {
        return false;
    }
    names.iter().any(|name| match name.as_str() {
        _ if name == error => true,
        "States.ALL" => error != ErrorOutput::DATA_LIMIT,
        "States.TaskFailed" => error != ErrorOutput::DATA_LIMIT && error != ErrorOutput::TIMEOUT,
        _ => false,
    })
}

/// The wait, in milliseconds, before a retry; `done` is how many this retrier has made. `chance` is
/// from 0 to 1.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "kept below 2^53")]
pub(crate) fn delay_ms(retrier: &Retrier, done: u32, chance: f64) -> i64 {
    let most = retrier.max_delay_seconds.unwrap_or(99_999_999) as f64;
    let grown = retrier.interval_seconds as f64 * retrier.backoff_rate.powf(f64::from(done));
    let seconds = grown.min(most);
    let seconds = if retrier.jitter == Jitter::Full { seconds * chance } else { seconds };
    (seconds * 1000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn wide_names_leave_out_what_they_must() {
        let all = names(&["States.ALL"]);
        let failed = names(&["States.TaskFailed"]);
        assert!(is_for(&all, "Boom") && is_for(&all, "States.Timeout") && is_for(&failed, "Boom"));
        assert!(!is_for(&failed, "States.Timeout"));
        assert!(!is_for(&all, "States.DataLimitExceeded") && !is_for(&failed, "States.DataLimitExceeded"));
        assert!(is_for(&names(&["States.DataLimitExceeded"]), "States.DataLimitExceeded"));
        assert!(!is_for(&all, "States.Runtime") && !is_for(&names(&["States.Runtime"]), "States.Runtime"));
        assert!(!is_for(&names(&["Bo"]), "Boom"));
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
        let waits: Vec<i64> = (0..4).map(|done| delay_ms(&retrier, done, 0.5)).collect();
        assert_eq!(waits, [3000, 4500, 6750, 8000]);
        retrier.jitter = Jitter::Full;
        assert_eq!(delay_ms(&retrier, 3, 0.5), 4000);
        retrier.max_delay_seconds = None;
        assert_eq!(delay_ms(&retrier, u32::MAX, 1.0), 99_999_999_000);
    }
}
