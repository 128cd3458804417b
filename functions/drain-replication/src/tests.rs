use failback_core::run::Frozen;
use failback_core::step::Status;
use failback_testkit::{Fixture, Response};
use serde_json::json;

use crate::DrainReplication as Step;

/// Returns a failback whose A2 are ready, and writes to whose B3 have just been stopped.
fn frozen() -> Fixture {
    let mut fixture = Fixture::failback(|plan| plan["cutover"] = json!({ "freeze": "byHand" })).reversed();
    fixture.pass(7_200);
    fixture.simulation.world().operator_freezes_writes(true);
    fixture.run.frozen = Some(Frozen { at: fixture.now(), redrives: 0 });
    fixture
}

#[test]
fn two_contacts_of_each_agent_are_waited_for() {
    let mut fixture = frozen();
    let since = fixture.now();
    let wait = fixture.waits::<Step>("its agent has not been in contact since the freeze", 0);
    assert!((8..=30).contains(&wait), "{wait}");
    let told = fixture.done::<Step>();
    assert_eq!(told.last().map(String::as_str), Some("A2 of 2 servers holds all that B3 accepted"));
    let took = fixture.now().seconds_since(since);
    assert!((60..=150).contains(&took), "{took} s");
    assert!(fixture.fleet.servers.iter().all(|server| server.drained));
    fixture.idle::<Step>("A2 of 2 servers holds all that B3 accepted");
}

#[test]
fn a_backlog_and_a_lag_are_waited_for() {
    type Change = fn(&mut failback_core::cloud::Replication);
    let changes: [(Change, &str); 2] = [
        (|found| found.backlog_bytes = 5 << 20, "backlog 5 MiB"),
        (|found| found.lag_seconds = Some(7), "lag 7 s"),
    ];
    for (change, told) in changes {
        let mut fixture = frozen();
        fixture.pass(180);
        fixture.tamper(move |seen| {
            if let Response::SourceServers(_, found) = seen {
                for a2 in found.iter_mut() {
                    change(&mut a2.replication);
                }
            }
        });
        fixture.waits::<Step>(told, 0);
        fixture.pass(60);
        fixture.waits::<Step>(told, 0);
    }
}

/// A server that was drained stays so: nothing is written any more, and a short lag hides nothing.
#[test]
fn a_drained_server_stays_drained() {
    let mut fixture = frozen();
    fixture.done::<Step>();
    fixture.tamper(|seen| {
        if let Response::SourceServers(_, found) = seen {
            for a2 in found.iter_mut() {
                a2.replication.lag_seconds = Some(30);
            }
        }
    });
    fixture.idle::<Step>("A2 of 2 servers holds all that B3 accepted");
}

#[test]
fn without_a_freeze_nothing_is_drained() {
    let mut fixture = frozen();
    fixture.run.frozen = None;
    assert!(fixture.call::<Step>().is_err());
}

#[test]
fn an_agent_that_is_not_seen_is_waited_for() {
    let mut fixture = frozen();
    fixture.tamper(|seen| {
        if let Response::SourceServers(_, found) = seen {
            for a2 in found.iter_mut() {
                a2.last_seen = None;
            }
        }
    });
    for _ in 0..5 {
        fixture.pass(60);
        let answer = fixture.call::<Step>().unwrap();
        assert_eq!(answer.status, Status::Waiting);
    }
}
