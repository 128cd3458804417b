//! Open questions about DRS, as switches: both answers can be rehearsed.

use fastrand::Rng;

/// Answers to the open questions of drs-facts §12, and properties of AWS's responses that differ between accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // Each is one open question.
pub struct Switches {
    /// §12.1: `failback.state` of a recovery instance that is not reversed is `FAILBACK_NOT_READY_FOR_LAUNCH`
    /// instead of `FAILBACK_NOT_STARTED`.
    pub not_ready_for_launch_at_first: bool,
    /// §12.1: `failback.state` reaches `FAILBACK_READY_FOR_LAUNCH` once replication is healthy. Otherwise it stays
    /// `FAILBACK_IN_PROGRESS`.
    pub reports_ready_for_launch: bool,
    /// §12.2: a second ReverseReplication returns the same ARN instead of a conflict.
    pub second_reverse_answers_arn: bool,
    /// §12.11: ReverseReplication of B2 re-points the A2 that an earlier cycle has left. Otherwise it makes a new one.
    pub reverse_repoints_a2: bool,
    /// §12.15: ReverseReplication of A3 makes another source server that protects A4. Otherwise it re-points B1.
    pub reverse_makes_b1: bool,
    /// §12.3: ReverseReplication of an instance launched with isDrill=true is refused.
    pub refuses_to_reverse_drills: bool,
    /// §12.5: protecting A4 with a stopped B1 is a full initial sync. Otherwise it is a rescan.
    pub stopped_b1_full_sync: bool,
    /// §12.12: a re-pointed B1 names A4 minutes before its state and its counters leave those of the last rescan.
    pub repoint_shows_late: bool,
    /// Rescanned bytes count up during a full sync too. Not documented; with `false` a server that was synchronised
    /// in full never reports rescanned bytes. Not drawn by [`Switches::random`].
    pub full_sync_counts_as_rescan: bool,
    /// §0.3: participants of a job lack `recoveryInstanceID`.
    pub participants_lack_instances: bool,
    /// §3: healthy replication lags from time to time, for 10 to 45 seconds, at most a twentieth of the time.
    pub lag_blips: bool,
    /// §3: no lag does not mean that nothing is on its way: the last half minute of writes is not on the replica yet.
    pub writes_in_flight: bool,
    /// Every call takes 0.3 to 0.45 seconds.
    pub slow_calls: bool,
    /// §10, §12.8: AWS asks to slow down when too many calls of a kind come in a second. Otherwise it answers them all.
    pub rate_limits: bool,
    /// Servers are as slow as large Windows servers were seen to be: launch jobs of 24 to 36 minutes, boots of 15 to 20, and
    /// recovery instances that DRS lists half an hour after their launch. StartRecovery answers after the caller has given
    /// up, and its job is listed later still.
    pub slow_servers: bool,
    /// §12.13: Step Functions shows executions as they were a minute ago.
    pub executions_show_late: bool,
    /// §12.14: DRS shows tags as they were half a minute ago.
    pub tags_show_late: bool,
    /// §0.4: the source Region's launch configuration template launches into the source instance.
    pub launch_into_source: bool,
    /// §5: A1 lacks the tag that allows launching into it.
    pub originals_lack_tag: bool,
    /// The role of A1's instance profile lacks the policy for recovery instances: DRS never sees the agent of an A4 that
    /// was launched with it.
    pub originals_lack_policy: bool,
    /// Somebody has protected A1 from termination.
    pub originals_protected: bool,
    /// B1's launch template protects B3 from termination, as those of production often do. A terminate job of DRS completes,
    /// and B3 lives (no source).
    pub recovered_protected: bool,
    /// B1 launches into an instance that exists in the recovery Region, so that B3 is that instance.
    pub launch_into_existing: bool,
    /// Servers have DRS post-launch actions.
    pub post_launch: bool,
    /// A2 is launched with right-sizing BASIC unless it is configured otherwise (§9).
    pub basic_right_sizing: bool,
    /// The stack has no hook that stops writes to B3.
    pub no_hook: bool,
    /// The hook needs a minute and a half to stop the applications, and says so.
    pub hook_is_slow: bool,
    /// The hook fails whenever it is called.
    pub hook_fails: bool,
    /// The hook forgets an application: writes to the first B3 go on, and it says that it is done.
    pub hook_leaks: bool,
    /// The hook says that it is done a minute and a half before the applications have stopped.
    pub hook_acknowledges_early: bool,
    /// The hook does not have the applications write to disk what they have acknowledged within the last 45 seconds.
    pub hook_does_not_flush: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            not_ready_for_launch_at_first: false,
            reports_ready_for_launch: true,
            second_reverse_answers_arn: false,
            reverse_repoints_a2: false,
            reverse_makes_b1: false,
            refuses_to_reverse_drills: false,
            stopped_b1_full_sync: true,
            repoint_shows_late: false,
            full_sync_counts_as_rescan: true,
            participants_lack_instances: false,
            lag_blips: false,
            writes_in_flight: false,
            slow_calls: false,
            rate_limits: true,
            slow_servers: false,
            executions_show_late: false,
            tags_show_late: false,
            launch_into_source: false,
            originals_lack_tag: false,
            originals_lack_policy: false,
            originals_protected: false,
            recovered_protected: false,
            launch_into_existing: false,
            post_launch: false,
            basic_right_sizing: true,
            no_hook: false,
            hook_is_slow: false,
            hook_fails: false,
            hook_leaks: false,
            hook_acknowledges_early: false,
            hook_does_not_flush: false,
        }
    }
}

impl Switches {
    /// Draws every switch that must not change how a procedure ends.
    ///
    /// Switches that forbid something, or that make A4, B3 or B1 another object, keep their defaults: a test sets them on
    /// purpose.
    pub fn random(rng: &mut Rng) -> Self {
        Self {
            not_ready_for_launch_at_first: rng.bool(),
            reports_ready_for_launch: rng.bool(),
            second_reverse_answers_arn: rng.bool(),
            reverse_repoints_a2: rng.bool(),
            stopped_b1_full_sync: rng.bool(),
            repoint_shows_late: rng.bool(),
            participants_lack_instances: rng.bool(),
            lag_blips: rng.bool(),
            slow_calls: rng.bool(),
            executions_show_late: rng.bool(),
            tags_show_late: rng.bool(),
            post_launch: rng.bool(),
            basic_right_sizing: rng.bool(),
            ..Self::default()
        }
    }
}
