//! Readiness: the meaning of each of DRS's states for a launch, and the remedy for one that does not end by itself.

use failback_core::catalogue::stall::stalled;
use failback_core::cloud::{DrsQuotas, JobStatus, Replication, ReplicationState as S};
use failback_core::job_capacity::JobCapacity;
use failback_core::ready::{LaunchState, launch_state, only_lags};

use crate::case::{B1, healthy, job_on, start};

const STATES: [S; 13] = [
    S::Stopped,
    S::Initiating,
    S::InitialSync,
    S::Backlog,
    S::CreatingSnapshot,
    S::Continuous,
    S::Paused,
    S::Rescan,
    S::Stalled,
    S::Disconnected,
    S::NotStarted,
    S::NotAvailable,
    S::Unknown,
];

fn state(replication: &Replication) -> LaunchState {
    launch_state(replication, start(), 60)
}

fn lagging(state: S, lag_seconds: u64) -> Replication {
    Replication { lag_seconds: Some(lag_seconds), ..healthy(state) }
}

fn synchronizing(remaining_seconds: u64) -> LaunchState {
    LaunchState::usually(remaining_seconds)
}

#[test]
fn ready_is_continuous_without_lag() {
    for one in STATES {
        let is_ready = state(&healthy(one)) == LaunchState::Ready;
        assert_eq!(is_ready, one == S::Continuous, "{one:?}");
    }
    assert_eq!(state(&lagging(S::Continuous, 0)), LaunchState::Ready);
}

#[test]
fn continuous_in_the_middle_of_a_rescan_is_not_ready() {
    let compared = |rescanned_bytes: u64, rescan_complete: bool| {
        state(&Replication { rescanned_bytes, rescan_complete, ..healthy(S::Continuous) })
    };
    assert_eq!(compared(40, false), synchronizing(30));
    assert_eq!(compared(0, false), LaunchState::Ready, "after a first sync there may be nothing to compare");
    assert_eq!(compared(100, true), LaunchState::Ready);
}

#[test]
fn ready_with_lag_is_a_lag_that_the_plan_allows_once_all_is_copied() {
    for one in STATES {
        let launchable =
            matches!(one, S::Continuous | S::Backlog | S::CreatingSnapshot | S::Rescan | S::Stalled);
        for lag_seconds in [1, 60] {
            let with_lag = state(&lagging(one, lag_seconds)) == LaunchState::ReadyWithLag { lag_seconds };
            assert_eq!(with_lag, launchable, "{one:?} and {lag_seconds} s");
        }
        for not in
            [lagging(one, 61), lagging(one, 0), Replication { replicated_bytes: 99, ..lagging(one, 60) }]
        {
            assert!(!matches!(state(&not), LaunchState::ReadyWithLag { .. }), "{not:?}");
        }
    }
    assert_eq!(launch_state(&lagging(S::Continuous, 1), start(), 0), synchronizing(1));
}

#[test]
fn what_copies_is_waited_for_as_long_as_it_is_expected_to_take() {
    for one in [S::Initiating, S::NotStarted, S::NotAvailable, S::Unknown] {
        assert_eq!(state(&healthy(one)), synchronizing(360), "{one:?}");
    }
    for one in [S::InitialSync, S::Rescan] {
        // The backlog and the first snapshot come after the sync: 60 s and 30 s at least.
        let eta = Replication { eta: Some(start().plus_seconds(1_000)), ..healthy(one) };
        let told = LaunchState::Synchronizing { remaining_seconds: 1_090, is_told: true };
        assert_eq!(state(&eta), told);
        let passed = Replication { eta: Some(start()), ..healthy(one) };
        assert_eq!(state(&passed), synchronizing(90), "an estimate that has passed is none");
        assert_eq!(state(&healthy(one)), synchronizing(390), "DRS has no estimate yet");
    }
    assert_eq!(state(&healthy(S::Backlog)), synchronizing(60));
    assert_eq!(state(&healthy(S::CreatingSnapshot)), synchronizing(15));
    // A lag that the plan does not allow is polled after a minute at most.
    assert_eq!(state(&lagging(S::Continuous, 61)), synchronizing(60));
}

#[test]
fn what_stands_still_says_why_and_what_to_do() {
    for one in [S::Stopped, S::Disconnected, S::Paused, S::Stalled] {
        let LaunchState::Stalled { why } = state(&healthy(one)) else { panic!("{one:?}") };
        assert_eq!(why, stalled(&healthy(one)));
    }
}

/// Each cause of DRS, and a word of its remedy.
const REMEDIES: &[(&str, &str)] = &[
    ("AGENT_NOT_SEEN", "AWSElasticDisasterRecoveryRecoveryInstancePolicy"),
    ("SNAPSHOTS_FAILURE", "EBS snapshot quota"),
    ("NOT_CONVERGING", "write faster than is copied"),
    ("UNSTABLE_NETWORK", "route to the staging subnet on TCP 1500"),
    ("FAILED_TO_CREATE_SECURITY_GROUP", "may no longer exist"),
    ("FAILED_TO_LAUNCH_REPLICATION_SERVER", "EC2 quotas"),
    ("FAILED_TO_BOOT_REPLICATION_SERVER", "EC2 quotas"),
    ("FAILED_TO_AUTHENTICATE_WITH_SERVICE", "TCP 443 out to DRS"),
    ("FAILED_TO_DOWNLOAD_REPLICATION_SOFTWARE", "TCP 443 out to DRS"),
    ("FAILED_TO_CREATE_STAGING_DISKS", "EBS volume quota"),
    ("FAILED_TO_ATTACH_STAGING_DISKS", "EBS volume quota"),
    ("FAILED_TO_PAIR_REPLICATION_SERVER_WITH_AGENT", "reach the staging subnet on TCP 1500"),
    ("FAILED_TO_CONNECT_AGENT_TO_REPLICATION_SERVER", "reach the staging subnet on TCP 1500"),
    ("FAILED_TO_START_DATA_TRANSFER", "reach the staging subnet on TCP 1500"),
    ("A_WORD_OF_NEXT_YEAR", "see the server's page"),
];

#[test]
fn each_cause_of_a_stall_has_its_remedy() {
    for (cause, remedy) in REMEDIES {
        let said =
            stalled(&Replication { error: Some((*cause).to_owned()), ..healthy(S::Stalled) }).to_string();
        assert!(said.starts_with(&format!("STALLED ({cause}): ")), "{said}");
        assert!(said.contains(remedy), "{said}");
    }
    assert!(
        stalled(&healthy(S::Stopped)).as_str().contains("STOPPED (no cause given): replication was stopped")
    );
    assert!(stalled(&healthy(S::Disconnected)).as_str().contains("delete it and start again"));
    assert!(stalled(&healthy(S::Paused)).as_str().contains("PAUSED (no cause given): see the server's page"));
}

#[test]
fn states_are_named_as_drs_names_them() {
    let words = STATES.map(|state| state.to_string());
    let drs = [
        "STOPPED",
        "INITIATING",
        "INITIAL_SYNC",
        "BACKLOG",
        "CREATING_SNAPSHOT",
        "CONTINUOUS",
        "PAUSED",
        "RESCAN",
        "STALLED",
        "DISCONNECTED",
        "NOT_STARTED",
        "REPLICATION_STATE_NOT_AVAILABLE",
        "an unknown state",
    ];
    assert_eq!(words, drs);
}

#[test]
fn protection_is_more_than_continuous() {
    let now = healthy(S::Continuous);
    assert!(now.is_healthy() && now.protects());
    let lagging = Replication { lag_seconds: Some(60), ..now.clone() };
    assert!(lagging.protects(), "DRS shows short lags of replication that is in order");
    let broken = |change: fn(&mut Replication)| {
        let mut broken = now.clone();
        change(&mut broken);
        assert!(!broken.protects(), "{broken:?}");
        broken
    };
    assert!(!broken(|r| r.lag_seconds = Some(61)).is_healthy());
    assert!(!broken(|r| r.state = S::Rescan).is_healthy());
    assert!(broken(|r| r.rescan_complete = false).is_healthy(), "that alone is not enough");
    // Stopped and restarted: nothing to compare, but all copied.
    let synced = Replication { rescan_complete: false, rescanned_bytes: 0, ..now };
    assert!(synced.protects());
    assert!(!Replication { replicated_bytes: 99, ..synced }.protects());
}

#[test]
fn what_was_ready_stays_so_while_it_only_lags() {
    let lags = |state| Replication { lag_seconds: Some(40), ..healthy(state) };
    for state in [S::Continuous, S::Backlog, S::CreatingSnapshot] {
        assert!(only_lags(&lags(state)), "{state:?}");
    }
    for state in
        [S::Rescan, S::Stalled, S::Stopped, S::InitialSync, S::Initiating, S::Disconnected, S::NotAvailable]
    {
        assert!(!only_lags(&lags(state)), "{state:?}");
    }
    assert!(!only_lags(&Replication { replicated_bytes: 99, ..lags(S::Continuous) }));
    let rescanning = Replication { rescanned_bytes: 50, rescan_complete: false, ..lags(S::Continuous) };
    assert!(!only_lags(&rescanning));
}

#[test]
fn replication_runs_until_it_is_stopped_or_disconnected() {
    for one in STATES {
        assert_eq!(healthy(one).is_running(), !matches!(one, S::Stopped | S::Disconnected), "{one:?}");
    }
}

#[test]
fn jobs_at_work_take_room_and_finished_ones_do_not() {
    let quotas =
        DrsQuotas { replicating_servers: 300, concurrent_jobs: 3, servers_per_job: 2, servers_in_jobs: 10 };
    let mut over = job_on(B1);
    over.status = JobStatus::Completed;
    let capacity = JobCapacity::left(quotas, &[job_on(B1), over, job_on(B1)]);
    assert_eq!(capacity, JobCapacity { per_job: 2, jobs: 1, servers: 8 });
    let items = [1, 2, 3];
    assert_eq!(capacity.batches(&items).collect::<Vec<_>>(), [[1, 2]]);
    assert_eq!(capacity.left_out(&items), 1);
    // Quotas of 0, or that others already exceed, do not cause a panic.
    let none =
        DrsQuotas { replicating_servers: 0, concurrent_jobs: 0, servers_per_job: 0, servers_in_jobs: 0 };
    let capacity = JobCapacity::left(none, &[job_on(B1)]);
    assert_eq!(capacity, JobCapacity { per_job: 1, jobs: 0, servers: 0 });
    assert_eq!(capacity.left_out(&items), 3);
}
