use failback_core::catalogue::gate;
use failback_core::cloud::InstanceState;

use crate::case::{Case, id, server, start};

/// Returns what is told before the redirect, of this many servers.
fn told(case: &mut Case, servers: usize) -> String {
    case.fleet.servers = (1..=servers)
        .map(|n| {
            let mut server = server();
            server.name = format!("web-{n}");
            server
        })
        .collect();
    let live = case.live().unwrap();
    gate::before_redirect(&case.run(), &live.servers(&case.fleet)).unwrap().into_string()
}

fn launched() -> Case {
    let mut case = Case::failback();
    case.b2().point_in_time = Some(start().days_before(1));
    case.a3().point_in_time = Some(start());
    case.aws.now = start().plus_seconds(12 * 60 + 5);
    case
}

#[test]
fn a_gate_tells_names_and_the_age_of_the_data_and_the_state_of_a1() {
    let text = told(&mut launched(), 2);
    for said in [
        "A4 of 2 servers (web-1, web-2) passed validation.",
        "A4 holds data of 2026-11-02 08:00 UTC, 12 min old now (web-1, the oldest).",
        "What clients write to B3 after that time is lost with a yes.",
        "A1 of web-1, web-2 is stopped.",
        "Yes: Route 53 then points shop.example.com at A4.",
        "No, or no answer: the records stay as they are",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let mut unknown = launched();
    unknown.aws.source.recovery_instances.clear();
    assert!(told(&mut unknown, 1).contains("It is not known how old the data of A4 of web-1 is."));
}

#[test]
fn an_a1_that_runs_is_a_reason_for_a_no() {
    let mut case = launched();
    case.a1().state = InstanceState::Running;
    assert!(told(&mut case, 1).contains("A1 of web-1 RUNS: if clients use it, answer no."));
    case.a1().state = InstanceState::Terminated;
    assert!(told(&mut case, 1).contains("A1 of web-1 no longer exists."));
    case.fleet.servers[0].a1 = Some(id(crate::case::A4));
    let live = case.live().unwrap();
    let text = gate::before_redirect(&case.run(), &live.servers(&case.fleet)).unwrap().into_string();
    assert!(text.contains("A4 is A1"), "{text}");
}

#[test]
fn a_hundred_servers_are_told_in_about_twenty_lines() {
    let mut case = launched();
    let text = told(&mut case, 100);
    assert!(text.contains("A4 of 100 servers (web-1, web-2, web-3 and 97 more)"), "{text}");
    assert!(text.lines().count() <= 10, "{text}");
    case.moved_by_hand(false);
    let text = told(&mut case, 100);
    assert!(text.lines().count() <= 22, "{text}");
    assert!(text.contains("and 64 servers more"), "{text}");
}

#[test]
fn a_person_who_moves_traffic_is_told_each_address() {
    let mut case = launched();
    case.moved_by_hand(false);
    case.a4().public_ip = Some("198.51.100.4".into());
    let text = told(&mut case, 1);
    assert!(text.contains("web-1: 10.0.0.4 or 198.51.100.4 (i-0000000000000004a)"), "{text}");
    assert!(text.contains("Yes: you have redirected it."), "{text}");
}

#[test]
fn the_clean_up_tells_what_it_ends() {
    let mut case = Case::failback();
    let told = |case: &Case| {
        let live = case.live().unwrap();
        gate::before_cleanup(&case.run(), &live.servers(&case.fleet)).unwrap().into_string()
    };
    for (ends_a1, said) in [(true, "B3 and A1 of each server are"), (false, "B3 of each server is")] {
        case.plan["cleanup"] = serde_json::json!({ "terminateOriginals": ends_a1 });
        let text = told(&case);
        assert!(text.contains("B1 protects A4 of 1 server (web-1)."), "{text}");
        assert!(text.contains(&format!("Yes: {said} terminated")), "{text}");
        assert!(!text.contains("No record"), "{text}");
    }
    case.moved_by_hand(true);
    assert!(told(&case).contains("Say yes only if they use A4 now"), "{}", told(&case));
}
