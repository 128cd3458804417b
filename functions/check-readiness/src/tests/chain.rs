use failback_core::cloud::{Direction, InstanceState, RecoveryInstance, ReplicationState, SourceServer};
use failback_core::fleet::Server;
use failback_core::tags::tag;
use failback_testkit::{Fixture, Response};
use serde_json::{Value, json};

use super::{blocked, by_hand, check, check_plan, silent, warned};
use crate::Output;

fn ready(fixture: &Fixture) -> Output {
    check(fixture).unwrap_or_else(|error| panic!("{error}"))
}

/// Tampers with B1 of the second server, because the plan's record names the first.
fn b1(change: impl Fn(&mut SourceServer) + Send + Sync + 'static) -> Fixture {
    b1_of(Fixture::failback(|_| ()), change)
}

fn b1_of(mut fixture: Fixture, change: impl Fn(&mut SourceServer) + Send + Sync + 'static) -> Fixture {
    let id = fixture.b1(1);
    fixture.tamper(move |seen| {
        if let Response::SourceServers(_, servers) = seen {
            servers.iter_mut().filter(|server| server.id == id).for_each(&change);
        }
    });
    fixture
}

fn names(fixture: &Fixture) -> Vec<String> {
    ready(fixture).fleet.servers.into_iter().map(|server| server.name).collect()
}

#[test]
fn the_fleet_is_what_the_plan_chooses_of_servers_that_replicate_from_home() {
    assert_eq!(names(&Fixture::failback(|_| ())).len(), 2);
    let of = |change: fn(&mut SourceServer)| names(&b1(change)).len();
    assert_eq!(of(|b1| b1.origin_region = Some("eu-west-1".to_owned())), 1);
    assert_eq!(of(|b1| b1.origin_region = Some("us-east-1".to_owned())), 2);
    assert_eq!(of(|b1| b1.origin_region = None), 2);
    assert_eq!(of(|b1| b1.direction = Direction::Failback), 1);
    assert_eq!(of(|b1| drop(b1.tags.insert("app".to_owned(), "mail".to_owned()))), 1);
}

#[test]
fn an_id_that_means_no_server_is_told() {
    let fixture = Fixture::failback(|_| ());
    let mut plan = serde_json::to_value(&fixture.run.plan).unwrap();
    let first = fixture.b1(0).to_string();
    plan["servers"] = json!({ "ids": [first, "s-00000000000000001"] });
    by_hand(&mut plan);
    let error = check_plan(&fixture, &plan).unwrap_err().to_string();
    let said = "s-00000000000000001: not a source server in us-east-2 that replicates from us-east-1";
    assert!(error.contains(said) && error.contains("1 thing stands"), "{error}");
}

#[test]
fn a_server_without_a_wave_is_told() {
    let fixture = Fixture::failback(|_| ());
    let mut plan = serde_json::to_value(&fixture.run.plan).unwrap();
    plan["waves"] = json!([{ "name": "none", "tags": { "tier": "none" } }]);
    let error = check_plan(&fixture, &plan).unwrap_err().to_string();
    assert!(error.contains("no wave of the plan takes this server"), "{error}");
}

#[test]
fn a_server_is_called_by_its_name_its_host_or_its_id() {
    let hosted = |b1: &mut SourceServer| {
        b1.tags.remove("Name");
        b1.hostname = Some("ip-10-0-0-1".to_owned());
    };
    assert!(names(&b1(hosted)).contains(&"ip-10-0-0-1".to_owned()));
    let nameless = |b1: &mut SourceServer| {
        b1.tags.remove("Name");
        b1.hostname = None;
    };
    let fixture = b1(nameless);
    assert!(names(&fixture).contains(&fixture.b1(1).to_string()));
    let empty = |b1: &mut SourceServer| drop(b1.tags.insert("Name".to_owned(), String::new()));
    let fixture = b1(empty);
    assert!(names(&fixture).contains(&fixture.b1(1).to_string()));
}

#[test]
fn a_name_that_is_cut_is_told_and_may_be_used_whole() {
    let long = |b1: &mut SourceServer| drop(b1.tags.insert("Name".to_owned(), "n".repeat(40)));
    let fixture = b1(long);
    warned(&fixture, &"n".repeat(32), "the name has more than 32 characters");
    let fleet = ready(&fixture).fleet;
    assert_eq!(fleet.find(&"n".repeat(40)).map(|server| &server.b1), Some(&fixture.b1(1)));
    assert!(fleet.find(&"n".repeat(31)).is_none());
}

#[test]
fn two_servers_of_one_name_are_told_apart() {
    for length in [3, 200] {
        let name = "n".repeat(length);
        let mut fixture = Fixture::failback(by_hand);
        let ids = [fixture.b1(0), fixture.b1(1)];
        let said = name.clone();
        fixture.tamper(move |seen| {
            if let Response::SourceServers(_, servers) = seen {
                for server in servers.iter_mut().filter(|server| ids.contains(&server.id)) {
                    server.tags.insert("Name".to_owned(), said.clone());
                }
            }
        });
        let told = names(&fixture);
        let short: String = name.chars().take(failback_core::fleet::NAME_MAX - 5).collect();
        for (name, server) in told.iter().zip(ready(&fixture).fleet.servers) {
            let id = server.b1.to_string();
            assert_eq!(*name, format!("{short}~{}", &id[id.len() - 4..]));
            assert!(name.chars().count() <= failback_core::fleet::NAME_MAX);
        }
    }
}

/// Adds a second recovery instance in a Region, under another id.
fn doubled(mut fixture: Fixture, in_source: bool) -> Fixture {
    let (region, id) =
        if in_source { (fixture.source(), fixture.a3(0)) } else { (fixture.recovery(), fixture.b2(0)) };
    fixture.tamper(move |seen| {
        if let Response::RecoveryInstances(of, found) = seen
            && of == region
            && let Some(one) = found.iter().find(|found| found.id == id).cloned()
        {
            let other = "i-0fffffffffffffff1".parse().unwrap();
            found.push(RecoveryInstance {
                id: failback_core::id::InstanceId::recovery_instance(&other),
                ..one
            });
        }
    });
    fixture
}

#[test]
fn of_each_there_is_one() {
    let fixture = doubled(Fixture::failback(|_| ()), false);
    let name = fixture.fleet.servers[0].name.clone();
    blocked(&fixture, &name, "several recovery instances exist where one B2 is expected");
    let fixture = doubled(Fixture::failback(|_| ()).launched(), true);
    blocked(&fixture, &name, "several recovery instances exist where one A3 is expected");
}

#[test]
fn two_reversals_of_one_b3_are_told() {
    let mut fixture = Fixture::failback(|_| ()).reversed();
    let (source, a2) = (fixture.source(), fixture.a2(0));
    fixture.tamper(move |seen| {
        if let Response::SourceServers(region, servers) = seen
            && region == source
            && let Some(one) = servers.iter().find(|server| server.id == a2).cloned()
        {
            servers.push(SourceServer { id: "s-0ffffffffffffffff".parse().unwrap(), ..one });
        }
    });
    let name = fixture.fleet.servers[0].name.clone();
    blocked(&fixture, &name, "several source servers of the source Region replicate its B3");
}

#[test]
fn what_somebody_has_done_already_is_adopted() {
    let fixture = Fixture::failback(|_| ()).launched();
    for server in ready(&fixture).fleet.servers {
        let was = fixture.fleet.servers.iter().find(|it| it.b1 == server.b1).unwrap();
        assert_eq!((&server.a1, &server.a2, &server.a3), (&was.a1, &was.a2, &was.a3));
        assert_eq!((server.b2.as_ref(), server.already_failed_back), (was.b2.as_ref(), false));
    }
}

#[test]
fn an_a4_that_no_run_launched_is_adopted_only_through_a_gate() {
    let by_a_person = |plan: fn(&mut Value)| {
        let mut fixture = Fixture::failback(plan).launched();
        fixture.tamper(|seen| {
            if let Response::Jobs(_, jobs) = seen {
                for job in jobs {
                    job.tags.clear();
                }
            }
        });
        fixture
    };
    let said = "no run of this program launched its A4";
    let asks = by_a_person(|plan| plan["gates"]["beforeRedirect"] = json!({ "timeoutMinutes": 60 }));
    warned(&asks, "all-1, web-1", said);
    assert!(ready(&asks).fleet.servers.iter().all(|server| server.a3.is_some()));
    blocked(&by_a_person(|_| ()), "all-1, web-1", said);
    // Too old: it is not used, whoever launched it.
    let old = by_a_person(|_| ());
    old.pass(14_400);
    assert!(!check(&old).expect_err("all-1 has no record").to_string().contains(said));
    silent(&Fixture::failback(|_| ()).launched(), said);
}

#[test]
fn what_was_taken_down_already_is_known_by_its_traces() {
    // B2 is terminated, A2 carries this program's tags, and B1 protects A4.
    let fixture = Fixture::failback(|_| ()).protected();
    let tags = |fixture: &mut Fixture| {
        let of: Vec<_> = fixture
            .fleet
            .servers
            .iter()
            .map(|it| (it.a2.clone().unwrap(), it.b1.clone(), it.a1.clone().unwrap()))
            .collect();
        fixture.tamper(move |seen| {
            if let Response::SourceServers(_, servers) = seen {
                for (a2, b1, a1) in &of {
                    for server in servers.iter_mut().filter(|server| server.id == *a2) {
                        server.tags.insert(tag::B1.to_owned(), b1.to_string());
                        server.tags.insert(tag::A1.to_owned(), a1.to_string());
                    }
                }
            }
        });
    };
    let mut fixture = fixture.stopped().without_b2();
    tags(&mut fixture);
    let was = fixture.fleet.clone();
    let of = |server: &Server| was.servers.iter().find(|it| it.b1 == server.b1).cloned().unwrap();
    for server in ready(&fixture).fleet.servers {
        let was = of(&server);
        assert_eq!((&server.a1, &server.a2, &server.a3), (&was.a1, &was.a2, &was.a3));
        assert_eq!((server.b2, server.already_failed_back), (was.b2, false));
    }
    // The same without A3's record: B1 names A4.
    let mut fixture = fixture.without_a3();
    tags(&mut fixture);
    for server in ready(&fixture).fleet.servers {
        let was = of(&server);
        assert_eq!((server.a1, server.a3, server.b2), (was.a1, was.a3, was.b2));
    }
}

#[test]
fn without_the_tag_nothing_says_which_instance_was_a1() {
    let fixture = Fixture::failback(|_| ()).protected();
    let error = check(&fixture).unwrap_err().to_string();
    assert!(error.contains("B1 already protects A4, and no tag identifies A1"), "{error}");
    // Where A4 is A1, this is correct.
    let fixture = Fixture::failback(|plan| plan["launch"]["intoSource"] = json!(true)).protected();
    let output = check(&fixture);
    assert!(
        !output.as_ref().is_err_and(|error| error.to_string().contains("which instance was A1")),
        "{output:?}"
    );
}

#[test]
fn an_a2_without_tags_is_found_by_what_it_launched() {
    // B2 is gone, and B1 protects the instance that A2 launched. Tags name A1.
    let mut fixture = Fixture::failback(|_| ()).protected().stopped().without_b2();
    let of: Vec<_> =
        fixture.fleet.servers.iter().map(|it| (it.a2.clone().unwrap(), it.a1.clone().unwrap())).collect();
    fixture.tamper(move |seen| {
        if let Response::SourceServers(_, servers) = seen {
            for (a2, a1) in &of {
                for server in servers.iter_mut().filter(|server| server.id == *a2) {
                    server.tags.insert(tag::A1.to_owned(), a1.to_string());
                }
            }
        }
    });
    for server in ready(&fixture).fleet.servers {
        let was = fixture.fleet.servers.iter().find(|it| it.b1 == server.b1).unwrap();
        assert_eq!((server.a2, server.a3), (was.a2.clone(), was.a3.clone()));
    }
}

#[test]
fn an_a3_that_is_gone_is_not_adopted() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    let a3 = fixture.a3(0);
    fixture.tamper(move |seen| {
        if let Response::RecoveryInstances(_, found) = seen {
            let gone = found.iter_mut().filter(|found| found.id == a3);
            gone.for_each(|a3| a3.state = InstanceState::Terminated);
        }
    });
    let output = ready(&fixture);
    let of = |index: usize| output.fleet.find(&fixture.fleet.servers[index].name).unwrap().a3.clone();
    assert_eq!((of(0), of(1)), (None, Some(fixture.a3(1))));
}

/// An A2 that a first failback has left is named, because its A4 may run and no report would say so.
#[test]
fn an_a2_of_an_earlier_failback_is_reported() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    let (b1, other) = (fixture.b1(0), fixture.a2(1));
    let name = fixture.fleet.servers[0].name.clone();
    fixture.tamper(move |seen| {
        if let Response::SourceServers(_, servers) = seen
            && let Some(a2) = servers.iter_mut().find(|a2| a2.id == other)
        {
            let mut left = a2.clone();
            left.id = "s-0000000000000left".parse().expect("an id");
            left.instance = Some("i-0000000000000dead".parse().expect("an id"));
            left.tags.insert(tag::B1.to_owned(), b1.to_string());
            servers.push(left);
        }
    });
    let error = check(&fixture).expect_err("a blocker").to_string();
    assert!(
        error.contains(&format!(
            "blocker: {name} (s-0000000000000left): an A2 of an earlier failback or drill is left"
        )),
        "{error}"
    );
}

#[test]
fn an_a2_of_another_server_is_reported() {
    let mut fixture = Fixture::failback(|_| ()).reversed();
    let (a2, other) = (fixture.a2(0), fixture.b1(1));
    fixture.tamper(move |seen| {
        if let Response::SourceServers(_, servers) = seen {
            let of_a2 = servers.iter_mut().filter(|server| server.id == a2);
            of_a2.for_each(|server| drop(server.tags.insert(tag::B1.to_owned(), other.to_string())));
        }
    });
    blocked(&fixture, &fixture.fleet.servers[0].name.clone(), "A2 is tagged as another server's");
}

/// DRS shows a B2 for some time after its end: by it, an A2 without tags is known.
#[test]
fn an_a2_without_tags_is_known_by_the_b2_that_it_replicated() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    let (b1, other) = (fixture.b1(0), fixture.a2(1));
    let name = fixture.fleet.servers[0].name.clone();
    fixture.tamper(move |seen| match seen {
        Response::SourceServers(_, servers) => {
            if let Some(a2) = servers.iter().find(|a2| a2.id == other) {
                let left = SourceServer {
                    id: "s-0000000000000left".parse().expect("an id"),
                    instance: Some("i-0000000000000dead".parse().expect("an id")),
                    tags: failback_core::tags::Tags::new(),
                    ..a2.clone()
                };
                servers.push(left);
            }
        }
        Response::RecoveryInstances(_, found) => {
            if let Some(b2) = found.iter().find(|b2| b2.source_server == b1) {
                let ended = RecoveryInstance {
                    id: "i-0000000000000dead".parse().expect("an id"),
                    instance: "i-0000000000000dead".parse().expect("an id"),
                    state: InstanceState::Terminated,
                    ..b2.clone()
                };
                found.push(ended);
            }
        }
        _ => {}
    });
    blocked(&fixture, &name, "an A2 of an earlier failback or drill is left");
}

#[test]
fn an_a2_that_was_disconnected_while_b3_is_needed_is_refused() {
    let mut fixture = Fixture::failback(|_| ()).reversed();
    let a2 = fixture.a2(0);
    fixture.tamper(move |seen| {
        if let Response::SourceServers(_, servers) = seen {
            for server in servers.iter_mut().filter(|server| server.id == a2) {
                server.replication.state = ReplicationState::Disconnected;
            }
        }
    });
    let name = fixture.fleet.servers[0].name.clone();
    blocked(&fixture, &name, "A2 was disconnected, which uninstalls the agent on B3");
}

#[test]
fn without_b2_and_a4_there_is_nothing_to_fail_back() {
    let down = |state: InstanceState| {
        let mut fixture = Fixture::failback(|_| ()).protected().stopped().without_b2();
        let a4 = fixture.fleet.servers[0].a4().unwrap();
        fixture.tamper(move |seen| {
            if let Response::Instances(_, instances) = seen {
                for instance in instances.iter_mut().filter(|instance| instance.id == a4) {
                    instance.state = state;
                }
            }
        });
        check(&fixture).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let said = "B2 is gone, and ";
    assert!(
        down(InstanceState::Stopped).contains(&format!("{said}A4 does not run. Start A4, and start again"))
    );
    assert!(down(InstanceState::Terminated).contains(&format!("{said}so is A4. Recover the server from B1")));
    assert!(!down(InstanceState::Running).contains(said));
}
