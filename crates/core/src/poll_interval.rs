//! When to look again: by what is expected to remain, so that a long wait costs few polls and little delay.

/// Never more often than this.
pub const SECONDS_MIN: u64 = 8;

/// Never less often than this: 14 days stay under 1,400 polls, and an execution under 25,000 events.
pub const SECONDS_MAX: u64 = 900;

/// How long something usually takes, where AWS gives no estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypicalDuration {
    /// Hardly ever less.
    pub low_seconds: u64,
    /// Seldom more.
    pub high_seconds: u64,
}

/// How long things usually take (drs-facts §6 where it says so, else an estimate; a wrong one costs only polls).
pub mod typical {
    use super::TypicalDuration;

    const fn between(low_seconds: u64, high_seconds: u64) -> TypicalDuration {
        TypicalDuration { low_seconds, high_seconds }
    }

    /// A launch job: snapshot, 52 s, conversion 3 min 15 s, launch 5 min.
    pub const LAUNCH_JOB: TypicalDuration = between(515, 585);
    /// From the start of a launch job until DRS has seen the new instance's agent.
    pub const AGENT: TypicalDuration = between(520, 660);
    /// From the end of a launch job to passed status checks.
    pub const BOOT: TypicalDuration = between(55, 150);
    /// Until a new source server is listed.
    pub const VISIBLE: TypicalDuration = between(2, 8);
    /// The eleven steps before the first byte is copied.
    pub const INITIATION: TypicalDuration = between(180, 360);
    /// From the last byte of the initial sync: the backlog.
    pub const BACKLOG: TypicalDuration = between(60, 180);
    /// The first snapshot after that.
    pub const SNAPSHOT: TypicalDuration = between(30, 60);
    /// A change of Route 53.
    pub const DNS: TypicalDuration = between(20, 50);
    /// From reversing replication of A3 until B1 protects A4; longer for large disks.
    pub const PROTECTION: TypicalDuration = between(460, 900);
    /// After StopReplication, until B2 may be terminated.
    pub const RELEASE: TypicalDuration = between(60, 180);
    /// A terminate job.
    pub const TERMINATE_JOB: TypicalDuration = between(48, 75);
    /// EC2 taking an instance down.
    pub const TERMINATE: TypicalDuration = between(30, 46);
    /// After DisconnectSourceServer, until the server may be deleted.
    pub const DISCONNECT: TypicalDuration = between(10, 40);
}

/// Seconds until the next look, when `remaining_seconds` are expected to remain: most of it, so that the last looks
/// come close together around the end.
pub fn by_remaining(remaining_seconds: u64) -> u64 {
    (remaining_seconds.saturating_mul(4) / 5).clamp(SECONDS_MIN, SECONDS_MAX)
}

/// Seconds until the next look at something that was begun `waited_seconds` ago for so many servers at once.
///
/// The last of many servers is done late, so the next look is where a sixth of the remaining chances lie before it:
/// the number of polls does not grow with the number of servers. Servers of one fleet are alike, so they count as
/// fewer than they are. Past the usual time looks thin out, so that they stay few however long it takes.
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
    // The chance that the last server is done by now, and the moment by which it is a sixth nearer to certain.
    let now = (waited_seconds.saturating_sub(low_seconds) as f64 / range).powf(servers);
    let next = low_seconds as f64 + range * (now + (1.0 - now) / 6.0).powf(1.0 / servers);
    (next.ceil() as u64).saturating_sub(waited_seconds).clamp(SECONDS_MIN, SECONDS_MAX)
}

/// Seconds until the next look at something of which nothing is known: looks thin out as time passes.
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
    fn fourteen_days_stay_under_1_400_polls() {
        let days_14 = 14 * 86_400;
        assert!(polls(days_14, |waited| by_remaining(days_14 - waited)).0 < 1_400);
        assert!(polls(days_14, |waited| by_typical(typical::BOOT, 1, waited)).0 < 1_400);
        assert!(polls(days_14, backoff).0 < 1_400);
    }
}
