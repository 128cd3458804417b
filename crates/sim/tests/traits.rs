//! Tests of the cloud traits over a world. Writing needs warrants, which only the guard makes, so only reading is
//! tested.

#![allow(clippy::unwrap_used)] // Also in the functions that tests share.

mod common;

use common::{recovery, source, world};
use failback_core::ErrorName;
use failback_core::cloud::{
    Clock, Drs, Ec2, Executions, Quotas, RecordType, RecoveryInstanceFilter, Route53,
};
use failback_sim::{Fault, Known, Scenario, Simulation};

#[test]
fn a_fleet_is_read_through_the_traits() {
    let sim = Simulation::new(world(Scenario::Recovered));
    let ids: Vec<_> = sim.world().fleet().iter().map(|server| server.b1.clone()).collect();
    let servers = sim.run(sim.source_servers(recovery(), Some(&ids))).unwrap().unwrap();
    assert_eq!(servers.iter().map(|server| &server.id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
    let records = sim
        .run(sim.recovery_instances(recovery(), &RecoveryInstanceFilter::SourceServers(ids)))
        .unwrap()
        .unwrap();
    assert_eq!(records.len(), 3);
    assert!(
        records.iter().all(|record| record.is_live() && !record.is_reversed() && record.agent_seen.is_some())
    );
    let instances: Vec<_> = records.iter().map(|record| record.instance.clone()).collect();
    assert_eq!(sim.run(sim.instances(recovery(), &instances)).unwrap().unwrap().len(), 3);
    assert_eq!(sim.run(sim.instance_status(recovery(), &instances)).unwrap().unwrap().len(), 3);
    let zone = "Z0123456789ABCDEFGHIJ".parse().unwrap();
    let sets = sim.run(sim.record_sets(&zone, "shop.example.com", RecordType::A)).unwrap().unwrap();
    assert_eq!(sets.len(), 1);
    assert!(instances.iter().any(|id| {
        sim.world().instance(recovery(), id).is_some_and(|instance| instance.private_ip == sets[0].values[0])
    }));
    assert_eq!(sim.run(sim.drs_quotas(source())).unwrap().unwrap().servers_per_job, 100);
    assert!(sim.run(sim.running_executions()).unwrap().unwrap().is_empty());
    assert!(sim.now().millis() > sim.world().start_ms());
}

#[test]
fn nothing_is_asked_where_nothing_is_wanted() {
    let sim = Simulation::new(world(Scenario::Recovered));
    assert!(sim.run(sim.source_servers(recovery(), Some(&[]))).unwrap().unwrap().is_empty());
    assert!(sim.run(sim.instances(recovery(), &[])).unwrap().unwrap().is_empty());
    assert!(sim.world().calls().is_empty());
}

#[test]
fn refusals_and_silence_have_their_names() {
    let sim = Simulation::new(world(Scenario::Recovered));
    sim.world().uninitialize(source());
    let error = sim.run(sim.replication_templates(source())).unwrap().unwrap_err();
    assert_eq!(error.name(), ErrorName::NotInitialized);
    assert_eq!(error.aws_error().unwrap().operation, "drs:DescribeReplicationConfigurationTemplates");
    sim.world().add_fault(Fault::parse("lost:DescribeJobs", &Known::default()).unwrap());
    let error = sim.run(sim.jobs(recovery(), &[], None)).unwrap().unwrap_err();
    assert_eq!((error.name(), error.aws_error().unwrap().code.as_str()), (ErrorName::Unavailable, ""));
}
