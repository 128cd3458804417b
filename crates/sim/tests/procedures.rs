//! Tests of a whole failback and a whole drill, by hand.

#![allow(clippy::unwrap_used)] // Also in the functions that tests share.

mod common;

use common::{
    MINUTE, a2, b1, b2, configure, conflict, launch_all, recovery, reverse_all, source, wait, wait_for_job,
    world,
};
use failback_core::cloud::Tags;
use failback_sim::{ChangeAction, Options, RecordChange, Scenario, World};

fn labels_left(world: &World) -> Vec<&'static str> {
    let mut labels: Vec<_> = world.left().into_iter().map(|left| left.label).collect();
    labels.sort_unstable();
    labels.dedup();
    labels
}

fn until_a4(world: &mut World, drill: bool) {
    reverse_all(world);
    launch_reversed(world, drill);
}

fn launch_reversed(world: &mut World, drill: bool) {
    for server in 0..world.fleet().len() {
        configure(world, server, drill);
    }
    launch_all(world);
    world.advance_by(10 * MINUTE);
}

fn terminate_when_settled(
    world: &mut World,
    region: failback_core::region::Region,
    ids: &[failback_core::id::RecoveryInstanceId],
) {
    wait(world, "settling", |w| {
        ids.iter().all(|id| w.recovery_instance(region, id).unwrap().settles_ms <= w.now_ms())
    });
    let job = world.terminate_recovery_instances(region, ids).unwrap();
    wait_for_job(world, region, &job);
}

fn remove_a2(world: &mut World, server: usize) {
    let id = a2(world, server);
    world.disconnect_source_server(source(), &id).unwrap();
    conflict(world.delete_source_server(source(), &id));
    world.advance_by(MINUTE);
    world.delete_source_server(source(), &id).unwrap();
}

fn failback(world: &mut World) {
    until_a4(world, false);
    from_a4_on(world);
}

fn from_a4_on(world: &mut World) {
    let servers = world.fleet().len();
    let web = world.index_of("web-1").unwrap();
    let a4 = world.labels(web).a4.unwrap();
    let address = world.instance(source(), &a4).unwrap().private_ip.clone();
    let zone = "Z0123456789ABCDEFGHIJ".parse().unwrap();
    let change = RecordChange::of_simple(ChangeAction::Upsert, "shop.example.com", 60, vec![address]);
    let change = world.change_record_sets(&zone, &[change]).unwrap();
    assert_ne!(world.serving(web).unwrap().instance, a4, "DNS answers change when the change is in sync");
    wait(world, "DNS", |w| w.get_change(&change).unwrap());
    wait(world, "clients", |w| w.serving(web).unwrap().instance == a4);
    for server in 0..servers {
        let a3 = world.labels(server).a3.unwrap();
        world.reverse_replication(source(), &a3).unwrap();
    }
    wait(world, "protection", |w| {
        (0..servers).all(|s| {
            w.source_server(recovery(), &b1(w, s)).unwrap().replication.complete_ms().unwrap() <= w.now_ms()
        })
    });
    for server in 0..servers {
        let id = a2(world, server);
        world.stop_replication(source(), &id).unwrap();
    }
    let recovered: Vec<_> = (0..servers).map(|server| b2(world, server)).collect();
    terminate_when_settled(world, recovery(), &recovered);
    for server in 0..servers {
        let a3 = world.labels(server).a3.unwrap();
        conflict(world.disconnect_recovery_instance(source(), &a3));
        world.delete_recovery_instance(source(), &a3).unwrap();
        remove_a2(world, server);
    }
    let originals: Vec<_> = world.fleet().iter().map(|server| server.a1.clone()).collect();
    world.terminate_instances(source(), &originals).unwrap();
    world.advance_by(10 * MINUTE);
}

#[test]
fn a_failback_by_hand_leaves_a4_and_b1_alone() {
    let mut world = world(Scenario::Recovered);
    failback(&mut world);
    assert_eq!(labels_left(&world), ["A4", "B1"]);
    for server in 0..world.fleet().len() {
        let serving = world.serving(server).unwrap();
        assert!(serving.running && serving.region == source());
        let b1 = world.source_server(recovery(), &b1(&world, server)).unwrap();
        assert_eq!(Some(&b1.source), world.labels(server).a4.as_ref());
        assert_eq!(world.dark_ms(server), 0);
    }
}

#[test]
fn without_a_write_freeze_the_writes_after_the_snapshot_are_lost() {
    let mut world = world(Scenario::Recovered);
    assert!((0..world.fleet().len()).all(|server| world.lost(server).is_none()));
    failback(&mut world);
    for server in 0..world.fleet().len() {
        let lost = world.lost(server).expect("B3 took writes while A4 was launched");
        let length = u64::try_from((lost.last_ms - lost.first_ms) / 1_000).unwrap() + 1;
        assert_eq!(lost.records, length, "one stretch");
        assert!((400..2_000).contains(&lost.records), "{lost:?}");
        assert!(world.acknowledged(server) > lost.records);
    }
}

#[test]
fn with_a_write_freeze_nothing_is_lost() {
    let mut world = world(Scenario::Recovered);
    reverse_all(&mut world);
    world.operator_freezes_writes(true);
    let frozen = world.acknowledged(0);
    launch_reversed(&mut world, false);
    from_a4_on(&mut world);
    let since = world.acknowledged(0);
    assert!(since > frozen, "clients write to A4");
    assert_eq!(world.dark_ms(0), 0, "production ran");
    world.advance_by(100_000);
    for server in 0..world.fleet().len() {
        assert_eq!(world.lost(server), None);
    }
    assert_eq!(world.acknowledged(0), since + 100);
}

#[test]
fn a_drill_by_hand_leaves_production_alone() {
    let mut world = world(Scenario::DrilledRecovered);
    until_a4(&mut world, true);
    let servers = world.fleet().len();
    for server in 0..servers {
        let id = a2(&world, server);
        world.stop_replication(source(), &id).unwrap();
    }
    let failed_back: Vec<_> = (0..servers).map(|server| world.labels(server).a3.unwrap()).collect();
    let recovered: Vec<_> = (0..servers).map(|server| b2(&world, server)).collect();
    terminate_when_settled(&mut world, source(), &failed_back);
    terminate_when_settled(&mut world, recovery(), &recovered);
    for server in 0..servers {
        remove_a2(&mut world, server);
    }
    assert_eq!(labels_left(&world), ["A1", "B1"]);
    for server in 0..servers {
        assert_eq!(world.serving(server).unwrap().instance, world.fleet()[server].a1);
        assert_eq!((world.lost(server), world.dark_ms(server)), (None, 0));
    }
}

#[test]
fn a_steady_fleet_is_recovered_for_a_drill() {
    let mut world = world(Scenario::Steady);
    let servers: Vec<_> = world.fleet().iter().map(|server| server.b1.clone().into()).collect();
    let job = world.start_recovery(recovery(), &servers, true, Tags::new()).unwrap();
    wait_for_job(&mut world, recovery(), &job);
    assert_eq!(labels_left(&world), ["A1", "B1", "B2", "B3"]);
    let record = world.recovery_instance(recovery(), &b2(&world, 0)).unwrap();
    assert!(record.is_drill);
    assert_eq!(record.job, job);
}

#[test]
fn same_seed_same_bytes() {
    let run = |seed| {
        let options = Options { seed, servers: 6, ..Options::default() };
        let mut world = World::build(&common::plan(), &options);
        failback(&mut world);
        world.dump()
    };
    assert!(run(7) == run(7));
    assert!(run(7) != run(8));
}

#[test]
fn bystanders_are_as_they_were() {
    let mut world = world(Scenario::Recovered);
    let seen = |w: &World| {
        let who = w.bystanders();
        let servers: Vec<_> =
            who.source_servers.iter().map(|(r, id)| w.source_server(*r, id).cloned()).collect();
        let records: Vec<_> =
            who.recovery_instances.iter().map(|(r, id)| w.recovery_instance(*r, id).cloned()).collect();
        let instances: Vec<_> = who.instances.iter().map(|(r, id)| w.instance(*r, id).cloned()).collect();
        (servers, records, instances)
    };
    let before = seen(&world);
    assert!(before.0.len() >= 5 && before.1.len() == 3);
    failback(&mut world);
    assert_eq!(seen(&world), before);
}
