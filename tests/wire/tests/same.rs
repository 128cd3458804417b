//! The agreement of reads over the wire with the world in memory.

use failback_core::cloud::{Drs, Ec2, Executions, Quotas, RecordType, RecoveryInstanceFilter, Route53};
use failback_core::cloud::{RecoveryInstance, SourceServer};
use failback_core::procedure::Procedure;
use failback_core::region::Region;
use failback_rehearsal::rehearsal::Rehearsal;
use failback_sim::Simulation;
use wire_tests::{Wire, run, setting};

/// Returns a world with everything that a failback creates. It stops at the gate before the clean-up.
fn full() -> Rehearsal {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, 1));
    rehearsal.fail("task:stop-reversed-replication=Failback.Internalx*").unwrap();
    run(&mut rehearsal, Procedure::Failback, []);
    rehearsal
}

fn regions(simulation: &Simulation) -> [Region; 2] {
    let (source, recovery) = simulation.world().region_pair();
    [source, recovery]
}

/// Returns servers without the values that grow with time, because each call takes virtual time.
fn still(servers: Vec<SourceServer>) -> Vec<SourceServer> {
    let tidy = |mut server: SourceServer| {
        server.replication.lag_seconds = None;
        server.replication.eta = None;
        server
    };
    servers.into_iter().map(tidy).collect()
}

fn seen(instances: Vec<RecoveryInstance>) -> Vec<RecoveryInstance> {
    instances.into_iter().map(|instance| RecoveryInstance { agent_seen: None, ..instance }).collect()
}

#[test]
fn servers_and_instances() {
    let rehearsal = full();
    let simulation = &rehearsal.simulation;
    let wire = Wire::open(simulation, []);
    for region in regions(simulation) {
        let over = wire.wait(wire.aws().source_servers(region, None)).unwrap();
        assert!(over.len() >= 3);
        assert_eq!(
            still(over.clone()),
            still(simulation.run(simulation.source_servers(region, None)).unwrap().unwrap())
        );
        let ids: Vec<_> = over.iter().map(|server| server.id.clone()).collect();
        let some = wire.wait(wire.aws().source_servers(region, Some(&ids[1..2]))).unwrap();
        assert_eq!(still(some), still(over[1..2].to_vec()));
        for filter in [RecoveryInstanceFilter::All, RecoveryInstanceFilter::SourceServers(ids)] {
            let over = wire.wait(wire.aws().recovery_instances(region, &filter)).unwrap();
            assert!(!over.is_empty());
            let within = simulation.run(simulation.recovery_instances(region, &filter)).unwrap().unwrap();
            assert_eq!(seen(over.clone()), seen(within));
            let instances: Vec<_> = over.iter().map(|record| record.instance.clone()).collect();
            let over = wire.wait(wire.aws().instances(region, &instances)).unwrap();
            let mut within = simulation.run(simulation.instances(region, &instances)).unwrap().unwrap();
            within.sort_by(|a, b| a.id.cmp(&b.id));
            let mut sorted = over.clone();
            sorted.sort_by(|a, b| a.id.cmp(&b.id));
            assert_eq!(sorted, within);
            let over = wire.wait(wire.aws().instance_status(region, &instances)).unwrap();
            assert_eq!(
                over,
                simulation.run(simulation.instance_status(region, &instances)).unwrap().unwrap()
            );
            let of_one = wire.wait(wire.aws().is_protected_from_termination(region, &instances[0])).unwrap();
            assert!(!of_one);
            let subnets: Vec<_> = sorted.iter().filter_map(|instance| instance.subnet.clone()).collect();
            let over = wire.wait(wire.aws().subnets(region, &subnets)).unwrap();
            assert!(!over.is_empty());
        }
    }
}

#[test]
fn jobs_logs_and_points_in_time() {
    let rehearsal = full();
    let simulation = &rehearsal.simulation;
    let wire = Wire::open(simulation, []);
    let [source, _] = regions(simulation);
    let jobs = wire.wait(wire.aws().jobs(source, &[], None)).unwrap();
    assert!(jobs.len() >= 3, "a job a wave");
    assert_eq!(jobs, simulation.run(simulation.jobs(source, &[], None)).unwrap().unwrap());
    for job in &jobs {
        let log = wire.wait(wire.aws().job_log(source, &job.id)).unwrap();
        assert_eq!(log, simulation.run(simulation.job_log(source, &job.id)).unwrap().unwrap());
        for server in &job.servers {
            let points = wire.wait(wire.aws().recovery_snapshots(source, &server.server)).unwrap();
            assert_eq!(
                points,
                simulation.run(simulation.recovery_snapshots(source, &server.server)).unwrap().unwrap()
            );
        }
    }
}

#[test]
fn settings_templates_and_quotas() {
    let rehearsal = full();
    let simulation = &rehearsal.simulation;
    let wire = Wire::open(simulation, []);
    for region in regions(simulation) {
        let over = wire.wait(wire.aws().replication_templates(region)).unwrap();
        assert_eq!(over, simulation.run(simulation.replication_templates(region)).unwrap().unwrap());
        let over = wire.wait(wire.aws().launch_configuration_templates(region)).unwrap();
        assert_eq!(over, simulation.run(simulation.launch_configuration_templates(region)).unwrap().unwrap());
        assert_eq!(
            wire.wait(wire.aws().drs_quotas(region)).unwrap(),
            simulation.run(simulation.drs_quotas(region)).unwrap().unwrap()
        );
        for server in simulation.run(simulation.source_servers(region, None)).unwrap().unwrap() {
            let over = wire.wait(wire.aws().launch_configuration(region, &server.id)).unwrap();
            assert_eq!(
                over,
                simulation.run(simulation.launch_configuration(region, &server.id)).unwrap().unwrap()
            );
            let template = over.launch_template.unwrap();
            let over = wire.wait(wire.aws().default_launch_template_version(region, &template)).unwrap();
            let within = simulation
                .run(simulation.default_launch_template_version(region, &template))
                .unwrap()
                .unwrap();
            assert_eq!(over, within);
        }
    }
}

#[test]
fn records_changes_and_executions() {
    let rehearsal = full();
    let simulation = &rehearsal.simulation;
    let wire = Wire::open(simulation, []);
    let record = rehearsal.setting().plan.redirect.records()[0].clone();
    let over = wire.wait(wire.aws().record_sets(&record.zone_id, &record.name, RecordType::A)).unwrap();
    assert_eq!(over.len(), 1);
    assert_eq!(
        over,
        simulation
            .run(simulation.record_sets(&record.zone_id, &record.name, RecordType::A))
            .unwrap()
            .unwrap()
    );
    let over = wire.wait(wire.aws().record_page(&record.zone_id, "example.com")).unwrap();
    let within = simulation.run(simulation.record_page(&record.zone_id, "example.com")).unwrap().unwrap();
    let by_name = |mut sets: Vec<failback_core::cloud::RecordSet>| {
        sets.sort_by_key(|set| (set.name.clone(), set.kind.as_str(), set.set_identifier.clone()));
        sets
    };
    assert!(over.len() > 1, "the zone of a whole account");
    assert_eq!(by_name(over), by_name(within));
    let started = failback_core::cloud::Clock::now(simulation);
    simulation.world().execution_started(
        failback_core::cloud::RunningExecution {
            id: "arn:aws:states:us-east-1:111122223333:execution:failback:other".to_owned(),
            started,
            procedure: Procedure::Failback,
            input: rehearsal.setting().input.clone(),
        },
        failback_sim::Stack::First,
    );
    let mut over = wire.wait(wire.aws().running_executions()).unwrap();
    assert!((over[0].started.millis() - started.millis()).abs() <= 1, "Step Functions counts in fractions");
    over[0].started = started;
    assert_eq!(over, simulation.run(simulation.running_executions()).unwrap().unwrap());
}

#[test]
fn what_is_refused_is_refused_alike() {
    let rehearsal = Rehearsal::new(setting(Procedure::Failback, 1));
    let simulation = &rehearsal.simulation;
    let wire = Wire::open(simulation, []);
    let [source, _] = regions(simulation);
    let missing = "s-00000000000000000".parse().unwrap();
    let over = wire.wait(wire.aws().launch_configuration(source, &missing)).unwrap_err();
    let within = simulation.run(simulation.launch_configuration(source, &missing)).unwrap().unwrap_err();
    assert_eq!(over.name(), within.name());
    simulation.world().uninitialize(source);
    let over = wire.wait(wire.aws().source_servers(source, None)).unwrap_err();
    assert_eq!(
        over.name(),
        simulation.run(simulation.source_servers(source, None)).unwrap().unwrap_err().name()
    );
}
