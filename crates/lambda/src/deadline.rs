//! How long a step may work.

use std::time::Duration;

use failback_core::catalogue::fault;
use failback_core::cloud::Clock;
use failback_core::timestamp::Timestamp;
use failback_core::{Error, Result};

/// A step begins nothing new in these last seconds of a call: it says `waiting` instead.
const RESERVED_MILLIS: i64 = 5_000;
/// What still runs then is given up. Lambda would end it without a name, and the warm process with it.
const GIVEN_UP_MILLIS: i64 = 1_000;

/// The age from which a deadline is none: Lambda calls nobody whose time has been over for a day. The emulator of
/// `cargo lambda watch` names ten minutes after 1970.
const NONE_MILLIS: i64 = 86_400_000;
/// How long a call may take that has no deadline: as long as the template's `Timeout`.
const TIMEOUT_MILLIS: i64 = 60_000;

/// Runs a step until it ends, or until Lambda is about to end it.
///
/// # Errors
/// The step's; `Unavailable` when it does not end: its last call may have taken effect, so the next one looks.
pub(crate) async fn within<T>(
    deadline_millis: u64,
    clock: &dyn Clock,
    step: impl AsyncFnOnce(Timestamp) -> Result<T>,
) -> Result<T> {
    let deadline_millis = deadline(deadline_millis, clock.now());
    let given_up = Duration::from_millis(left(deadline_millis, clock.now()));
    let work = step(last_start(deadline_millis));
    tokio::time::timeout(given_up, work)
        .await
        .unwrap_or_else(|_| Err(Error::from(fault::call_ran_out_of_time())))
}

/// The deadline of a call, or the usual one where it has none.
fn deadline(deadline_millis: u64, now: Timestamp) -> u64 {
    if signed(deadline_millis) > now.millis().saturating_sub(NONE_MILLIS) {
        return deadline_millis;
    }
    u64::try_from(now.millis().saturating_add(TIMEOUT_MILLIS)).unwrap_or(deadline_millis)
}

/// The moment after which a step begins nothing new.
fn last_start(deadline_millis: u64) -> Timestamp {
    Timestamp::from_millis(signed(deadline_millis).saturating_sub(RESERVED_MILLIS))
}

/// Milliseconds until a step is given up.
fn left(deadline_millis: u64, now: Timestamp) -> u64 {
    let left = signed(deadline_millis).saturating_sub(GIVEN_UP_MILLIS).saturating_sub(now.millis());
    u64::try_from(left).unwrap_or(0)
}

fn signed(millis: u64) -> i64 {
    i64::try_from(millis).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_seconds_are_kept_back_to_answer() {
        assert_eq!(last_start(1_700_000_060_000), Timestamp::from_millis(1_700_000_055_000));
        assert_eq!(last_start(0), Timestamp::from_millis(-5_000));
        assert_eq!(last_start(u64::MAX), Timestamp::from_millis(i64::MAX - 5_000));
    }

    #[test]
    fn a_deadline_of_1970_is_none() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        assert_eq!(deadline(600_000, now), 1_700_000_060_000);
        for real in [1_700_000_060_000, 1_699_999_999_000, u64::MAX] {
            assert_eq!(deadline(real, now), real);
        }
    }

    #[test]
    fn what_runs_is_given_up_a_second_before_the_end() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        assert_eq!(left(1_700_000_060_000, now), 59_000);
        assert_eq!(left(1_700_000_000_500, now), 0);
        assert_eq!(left(0, now), 0);
    }
}
