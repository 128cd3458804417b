use failback_core::cloud::ReplicationState;
use failback_core::tags::{Tags, tag};
use failback_testkit::{Fixture, Response};
use serde_json::{Value, json};

use crate::{WatchReplication as Watch, Watched};

/// Returns a world in which both A2 can be launched, and carry the tag by which they are known.
fn tagged() -> Fixture {
    let fixture = Fixture::failback(|_| ()).prepared();
    for server in 0..2 {
        let (a2, b1) = (fixture.a2(server), fixture.b1(server));
        let mut world = fixture.simulation.world();
        let arn = world.source_server(fixture.source(), &a2).expect("A2").arn.clone();
        world.tag_resource(&arn, &Tags::from([(tag::B1.to_owned(), b1.to_string())])).expect("it exists");
    }
    fixture
}

/// Returns what the watch answers, with a limit of 15 minutes.
fn watched(fixture: &Fixture) -> Watched {
    let payload = json!({ "source": "us-east-1", "lagSecondsMax": 900 });
    let before = fixture.writes();
    let answer = fixture.answer::<Watch>(payload, fixture.now().plus_seconds(60));
    assert_eq!(fixture.writes(), before, "a watch changes nothing");
    serde_json::from_value(answer.unwrap_or_else(|error| panic!("{error}"))).expect("an answer")
}

/// Returns how many A2 are in trouble, and why.
fn trouble(fixture: &Fixture) -> (usize, String) {
    let watched = watched(fixture);
    (watched.in_trouble, watched.answer.why)
}

/// Tampers with the replication of the first A2.
fn first(state: ReplicationState, lag_seconds: u64, whole: bool) -> Fixture {
    let mut fixture = tagged();
    let a2 = fixture.a2(0);
    fixture.tamper(move |seen| {
        if let Response::SourceServers(_, servers) = seen {
            for server in servers.iter_mut().filter(|server| server.id == a2) {
                let replication = &mut server.replication;
                (replication.state, replication.lag_seconds) = (state, Some(lag_seconds));
                replication.replicated_bytes = if whole { replication.total_bytes } else { 1 };
            }
        }
    });
    fixture
}

#[test]
fn what_is_in_order_is_no_trouble() {
    assert_eq!(trouble(&tagged()), (0, "2 source servers (A2) in order".to_owned()));
    assert_eq!(trouble(&first(ReplicationState::Continuous, 900, true)).0, 0, "it may lag so much");
    assert_eq!(
        trouble(&first(ReplicationState::InitialSync, 90_000, false)).0,
        0,
        "it copies everything first"
    );
}

#[test]
fn only_what_this_program_has_tagged_is_watched() {
    let fixture = Fixture::failback(|_| ()).prepared();
    assert_eq!(watched(&fixture).watched, 0);
    assert_eq!(trouble(&fixture), (0, "0 source servers (A2) in order".to_owned()));
}

#[test]
fn trouble_is_told_with_its_remedy() {
    use ReplicationState as S;
    for (state, lag, words) in [
        (S::Stalled, 0, "STALLED"),
        (S::Stopped, 0, "start it again in the DRS console"),
        (S::Disconnected, 0, "DISCONNECTED"),
        (S::Paused, 0, "PAUSED"),
        (S::Continuous, 901, "lags 15 min behind B3"),
        (S::Backlog, 7_200, "lags 120 min behind B3"),
    ] {
        let fixture = first(state, lag, true);
        let (number, why) = trouble(&fixture);
        assert_eq!(number, 1, "{state:?}: {why}");
        assert!(why.contains(words) && why.contains(fixture.a2(0).as_str()), "{why}");
    }
}

#[test]
fn a_payload_of_another_version_is_refused() {
    let fixture = Fixture::failback(|_| ());
    for payload in
        [Value::Null, json!({ "source": "us-east-1" }), json!({ "source": "mars", "lagSecondsMax": 1 })]
    {
        assert!(fixture.answer::<Watch>(payload, fixture.now()).is_err());
    }
}
