use failback_core::fleet::{Fleet, Redirected, Server};
use failback_core::payload;
use failback_core::plan::{Plan, SERVERS_MAX};
use failback_core::report::{Protection, ServerOutcome, ServerReport};
use failback_core::step::PollState;
use serde_json::{Value, json};

use crate::case::{Case, id, start};

/// Returns a server with every id and every milestone, and another launch before it.
fn largest_server(number: usize) -> Server {
    Server {
        name: format!("n{number}"),
        wave: 19,
        a1: Some(id("i-0123456789abcdef0")),
        b1: id(&format!("s-{number:017x}")),
        b2: Some(id("i-0123456789abcdef0")),
        a2: Some(id("s-0123456789abcdef0")),
        a3: None,
        replace: Some(id("i-0123456789abcdef0")),
        drained: false,
        asked: None,
        already_failed_back: false,
        times: [Some(5_184_000); 7].into(),
    }
}

fn bytes(value: &impl serde::Serialize) -> usize {
    serde_json::to_string(value).unwrap().len()
}

/// A plan with ids of so many servers, and so many records with names of usual length.
fn plan(servers: usize, records: usize) -> Value {
    let mut plan = Case::failback().plan;
    let ids: Vec<String> = (0..servers).map(|n| format!("s-{n:017x}")).collect();
    plan["servers"] = json!({ "ids": ids });
    let record = |n: usize| {
        json!({
            "zoneId": "Z0123456789ABCDEFGHIJ", "name": format!("web-{n:04}.shop.example.com"), "type": "A",
            "ttlSeconds": 60, "server": ids[n % servers], "address": "private"
        })
    };
    plan["redirect"] = json!({ "records": (0..records).map(record).collect::<Vec<_>>() });
    plan
}

/// Returns the larger of the notes of *Prepare Launch* and *Redirect Traffic*.
fn largest_note(servers: usize, records: usize) -> Value {
    let fingerprints = |of| vec!["0123456789abcdef"; of];
    let marks = "f".repeat(servers.div_ceil(4));
    let settings = json!({
        "prepared": marks, "kept": marks, "fingerprints": fingerprints(servers.min(payload::KEPT_AT_A_TIME))
    });
    let sets = json!({ "kept": fingerprints(records), "changes": [], "changed": 0 });
    if bytes(&settings) > bytes(&sets) { settings } else { sets }
}

#[test]
fn the_size_that_is_told_is_never_exceeded() {
    for (servers, records) in [(200, 1), (300, 300), (500, 500), (SERVERS_MAX, 1)] {
        let mut case = Case::failback();
        case.plan = plan(servers, records);
        let mut run = case.run();
        run.id = format!("arn:aws:states:ap-southeast-2:123456789012:execution:{0}:{0}", "n".repeat(80));
        let largest = payload::largest(
            &run.plan,
            (0..servers).map(|n| format!("n{n}")).collect::<Vec<_>>().iter().map(String::as_str),
        );
        let note = largest_note(servers, records);
        let servers = (0..servers).map(largest_server).collect();
        let redirected = Some(Redirected {
            asked: Some(start()),
            in_sync: Some(start()),
            old_ttl_seconds: Some(86_400),
            data_from: Some(start()),
        });
        run.began = Some(start());
        let wait = PollState { since: start(), due: start(), polls: 2_500, note: Some(note) };
        let payload = json!({ "run": run, "fleet": Fleet { servers, redirected }, "wait": wait, "wave": 19 });
        let bytes = bytes(&payload);
        assert!(bytes <= largest && bytes * 21 > largest * 20, "{bytes} of {largest}");
    }
}

#[test]
fn a_plan_that_no_execution_carries_is_refused_before_it_is_started() {
    for (servers, records, fits) in [(500, 500, true), (SERVERS_MAX, 1, true), (900, 500, false)] {
        let read = Plan::read(&plan(servers, records));
        let problems = read.map_or_else(|problems| problems.0, |_| Vec::new());
        let said: Vec<_> =
            problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect();
        assert_eq!(said.is_empty(), fits, "{servers} and {records}: {said:?}");
        assert!(fits || said[0].starts_with("$: takes at least "), "{said:?}");
    }
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
            seconds_from_start: server.times.into(),
            lag_at_launch_seconds: server.times.lag_at_launch,
            left: "A1 A2 A3 A4 B1 B2 B3".to_owned(),
            serves: failback_core::fleet::Serving::Unknown,
            protection: Protection::Incomplete,
            copy_age_seconds: Some(5_184_000),
            problem: None,
        }
    };
    let servers: Vec<ServerReport> = (0..500).map(report).collect();
    assert!(bytes(&servers) < 250_000, "{}", bytes(&servers));
}
