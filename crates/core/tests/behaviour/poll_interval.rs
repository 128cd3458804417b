//! The poll interval: never too short, never too long, and short around the expected end.

use failback_core::poll_interval::{
    SECONDS_MAX, SECONDS_MIN, TypicalDuration, backoff, by_remaining, by_typical, typical,
};

const ALL: [TypicalDuration; 12] = [
    typical::LAUNCH_JOB,
    typical::AGENT,
    typical::BOOT,
    typical::VISIBLE,
    typical::INITIATION,
    typical::BACKLOG,
    typical::SNAPSHOT,
    typical::DNS,
    typical::PROTECTION,
    typical::RELEASE,
    typical::TERMINATE_JOB,
    typical::DISCONNECT,
];

#[test]
fn what_remains_is_waited_for_by_four_fifths_within_the_bounds() {
    let pairs = [(0, 8), (9, 8), (100, 80), (1_000, 800), (1_125, 900), (1_200, 900), (u64::MAX, 900)];
    for (remaining, next) in pairs {
        assert_eq!(by_remaining(remaining), next, "{remaining}");
    }
}

#[test]
fn where_nothing_is_known_looks_thin_out() {
    for (waited, next) in [(0, 10), (6, 11), (600, 110), (5_340, 900), (1_000_000, 900)] {
        assert_eq!(backoff(waited), next, "{waited}");
    }
}

#[test]
fn every_pace_keeps_the_bounds_and_arrives() {
    for usual in ALL {
        for servers in [0, 1, 10, 300, 1_000, 1_000_000] {
            for waited in 0..2 * usual.high_seconds {
                let next = by_typical(usual, servers, waited);
                assert!((SECONDS_MIN..=SECONDS_MAX).contains(&next), "{usual:?} {servers} {waited}: {next}");
                // Never far past the end of the usual time while that lies ahead.
                let late = (waited + next).saturating_sub(usual.high_seconds);
                assert!(
                    waited >= usual.high_seconds || late <= SECONDS_MIN,
                    "{usual:?} {servers} {waited}: {next}"
                );
            }
        }
    }
}

#[test]
fn nobody_looks_before_the_least_time() {
    for usual in [typical::LAUNCH_JOB, typical::PROTECTION] {
        for servers in [1, 100] {
            let first = by_typical(usual, servers, 0);
            assert!(first > usual.low_seconds, "{usual:?}: {first}");
        }
    }
    // The last of many is done late.
    assert!(by_typical(typical::LAUNCH_JOB, 100, 0) > by_typical(typical::LAUNCH_JOB, 1, 0));
}

#[test]
fn one_server_is_looked_at_when_a_sixth_of_the_chances_have_passed() {
    // 60 s and more are usual, 180 s at most: a sixth of 120 s is 20 s.
    let release = |waited| by_typical(TypicalDuration { low_seconds: 60, high_seconds: 180 }, 1, waited);
    assert_eq!(release(0), 80);
    assert_eq!(release(20), 60);
    assert_eq!(release(60), 20);
    // Half of the probability has passed: a sixth of the other half is 10 s.
    assert_eq!(release(120), 10);
    assert_eq!(release(179), SECONDS_MIN);
    // Eight servers count as two, being alike: by the square root of a sixth, 49 s after the least time.
    assert_eq!(by_typical(TypicalDuration { low_seconds: 60, high_seconds: 180 }, 8, 0), 109);
}

#[test]
fn past_the_usual_time_looks_thin_out() {
    let past = |seconds: u64| by_typical(typical::BOOT, 1, typical::BOOT.high_seconds + seconds);
    assert_eq!([0, 5, 100, 4_460, 1_000_000].map(past), [8, 9, 28, 900, 900]);
}

#[test]
fn a_usual_time_that_is_one_moment_is_no_reason_to_panic() {
    assert_eq!(by_typical(TypicalDuration { low_seconds: 100, high_seconds: 100 }, 1, 0), 101);
}
