use failback_core::fleet::{Fleet, NAME_MAX, Redirected, Server};
use failback_core::payload;
use failback_core::plan::{Plan, SERVERS_MAX};
use failback_core::report::{Protection, ServerOutcome, ServerReport};
use failback_core::step::PollState;
use serde_json::{Value, json};

use crate::case::{Case, id, start};

/// Returns a server with every id and every milestone.
fn largest_server(number: usize) -> Server {
    Server {
        name: "n".repeat(NAME_MAX),
        wave: 19,
        a1: Some(id("i-0123456789abcdef0")),
        b1: id(&format!("s-{number:017x}")),
        b2: Some(id("i-0123456789abcdef0")),
        a2: Some(id("s-0123456789abcdef0")),
        a3: Some(id("i-0123456789abcdef0")),
        replace: Some(id("i-0123456789abcdef0")),
        already_failed_back: false,
        times: [Some(5_184_000); 7].into(),
    }
}

fn bytes(value: &impl serde::Serialize) -> usize {
    serde_json::to_string(value).unwrap().len()
}

/// A plan with an id for each server, and the largest number of records with names of usual length.
fn largest_plan() -> Value {
    let mut plan = Case::failback().plan;
    let ids: Vec<String> = (0..SERVERS_MAX).map(|n| format!("s-{n:017x}")).collect();
    plan["servers"] = json!({ "ids": ids });
    let record = |n: usize| {
        json!({
            "zoneId": "Z0123456789ABCDEFGHIJ", "name": format!("web-{n:04}.shop.example.com"), "type": "A",
            "ttlSeconds": 60, "server": ids[n % SERVERS_MAX], "address": "private"
        })
    };
    plan["redirect"] = json!({ "records": (0..500).map(record).collect::<Vec<_>>() });
    plan
}

#[test]
fn run_and_fleet_and_wait_fit_into_a_payload() {
    let mut case = Case::failback();
    case.plan = largest_plan();
    let run = case.run();
    let servers: Vec<Server> = (0..SERVERS_MAX).map(largest_server).collect();
    assert!(servers.iter().all(|server| bytes(server) < payload::SERVER_BYTES_MAX), "{}", bytes(&servers[0]));
    let fleet =
        Fleet { servers, redirected: Some(Redirected { in_sync: Some(start()), ..Redirected::default() }) };
    let note = json!({ "kept": vec!["0123456789abcdef"; 500] });
    let wait = PollState { since: start(), due: start(), polls: 2_500, note: Some(note) };
    assert!(bytes(&wait) < payload::WAIT_BYTES_MAX, "{}", bytes(&wait));
    let whole = bytes(&json!({ "run": run, "fleet": fleet, "wait": wait, "wave": 19 }));
    assert!(whole <= payload::largest(&run, SERVERS_MAX), "{whole}");
    assert!(
        payload::largest(&run, SERVERS_MAX) < payload::BYTES_MAX,
        "{}",
        payload::largest(&run, SERVERS_MAX)
    );
    assert!(Plan::read(&case.plan).is_ok());
}

#[test]
fn the_report_of_the_largest_fleet_fits_into_a_payload() {
    let report = |number| {
        let server = largest_server(number);
        ServerReport {
            name: server.name,
            wave: server.wave,
            outcome: ServerOutcome::AlreadyFailedBack,
            a1: server.a1,
            a2: server.a2,
            a3: server.a3,
            b1: server.b1,
            b2: server.b2,
            times: server.times,
            left: "A1 A2 A3 A4 B1 B2 B3".to_owned(),
            serves: failback_core::fleet::Serving::Unknown,
            protection: Protection::Incomplete,
            copy_age_seconds: Some(5_184_000),
            problem: None,
        }
    };
    let servers: Vec<ServerReport> = (0..SERVERS_MAX).map(report).collect();
    assert!(bytes(&servers) < 250_000, "{}", bytes(&servers));
}
