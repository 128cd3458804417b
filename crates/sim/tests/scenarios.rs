//! Tests that a world fits its plan.

mod common;

use common::{MINUTE, a2, b2, configure, launch_all, plan, recovery, reverse_all, source, wait, world};
use failback_core::cloud::{InstanceState, ReplicationState};
use failback_core::plan::{Plan, Record, Redirect, Servers};
use failback_sim::{Options, Scenario, ServerSpec, Switches, World};
use fastrand::Rng;

#[test]
fn every_wave_and_every_record_has_its_server() {
    let mut plan = plan();
    let Redirect::Records(records) = &mut plan.redirect else { panic!("no records") };
    let db = Record { name: "db.example.com".to_owned(), server: "orders".to_owned(), ..records[0].clone() };
    records.push(db);
    let world = World::build(&plan, &Options { servers: 1, ..Options::default() });
    let names: Vec<_> = world.fleet().iter().map(|server| server.name.as_str()).collect();
    assert_eq!(names, ["web-1", "orders"]);
    assert_eq!(world.fleet().iter().map(|server| server.wave).collect::<Vec<_>>(), [1, 0]);
    for server in world.fleet() {
        assert!(plan.means(&server.b1, &server.tags));
        assert_eq!(plan.wave_of(&server.tags), Some(server.wave));
    }
    let zone = "Z0123456789ABCDEFGHIJ".parse().unwrap();
    assert!(world.record(&zone, "db.example.com", "A").is_some());
}

#[test]
fn a_described_server_stands_in_its_zone() {
    let plan = plan();
    let fleet = serde_json::from_str(
        r#"[{"name": "db-1", "tags": {"wave": "data"}, "zone": "b"},
            {"name": "db-2", "tags": {"wave": "data"}, "zone": "b"},
            {"name": "web-1", "tags": {"wave": "web"}}]"#,
    )
    .unwrap();
    let world = World::build(&plan, &Options { fleet, ..Options::default() });
    let subnets: Vec<_> = (0..3)
        .map(|server| {
            let a1 = world.instance(source(), &world.fleet()[server].a1).expect("A1");
            world.subnet(source(), &a1.subnet).expect("its subnet")
        })
        .collect();
    let zones: Vec<_> = subnets.iter().map(|subnet| subnet.zone.as_str()).collect();
    assert_eq!(zones, ["us-east-1b", "us-east-1b", "us-east-1a"]);
    assert_eq!(subnets[0].id, subnets[1].id);
    let unknown = serde_json::from_str::<ServerSpec>(r#"{"name": "db-1", "zone": "eu-west-1b"}"#);
    assert!(unknown.unwrap_err().to_string().contains("expected one of `a`, `b`"));
}

#[test]
fn a_plan_of_ids_gets_exactly_these() {
    let mut plan = plan();
    let ids = ["s-0123456789abcdefA", "s-0123456789abcdefB"].map(|id| id.parse().unwrap()).to_vec();
    plan.servers = Servers::Ids(ids.clone());
    let Redirect::Records(records) = &mut plan.redirect else { panic!("no records") };
    records[0].server = "s-0123456789abcdefB".to_owned();
    let world = World::build(&plan, &Options { servers: 9, ..Options::default() });
    let mut found: Vec<_> = world.fleet().iter().map(|server| server.b1.clone()).collect();
    found.sort();
    assert_eq!(found, ids);
    assert!(world.serving(world.index_of("s-0123456789abcdefB").unwrap()).unwrap().running);
}

#[test]
fn a_plan_selects_no_bystander() {
    let mut all = plan();
    all.servers = Servers::All;
    for plan in [plan(), all] {
        let world = World::build(&plan, &Options::default());
        let chosen = world
            .source_servers(recovery())
            .filter(|server| plan.means(&server.id, &server.tags) && server.origin == source());
        assert_eq!(chosen.count(), world.fleet().len());
        assert!(world.bystanders().source_servers.len() >= 5);
    }
}

#[test]
fn scenarios_differ_in_what_runs() {
    let a1 = |w: &World| w.instance(source(), &w.fleet()[0].a1).unwrap().state;
    let b1 = |w: &World| {
        w.source_server(recovery(), &w.fleet()[0].b1).unwrap().replication.phase(w.now_ms()).state()
    };
    let steady = world(Scenario::Steady);
    assert_eq!((a1(&steady), b1(&steady)), (InstanceState::Running, ReplicationState::Continuous));
    assert_eq!(steady.labels(0).b2, None);
    let recovered = world(Scenario::Recovered);
    assert_eq!((a1(&recovered), b1(&recovered)), (InstanceState::Stopped, ReplicationState::Stalled));
    assert_eq!(recovered.serving(0).unwrap().region, recovery());
    let drilled = world(Scenario::DrilledRecovered);
    assert_eq!((a1(&drilled), b1(&drilled)), (InstanceState::Running, ReplicationState::Continuous));
    assert!(drilled.recovery_instance(recovery(), &b2(&drilled, 0)).unwrap().is_drill);
    assert_eq!(drilled.serving(0).unwrap().region, source());
}

#[test]
fn a_person_may_move_the_traffic() {
    let mut plan = plan();
    plan.redirect = Redirect::ByHand { originals_may_run: false };
    let mut world = World::build(&plan, &Options::default());
    assert_eq!(world.serving(0).unwrap().region, recovery());
    reverse_all(&mut world);
    (0..world.fleet().len()).for_each(|server| configure(&mut world, server, false));
    launch_all(&mut world);
    world.operator_moves_traffic();
    assert_eq!(Some(world.serving(0).unwrap().instance), world.labels(0).a4);
}

#[test]
fn time_that_aws_needs_is_part_of_the_time_that_passes() {
    let mut world = world(Scenario::Recovered);
    let start = world.now_ms();
    reverse_all(&mut world);
    (0..world.fleet().len()).for_each(|server| configure(&mut world, server, false));
    launch_all(&mut world);
    world.advance_by(5 * MINUTE);
    let passed = f64::from(i32::try_from(world.now_ms() - start).unwrap()) / 1_000.0;
    let needed = world.aws_seconds();
    assert!(needed > passed * 0.7 && needed <= passed, "{needed} of {passed}");
    let labels: Vec<_> = world.works().iter().map(|work| work.label).collect();
    for label in ["source server appears", "reversed replication", "launch job", "boot checks"] {
        assert!(labels.contains(&label), "{label}: {labels:?}");
    }
}

#[test]
fn replicating_servers_have_a_quota() {
    let mut world = World::build(&plan(), &Options { servers: 3, ..Options::default() });
    world.set_replicating_quota(source(), 3);
    for server in 0..3 {
        let id = b2(&world, server);
        let answer = world.reverse_replication(recovery(), &id);
        // Two servers of other people already replicate to this Region.
        assert_eq!(answer.is_ok(), server == 0);
        if let Err(fault) = answer {
            assert_eq!((fault.code, fault.quota_code), ("ServiceQuotaExceededException", Some("L-C1D14A2B")));
        }
    }
}

#[test]
fn random_switches_never_forbid_a_failback() {
    for seed in 0..12 {
        let switches = Switches::random(&mut Rng::with_seed(seed));
        let options = Options { seed, switches, ..Options::default() };
        let mut world = World::build(&plan(), &options);
        reverse_all(&mut world);
        (0..world.fleet().len()).for_each(|server| configure(&mut world, server, false));
        launch_all(&mut world);
        let a3 = world.labels(0).a3.unwrap();
        wait(&mut world, "agent", |w| {
            w.first_agent_contact(w.recovery_instance(source(), &a3).unwrap()).is_some()
        });
        world.reverse_replication(source(), &a3).unwrap();
        let id = a2(&world, 0);
        world.stop_replication(source(), &id).unwrap();
    }
}

#[test]
fn a_plan_that_is_read_again_builds_the_same_world() {
    let text = serde_json::to_value(plan()).unwrap();
    let again = Plan::read(&text).unwrap();
    let options = Options::default();
    assert!(World::build(&plan(), &options).dump() == World::build(&again, &options).dump());
}
