use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use failback_core::cloud::{ReplicationState, SourceServer};
use failback_core::procedure::Procedure;
use failback_core::step::{Progress, Status};
use failback_core::tags::tag;
use failback_testkit::{Fixture, Response, Scenario, Switches};
use serde_json::{Value, json};

use crate::ProtectFailedBackServers as Step;

#[test]
fn every_a3_is_reversed_and_b1_waited_for_until_it_is_healthy() {
    let mut fixture = Fixture::failback(|_| ()).redirected();
    let before = fixture.writes();
    fixture.waits::<Step>("replication of A3 is being reversed", 2);
    fixture.pass(60);
    fixture.waits::<Step>("B1 is ", 0);
    assert_eq!(fixture.done::<Step>().last().unwrap(), "2 failed-back servers protected");
    assert_eq!(fixture.writes() - before, 2);
    assert!(fixture.fleet.servers.iter().all(|server| server.times.protected.is_some()));
}

#[test]
fn what_is_protected_already_is_left_as_it_is() {
    let mut fixture = Fixture::failback(|_| ()).protected();
    fixture.waits::<Step>("is looked at once more", 0);
    fixture.pass(300);
    fixture.idle::<Step>("2 failed-back servers protected");
}

/// DRS may show the counters of an earlier rescan for some time.
#[test]
fn b1s_numbers_count_five_minutes_after_the_reversal() {
    let mut fixture = Fixture::failback(|_| ()).protected();
    assert_eq!(fixture.waits::<Step>("is looked at once more", 0), 300);
    fixture.pass(200);
    assert!((95..=100).contains(&fixture.waits::<Step>("is looked at once more", 0)));
    fixture.pass(100);
    fixture.idle::<Step>("2 failed-back servers protected");
}

#[test]
fn the_clean_up_waits_until_no_client_can_use_b3() {
    let mut fixture = Fixture::failback(|_| ()).protected();
    let now = fixture.now();
    let redirected = fixture.fleet.redirected.as_mut().unwrap();
    (redirected.in_sync, redirected.old_ttl_seconds) = (Some(now), Some(1_000));
    // The times of the redirect are recorded for the next execution.
    assert_eq!(fixture.waits::<Step>("clients may still use B3 until", 2), 900);
    fixture.pass(900);
    let last = fixture.waits::<Step>("the TTL that the records had has not passed", 0);
    assert!((99..=100).contains(&last), "{last}");
    fixture.pass(100);
    fixture.idle::<Step>("2 failed-back servers protected");
}

#[test]
fn a_rescan_says_how_far_it_is() {
    let mut fixture = Fixture::failback(|_| ()).redirected();
    fixture.waits::<Step>("is being reversed", 2);
    let said = fixture.done::<Step>();
    assert!(said.iter().any(|why| why.contains(" % compared with A4")), "{said:#?}");
}

/// Of many servers some are not requested in one call, at the rate at which DRS answers: it took 13 minutes to the next.
#[test]
fn a_reversal_that_was_not_requested_is_requested_soon() {
    let mut fixture = Fixture::failback(|_| ()).redirected();
    fixture.fail("error:drs:ReverseReplication=ConflictException");
    let seconds = fixture.waits::<Step>("DRS does not reverse replication of A3 yet", 1);
    assert!(seconds <= 15, "{seconds}");
}

#[test]
fn what_drs_refuses_for_now_is_waited_for() {
    let mut fixture = Fixture::failback(|_| ()).redirected();
    fixture.fail("error:drs:ReverseReplication=ConflictException");
    fixture.waits::<Step>("DRS does not reverse replication of A3 yet", 1);
    fixture.done::<Step>();
}

#[test]
fn a_call_that_is_late_begins_nothing() {
    let mut fixture = Fixture::failback(|_| ()).redirected();
    let before = fixture.writes();
    let answer = fixture.call_until::<Step>(fixture.now()).unwrap();
    assert!(answer.why.ends_with("this call has no time left"), "{}", answer.why);
    assert_eq!((answer.wait_seconds, fixture.writes()), (1, before));
}

#[test]
fn the_person_at_the_gate_is_told_what_the_clean_up_ends() {
    let gate = |plan: &mut Value| plan["gates"]["beforeCleanup"] = json!({ "timeoutMinutes": 60 });
    let mut fixture = Fixture::failback(gate).protected();
    let waited = fixture.call::<Step>().unwrap().wait_seconds;
    fixture.pass(waited.cast_signed());
    let notice = fixture.call::<Step>().unwrap().notice.expect("a notice");
    assert!(notice.starts_with("B1 protects A4 of 2 servers (web-1, all-1).\nA1 of web-1"), "{notice}");
    let mut fixture = Fixture::failback(|plan| plan["gates"] = json!({})).protected();
    let waited = fixture.call::<Step>().unwrap().wait_seconds;
    fixture.pass(waited.cast_signed());
    let done = fixture.call::<Step>().unwrap();
    assert_eq!((done.status, done.notice), (Status::Done, None), "no gate, no notice");
}

#[test]
fn nothing_is_reversed_before_traffic_has_moved() {
    Fixture::failback(|_| ()).launched().refused::<Step>("S");
}

/// A later run finds no record that shows it, and must neither launch these servers again nor find their data too old.
/// A failback whose traffic people have just moved by hand.
fn moved_by_hand() -> Fixture {
    let mut fixture = Fixture::failback(|plan| {
        plan["redirect"] = json!({ "byHand": true });
        plan["gates"]["beforeRedirect"] = json!({ "timeoutMinutes": 60 });
        plan["gates"]["beforeCleanup"] = json!({ "timeoutMinutes": 60 });
        plan["launch"]["dataAgeSecondsMax"] = json!(1_209_600);
    })
    .launched();
    fixture.run.traffic_moved_by_hand = true;
    fixture
}

#[test]
fn nothing_is_reversed_while_aws_is_too_busy_to_record_that() {
    let mut fixture = moved_by_hand();
    fixture.fail("error:TagResource=ThrottlingException");
    let answer = fixture.call::<Step>().unwrap();
    let said = ["web-1", "all-1"]
        .map(|one| format!("that traffic has moved is not recorded yet: {one}: AWS asks to slow down"));
    assert!(said.contains(&answer.why), "{}", answer.why);
    let (world, source) = (fixture.simulation.world(), fixture.run.source());
    for server in 0..2 {
        let a3 = world.labels(server).a3.and_then(|a3| world.recovery_instance(source, &a3));
        assert!(a3.expect("A3 lives").reversal.is_none());
    }
}

#[test]
fn that_people_have_moved_traffic_is_recorded_before_anything_else() {
    let mut fixture = moved_by_hand();
    fixture.fail("error:ReverseReplication=AccessDeniedExceptionx9");
    fixture.call::<Step>().unwrap_err();
    let world = fixture.simulation.world();
    for server in 0..2 {
        let labels = world.labels(server);
        let a2 = labels.a2.expect("A2 lives");
        let tags = &world.source_server(fixture.run.source(), &a2).expect("A2").tags;
        assert_eq!(tags.get(tag::TRAFFIC).cloned(), labels.a4.map(|a4| a4.to_string()), "{tags:?}");
    }
}

#[test]
fn it_does_not_belong_to_a_drill() {
    Fixture::drill(|_| ()).launched().refused::<Step>("does not belong to a drill");
}

/// Tampers with B1 of both servers, once A3 is reversed.
fn b1s(change: impl Fn(usize, &mut SourceServer) + Send + Sync + 'static) -> Fixture {
    let mut fixture = Fixture::failback(|_| ()).protected();
    let ids = [fixture.b1(0), fixture.b1(1)];
    fixture.tamper(move |seen| {
        if let Response::SourceServers(_, servers) = seen {
            for (index, id) in ids.iter().enumerate() {
                servers.iter_mut().filter(|server| server.id == *id).for_each(|b1| change(index, b1));
            }
        }
    });
    fixture
}

#[test]
fn a_b1_that_points_elsewhere_does_not_protect_a4_however_healthy() {
    let fixture = Fixture::failback(|_| ());
    let a1 = fixture.a1(0);
    b1s(move |_, b1| b1.instance = Some(a1.clone()))
        .waits::<Step>("web-1, all-1: B1 does not protect A4 yet", 0);
    b1s(|_, b1| b1.instance = None).waits::<Step>("B1 does not protect A4 yet", 0);
}

/// DRS may make another source server that protects A4, and leave B1 as it was: B1 was waited for in vain for two days.
#[test]
fn another_source_server_that_protects_a4_is_taken_for_b1_and_told_at_once() {
    let switches = Switches { reverse_makes_b1: true, ..Switches::default() };
    let mut fixture =
        Fixture::with_switches(Procedure::Failback, Scenario::Recovered, switches, |_| ()).redirected();
    fixture.waits::<Step>("replication of A3 is being reversed", 2);
    fixture.pass(300);
    let now = fixture.simulation.world().fleet()[0].b1.clone();
    let said = format!("A4 is protected by {now}, which DRS has made instead of re-pointing B1. It is ");
    fixture.waits::<Step>(&said, 0);
    assert_eq!(fixture.done::<Step>().last().unwrap(), "2 failed-back servers protected");
    assert!(
        fixture.fleet.servers.iter().all(|server| server.b1 != now),
        "the plan knows the server by its B1"
    );
}

#[test]
fn of_two_source_servers_that_replicate_a4_none_is_taken_for_b1() {
    let mut fixture = Fixture::failback(|_| ()).protected();
    let b1 = fixture.b1(0);
    fixture.tamper(move |seen| {
        if let Response::SourceServers(_, servers) = seen
            && let Some(mut other) = servers.iter().find(|server| server.id == b1).cloned()
        {
            other.id = "s-00000000000000001".parse().unwrap();
            servers.push(other);
        }
    });
    fixture.refused::<Step>("several source servers of the recovery Region replicate its A4");
}

#[test]
fn what_keeps_b1_from_being_healthy_is_told() {
    let state = |state: ReplicationState, total: u64| {
        b1s(move |_, b1| {
            b1.replication.state = state;
            b1.replication.total_bytes = total;
            b1.replication.rescanned_bytes = total / 4;
            b1.replication.rescan_complete = false;
            b1.replication.error = Some("UNSTABLE_NETWORK".to_owned());
        })
        .call::<Step>()
        .unwrap()
        .why
    };
    assert_eq!(state(ReplicationState::Rescan, 400), "web-1, all-1: B1 is RESCAN, 25 % compared with A4");
    assert_eq!(state(ReplicationState::Initiating, 0), "web-1, all-1: B1 is INITIATING");
    let stalled = state(ReplicationState::Stalled, 400);
    assert!(stalled.contains("check the route to the staging subnet"), "{stalled}");
}

#[test]
fn progress_is_the_sum_of_the_servers_and_the_largest_lag() {
    let mut fixture = b1s(|index, b1| {
        let replication = &mut b1.replication;
        (replication.state, replication.rescan_complete) = (ReplicationState::Rescan, false);
        replication.total_bytes = [400, 600][index];
        replication.rescanned_bytes = [100, 300][index];
        replication.backlog_bytes = [7, 5][index];
        replication.lag_seconds = Some([30, 20][index]);
    });
    let progress = fixture.call::<Step>().unwrap().progress.unwrap();
    let expected = Progress {
        ready: 0,
        servers: 2,
        replicated_bytes: 400,
        total_bytes: 1_000,
        backlog_bytes: 12,
        lag_seconds_max: 30,
        eta_seconds: 0,
    };
    assert_eq!(progress, expected);
}

#[test]
fn what_is_protected_counts_as_ready_and_no_further() {
    let mut fixture = b1s(|index, b1| {
        if index == 0 {
            (b1.replication.state, b1.replication.rescan_complete) = (ReplicationState::Rescan, false);
            (b1.replication.total_bytes, b1.replication.rescanned_bytes) = (400, 100);
        }
    });
    let answer = fixture.call::<Step>().unwrap();
    let progress = answer.progress.unwrap();
    assert!(answer.why.starts_with("web-1: B1 is RESCAN"), "{}", answer.why);
    assert_eq!((progress.ready, progress.servers, progress.total_bytes), (1, 2, 400));
    let of = |index: usize| fixture.fleet.servers[index].times.protected.is_some();
    assert_eq!((of(0), of(1)), (false, false), "B1's numbers do not count yet");
    fixture.pass(300);
    fixture.call::<Step>().unwrap();
    let of = |index: usize| fixture.fleet.servers[index].times.protected.is_some();
    assert_eq!((of(0), of(1)), (false, true));
}

/// Returns the result of the second poll of a rescan: the slower server had 20 %, and now has this many of 1,000 bytes.
fn second_look(rescanned: u64, seconds: i64) -> (u64, u64) {
    let now = Arc::new(AtomicU64::new(200));
    let seen = Arc::clone(&now);
    let mut fixture = b1s(move |index, b1| {
        let replication = &mut b1.replication;
        (replication.state, replication.rescan_complete) = (ReplicationState::Rescan, false);
        replication.total_bytes = 1_000;
        replication.rescanned_bytes = if index == 0 { 900 } else { seen.load(Ordering::Relaxed) };
    });
    let first = fixture.call::<Step>().unwrap();
    assert_eq!(first.progress.unwrap().eta_seconds, 0, "nothing is known of its pace");
    now.store(rescanned, Ordering::Relaxed);
    fixture.pass(seconds);
    let second = fixture.call::<Step>().unwrap();
    (second.progress.unwrap().eta_seconds, second.wait_seconds)
}

#[test]
fn the_slowest_servers_pace_tells_how_long_a_rescan_takes() {
    let (eta, wait) = second_look(400, 100);
    assert!((300..=303).contains(&eta), "{eta}: 60 % at 20 % in 100 s");
    assert!((240..=243).contains(&wait), "{wait}: most of it");
    let (eta, _) = second_look(600, 100);
    assert!((100..=101).contains(&eta), "{eta}");
}

#[test]
fn a_rescan_that_stands_still_says_nothing_of_its_end() {
    let (eta, wait) = second_look(200, 100);
    assert_eq!(eta, 0);
    assert!((300..=500).contains(&wait), "{wait}: by what is usual");
    assert_eq!(second_look(100, 100).0, 0, "nor one that begins anew");
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(
        <crate::ProtectFailedBackServers as failback_core::step::Step>::limit(&plan).seconds(),
        172_800
    );
}
