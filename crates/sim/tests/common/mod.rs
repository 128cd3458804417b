//! Helpers of the tests: a plan, a world, and the actions of a person who does everything by hand.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // Each test file uses its part.

use failback_core::cloud::{InstanceState, JobStatus, LaunchStatus, Tags};
use failback_core::id::{JobId, RecoveryInstanceId, SourceServerId};
use failback_core::plan::Plan;
use failback_core::region::Region;
use failback_sim::{Options, Scenario, ServiceError, Version, World};

pub const MINUTE: i64 = 60_000;

pub fn plan() -> Plan {
    Plan::parse(
        r#"{
          "name": "shop",
          "regions": { "source": "us-east-1", "recovery": "us-east-2" },
          "servers": { "tags": { "app": "shop" } },
          "waves": [
            { "name": "data", "tags": { "tier": "data" } },
            { "name": "web", "tags": { "tier": "web" } }
          ],
          "launch": {
            "network": { "subnetId": "subnet-0a1b2c3d4e5f60718", "securityGroupIds": ["sg-0a1b2c3d4e5f60718"] }
          },
          "drill": {
            "network": { "subnetId": "subnet-0f1e2d3c4b5a69788", "securityGroupIds": ["sg-0f1e2d3c4b5a69788"] }
          },
          "redirect": {
            "records": [
              {
                "zoneId": "Z0123456789ABCDEFGHIJ", "name": "shop.example.com", "type": "A",
                "ttlSeconds": 60, "server": "web-1", "address": "private"
              }
            ]
          }
        }"#,
    )
    .unwrap()
}

pub fn source() -> Region {
    "us-east-1".parse().unwrap()
}

pub fn recovery() -> Region {
    "us-east-2".parse().unwrap()
}

pub fn world(scenario: Scenario) -> World {
    World::build(&plan(), &Options { scenario, ..Options::default() })
}

pub fn b1(world: &World, server: usize) -> SourceServerId {
    world.labels(server).b1.unwrap()
}

pub fn b2(world: &World, server: usize) -> RecoveryInstanceId {
    world.labels(server).b2.unwrap()
}

pub fn a2(world: &World, server: usize) -> SourceServerId {
    world.labels(server).a2.unwrap()
}

pub fn conflict<T: std::fmt::Debug>(result: Result<T, ServiceError>) -> String {
    let fault = result.unwrap_err();
    assert_eq!((fault.code, fault.http), ("ConflictException", 409), "{}", fault.message);
    fault.message
}

/// Lets time pass until a condition holds.
pub fn wait(world: &mut World, what: &str, done: impl Fn(&World) -> bool) {
    let deadline = world.now_ms() + 24 * 60 * MINUTE;
    while !done(world) {
        assert!(world.now_ms() < deadline, "waited a day for {what}");
        world.advance_by(5_000);
    }
}

pub fn wait_for_job(world: &mut World, region: Region, id: &JobId) {
    wait(world, "a job", |w| w.job(region, id).unwrap().status == JobStatus::Completed);
}

/// Reverses replication of every server and waits until all A2 are healthy.
pub fn reverse_all(world: &mut World) {
    for server in 0..world.fleet().len() {
        let id = b2(world, server);
        world.reverse_replication(recovery(), &id).unwrap();
    }
    wait(world, "healthy A2", |w| {
        (0..w.fleet().len()).all(|server| {
            let a2 = w.source_server(source(), &a2(w, server)).unwrap();
            a2.replication.complete_ms().is_some_and(|ms| ms <= w.now_ms())
        })
    });
}

/// Gives A2 a network, as its launch template has none.
pub fn configure(world: &mut World, server: usize, drill: bool) {
    let id = a2(world, server);
    let template = world.source_server(source(), &id).unwrap().launch.template.clone();
    let (subnet, group) = if drill {
        ("subnet-0f1e2d3c4b5a69788", "sg-0f1e2d3c4b5a69788")
    } else {
        ("subnet-0a1b2c3d4e5f60718", "sg-0a1b2c3d4e5f60718")
    };
    let change = Version {
        subnet: Some(subnet.parse().unwrap()),
        security_groups: Some(vec![group.parse().unwrap()]),
        profile: Some("web-role".to_owned()),
        instance_type: Some("m5.large".to_owned()),
    };
    let version = world.create_launch_template_version(source(), &template, 1, change).unwrap();
    world.set_default_version(source(), &template, version).unwrap();
}

/// Launches every A2 in one job and waits for it.
pub fn launch_all(world: &mut World) -> JobId {
    let servers: Vec<_> = (0..world.fleet().len()).map(|server| a2(world, server).into()).collect();
    let job = world.start_recovery(source(), &servers, false, Tags::new()).unwrap();
    wait_for_job(world, source(), &job);
    let parts = &world.job(source(), &job).unwrap().parts;
    assert!(parts.iter().all(|part| part.launch == LaunchStatus::Launched), "{parts:?}");
    job
}

pub fn state(world: &World, region: Region, id: &RecoveryInstanceId) -> InstanceState {
    world.state_of(region, id)
}
