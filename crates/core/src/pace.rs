//! When to look again: by what is expected to remain, so that a long wait costs few polls and little delay.

/// Never more often than this.
pub const SECONDS_MIN: u64 = 8;

/// Never less often than this: 14 days stay under 1,400 polls, and an execution under 25,000 events.
pub const SECONDS_MAX: u64 = 900;

/// How long things usually take, where AWS gives no estimate.
pub mod usual {
    /// A launch job: snapshot, 52 s, conversion 3 min 15 s, launch 5 min (drs-facts §6).
    pub const LAUNCH_JOB_SECONDS: u64 = 545;
    /// From the end of a launch job to passed status checks.
    pub const BOOT_SECONDS: u64 = 90;
    /// From the launch of an instance until DRS has seen its agent.
    pub const AGENT_SECONDS: u64 = 240;
    /// The eleven steps before the first byte is copied.
    pub const INITIATION_SECONDS: u64 = 270;
    /// From the last byte of the initial sync to CONTINUOUS: backlog and first snapshot.
    pub const SETTLING_SECONDS: u64 = 120;
    /// A change of Route 53.
    pub const DNS_SECONDS: u64 = 35;
    /// From reversing replication of A3 until B1 protects A4.
    pub const PROTECTION_SECONDS: u64 = 540;
    /// After StopReplication, until B2 may be terminated.
    pub const RELEASE_SECONDS: u64 = 100;
    /// A terminate job.
    pub const TERMINATE_JOB_SECONDS: u64 = 60;
    /// EC2 taking an instance down.
    pub const TERMINATE_SECONDS: u64 = 40;
    /// After DisconnectSourceServer, until the server may be deleted.
    pub const DISCONNECT_SECONDS: u64 = 20;
}

/// Seconds until the next look, when `remaining_seconds` are expected to remain: most of it, so that the last looks
/// come close together around the end.
pub fn by_remaining(remaining_seconds: u64) -> u64 {
    (remaining_seconds.saturating_mul(4) / 5).clamp(SECONDS_MIN, SECONDS_MAX)
}

/// Seconds until the next look at something that usually takes `usual_seconds` and was begun `waited_seconds` ago.
/// Past the usual time, looks thin out, so that they stay few however long it takes.
pub fn by_usual(usual_seconds: u64, waited_seconds: u64) -> u64 {
    if waited_seconds < usual_seconds {
        by_remaining(usual_seconds - waited_seconds)
    } else {
        ((waited_seconds - usual_seconds) / 6).clamp(SECONDS_MIN, SECONDS_MAX)
    }
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
        for total in 520..=600 {
            let (polls, late) = polls(total, |waited| by_usual(usual::LAUNCH_JOB_SECONDS, waited));
            assert!(polls <= 12 && late <= SECONDS_MIN + 2, "{total} s: {polls} polls, {late} s late");
        }
    }

    #[test]
    fn fourteen_days_stay_under_1_400_polls() {
        let days_14 = 14 * 86_400;
        assert!(polls(days_14, |waited| by_remaining(days_14 - waited)).0 < 1_400);
        assert!(polls(days_14, |waited| by_usual(60, waited)).0 < 1_400);
    }
}
