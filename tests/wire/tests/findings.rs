//! Facts about DRS that its users discovered (docs/drs-facts.md §0, §3, §5), each on the wire.

use failback_core::ErrorName;
use failback_core::cloud::{Drs, Ec2, LaunchStatus, RecoveryInstanceFilter, ReplicationState};
use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_rehearsal::rehearsal::{Rehearsal, Setting};
use failback_sim::{Switches, World};
use wire_tests::{Wire, left, run, setting};

fn succeeds(rehearsal: &mut Rehearsal, procedure: Procedure) -> wire_tests::Said {
    let (run, said) = run(rehearsal, procedure, []);
    assert_eq!(run.outcome, Outcome::Succeeded, "{:?}", run.failure);
    assert!(run.is_safe(), "{:?}", run.verdicts);
    said
}

/// §5: ReverseReplication is refused until DRS has detected the agent.
#[test]
fn agent_not_ready() {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Drill, 1));
    let said = succeeds(&mut rehearsal, Procedure::Drill);
    assert!(said.has("Launch Recovered Servers", "DRS has not seen the agents"), "{said:?}");
    let world = rehearsal.simulation.world();
    let refused = |call: &&failback_sim::Call| {
        call.operation == "ReverseReplication" && call.outcome != failback_sim::CallOutcome::Ok
    };
    assert_eq!(world.calls().iter().filter(refused).count(), 0, "it waits, and is not refused");
}

/// §0.6: `reversedDirectionSourceServerArn` names an A2 of an earlier cycle, which is gone.
#[test]
fn stale_reversed_arn() {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, 1));
    let wire = Wire::open(&rehearsal.simulation, []);
    let (source, recovery) = rehearsal.simulation.world().region_pair();
    let servers = wire.wait(wire.aws().source_servers(recovery, None)).unwrap();
    let at_home = wire.wait(wire.aws().source_servers(source, None)).unwrap();
    let is_stale = |arn: &String| at_home.iter().all(|server| server.arn != *arn);
    assert!(servers.iter().filter_map(|server| server.reversed_arn.as_ref()).any(is_stale));
    succeeds(&mut rehearsal, Procedure::Failback);
    assert!(left(&rehearsal).iter().all(|left| left == &["A4", "B1"]));
}

/// §0.4: DRS would launch A4 into A1. A drill is refused before anything changes.
#[test]
fn launch_into_source() {
    let switches = Switches { launch_into_source: true, ..Switches::default() };
    let mut rehearsal = Rehearsal::new(Setting { switches, ..setting(Procedure::Drill, 1) });
    let (run, _) = run(&mut rehearsal, Procedure::Drill, []);
    assert_eq!(run.outcome, Outcome::Failed);
    let failure = run.failure.unwrap();
    assert!(failure.cause.contains("launch"), "{failure:?}");
    assert!(left(&rehearsal).iter().all(|left| left == &["A1", "B1"]));
}

/// §9: DRS creates A2 with a launch template without a network.
#[test]
fn template_without_network() {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, 1)).with_arns();
    rehearsal.fail("task:prepare-launch=Failback.Internalx*").unwrap();
    let (run, _) = run(&mut rehearsal, Procedure::Failback, []);
    assert_eq!(run.outcome, Outcome::Held);
    let wire = Wire::open(&rehearsal.simulation, []);
    let source = rehearsal.simulation.world().region_pair().0;
    let a2 = |world: &World| {
        world.fleet().iter().filter_map(|server| server.a2.last().cloned()).collect::<Vec<_>>()
    };
    let version = |server| {
        let settings = wire.wait(wire.aws().launch_configuration(source, &server)).unwrap();
        wire.wait(wire.aws().default_launch_template_version(source, &settings.launch_template.unwrap()))
            .unwrap()
    };
    let servers = a2(&rehearsal.simulation.world());
    assert_eq!(servers.len(), 3);
    for server in servers.clone() {
        let version = version(server);
        assert_eq!((version.subnet, version.profile), (None, None));
    }
    rehearsal.mend();
    let mut again = rehearsal;
    again.fail("task:launch-for-failback=Failback.Internalx*").unwrap();
    wire_tests::run(&mut again, Procedure::Failback, []);
    for server in servers {
        let version = version(server);
        assert!(version.subnet.is_some() && version.profile.is_some() && !version.security_groups.is_empty());
    }
}

/// §0.2: a COMPLETED job says nothing; the server's own launch status does.
#[test]
fn completed_with_failed() {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, 1));
    rehearsal.fail("launch:db-1x3").unwrap();
    let (run, _) = run(&mut rehearsal, Procedure::Failback, []);
    assert_eq!(run.outcome, Outcome::Held, "{:?}", run.failure);
    let wire = Wire::open(&rehearsal.simulation, []);
    let source = rehearsal.simulation.world().region_pair().0;
    let jobs = wire.wait(wire.aws().jobs(source, &[], None)).unwrap();
    let failed = jobs.iter().filter(|job| !job.is_active());
    let failed =
        failed.flat_map(|job| &job.servers).filter(|part| part.launch == LaunchStatus::Failed).count();
    assert_eq!(failed, 3);
}

/// §3, row 4: protecting A4 re-points the existing B1.
#[test]
fn re_pointed_b1() {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, 1));
    let before: Vec<_> =
        rehearsal.simulation.world().fleet().iter().map(|server| server.b1.clone()).collect();
    succeeds(&mut rehearsal, Procedure::Failback);
    let wire = Wire::open(&rehearsal.simulation, []);
    let recovery = rehearsal.simulation.world().region_pair().1;
    let after = wire.wait(wire.aws().source_servers(recovery, Some(&before))).unwrap();
    let world = rehearsal.simulation.world();
    for (server, b1) in world.fleet().iter().zip(before) {
        let found = after.iter().find(|found| found.id == b1).unwrap();
        assert_eq!(found.instance.as_ref(), server.a4.last(), "{}", server.name);
    }
}

/// §3, row 4b: B1 says CONTINUOUS before it has compared A4's disks to the last byte.
#[test]
fn rescan_before_healthy() {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, 1));
    let said = succeeds(&mut rehearsal, Procedure::Failback);
    assert!(said.has("Protect Failed Back Servers", "% compared with A4"), "{said:?}");
    let wire = Wire::open(&rehearsal.simulation, []);
    let recovery = rehearsal.simulation.world().region_pair().1;
    let ids: Vec<_> = rehearsal.simulation.world().fleet().iter().map(|server| server.b1.clone()).collect();
    for server in wire.wait(wire.aws().source_servers(recovery, Some(&ids))).unwrap() {
        assert_eq!(server.replication.state, ReplicationState::Continuous);
        assert!(server.replication.rescan_complete, "{server:?}");
    }
}

/// §0.7: B2 cannot be terminated for some minutes after replication of A2 was stopped.
#[test]
fn terminate_refused_after_stop() {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, 1));
    let said = succeeds(&mut rehearsal, Procedure::Failback);
    let words = "Recovery instances cannot be terminated during failback";
    assert!(said.has("Terminate Recovered Servers", words), "{said:?}");
    let wire = Wire::open(&rehearsal.simulation, []);
    let recovery = rehearsal.simulation.world().region_pair().1;
    let fleet: Vec<_> = rehearsal.simulation.world().fleet().iter().map(|server| server.b1.clone()).collect();
    let filter = RecoveryInstanceFilter::SourceServers(fleet);
    let records = wire.wait(wire.aws().recovery_instances(recovery, &filter)).unwrap();
    assert!(records.iter().all(|record| !record.is_live()));
}

/// §0.9, §8: DRS launches and terminates with the caller's rights, and needs three DRS actions that no caller calls.
#[test]
fn calls_drs_makes_as_the_caller() {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, 1));
    succeeds(&mut rehearsal, Procedure::Failback);
    let world = rehearsal.simulation.world();
    let forwarded = |action: &str| world.permissions().iter().any(|p| p.via_drs && p.action == action);
    for action in ["ec2:RunInstances", "ec2:TerminateInstances", "iam:PassRole"] {
        assert!(forwarded(action), "{action}");
    }
    for action in [
        "drs:CreateRecoveryInstanceForDrs",
        "drs:ListTagsForResource",
        "drs:DescribeReplicationConfigurationTemplates",
    ] {
        assert!(forwarded(action), "{action}");
    }
}

/// The error of a call that comes too early reaches the caller.
#[test]
fn the_words_of_a_refusal_arrive() {
    let rehearsal = Rehearsal::new(setting(Procedure::Failback, 1));
    let wire = Wire::open(&rehearsal.simulation, []);
    let source = rehearsal.simulation.world().region_pair().0;
    rehearsal.simulation.world().uninitialize(source);
    let error = wire.wait(wire.aws().source_servers(source, None)).unwrap_err();
    assert_eq!(error.name(), ErrorName::NotInitialized);
    assert!(error.to_string().contains("drs:DescribeSourceServers"), "{error}");
}
