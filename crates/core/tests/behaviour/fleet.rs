//! The fleet: its contents, its written form, and its names in messages.

use failback_core::fleet::{Fleet, Server, Times};
use failback_core::message::{count, listed};
use serde_json::json;

use crate::case::{A4, B1, B3, OTHERS, id, server};

fn named(name: &str, wave: usize, already_failed_back: bool) -> Server {
    Server { name: name.into(), wave, already_failed_back, ..server() }
}

#[test]
fn b3_and_a4_are_the_instances_of_b2_and_a3() {
    let server = server();
    assert_eq!((server.b3(), server.a4()), (Some(id(B3)), Some(id(A4))));
    assert_eq!(server.b2.as_ref().unwrap().instance().recovery_instance(), id(B3));
    let empty = Server { b2: None, a3: None, ..server };
    assert_eq!((empty.b3(), empty.a4()), (None, None));
}

#[test]
fn servers_that_are_home_are_nobodys_work() {
    let servers = vec![named("a", 0, false), named("b", 0, true), named("c", 1, false)];
    let fleet = Fleet { servers, redirected: None };
    let names = |servers: Vec<&Server>| servers.iter().map(|m| m.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(fleet.pending().collect()), ["a", "c"]);
    assert_eq!(names(fleet.pending_in(0).collect()), ["a"]);
    assert_eq!(names(fleet.pending_in(1).collect()), ["c"]);
}

#[test]
fn a_record_means_a_server_by_its_name_or_by_its_b1() {
    let second = Server { b1: id(OTHERS), ..named("b", 0, false) };
    let fleet = Fleet { servers: vec![named("a", 0, false), second], redirected: None };
    for (means, name) in [("a", "a"), (B1, "a"), ("b", "b"), (OTHERS, "b")] {
        assert_eq!(fleet.find(means).unwrap().name, name);
    }
    assert!(fleet.find("c").is_none());
}

#[test]
fn milestones_are_written_as_an_array_and_only_once_there_are_any() {
    let mut server = server();
    assert!(serde_json::to_value(&server).unwrap().get("times").is_none());
    server.times = Times::from([Some(1), Some(2), Some(3), Some(-4), Some(5), Some(6), None]);
    let written = serde_json::to_value(&server).unwrap();
    assert_eq!(written["times"], json!([1, 2, 3, -4, 5, 6, null]));
    assert_eq!(serde_json::from_value::<Server>(written).unwrap(), server);
    let Times { reversed, ready, launched, point_in_time, lag_at_launch, validated, protected } =
        server.times;
    let in_order = [reversed, ready, launched, point_in_time, lag_at_launch, validated, protected];
    assert_eq!(in_order, [Some(1), Some(2), Some(3), Some(-4), Some(5), Some(6), None]);
}

#[test]
fn numbers_and_names_make_sentences() {
    assert_eq!([0, 1, 2].map(|n| count(n, "server")), ["0 servers", "1 server", "2 servers"]);
    assert_eq!(listed([]), "none");
    assert_eq!(listed(["a"]), "a");
    // A fourth name is not longer than `and 1 more`.
    assert_eq!(listed(["a", "b", "c", "d"]), "a, b, c, d");
    assert_eq!(listed(["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
}
