//! The warrants of both procedures.

use failback_core::cloud::{InstanceState, JobStatus, LastLaunch, ReplicationState, RightSizing};
use failback_core::guard::{
    CreateLaunchTemplateVersion, DeleteSourceServer, DisconnectSourceServer, Guard, LaunchSettings,
    ProcedureGuard, ReverseReplication, SetDefaultVersion, StartRecovery, StopReplication, TagResource,
    UpdateLaunchConfiguration, Warrant,
};
use failback_core::launch_spec::LaunchSpec;
use failback_core::procedure::Either;
use failback_core::tags::tag;
use failback_core::{ErrorName, Result};
use serde_json::json;

use crate::case::{
    A1, A2, A4, B1, B3, Case, OTHER, OTHERS, Row, granted_unless, id, job_on, recovery_instance, refused,
    source_server, start,
};

fn reverse_b2(case: &Case) -> Result<Warrant<ReverseReplication>> {
    case.ask(|guard: &Guard<'_, Either>, servers| guard.reverse_b2(&servers[0]))
}

fn tag_a2(case: &Case) -> Result<Warrant<TagResource>> {
    case.ask(|guard: &Guard<'_, Either>, servers| guard.tag_a2(&servers[0]))
}

fn configure_a2(case: &Case) -> Result<Warrant<UpdateLaunchConfiguration>> {
    case.ask(|guard: &Guard<'_, Either>, servers| guard.configure_a2(&servers[0]))
}

fn write_template(case: &Case) -> Result<Warrant<CreateLaunchTemplateVersion>> {
    case.ask(|guard: &Guard<'_, Either>, servers| {
        guard.write_template(&servers[0], &case.aws.template, wanted(case))
    })
}

fn use_template(case: &Case) -> Result<Warrant<SetDefaultVersion>> {
    case.ask(|guard: &Guard<'_, Either>, servers| guard.use_template(&servers[0], &id("lt-00000001"), 3))
}

pub(super) fn stop_a2(case: &Case) -> Result<Warrant<StopReplication>> {
    case.ask(|guard: &Guard<'_, Either>, servers| match guard.of_procedure() {
        ProcedureGuard::Drill(guard) => guard.stop_a2(&servers[0]),
        ProcedureGuard::Failback(guard) => guard.stop_a2(servers, &servers[0]),
    })
}

fn disconnect_a2(case: &Case) -> Result<Warrant<DisconnectSourceServer>> {
    case.ask(|guard: &Guard<'_, Either>, servers| guard.disconnect_a2(&servers[0]))
}

fn delete_a2(case: &Case) -> Result<Warrant<DeleteSourceServer>> {
    case.ask(|guard: &Guard<'_, Either>, servers| guard.delete_a2(&servers[0]))
}

fn wanted(case: &Case) -> LaunchSpec {
    LaunchSpec::of(&case.run(), &case.fleet.servers[0], case.aws.source.instances.first(), None).unwrap()
}

fn settings(case: &Case) -> LaunchSettings {
    let template = case.aws.configuration.launch_template.as_ref().map(|_| case.aws.template.clone());
    LaunchSettings {
        configuration: case.aws.configuration.clone(),
        template,
        snapshots: case.aws.snapshots.clone(),
    }
}

/// Checks that the server is fit to be launched. Returns true when the launch takes an existing snapshot.
fn launchable(case: &Case) -> Result<bool> {
    case.ask(|guard: &Guard<'_, Either>, servers| {
        let ready = guard.ready_to_launch(&servers[0])?;
        guard.launchable(&servers[0], &ready, &settings(case), &wanted(case))?;
        Ok(ready.needs_snapshot())
    })
}

/// Checks at once that the server is fit, and launches it `asked_after_seconds` later.
fn launch_a2(case: &Case) -> Result<Warrant<StartRecovery>> {
    let at_once = Case { asked_after_seconds: 0, ..case.clone() };
    let fit = at_once.ask(|guard: &Guard<'_, Either>, servers| {
        let ready = guard.ready_to_launch(&servers[0])?;
        guard.launchable(&servers[0], &ready, &settings(case), &wanted(case))
    })?;
    case.ask(|guard: &Guard<'_, Either>, _| guard.launch_a2(vec![fit]))
}

#[test]
fn b2_is_reversed_once_and_only_the_one_of_the_run() {
    let rows: &[Row] = &[
        ("neither B2 nor A2 exists", |case| case.aws.recovery.recovery_instances.clear()),
        ("is not the one that this run knows", |case| case.server().b2 = Some(id(OTHER))),
        ("did not originate in AWS", |case| case.b2().originated_in_aws = false),
        ("reversed already", |case| {
            let a2 = source_server(
                A2,
                failback_core::cloud::Direction::Failback,
                B3,
                ReplicationState::Initiating,
            );
            case.aws.source.servers.push(a2);
        }),
    ];
    let base = Case::failback().without_a2();
    let warrant = granted_unless(&base, reverse_b2, rows).spend();
    assert_eq!((warrant.region.as_str(), warrant.recovery_instance), ("us-east-2", id(B3)));
    let mut unnamed = base;
    unnamed.server().b2 = None;
    assert!(reverse_b2(&unnamed).is_ok(), "the fleet may not know B2 yet");
}

#[test]
fn a2_is_tagged_with_what_nothing_else_remembers() {
    let rows: &[Row] = &[
        ("A2 does not exist", |case| case.aws.source.servers.clear()),
        ("is tagged as another server's", |case| {
            case.a2().tags.insert(tag::B1.to_owned(), OTHERS.to_owned());
        }),
    ];
    let warrant = granted_unless(&Case::failback(), tag_a2, rows).spend();
    assert_eq!((warrant.region.as_str(), warrant.arn), ("us-east-1", Case::failback().a2().arn.clone()));
    let tags = &warrant.tags;
    assert_eq!([&tags[tag::B1], &tags[tag::A1], &tags[tag::PROCEDURE]], [B1, A1, "failback"]);
    assert!(tags[tag::RUN].ends_with(":failback:one"));
    let mut unknown = Case::failback();
    unknown.server().a1 = None;
    assert!(!tag_a2(&unknown).unwrap().spend().tags.contains_key(tag::A1));
}

#[test]
fn only_this_servers_a2_is_prepared() {
    let rows: &[Row] = &[
        ("A2 does not exist", |case| case.aws.source.servers.clear()),
        ("is tagged as another server's", |case| {
            case.a2().tags.insert(tag::B1.to_owned(), OTHERS.to_owned());
        }),
    ];
    let base = Case::failback();
    let configured = granted_unless(&base, configure_a2, rows).spend();
    assert_eq!((configured.region.as_str(), configured.server), ("us-east-1", id(A2)));
    let written = granted_unless(&base, write_template, rows).spend();
    assert_eq!((written.region.as_str(), written.from_version), ("us-east-1", 2));
    assert_eq!(written.instance_type, "m5.large");
    let used = granted_unless(&base, use_template, rows).spend();
    assert_eq!((used.region.as_str(), used.version), ("us-east-1", 3));
}

/// Returns a case in which A2 is ready, and nothing was launched from it yet.
fn ready() -> Case {
    let mut case = Case::failback().without_a3();
    case.a2().replication.state = ReplicationState::Continuous;
    case.points_at("10.1.0.3");
    case
}

#[test]
fn a2_is_launchable_when_it_is_ready_and_prepared() {
    let rows: &[Row] = &[
        ("A2 does not exist", |case| case.aws.source.servers.clear()),
        ("is working on A2 (S7:", |case| case.aws.source.jobs.push(job_on(A2))),
        ("would be launched into", |case| case.aws.configuration.launch_into = Some(id(A1))),
        ("would be launched into", |case| {
            case.set("/launch/intoSource", json!(true));
            case.aws.configuration.launch_into = Some(id(OTHER));
        }),
    ];
    assert!(!granted_unless(&ready(), launchable, rows), "a launch without lag takes its own snapshot");
    let waits = |said, change: fn(&mut Case)| {
        refused(&ready(), launchable, ErrorName::NotReady, said, change);
    };
    waits("it is synchronizing", |case| case.a2().replication.state = ReplicationState::InitialSync);
    waits("STOPPED", |case| case.a2().replication.state = ReplicationState::Stopped);
    waits("DRS shows no A3 of it", |case| case.a2().last_launch = LastLaunch::Succeeded);
    waits("are not those of the plan", |case| case.aws.configuration.launch_template = None);
    waits("are not those of the plan", |case| case.aws.configuration.right_sizing = RightSizing::Basic);
    waits("are not those of the plan", |case| case.aws.configuration.copy_private_ip = true);
    waits("are not those of the plan", |case| case.aws.configuration.starts = false);
    waits("are not those of the plan", |case| case.aws.template.subnet = None);
    waits("are not those of the plan", |case| case.aws.template.security_groups.clear());
    waits("are not those of the plan", |case| case.aws.template.profile = None);
    waits("are not those of the plan", |case| case.aws.template.instance_type = Some("t3.micro".into()));
}

#[test]
fn a_job_that_is_over_or_of_others_does_not_keep_a2_from_its_launch() {
    let mut case = ready();
    let mut over = job_on(A2);
    over.status = JobStatus::Completed;
    case.aws.source.jobs = vec![over, job_on(OTHERS)];
    assert!(launchable(&case).is_ok());
}

#[test]
fn a2_with_lag_is_launched_from_a_snapshot_if_the_plan_allows_the_lag() {
    let mut case = ready();
    case.a2().replication.lag_seconds = Some(60);
    assert!(launchable(&case).unwrap(), "it takes an existing snapshot");
    refused(&case, launchable, ErrorName::NotReady, "no recovery snapshot of this B3 yet", |case| {
        case.aws.snapshots.clear();
    });
    refused(&case, launchable, ErrorName::NotReady, "no recovery snapshot of this B3 yet", |case| {
        case.aws.snapshots[0].1 = start().days_before(2);
    });
    refused(&case, launchable, ErrorName::NotReady, "synchronizing", |case| {
        case.a2().replication.lag_seconds = Some(61);
    });
}

#[test]
fn a4_becomes_a1_only_in_a_failback_that_wants_it_and_only_when_a1_is_stopped() {
    let mut case = ready();
    case.set("/launch/intoSource", json!(true));
    case.aws.configuration.launch_into = Some(id(A1));
    assert!(launchable(&case).is_ok());
    refused(&case, launchable, ErrorName::NotReady, "must be stopped", |case| {
        case.a1().state = InstanceState::Running;
    });
    let mut drill = ready();
    drill.procedure = failback_core::procedure::Procedure::Drill;
    drill.set("/launch/intoSource", json!(true));
    drill.aws.configuration.launch_into = Some(id(A1));
    refused(&drill, launchable, ErrorName::Guard, "which is A1 (S1:", |_| ());
}

#[test]
fn a_drill_is_launched_into_its_isolated_network() {
    let mut case = ready();
    case.procedure = failback_core::procedure::Procedure::Drill;
    refused(&case, launchable, ErrorName::NotReady, "are not those of the plan", |_| ());
    case.aws.template.subnet = Some(id("subnet-0f1e2d3c4b5a69788"));
    case.aws.template.security_groups = vec![id("sg-0f1e2d3c4b5a69788")];
    assert!(launchable(&case).is_ok());
}

#[test]
fn what_was_found_fit_is_launched_within_a_minute() {
    let warrant = granted_unless(&ready(), launch_a2, &[]).spend();
    assert_eq!((warrant.region.as_str(), warrant.servers), ("us-east-1", vec![id(A2)]));
    assert!(!warrant.is_drill);
    let mut failback = ready();
    failback.set("/drill/launchAs", json!("drill"));
    assert!(
        !launch_a2(&failback).unwrap().spend().is_drill,
        "a failback is no drill, whatever the drill's settings"
    );
}

#[test]
fn a2_is_stopped_unless_it_is_being_launched() {
    let rows: &[Row] = &[
        ("A2 does not exist", |case| case.aws.source.servers.clear()),
        ("is working on A2 (S7:", |case| case.aws.source.jobs.push(job_on(A2))),
        ("does not point at A4", |case| case.points_at("10.1.0.3")),
    ];
    let warrant = granted_unless(&Case::failback(), stop_a2, rows).spend();
    assert_eq!((warrant.region.as_str(), warrant.server), ("us-east-1", id(A2)));
}

#[test]
fn a_drill_stops_no_a2_whose_b3_may_be_production() {
    let rows: &[Row] = &[
        ("a record of the plan points at it", |case| case.points_at("10.1.0.3")),
        ("an address of none of its servers' instances", |case| case.points_at("192.0.2.7")),
        ("A1 does not run", |case| case.a1().state = InstanceState::Stopped),
    ];
    let warrant = granted_unless(&Case::drill(), stop_a2, rows).spend();
    assert_eq!(warrant.server, id(A2));
}

#[test]
fn nothing_that_people_may_have_gone_back_to_ends_without_their_word_in_this_execution() {
    let mut case = Case::failback();
    case.points_at("10.1.0.3");
    case.moved_by_hand(true);
    stop_a2(&case).unwrap();
    refused(&case, stop_a2, ErrorName::Guard, "no person has confirmed", |case| case.redrives = 1);
    refused(&case, stop_a2, ErrorName::Guard, "no person has confirmed", |case| {
        case.clean_up_approved = None;
    });
}

/// Returns a case in which everything that goes before A2 is gone.
fn last() -> Case {
    let mut case = Case::failback().without_b2();
    case.aws.source.recovery_instances.clear();
    case.a2().replication.state = ReplicationState::Disconnected;
    case
}

#[test]
fn a2_goes_last() {
    let rows: &[Row] = &[
        ("neither B2 nor A2 exists", |case| case.aws.source.servers.clear()),
        ("still replicates", |case| case.a2().replication.state = ReplicationState::Continuous),
        ("is working on it (S7:", |case| case.aws.recovery.jobs.push(job_on(B1))),
        ("still exists (S4:", |case| case.aws.source.recovery_instances.push(recovery_instance(A4, A2))),
        ("still exists (S4:", |case| case.aws.recovery.recovery_instances.push(recovery_instance(B3, B1))),
    ];
    let disconnected = granted_unless(&last(), disconnect_a2, rows).spend();
    assert_eq!((disconnected.region.as_str(), disconnected.server), ("us-east-1", id(A2)));
    let deleted = granted_unless(&last(), delete_a2, rows).spend();
    assert_eq!((deleted.region.as_str(), deleted.server), ("us-east-1", id(A2)));
    refused(&last(), delete_a2, ErrorName::Guard, "is not disconnected (S4:", |case| {
        case.a2().replication.state = ReplicationState::Stopped;
    });
}

#[test]
fn an_a2_that_protects_a_kept_b3_is_neither_stopped_nor_removed() {
    let mut case = last();
    case.set("/drill/launchRecoveredServers", json!(false));
    case.set("/drill/keepRecoveredServers", json!(true));
    case.procedure = failback_core::procedure::Procedure::Drill;
    refused(&case, disconnect_a2, ErrorName::Guard, "which A2 protects (S10:", |_| ());
    refused(&case, stop_a2, ErrorName::Guard, "which A2 protects (S10:", |_| ());
    case.aws.recovery.recovery_instances.push(recovery_instance(B3, B1));
    refused(&case, disconnect_a2, ErrorName::Guard, "still exists (S4:", |_| ());
    case.set("/drill/keepRecoveredServers", json!(false));
    refused(&case, disconnect_a2, ErrorName::Guard, "still exists (S4:", |_| ());
}
