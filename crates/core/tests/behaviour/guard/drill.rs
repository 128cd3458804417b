//! The warrants of a drill, which never endanger production.

use failback_core::cloud::{InstanceState, JobStatus, RecoveryInstance, ReplicationState, Tags};
use failback_core::guard::{Guard, StartRecovery, TagResource, TerminateRecoveryInstances, Warrant};
use failback_core::procedure::Drill;
use failback_core::tags::tag;
use failback_core::{ErrorName, Result};
use serde_json::json;

use crate::case::{
    A1, A2, A4, B1, B3, Case, JOB, OTHER, OTHERS, Row, all, granted_to_anyone_unless, granted_unless, id,
    instance, job_on, may_be_launched_into, recovery_instance, refused, start,
};

fn launch_b1(case: &Case) -> Result<Warrant<StartRecovery>> {
    case.ask(|guard: &Guard<'_, Drill>, servers| {
        guard.launch_b1(&all(servers), &case.settings(), &case.templates())
    })
}

fn tag_b2(case: &Case) -> Result<Warrant<TagResource>> {
    case.ask(|guard: &Guard<'_, Drill>, servers| guard.tag_b2(&servers[0]))
}

fn terminate_a3(case: &Case) -> Result<Warrant<TerminateRecoveryInstances>> {
    case.ask(|guard: &Guard<'_, Drill>, servers| guard.terminate_a3(&all(servers)))
}

fn terminate_b2(case: &Case) -> Result<Warrant<TerminateRecoveryInstances>> {
    case.ask(|guard: &Guard<'_, Drill>, servers| guard.terminate_b2(&all(servers), &case.settings()))
}

/// Returns a case in which nothing is recovered yet.
fn steady() -> Case {
    let mut case = Case::drill().without_a2().without_b2();
    case.server().b2 = None;
    case.aws.template.subnet = Some(id("subnet-0b1e2d3c4b5a69788"));
    case
}

#[test]
fn b1_is_launched_while_production_is_on_a1_and_nothing_is_recovered() {
    let rows: &[Row] = &[
        ("does not request the launch", |case| case.set("/drill/launchRecoveredServers", json!(false))),
        ("B1 does not exist", |case| case.aws.recovery.servers.clear()),
        ("B1 has a recovery instance", |case| {
            case.aws.recovery.recovery_instances.push(recovery_instance(B3, B1));
        }),
        ("B1 has a recovery instance", |case| case.b1().recovery_instance = Some(id(B3))),
        ("which exists (S5:", |case| case.aws.configuration.launch_into = Some(id(OTHER))),
        ("is working on it (S7:", |case| case.aws.recovery.jobs.push(job_on(B1))),
        ("A1 does not run", |case| case.a1().state = InstanceState::Stopped),
        ("would start in the default subnet", |case| case.aws.template.subnet = None),
        ("would start in subnet-0c1e2d3c4b5a69788, which", |case| {
            case.aws.template.subnet = Some(id("subnet-0c1e2d3c4b5a69788"));
        }),
        ("would start in subnet-0b1e2d3c4b5a69788, which", |case| {
            case.set("/drill/recoveredSubnetIds", json!(["subnet-0c1e2d3c4b5a69788"]));
        }),
        ("A1 does not run", |case| case.server().a1 = None),
        ("A1 does not run", |case| case.aws.source.instances.clear()),
    ];
    let warrant = granted_to_anyone_unless(&steady(), launch_b1, rows).spend();
    assert_eq!((warrant.region.as_str(), warrant.servers), ("us-east-2", vec![id(B1)]));
    assert!(!warrant.is_drill, "DRS does not document that a drill instance can be reversed");
    assert_eq!(warrant.tags[tag::PROCEDURE], "drill");
}

#[test]
fn a_drill_is_a_drill_launch_to_drs_where_the_plan_says_so() {
    let mut case = steady();
    case.set("/drill/launchAs", json!("drill"));
    assert!(launch_b1(&case).unwrap().spend().is_drill);
}

#[test]
fn a_job_that_is_over_or_of_others_is_in_nobodys_way() {
    let mut case = steady();
    case.aws.recovery.jobs.push(job_on(OTHERS));
    let mut over = job_on(B1);
    over.status = JobStatus::Completed;
    case.aws.recovery.jobs.push(over);
    assert!(launch_b1(&case).is_ok());
}

#[test]
fn b2_is_tagged_as_a_drills_only_when_a_drill_launched_it() {
    let rows: &[Row] = &[("not launched by a drill", |case| case.b2().tags.clear())];
    let warrant = granted_to_anyone_unless(&Case::drill(), tag_b2, rows).spend();
    assert_eq!((warrant.region.as_str(), warrant.arn), ("us-east-2", Case::drill().b2().arn.clone()));
    assert_eq!(warrant.tags[tag::PROCEDURE], "drill");
}

#[test]
fn the_job_says_who_launched_a_b2_that_was_never_tagged() {
    let mut case = Case::drill();
    case.b2().tags.clear();
    case.b2().job = Some(id(JOB));
    let mut job = job_on(B1);
    job.status = JobStatus::Completed;
    job.created = Some(start().days_before(1));
    case.aws.recovery.jobs.push(job);
    refused(&case, tag_b2, ErrorName::Guard, "not launched by a drill", |_| ());
    case.aws.recovery.jobs[0].tags = Tags::from([(tag::PROCEDURE.to_owned(), "drill".to_owned())]);
    assert!(tag_b2(&case).is_ok());
    refused(&case, tag_b2, ErrorName::Guard, "not launched by a drill", |case| case.b2().job = None);
}

#[test]
fn a3_is_terminated_when_it_is_the_drills_and_nothing_else() {
    let rows: &[Row] = &[
        ("A3 does not exist", |case| case.aws.source.recovery_instances.clear()),
        ("A2 does not exist (S5:", |case| case.aws.source.servers.clear()),
        ("still replicates", |case| case.a2().replication.state = ReplicationState::Continuous),
        ("is A1, which is production (S1:", |case| case.server().a1 = Some(id(A4))),
        ("may be production: a record points at an A4", |case| case.points_at("10.0.0.4")),
        ("no drill launched A3", |case| case.aws.source.jobs.clear()),
        ("no drill launched A3", |case| case.aws.source.jobs[0].tags.clear()),
        ("B1 protects A4", |case| case.a3().replication_state = ReplicationState::Continuous),
        ("is working on it (S7:", |case| case.aws.source.jobs.push(job_on(A2))),
        ("is working on it (S7:", |case| case.aws.recovery.jobs.push(job_on(B1))),
        ("does not carry this run's tag", |case| case.a3().tags.clear()),
    ];
    let warrant = granted_unless(&Case::drill(), terminate_a3, rows).spend();
    assert_eq!((warrant.region.as_str(), warrant.recovery_instances), ("us-east-1", vec![id(A4)]));
}

#[test]
fn the_drills_b2_is_terminated_unless_b3_may_be_production() {
    let rows: &[Row] = &[
        ("the plan keeps", |case| {
            case.set("/drill/launchRecoveredServers", json!(false));
            case.set("/drill/keepRecoveredServers", json!(true));
        }),
        ("B2 does not live", |case| case.aws.recovery.recovery_instances.clear()),
        ("still replicates", |case| case.a2().replication.state = ReplicationState::Stalled),
        ("is working on it (S7:", |case| case.aws.recovery.jobs.push(job_on(B1))),
        ("a record of the plan points at it", |case| case.points_at("10.1.0.3")),
        ("a record of the plan points at it", |case| {
            case.b3().public_ip = Some("198.51.100.3".into());
            case.points_at("198.51.100.3");
        }),
        ("A1 does not run", |case| case.a1().state = InstanceState::Stopped),
        ("A1 does not run", |case| case.server().a1 = None),
        ("no drill of this program launched it", |case| case.b2().tags.clear()),
        ("existed before B1 was launched into it (S5:", |case| {
            case.aws.configuration.launch_into = Some(id(B3));
        }),
        ("existed before B1 was launched into it (S5:", |case| case.b3().tags = may_be_launched_into()),
    ];
    let warrant = granted_unless(&Case::drill(), terminate_b2, rows).spend();
    assert_eq!((warrant.region.as_str(), warrant.recovery_instances), ("us-east-2", vec![id(B3)]));
}

#[test]
fn a_b2_is_a_drills_by_its_tag_its_kind_its_job_or_the_plans_word() {
    let mut case = Case::drill();
    case.b2().tags.clear();
    let granted = |change: fn(&mut Case)| {
        let mut case = case.clone();
        change(&mut case);
        terminate_b2(&case).is_ok()
    };
    assert!(!granted(|_| ()));
    assert!(granted(|case| case.b2().is_drill = true));
    // Without records, DRS's mark proves nothing: people may have started a drill in place of a recovery.
    assert!(!granted(|case| {
        case.moved_by_hand(false);
        case.b2().is_drill = true;
    }));
    assert!(granted(|case| case.set("/drill/recoveredServersAreDisposable", json!(true))));
    assert!(granted(|case| {
        let mut job = job_on(B1);
        job.status = JobStatus::Completed;
        job.created = Some(start().days_before(1));
        job.tags = Tags::from([(tag::PROCEDURE.to_owned(), "drill".to_owned())]);
        case.aws.recovery.jobs.push(job);
        case.b2().job = Some(id(JOB));
    }));
}

#[test]
fn a_b2_without_an_a2_may_go() {
    assert!(terminate_b2(&Case::drill().without_a2()).is_ok());
}

#[test]
fn one_server_that_may_be_production_keeps_the_whole_batch() {
    let mut case = Case::drill();
    let mut second = case.fleet.servers[0].clone();
    second.name = "db-1".into();
    second.b1 = id(OTHERS);
    second.b2 = Some(id(OTHER));
    second.a1 = Some(id(A1));
    second.a2 = None;
    second.a3 = None;
    case.fleet.servers.push(second);
    let claim = Tags::from([(tag::RUN.to_owned(), case.run().tag_value())]);
    case.aws
        .recovery
        .recovery_instances
        .push(RecoveryInstance { tags: claim, ..recovery_instance(OTHER, OTHERS) });
    case.aws.recovery.instances.push(instance(OTHER, InstanceState::Running, "10.1.0.9"));
    refused(&case, terminate_b2, ErrorName::Guard, "db-1: B3", |_| ());
}

#[test]
fn a_drills_guard_is_for_drills() {
    let mut case = Case::failback();
    refused(&case, terminate_b2, ErrorName::Guard, "does not belong to a failback", |_| ());
    case.procedure = failback_core::procedure::Procedure::Drill;
    assert!(Guard::<Drill>::new(&case.run(), &case.aws).is_ok());
}
