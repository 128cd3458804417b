use failback_core::cloud::{FailbackState, ReplicationState, SourceServer};
use failback_core::step::Progress;
use failback_testkit::{Fixture, Response};
use serde_json::json;

use crate::CheckLaunchState as Step;

#[test]
fn the_initial_sync_is_waited_for_with_its_progress() {
    let mut fixture = Fixture::failback(|_| ());
    for server in 0..2 {
        let b2 = fixture.b2(server);
        fixture.simulation.world().reverse_replication(fixture.recovery(), &b2).unwrap();
    }
    fixture.pass(600);
    let wait = fixture.waits::<Step>("GiB copied, about ", 0);
    assert!((5..=3_600).contains(&wait), "{wait}");
    let said = fixture.done::<Step>();
    assert_eq!(said.last().unwrap(), "2 servers ready");
    assert!(fixture.fleet.servers.iter().all(|server| server.times.ready.is_some()));
    fixture.idle::<Step>("2 servers ready");
}

#[test]
fn without_an_a2_nothing_is_copied() {
    let wait = Fixture::failback(|_| ()).waits::<Step>("not replicating: A2 does not exist", 0);
    assert!(wait > 0);
}

#[test]
fn a_stopped_a2_is_told_with_its_remedy() {
    let mut fixture = Fixture::failback(|_| ()).reversed().stopped();
    fixture.waits::<Step>("not replicating: ", 0);
}

#[test]
fn what_is_launched_is_past_this_step() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    fixture.idle::<Step>("2 servers ready");
    assert!(fixture.fleet.servers.iter().all(|server| server.times.ready.is_none()));
}

/// Tampers with the A2s of both servers.
fn a2s(change: impl Fn(usize, &mut SourceServer) + Send + Sync + 'static) -> Fixture {
    let mut fixture = Fixture::failback(|plan| plan["launch"]["lagSecondsMax"] = json!(60)).reversed();
    let ids = [fixture.a2(0), fixture.a2(1)];
    fixture.tamper(move |seen| {
        if let Response::SourceServers(_, servers) = seen {
            for (index, id) in ids.iter().enumerate() {
                servers.iter_mut().filter(|server| server.id == *id).for_each(|a2| change(index, a2));
            }
        }
    });
    fixture
}

/// Puts both into their initial sync: of 4 and 6 GiB, 1 and 3 GiB are copied.
fn syncing(index: usize, a2: &mut SourceServer) {
    let replication = &mut a2.replication;
    replication.state = ReplicationState::InitialSync;
    replication.total_bytes = [4 << 30, 6 << 30][index];
    replication.replicated_bytes = [1 << 30, 3 << 30][index];
    replication.backlog_bytes = 0;
    replication.lag_seconds = None;
    replication.eta = None;
}

#[test]
fn progress_is_the_sum_of_the_servers_the_largest_lag_and_the_latest_end() {
    let fixture = Fixture::failback(|_| ()).reversed();
    let now = fixture.now();
    let mut fixture = a2s(move |index, a2| {
        syncing(index, a2);
        a2.replication.backlog_bytes = [7 << 20, 5 << 20][index];
        a2.replication.lag_seconds = Some([30, 20][index]);
        a2.replication.eta = Some(now.plus_seconds([1_000, 2_000][index]));
    });
    let answer = fixture.call::<Step>().unwrap();
    let progress = answer.progress.unwrap();
    // The end of the sync, the backlog and the first snapshot.
    let eta = progress.eta_seconds;
    assert!((2_085..=2_090).contains(&eta), "{eta}");
    let expected = Progress {
        ready: 0,
        servers: 2,
        replicated_bytes: 4 << 30,
        total_bytes: 10 << 30,
        backlog_bytes: 12 << 20,
        lag_seconds_max: 30,
        eta_seconds: eta,
    };
    assert_eq!(progress, expected);
    let said =
        "web-1, all-1: INITIAL_SYNC, 40 % of 10 GiB copied, about 35 min to go, backlog 12 MiB, lag 30 s";
    assert_eq!(answer.why, said);
    assert_eq!(answer.wait_seconds, 900, "no look is later than that");
}

#[test]
fn what_is_nothing_is_not_told() {
    let mut fixture = a2s(syncing);
    let answer = fixture.call::<Step>().unwrap();
    assert!(answer.why.ends_with("copied, and DRS gives no estimate of the rest"), "{}", answer.why);
    assert_eq!(answer.wait_seconds, 312, "four fifths of 390 s");
}

/// "About 1 min to go" was told for days.
#[test]
fn an_estimate_that_has_passed_is_none() {
    let fixture = Fixture::failback(|_| ()).reversed();
    let now = fixture.now();
    let mut fixture = a2s(move |index, a2| {
        syncing(index, a2);
        a2.replication.eta = Some(now);
    });
    fixture.pass(172_800);
    let answer = fixture.call::<Step>().unwrap();
    assert!(answer.why.ends_with("copied, and DRS gives no estimate of the rest"), "{}", answer.why);
}

#[test]
fn what_is_ready_is_counted_and_written_down() {
    let mut fixture = a2s(|index, a2| {
        if index == 0 {
            syncing(index, a2);
        }
    });
    let answer = fixture.call::<Step>().unwrap();
    let progress = answer.progress.unwrap();
    assert_eq!((progress.ready, progress.servers), (1, 2));
    assert!(answer.why.starts_with("web-1: INITIAL_SYNC, 25 % of 4 GiB") || progress.total_bytes > 4 << 30);
    let ready = |index: usize| fixture.fleet.servers[index].times.ready;
    assert_eq!(ready(0), None);
    assert!(ready(1).is_some());
}

#[test]
fn what_copies_nothing_is_told_beside_what_copies() {
    let mut fixture = a2s(|index, a2| {
        syncing(index, a2);
        if index == 0 {
            a2.replication.state = ReplicationState::Stalled;
            a2.replication.error = Some("UNSTABLE_NETWORK".to_owned());
        } else {
            a2.replication.eta = None;
        }
    });
    let answer = fixture.call::<Step>().unwrap();
    assert!(answer.why.starts_with("web-1: not replicating: "), "{}", answer.why);
    assert!(answer.why.contains("; all-1: INITIAL_SYNC, 40 % of 10 GiB copied"), "{}", answer.why);
    assert_eq!(answer.wait_seconds, 300, "a stall is looked at every five minutes");
}

#[test]
fn where_all_stand_still_looks_thin_out_to_five_minutes() {
    let mut fixture = a2s(|_, a2| a2.replication.state = ReplicationState::Stalled);
    let first = fixture.waits::<Step>("web-1, all-1: not replicating: ", 0);
    assert_eq!(first, 10);
    fixture.wait_in_vain(600);
    let later = fixture.waits::<Step>("web-1, all-1: not replicating: ", 0);
    assert!((110..=111).contains(&later), "{later}");
    fixture.wait_in_vain(6_000);
    assert_eq!(fixture.waits::<Step>("web-1, all-1: not replicating: ", 0), 300);
}

/// Returns a failback whose A2s are continuous with a lag, with or without a recovery snapshot.
fn lagging(lag_seconds: u64, snapshots: bool) -> Fixture {
    let changed = move |_: usize, a2: &mut SourceServer| a2.replication.lag_seconds = Some(lag_seconds);
    let mut fixture = Fixture::failback(|plan| plan["launch"]["lagSecondsMax"] = json!(60)).reversed();
    let ids = [fixture.a2(0), fixture.a2(1)];
    fixture.tamper(move |seen| match seen {
        Response::SourceServers(_, servers) => {
            servers.iter_mut().filter(|server| ids.contains(&server.id)).for_each(|a2| changed(0, a2));
        }
        Response::Snapshots(of_a2) if !snapshots => of_a2.clear(),
        _ => {}
    });
    fixture
}

#[test]
fn ready_with_lag_needs_a_snapshot_to_launch_from() {
    lagging(60, true).idle::<Step>("2 servers ready");
    let wait = lagging(60, false).waits::<Step>("web-1, all-1: CONTINUOUS", 0);
    assert_eq!(wait, 24, "four fifths of half a minute");
    lagging(61, true).waits::<Step>("web-1, all-1: CONTINUOUS", 0);
    lagging(0, false).idle::<Step>("2 servers ready");
}

#[test]
fn where_the_console_may_show_another_state_it_is_told() {
    let shown = |state: FailbackState| {
        let mut fixture = Fixture::failback(|_| ()).reversed();
        let b2 = fixture.b2(0);
        fixture.tamper(move |seen| {
            if let Response::RecoveryInstances(_, found) = seen {
                for b2 in found.iter_mut() {
                    b2.failback_state = FailbackState::ReadyForLaunch;
                }
                found.iter_mut().filter(|found| found.id == b2).for_each(|b2| b2.failback_state = state);
            }
        });
        fixture.call::<Step>().unwrap().why
    };
    assert_eq!(shown(FailbackState::ReadyForLaunch), "2 servers ready");
    let said = "2 servers ready; the console may show another launch state for web-1";
    assert_eq!(shown(FailbackState::InProgress), said);
}

#[test]
fn what_is_home_or_past_its_launch_is_not_asked_for() {
    let mut fixture = Fixture::failback(|_| ());
    fixture.fleet.servers[0].already_failed_back = true;
    let progress = fixture.call::<Step>().unwrap().progress.unwrap();
    assert_eq!((progress.ready, progress.servers), (0, 1));
    let mut fixture = Fixture::failback(|_| ()).protected().stopped().without_a3();
    fixture.idle::<Step>("2 servers ready");
    let mut fixture = Fixture::failback(|_| ()).launched();
    let a3 = fixture.a3(0);
    let a2 = fixture.a2(0);
    fixture.tamper(move |seen| match seen {
        Response::RecoveryInstances(_, found) => found.retain(|found| found.id != a3),
        Response::SourceServers(_, servers) => {
            servers.iter_mut().filter(|server| server.id == a2).for_each(|a2| syncing(0, a2));
        }
        _ => {}
    });
    fixture.fleet.servers[0].a3 = None;
    let progress = fixture.call::<Step>().unwrap().progress.unwrap();
    assert_eq!((progress.ready, progress.servers, progress.total_bytes), (1, 2, 4 << 30));
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(<crate::CheckLaunchState as failback_core::step::Step>::limit(&plan).seconds(), 172_800);
}
