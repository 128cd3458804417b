//! Poll intervals by the time that is expected to remain, so that a long wait costs few polls and little delay.

/// The shortest interval.
pub const SECONDS_MIN: u64 = 8;

/// The longest interval that a step asks for.
pub const SECONDS_MAX: u64 = 900;

/// The part of the time waited that an interval has at least once a wait has used up its polls ([`polls_in`]), so that they
/// become rarer whatever a step waits for.
const SHARE: u64 = 60;

/// The part of the time waited after which calls that AWS asked to slow down are made again.
const SLOWED_DOWN_SHARE: u64 = 5;

/// The longest interval of all, after 60 hours.
const AT_LEAST_SECONDS_MAX: u64 = 3_600;

/// The number of polls of an execution before its clean-up, as the state machines count them.
pub const POLLS_MAX: u64 = 2_000;

/// Returns the shortest interval after this time of waiting, when all polls so far came as soon as they could.
pub fn at_least(waited_seconds: u64) -> u64 {
    (waited_seconds / SHARE).min(AT_LEAST_SECONDS_MAX)
}

/// Returns the shortest interval after this time of waiting and this number of polls. A step that has made few so far may
/// look as often as it likes around the end that it expects.
pub fn least(waited_seconds: u64, polls: u32) -> u64 {
    if u64::from(polls) < polls_in(waited_seconds) { SECONDS_MIN } else { at_least(waited_seconds) }
}

/// Returns the interval after which calls that AWS asked to slow down are made again. AWS answers many of them in every
/// second; if it answers none for long, they become rarer.
pub fn slowed_down(waited_seconds: u64) -> u64 {
    (waited_seconds / SLOWED_DOWN_SHARE).clamp(1, SECONDS_MIN).max(at_least(waited_seconds))
}

/// Returns the largest number of polls of a wait of this time, however its step chooses the intervals.
pub fn polls_in(total_seconds: u64) -> u64 {
    let (mut waited, mut polls) = (0, 0);
    while waited < total_seconds {
        waited += slowed_down(waited);
        polls += 1;
    }
    polls
}

/// The usual duration of an operation for which AWS gives no estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypicalDuration {
    /// The usual minimum.
    pub low_seconds: u64,
    /// The usual maximum.
    pub high_seconds: u64,
}

/// Usual durations: from drs-facts §6 where it states them, else estimates. A wrong estimate costs only polls.
pub mod typical {
    use super::TypicalDuration;

    const fn between(low_seconds: u64, high_seconds: u64) -> TypicalDuration {
        TypicalDuration { low_seconds, high_seconds }
    }

    /// A launch job: snapshot, 52 s, conversion 3 min 15 s, launch 5 min.
    pub const LAUNCH_JOB: TypicalDuration = between(515, 585);
    /// The time from the start of a launch job until DRS has seen the new instance's agent.
    pub const AGENT: TypicalDuration = between(520, 660);
    /// The time from the end of a launch job to passed status checks.
    pub const BOOT: TypicalDuration = between(55, 150);
    /// The time until a new source server is listed.
    pub const VISIBLE: TypicalDuration = between(2, 8);
    /// The eleven steps before the first byte is copied.
    pub const INITIATION: TypicalDuration = between(180, 360);
    /// The backlog after the last byte of the initial sync.
    pub const BACKLOG: TypicalDuration = between(60, 180);
    /// The first snapshot after the backlog.
    pub const SNAPSHOT: TypicalDuration = between(30, 60);
    /// A change in Route 53.
    pub const DNS: TypicalDuration = between(20, 50);
    /// The time from reversing replication of A3 until B1 protects A4; longer for large disks.
    pub const PROTECTION: TypicalDuration = between(460, 900);
    /// The time after StopReplication until B2 can be terminated.
    pub const RELEASE: TypicalDuration = between(60, 180);
    /// A terminate job.
    pub const TERMINATE_JOB: TypicalDuration = between(48, 75);
    /// The termination of an instance by EC2.
    pub const TERMINATE: TypicalDuration = between(30, 46);
    /// The time after DisconnectSourceServer until the server can be deleted.
    pub const DISCONNECT: TypicalDuration = between(10, 40);
}

/// Returns the seconds until the next poll when `remaining_seconds` are expected to remain: most of them, so that the
/// last polls come close together around the end.
pub fn by_remaining(remaining_seconds: u64) -> u64 {
    (remaining_seconds.saturating_mul(4) / 5).clamp(SECONDS_MIN, SECONDS_MAX)
}

/// Returns the seconds until the next poll of an operation that started `waited_seconds` ago for this many servers at
/// once.
///
/// The last of many servers is done late. A sixth of the remaining probability lies before the next poll, so that the
/// number of polls does not grow with the number of servers. Servers of one fleet are alike, so they count as fewer
/// than they are. After the usual time polls become rarer, so that they stay few however long the operation takes.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped below, and never negative"
)]
pub fn by_typical(typical: TypicalDuration, servers: usize, waited_seconds: u64) -> u64 {
    let TypicalDuration { low_seconds, high_seconds } = typical;
    if waited_seconds >= high_seconds {
        return (SECONDS_MIN + (waited_seconds - high_seconds) / 5).min(SECONDS_MAX);
    }
    let range = (high_seconds - low_seconds).max(1) as f64;
    let servers = (servers.clamp(1, 10_000) as f64).cbrt();
    // The probability that the last server is done by now, and the time at which it is a sixth closer to 1.
    let now = (waited_seconds.saturating_sub(low_seconds) as f64 / range).powf(servers);
    let next = low_seconds as f64 + range * (now + (1.0 - now) / 6.0).powf(1.0 / servers);
    (next.ceil() as u64).saturating_sub(waited_seconds).clamp(SECONDS_MIN, SECONDS_MAX)
}

/// Returns the seconds until the next poll of an operation without an estimate. Polls become rarer over time.
pub fn backoff(waited_seconds: u64) -> u64 {
    (10 + waited_seconds / 6).min(SECONDS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polls(total: u64, next: impl Fn(u64) -> u64) -> (u64, u64) {
        let (mut waited, mut polls) = (0, 0);
        while waited < total {
            waited += next(waited);
            polls += 1;
        }
        (polls, waited - total)
    }

    #[test]
    fn a_job_is_met_within_seconds_by_few_polls() {
        for total in 515..=585 {
            let (polls, late) = polls(total, |waited| by_typical(typical::LAUNCH_JOB, 1, waited));
            assert!(polls <= 10 && late <= 18, "{total} s: {polls} polls, {late} s late");
        }
    }

    #[test]
    fn polls_do_not_grow_with_the_servers() {
        // The last of 100 is done near the end of the usual time.
        let (one, _) = polls(550, |waited| by_typical(typical::LAUNCH_JOB, 1, waited));
        let (hundred, late) = polls(584, |waited| by_typical(typical::LAUNCH_JOB, 100, waited));
        assert!(hundred <= one + 2 && late <= SECONDS_MIN, "{one} and {hundred} polls");
    }

    #[test]
    fn two_weeks_twice_stay_under_three_quarters_of_all_polls() {
        assert!(polls_in(14 * 86_400) * 8 < POLLS_MAX * 3, "{}", polls_in(14 * 86_400));
        // A wait that AWS slows down all the time has as many as any.
        let total = 48 * 3_600;
        assert_eq!(polls(total, slowed_down).0, polls_in(total));
    }

    #[test]
    fn a_wait_with_few_polls_may_look_often_around_its_end() {
        let late = 48 * 3_600;
        assert_eq!(least(late, 5), SECONDS_MIN);
        let used_up = u32::try_from(polls_in(late)).unwrap();
        assert_eq!(least(late, used_up), at_least(late));
        assert!(at_least(late) > 100 * SECONDS_MIN / 8);
    }
}
