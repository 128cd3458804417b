//! Tests of the calls that DRS refuses, and of the time for which it does (drs-facts §5).

#![allow(clippy::unwrap_used)] // Also in the functions that tests share.

mod common;

use common::{
    MINUTE, a2, b1, b2, configure, conflict, launch_all, plan, recovery, reverse_all, source, wait,
    wait_for_job, world,
};
use failback_core::cloud::{InstanceState, ReplicationState, Tags};
use failback_sim::{Options, Phase, Scenario, Switches, World};

fn with(switches: Switches) -> World {
    World::build(&plan(), &Options { switches, ..Options::default() })
}

fn launched(world: &mut World) {
    reverse_all(world);
    for server in 0..world.fleet().len() {
        configure(world, server, false);
    }
    launch_all(world);
}

#[test]
fn a_recovered_instance_is_terminable_only_some_time_after_the_stop() {
    let mut world = world(Scenario::Recovered);
    reverse_all(&mut world);
    let (b2, a2) = (b2(&world, 0), a2(&world, 0));
    let refusal = "Recovery instances cannot be terminated during failback";
    assert_eq!(conflict(world.terminate_recovery_instances(recovery(), std::slice::from_ref(&b2))), refusal);
    world.stop_replication(source(), &a2).unwrap();
    assert_eq!(conflict(world.terminate_recovery_instances(recovery(), std::slice::from_ref(&b2))), refusal);
    world.advance_by(3 * MINUTE);
    let job = world.terminate_recovery_instances(recovery(), std::slice::from_ref(&b2)).unwrap();
    wait_for_job(&mut world, recovery(), &job);
    assert_eq!(world.state_of(recovery(), &b2), InstanceState::Terminated);
    assert!(world.recovery_instance(recovery(), &b2).is_some(), "the record lingers");
    assert_eq!(world.source_server(recovery(), &b1(&world, 0)).unwrap().recovery_instance, None);
    world.advance_by(6 * MINUTE);
    assert!(world.recovery_instance(recovery(), &b2).is_none());
}

#[test]
fn stopping_deletes_every_point_in_time() {
    let mut world = world(Scenario::Recovered);
    reverse_all(&mut world);
    let id = a2(&world, 0);
    assert!(!world.describe_recovery_snapshots(source(), &id).unwrap().is_empty());
    world.advance_by(31 * MINUTE);
    let snapshots = world.describe_recovery_snapshots(source(), &id).unwrap();
    assert!(snapshots.len() >= 3 && snapshots.is_sorted_by_key(|(_, ms)| -ms));
    assert_eq!(snapshots, world.describe_recovery_snapshots(source(), &id).unwrap());
    world.stop_replication(source(), &id).unwrap();
    assert_eq!(world.describe_recovery_snapshots(source(), &id).unwrap(), []);
    assert_eq!(world.source_server(source(), &id).unwrap().replication.phase(world.now_ms()), Phase::Stopped);
    conflict(world.stop_replication(source(), &id));
}

#[test]
fn a_second_reversal_conflicts_or_answers_the_same_arn() {
    let mut first = world(Scenario::Recovered);
    let id = b2(&first, 0);
    let arn = first.reverse_replication(recovery(), &id).unwrap();
    assert!(arn.ends_with(a2(&first, 0).as_str()));
    conflict(first.reverse_replication(recovery(), &id));

    let mut second = with(Switches { second_reverse_answers_arn: true, ..Switches::default() });
    let id = b2(&second, 0);
    let arn = second.reverse_replication(recovery(), &id).unwrap();
    assert_eq!(second.reverse_replication(recovery(), &id).unwrap(), arn);
}

#[test]
fn a_new_source_server_is_listed_a_few_seconds_later_and_has_no_tags() {
    let mut world = world(Scenario::Recovered);
    let id = b2(&world, 0);
    world.reverse_replication(recovery(), &id).unwrap();
    let a2 = a2(&world, 0);
    assert!(world.describe_source_servers(source(), std::slice::from_ref(&a2)).unwrap().is_empty());
    world.advance_by(9_000);
    let found = world.describe_source_servers(source(), &[a2]).unwrap().remove(0);
    assert_eq!(found.replication.state, ReplicationState::Initiating);
    assert_eq!(found.replication.steps.len(), 11);
    assert!(found.server.tags.is_empty());
    assert_eq!(found.server.source, id.instance());
}

#[test]
fn an_agent_must_be_seen_before_replication_is_reversed() {
    let mut world = world(Scenario::Steady);
    let server = b1(&world, 0);
    let job = world.start_recovery(recovery(), &[server.into()], false, Tags::new()).unwrap();
    wait_for_job(&mut world, recovery(), &job);
    let id = b2(&world, 0);
    let seen = world.instance(recovery(), &id.instance()).unwrap().agent_seen_ms.unwrap();
    if seen > world.now_ms() {
        conflict(world.reverse_replication(recovery(), &id));
        world.advance_to(seen);
    }
    world.reverse_replication(recovery(), &id).unwrap();
}

#[test]
fn a_drill_instance_is_refused_where_the_switch_says_so() {
    let switches = Switches { refuses_to_reverse_drills: true, ..Switches::default() };
    let options = Options { scenario: Scenario::DrilledRecovered, switches, ..Options::default() };
    let mut world = World::build(&plan(), &options);
    let id = b2(&world, 0);
    conflict(world.reverse_replication(recovery(), &id));
}

#[test]
fn protection_rescans_and_calls_itself_continuous_too_early() {
    let mut world = world(Scenario::Recovered);
    launched(&mut world);
    let a3 = world.labels(0).a3.unwrap();
    wait(&mut world, "agent", |w| {
        w.first_agent_contact(w.recovery_instance(source(), &a3).unwrap()).is_some()
    });
    world.reverse_replication(source(), &a3).unwrap();
    let id = b1(&world, 0);
    let end = world.source_server(recovery(), &id).unwrap().replication.complete_ms().unwrap();
    let mut seen = Vec::new();
    while world.now_ms() < end {
        let view = world.describe_source_servers(recovery(), std::slice::from_ref(&id)).unwrap().remove(0);
        let whole = view.replication.disks.iter().all(|disk| disk.rescanned >= disk.total);
        assert!(!whole, "rescanned too early");
        if seen.last() != Some(&view.replication.state) {
            seen.push(view.replication.state);
        }
        world.advance_by(1_000);
    }
    assert_eq!(seen, [ReplicationState::Stalled, ReplicationState::Rescan, ReplicationState::Continuous]);
    let view = world.describe_source_servers(recovery(), &[id]).unwrap().remove(0);
    assert!(view.replication.disks.iter().all(|disk| disk.rescanned == disk.total));
    assert_eq!(view.server.source, a3.instance());
    conflict(world.terminate_recovery_instances(source(), std::slice::from_ref(&a3)));
    conflict(world.disconnect_recovery_instance(source(), &a3));
    world.delete_recovery_instance(source(), &a3).unwrap();
    assert_eq!(world.state_of(source(), &a3), InstanceState::Running);
}

#[test]
fn protection_with_a_stopped_b1_is_a_full_sync() {
    let mut world = world(Scenario::Recovered);
    let id = b1(&world, 0);
    world.stop_replication(recovery(), &id).unwrap();
    launched(&mut world);
    world.advance_by(10 * MINUTE);
    let a3 = world.labels(0).a3.unwrap();
    world.reverse_replication(source(), &a3).unwrap();
    let phase = world.source_server(recovery(), &id).unwrap().replication.phase(world.now_ms());
    assert_eq!(phase, Phase::Initiating);
}

#[test]
fn a_record_without_reversal_is_not_deleted_and_a_server_with_an_instance_not_disconnected() {
    let mut world = world(Scenario::Recovered);
    launched(&mut world);
    let (a2, a3) = (a2(&world, 0), world.labels(0).a3.unwrap());
    conflict(world.delete_recovery_instance(source(), &a3));
    conflict(world.disconnect_source_server(source(), &a2));
    conflict(world.delete_source_server(source(), &a2));
    let b2 = b2(&world, 0);
    conflict(world.delete_recovery_instance(recovery(), &b2));
}

#[test]
fn the_stale_arn_of_an_earlier_cycle_leads_nowhere() {
    let world = World::build(&plan(), &Options { servers: 30, ..Options::default() });
    let stale = world.source_servers(recovery()).filter(|s| s.server.is_some() && s.reversed_arn.is_some());
    let mut count = 0;
    for server in stale {
        count += 1;
        assert!(world.tags_of(server.reversed_arn.as_ref().unwrap()).is_none());
    }
    assert!((1..30).contains(&count));
}

#[test]
fn launching_into_the_source_needs_its_tag_and_a_stopped_a1() {
    let switches = Switches { launch_into_source: true, originals_lack_tag: true, ..Switches::default() };
    let mut untagged = with(switches);
    let id = b2(&untagged, 0);
    conflict(untagged.reverse_replication(recovery(), &id));

    let switches = Switches { launch_into_source: true, ..Switches::default() };
    let mut stopped = with(switches);
    reverse_all(&mut stopped);
    launch_all(&mut stopped);
    let labels = stopped.labels(0);
    assert_eq!(labels.a1, labels.a4);
    assert!(stopped.left().iter().all(|left| left.label != "A1"));

    let options = Options { scenario: Scenario::DrilledRecovered, switches, ..Options::default() };
    let mut running = World::build(&plan(), &options);
    reverse_all(&mut running);
    let server = a2(&running, 0);
    let message = conflict(running.start_recovery(source(), &[server.into()], false, Tags::new()));
    assert!(message.contains("needs to be in a stopped state but is in a running state"));
}

#[test]
fn an_uninitialised_region_says_so() {
    let mut world = world(Scenario::Recovered);
    let id = b2(&world, 0);
    world.uninitialize(source());
    let fault = world.describe_source_servers(source(), &[]).unwrap_err();
    assert_eq!((fault.code, fault.http), ("UninitializedAccountException", 400));
    assert_eq!(world.reverse_replication(recovery(), &id).unwrap_err().code, "UninitializedAccountException");
}

#[test]
fn replication_stalls_when_its_instance_is_gone() {
    let mut world = world(Scenario::Recovered);
    reverse_all(&mut world);
    let (id, instance) = (a2(&world, 0), world.labels(0).b3.unwrap());
    world.stop_instances(recovery(), &[instance]).unwrap();
    world.advance_by(MINUTE);
    let view = world.describe_source_servers(source(), &[id]).unwrap().remove(0);
    assert_eq!(view.replication.state, ReplicationState::Stalled);
    assert_eq!(view.replication.error, Some("AGENT_NOT_SEEN"));
    let record = world.recovery_instance(recovery(), &b2(&world, 0)).unwrap();
    assert_eq!(world.recovery_instance_view(record).replication_state, ReplicationState::Stalled);
    assert!(world.serving(world.index_of("web-1").unwrap()).is_some());
}
