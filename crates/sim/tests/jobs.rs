//! Tests of jobs: their course, their failures, their quotas (drs-facts §0.2, §0.5, §5, §6).

#![allow(clippy::unwrap_used)] // Also in the functions that tests share.

mod common;

use common::{
    a2, b1, b2, configure, conflict, launch_all, plan, recovery, reverse_all, source, wait_for_job, world,
};
use failback_core::cloud::{InstanceState, JobStatus, LastLaunch, LaunchStatus, Tags};
use failback_sim::{Options, RecoveryRequest, Scenario, World};

fn events(world: &World, job: &failback_core::id::JobId) -> Vec<&'static str> {
    world.describe_job_log(source(), job).unwrap().iter().map(|line| line.event).collect()
}

#[test]
fn a_launch_job_takes_the_time_that_was_observed() {
    let mut world = world(Scenario::Recovered);
    reverse_all(&mut world);
    configure(&mut world, 0, false);
    let server = a2(&world, 0);
    let job = world.start_recovery(source(), &[server.clone().into()], false, Tags::new()).unwrap();
    let before = world.job(source(), &job).unwrap();
    assert_eq!((before.status, before.parts[0].launch), (JobStatus::Pending, LaunchStatus::Pending));
    wait_for_job(&mut world, source(), &job);
    let expected = [
        "JOB_START",
        "SNAPSHOT_START",
        "SNAPSHOT_END",
        "CONVERSION_START",
        "CONVERSION_END",
        "LAUNCH_START",
        "LAUNCH_END",
        "JOB_END",
    ];
    assert_eq!(events(&world, &job), expected);
    let done = world.job(source(), &job).unwrap();
    let seconds = (done.ended_ms.unwrap() - done.created_ms) / 1_000;
    assert!((510..=585).contains(&seconds), "about nine minutes: {seconds}");
    let server = world.source_server(source(), &server).unwrap();
    assert_eq!(server.last_launch, LastLaunch::Succeeded);
    assert_eq!(server.recovery_instance, world.labels(0).a3);
    let record = world.recovery_instance(source(), &world.labels(0).a3.unwrap()).unwrap();
    let line = done.log.iter().find(|line| line.event == "SNAPSHOT_START").unwrap();
    assert_eq!(record.point_in_time_ms, line.at_ms);
}

#[test]
fn without_a_network_the_job_completes_and_the_launch_fails_in_silence() {
    let mut world = world(Scenario::Recovered);
    reverse_all(&mut world);
    let job = world.start_recovery(source(), &[a2(&world, 0).into()], false, Tags::new()).unwrap();
    wait_for_job(&mut world, source(), &job);
    assert_eq!(events(&world, &job), ["JOB_START", "SNAPSHOT_START", "SNAPSHOT_END", "JOB_END"]);
    let done = world.job(source(), &job).unwrap();
    assert_eq!((done.status, done.parts[0].launch), (JobStatus::Completed, LaunchStatus::Failed));
    assert!(done.log.iter().all(|line| line.error.is_none()));
    assert_eq!(world.labels(0).a4, None);
}

#[test]
fn a_server_without_a_snapshot_is_skipped() {
    let mut world = world(Scenario::Recovered);
    let id = b2(&world, 0);
    world.reverse_replication(recovery(), &id).unwrap();
    world.advance_by(60_000);
    let job = world.start_recovery(source(), &[a2(&world, 0).into()], false, Tags::new()).unwrap();
    wait_for_job(&mut world, source(), &job);
    assert_eq!(events(&world, &job), ["JOB_START", "SERVER_SKIPPED", "JOB_END"]);
}

#[test]
fn a_new_launch_takes_down_the_earlier_instance_even_without_a_record() {
    let mut world = world(Scenario::Recovered);
    reverse_all(&mut world);
    (0..world.fleet().len()).for_each(|server| configure(&mut world, server, false));
    launch_all(&mut world);
    world.advance_by(600_000);
    let (first, record) = (world.labels(0).a4.unwrap(), world.labels(0).a3.unwrap());
    world.reverse_replication(source(), &record).unwrap();
    world.delete_recovery_instance(source(), &record).unwrap();
    let job = launch_all(&mut world);
    assert!(events(&world, &job).contains(&"CLEANUP_END"));
    assert_eq!(world.instance(source(), &first).unwrap().state, InstanceState::Terminated);
    assert_ne!(world.labels(0).a4.unwrap(), first);
}

#[test]
fn starting_recovery_of_b1_takes_production_down() {
    let mut world = world(Scenario::Recovered);
    let server = b1(&world, 0);
    let production = world.labels(0).b3.unwrap();
    let job = world.start_recovery(recovery(), &[server.into()], false, Tags::new()).unwrap();
    wait_for_job(&mut world, recovery(), &job);
    assert_eq!(world.instance(recovery(), &production).unwrap().state, InstanceState::Terminated);
}

#[test]
fn one_job_for_each_server() {
    let mut world = world(Scenario::Recovered);
    reverse_all(&mut world);
    configure(&mut world, 0, false);
    let request = RecoveryRequest::from(a2(&world, 0));
    world.start_recovery(source(), std::slice::from_ref(&request), false, Tags::new()).unwrap();
    let message = conflict(world.start_recovery(source(), &[request], false, Tags::new()));
    assert!(message.contains("currently being processed by a Job"));
}

#[test]
fn quotas_of_jobs_hold() {
    let mut world =
        World::build(&plan(), &Options { servers: 130, scenario: Scenario::Steady, ..Options::default() });
    let requests: Vec<RecoveryRequest> =
        world.fleet().iter().map(|server| server.b1.clone().into()).collect();
    let quota = |result: Result<_, failback_sim::ServiceError>| {
        let fault = result.map(|_: failback_core::id::JobId| ()).unwrap_err();
        assert_eq!((fault.code, fault.http), ("ServiceQuotaExceededException", 402));
        fault.quota_code.unwrap()
    };
    assert_eq!(quota(world.start_recovery(recovery(), &requests[..101], true, Tags::new())), "L-B827C881");
    for request in &requests[..20] {
        world.start_recovery(recovery(), std::slice::from_ref(request), true, Tags::new()).unwrap();
    }
    assert_eq!(quota(world.start_recovery(recovery(), &requests[20..21], true, Tags::new())), "L-D88FAC3A");
}

#[test]
fn a_launch_from_a_point_in_time_holds_what_was_there_then() {
    let mut world = world(Scenario::Recovered);
    reverse_all(&mut world);
    configure(&mut world, 0, false);
    world.advance_by(35 * 60_000);
    let server = a2(&world, 0);
    let (snapshot, at_ms) = world.describe_recovery_snapshots(source(), &server).unwrap()[2].clone();
    let request = RecoveryRequest { server, snapshot: Some(snapshot) };
    let job = world.start_recovery(source(), &[request], false, Tags::new()).unwrap();
    wait_for_job(&mut world, source(), &job);
    let labels = world.labels(0);
    assert_eq!(world.recovery_instance(source(), &labels.a3.unwrap()).unwrap().point_in_time_ms, at_ms);
    let b3 = world.instance(recovery(), &labels.b3.unwrap()).unwrap();
    let a4 = world.instance(source(), &labels.a4.unwrap()).unwrap();
    assert_eq!(a4.disk.base, world.disk_content(b3, at_ms));
}
