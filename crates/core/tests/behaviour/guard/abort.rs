//! The warrants of an abort, and of another launch that a person asks for: neither ends what may serve clients.

use failback_core::cloud::{InstanceState, Job, JobStatus, ReplicationState, Tags};
use failback_core::guard::{ClaimOfA3, Guard, TerminateRecoveryInstances, Warrant};
use failback_core::procedure::{Either, Failback};
use failback_core::run::Aborted;
use failback_core::tags::tag;
use failback_core::{ErrorName, Result};
use serde_json::json;

use crate::case::{A1, A2, A4, B1, Case, LAUNCH, Row, all, granted_unless, id, job_on, refused, start};

/// Returns a failback whose A4 waits for the redirect, and which a person has aborted.
fn aborted() -> Case {
    let mut case = Case::failback();
    case.fleet.redirected = None;
    case.points_at("10.1.0.3");
    case.b1().instance = Some(id(A1));
    case.a2().replication.state = ReplicationState::Continuous;
    case.a3().replication_state = ReplicationState::NotStarted;
    case.a3().job = Some(id(LAUNCH));
    let tags = case.run().tags();
    case.aws.source.jobs.push(Job { id: id(LAUNCH), status: JobStatus::Completed, tags, ..job_on(A2) });
    let own = case.run().tag_value();
    case.a3().tags.insert(tag::RUN.to_owned(), own);
    case.aborted = Some(Aborted { gate: None, at: start(), by: None, comment: None });
    case
}

fn claim_a3(case: &Case) -> Result<ClaimOfA3> {
    case.ask(|guard: &Guard<'_, Failback>, servers| {
        guard.claim_a3(servers, &servers[0], case.fleet.redirected)
    })
}

fn end_a3(case: &Case) -> Result<Warrant<TerminateRecoveryInstances>> {
    case.ask(|guard: &Guard<'_, Failback>, servers| {
        guard.end_a3(servers, &all(servers), case.fleet.redirected)
    })
}

fn replaceable(case: &Case) -> Result<()> {
    case.ask(|guard: &Guard<'_, Either>, servers| guard.replaceable_on_request(&servers[0]))
}

/// What forbids an abort to end A4.
const FORBIDS: &[Row] = &[
    ("nobody has aborted this failback (S5:", |case| case.aborted = None),
    ("the plan keeps A4", |case| case.set("/cutover/onAbort", json!("keep"))),
    ("A3 does not live", |case| case.aws.source.recovery_instances.clear()),
    ("traffic has moved to A4, or some of it", |case| case.points_at("10.0.0.4")),
    ("traffic has moved to A4, or some of it", |case| {
        case.fleet.redirected = Case::failback().fleet.redirected;
    }),
    ("traffic has moved to A4, or some of it", |case| case.moved_by_hand(true)),
    ("B1 protects A4", |case| case.a3().replication_state = ReplicationState::Continuous),
    ("is A1, or no failback of this program launched it (S12:", |case| case.server().a1 = Some(id(A4))),
    ("is A1, or no failback of this program launched it (S12:", |case| case.aws.source.jobs.clear()),
    ("is A1, or no failback of this program launched it (S12:", |case| {
        case.aws.source.jobs[0].tags = Tags::from([(tag::PROCEDURE.to_owned(), "failback".to_owned())]);
    }),
    ("is A1, or no failback of this program launched it (S12:", |case| {
        case.aws.source.jobs[0].tags.insert(tag::PROCEDURE.to_owned(), "drill".to_owned());
    }),
    // Where people redirect, another run may have asked them to use it.
    ("another run or a person launched it, and it may serve clients", |case| {
        case.moved_by_hand(false);
        case.aws.source.jobs[0].tags.insert(tag::RUN.to_owned(), "execution:other".to_owned());
    }),
    ("B3 does not run", |case| case.b3().state = InstanceState::Stopped),
    ("B3 does not run", |case| case.aws.recovery.instances.clear()),
];

#[test]
fn a3_is_ended_by_an_abort_while_no_traffic_has_moved() {
    let warrant = granted_unless(&aborted(), end_a3, FORBIDS).spend();
    assert_eq!((warrant.region.as_str(), warrant.recovery_instances), ("us-east-1", vec![id(A4)]));
    refused(&aborted(), end_a3, ErrorName::Guard, "does not carry this run's tag", |case| {
        case.a3().tags.clear();
    });
    refused(&aborted(), end_a3, ErrorName::NotReady, "job", |case| case.aws.source.jobs.push(job_on(A2)));
    // A job of B1 ends nothing of A4.
    let mut case = aborted();
    case.aws.recovery.jobs.push(job_on(B1));
    assert!(end_a3(&case).is_ok());
}

#[test]
fn an_abort_claims_what_it_ends() {
    let ClaimOfA3 { note, claim } = granted_unless(&aborted(), claim_a3, FORBIDS);
    let note = note.spend();
    assert_eq!((note.region.as_str(), &note.arn), ("us-east-1", &aborted().a2().arn));
    assert_eq!(note.tags[tag::ENDED], format!("{LAUNCH} {A4}"));
    assert_eq!(note.tags[tag::RUN], aborted().run().tag_value());
    let mut unnamed = aborted();
    unnamed.a3().job = None;
    assert!(claim_a3(&unnamed).is_err(), "without its job, nobody knows who launched it");
    let warrant = claim.spend();
    assert_eq!((warrant.region.as_str(), &warrant.arn), ("us-east-1", &aborted().a3().arn));
    assert_eq!(warrant.tags, Tags::from([(tag::RUN.to_owned(), aborted().run().tag_value())]));
}

#[test]
fn an_earlier_execution_of_the_failback_launched_for_this_one() {
    let mut case = aborted();
    case.aws.source.jobs[0].tags.insert(tag::RUN.to_owned(), "execution:other".to_owned());
    assert!(end_a3(&case).is_ok());
    assert!(replaceable(&case).is_ok());
}

#[test]
fn an_a4_is_launched_again_on_request_unless_it_may_serve_or_is_a_persons() {
    let rows: &[Row] = &[
        ("A3 does not live", |case| case.aws.source.recovery_instances.clear()),
        ("is not launched again: clients use it (S10:", |case| case.points_at("10.0.0.4")),
        ("B1 protects it", |case| case.a3().replication_state = ReplicationState::Continuous),
        ("no run of this program launched it", |case| case.aws.source.jobs.clear()),
        ("no run of this program launched it", |case| case.aws.source.jobs[0].tags.clear()),
        ("traffic was redirected by hand", |case| case.moved_by_hand(true)),
    ];
    granted_unless(&aborted(), replaceable, rows);
}
