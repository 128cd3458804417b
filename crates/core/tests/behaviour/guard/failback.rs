//! The warrants of a failback: B3 is production until A4 is proven to be.

use failback_core::cloud::{
    Check, Direction, InstanceState, Job, JobStatus, RecordSet, ReplicationState, SourceServer, Tags,
};
use failback_core::fleet::Redirected;
use failback_core::guard::{
    ChangeRecords, DeleteRecoveryInstance, Guard, ReverseReplication, StopReplication, TagResource,
    TerminateInstances, TerminateRecoveryInstances, Warrant,
};
use failback_core::procedure::Failback;
use failback_core::tags::tag;
use failback_core::{ErrorName, Result};
use serde_json::json;

use crate::case::{
    A1, A2, A4, B1, B3, Case, JOB, LAUNCH, OTHER, OTHERS, Row, all, granted_unless, id, instance, job_on,
    may_be_launched_into, recovery_instance, refused, source_server, start,
};

fn stop_b1(case: &Case) -> Result<Warrant<StopReplication>> {
    case.ask(|guard: &Guard<'_, Failback>, servers| guard.stop_b1(&servers[0], &case.checks))
}

fn redirect(case: &Case) -> Result<Vec<Warrant<ChangeRecords>>> {
    let live = case.live()?;
    case.ask(|guard: &Guard<'_, Failback>, servers| guard.redirect(&live, servers, &case.checks, None))
}

fn reverse_a3(case: &Case) -> Result<Warrant<ReverseReplication>> {
    case.ask(|guard: &Guard<'_, Failback>, servers| guard.reverse_a3(servers, &servers[0]))
}

fn terminate_b2(case: &Case) -> Result<Warrant<TerminateRecoveryInstances>> {
    case.ask(|guard: &Guard<'_, Failback>, servers| {
        guard.terminate_b2(servers, &all(servers), &case.checks, &case.settings(), case.fleet.redirected)
    })
}

fn leave_b2(case: &Case) -> Result<Warrant<TagResource>> {
    case.ask(|guard: &Guard<'_, Failback>, servers| {
        guard.leave_b2(servers, &servers[0], &case.checks, &case.settings(), case.fleet.redirected)
    })
}

fn terminate_a1(case: &Case) -> Result<Warrant<TerminateInstances>> {
    case.ask(|guard: &Guard<'_, Failback>, servers| guard.terminate_a1(servers, &all(servers), &case.checks))
}

fn delete_a3(case: &Case) -> Result<Warrant<DeleteRecoveryInstance>> {
    case.ask(|guard: &Guard<'_, Failback>, servers| guard.delete_a3(&servers[0], &case.checks))
}

/// Returns a case with traffic on B3, which is replicated to the source Region. The plan stops replication of B1.
fn double_billed() -> Case {
    let mut case = Case::failback().without_a3();
    case.plan["stopOriginalReplication"] = json!(true);
    case.plan["gates"]["beforeStop"] = json!({ "timeoutMinutes": 60 });
    case.b1().instance = Some(id(A1));
    case.a2().replication.state = ReplicationState::Continuous;
    case.points_at("10.1.0.3");
    case
}

#[test]
fn b1_is_stopped_when_b3_works_and_is_replicated_home() {
    let rows: &[Row] = &[
        ("does not request to stop", |case| case.plan["stopOriginalReplication"] = json!(false)),
        ("B1 does not exist", |case| case.aws.recovery.servers.clear()),
        ("B2 does not live (S2:", |case| case.aws.recovery.recovery_instances.clear()),
        ("does not run (S2:", |case| case.b3().state = InstanceState::Stopped),
        ("not replicated to the source Region yet", |case| case.aws.source.servers.clear()),
        ("no longer protects A1", |case| case.b1().instance = Some(id(A4))),
        ("no longer protects A1", |case| case.server().a1 = None),
        ("production DNS points at A1", |case| case.points_at("10.0.0.1")),
    ];
    let warrant = granted_unless(&double_billed(), stop_b1, rows).spend();
    assert_eq!((warrant.region.as_str(), warrant.server), ("us-east-2", id(B1)));
    let waits = |change: fn(&mut Case)| {
        refused(&double_billed(), stop_b1, ErrorName::NotReady, "does not pass its status checks", change);
    };
    // The points in time of B1 are the only copies until A2 has one.
    refused(&double_billed(), stop_b1, ErrorName::NotReady, "has no point in time of B3 yet", |case| {
        case.a2().replication.state = ReplicationState::InitialSync;
    });
    waits(|case| case.checks.clear());
    waits(|case| case.checks[0].system = Check::Impaired);
    waits(|case| case.checks[0].instance = Check::Initializing);
}

#[test]
fn a_b1_whose_instance_drs_no_longer_names_may_be_stopped() {
    let mut case = double_billed();
    case.b1().instance = None;
    assert!(stop_b1(&case).is_ok());
}

#[test]
fn a_check_that_does_not_apply_is_passed() {
    let mut case = double_billed();
    case.checks[0].system = Check::NotApplicable;
    case.checks[0].instance = Check::NotApplicable;
    assert!(stop_b1(&case).is_ok());
    case.checks.clear();
    assert!(stop_b1(&case).is_err());
    case.set("/validation/statusChecks", json!(false));
    assert!(stop_b1(&case).is_ok(), "the plan does without");
}

#[test]
fn records_are_pointed_at_an_a4_that_works() {
    let rows: &[Row] = &[
        ("routing policy", |case| case.aws.records[0].set_identifier = Some("blue".into())),
        ("routing policy", |case| case.aws.records.push(crate::case::record("10.1.0.3"))),
        ("is an alias or has several values", |case| case.aws.records[0].ttl_seconds = None),
        ("is an alias or has several values", |case| case.aws.records[0].values.push("10.0.0.9".into())),
        ("the zone has no such record, so it is not known what serves", |case| case.aws.records.clear()),
        ("holds 10.0.0.1, an address of A1, the original of web-1", |case| case.points_at("10.0.0.1")),
        ("holds 10.9.9.9, not an address of B3 or A4 of web-1", |case| case.points_at("10.9.9.9")),
        ("holds 10.1.0.3, not an address of B3", |case| case.aws.recovery.recovery_instances.clear()),
        ("neither A1 nor A4 (S2:", |case| case.server().a3 = None),
        ("neither A1 nor A4 (S2:", |case| {
            case.aws.recovery.servers[0].instance = Some(id(OTHER));
            case.aws.source.instances.push(instance(OTHER, InstanceState::Running, "10.0.0.9"));
        }),
        ("neither A1 nor A4 (S2:", |case| {
            case.aws.recovery.servers[0].instance = Some(id(OTHER));
            case.aws.source.recovery_instances.push(recovery_instance(OTHER, A2));
        }),
        ("does not run (S2:", |case| case.a4().state = InstanceState::Pending),
        ("does not run (S2:", |case| case.aws.source.instances.truncate(1)),
        ("has no private address", |case| case.a4().private_ip = None),
        ("has no public address", |case| case.set("/redirect/records/0/address", json!("public"))),
    ];
    let mut case = Case::failback();
    case.points_at("10.1.0.3");
    let mut relaunched = case.clone();
    relaunched.aws.recovery.servers[0].instance = Some(id(OTHER));
    assert!(redirect(&relaunched).is_ok(), "the A4 that B1 protects was launched again, and is gone");
    let warrants = granted_unless(&case, redirect, rows);
    let [warrant] = warrants.as_slice() else { panic!("one zone, one batch") };
    let change = &warrant.action().records[0];
    assert_eq!(warrant.action().zone.as_str(), "Z0123456789ABCDEFGHIJ");
    assert_eq!(
        (&change.seen, change.value.as_str(), change.ttl_seconds),
        (&crate::case::record("10.1.0.3"), "10.0.0.4", 60)
    );
}

#[test]
fn an_a4_that_no_run_launched_goes_live_only_through_a_gate() {
    let mut case = Case::failback();
    case.points_at("10.1.0.3");
    case.a3().replication_state = ReplicationState::NotStarted;
    case.b1().instance = Some(id(A1));
    let launch = Job { id: id(LAUNCH), tags: case.run().tags(), status: JobStatus::Completed, ..job_on(A2) };
    case.a3().job = Some(launch.id.clone());
    case.aws.source.jobs.push(launch);
    case.plan["gates"] = json!({});
    let rows: &[Row] = &[
        ("no run launched A4", |case| case.aws.source.jobs.clear()),
        ("no run launched A4", |case| case.aws.source.jobs[0].tags.clear()),
        ("no run launched A4", |case| case.a3().job = None),
    ];
    for (said, change) in rows {
        refused(&case, redirect, ErrorName::Guard, said, change);
        let mut asks = case.clone();
        change(&mut asks);
        asks.plan["gates"] = json!({ "beforeRedirect": { "timeoutMinutes": 60 } });
        assert_eq!(redirect(&asks).unwrap().len(), 1, "a person was asked");
    }
    assert_eq!(redirect(&case).unwrap().len(), 1, "a run has launched it");
}

#[test]
fn a_record_that_points_at_a4_needs_no_change() {
    assert!(redirect(&Case::failback()).unwrap().is_empty());
    // Another address of A4 does.
    let mut case = Case::failback();
    case.a4().public_ip = Some("198.51.100.4".into());
    case.points_at("198.51.100.4");
    assert_eq!(redirect(&case).unwrap()[0].action().records[0].value, "10.0.0.4");
}

#[test]
fn the_records_of_each_server_are_a_batch_of_their_own() {
    let mut case = Case::failback();
    case.points_at("10.1.0.3");
    let mut second = case.plan["redirect"]["records"][0].clone();
    second["name"] = json!("www.example.com");
    case.plan["redirect"]["records"].as_array_mut().unwrap().push(second);
    case.aws.records.push(RecordSet { name: "www.example.com.".into(), ..crate::case::record("10.1.0.3") });
    let batches = |case: &Case| -> Vec<usize> {
        redirect(case).unwrap().iter().map(|warrant| warrant.action().records.len()).collect()
    };
    assert_eq!(batches(&case), [2]);
    case.plan["redirect"]["records"][1]["zoneId"] = json!("Z0000000000000000OTHER");
    assert_eq!(batches(&case), [1, 1], "a batch is for one zone");
}

#[test]
fn records_hold_the_address_that_the_plan_wants() {
    let mut case = Case::failback();
    case.set("/redirect/records/0/address", json!("public"));
    case.a4().public_ip = Some("198.51.100.4".into());
    case.points_at("10.1.0.3");
    assert_eq!(redirect(&case).unwrap()[0].action().records[0].value, "198.51.100.4");
}

#[test]
fn records_of_a_server_that_is_home_are_left_alone() {
    let mut case = Case::failback();
    case.server().already_failed_back = true;
    case.reads.records = false;
    assert!(redirect(&case).unwrap().is_empty());
}

#[test]
fn a3_is_reversed_once_a4_carries_traffic() {
    let rows: &[Row] = &[
        ("A3 does not live", |case| case.a3().state = InstanceState::Terminated),
        ("does not point at A4 (S2:", |case| case.points_at("10.1.0.3")),
        ("does not point at A4 (S2:", |case| case.aws.records[0].values.push("10.1.0.3".into())),
        ("does not point at A4 (S2:", |case| case.aws.records.clear()),
        ("does not point at A4 (S2:", |case| case.aws.records.push(crate::case::record("10.1.0.3"))),
        ("does not run (S2:", |case| case.a4().state = InstanceState::Stopped),
        ("no person has confirmed", |case| case.moved_by_hand(false)),
    ];
    let warrant = granted_unless(&Case::failback(), reverse_a3, rows).spend();
    assert_eq!((warrant.region.as_str(), warrant.recovery_instance), ("us-east-1", id(A4)));
}

#[test]
fn that_traffic_was_moved_is_tagged_only_after_a_persons_word() {
    let rows: &[Row] = &[
        ("no person has confirmed", |case| case.moved_by_hand(false)),
        ("no person has confirmed", |case| case.a3().state = InstanceState::Terminated),
        ("A2 does not exist", |case| case.aws.source.servers.clear()),
    ];
    let mut case = Case::failback();
    case.moved_by_hand(true);
    let redirected = Redirected { in_sync: Some(start()), ..Redirected::default() };
    let ask = |case: &Case| {
        case.ask(|guard: &Guard<'_, Failback>, servers| guard.tag_traffic(&servers[0], &redirected))
    };
    let warrant = granted_unless(&case, ask, rows).spend();
    let times = format!("unknown {} 0 unknown", start());
    let wanted = [(tag::REDIRECTED.into(), times), (tag::TRAFFIC.into(), A4.into())];
    assert_eq!(warrant.tags.into_iter().collect::<Vec<_>>(), wanted);
    // Route 53 shows where traffic goes, and not since when.
    let mut case = Case::failback();
    case.traffic_moved_by_hand = false;
    assert_eq!(ask(&case).unwrap().spend().tags.into_keys().collect::<Vec<_>>(), [tag::REDIRECTED]);
}

#[test]
fn traffic_moved_by_hand_is_a_persons_word() {
    let mut case = Case::failback();
    case.points_at("10.1.0.3");
    case.moved_by_hand(true);
    assert!(reverse_a3(&case).is_ok());
    // The same confirmation does not count where the plan has records.
    let mut case = Case::failback();
    case.points_at("10.1.0.3");
    case.traffic_moved_by_hand = true;
    assert!(reverse_a3(&case).is_err());
}

#[test]
fn a_server_that_is_home_holds_nobody_up() {
    let mut case = Case::failback();
    let mut home = case.fleet.servers[0].clone();
    home.name = "web-2".into();
    home.b1 = id("s-000000000000000b2");
    (home.already_failed_back, home.a3) = (true, None);
    case.plan["redirect"]["records"][0]["server"] = json!("web-2");
    case.fleet.servers.push(home);
    assert!(reverse_a3(&case).is_ok());
    case.fleet.servers[1].already_failed_back = false;
    refused(&case, reverse_a3, ErrorName::Guard, "web-2: A4 is not launched", |_| ());
}

#[test]
fn b2_is_terminated_when_a4_is_production_and_protected() {
    let rows: &[Row] = &[
        ("does not point at A4 (S2:", |case| case.points_at("10.1.0.3")),
        ("no person has confirmed", |case| case.moved_by_hand(false)),
        ("B2 does not live", |case| case.b2().state = InstanceState::ShuttingDown),
        ("A2 does not exist (S5:", |case| case.aws.source.servers.clear()),
        ("still replicates; it is stopped first (S4:", |case| {
            case.a2().replication.state = ReplicationState::Continuous;
        }),
        ("A3 does not exist", |case| {
            case.aws.source.recovery_instances.clear();
            case.server().a1 = Some(id(A4));
        }),
        ("does not run (S2:", |case| case.a4().state = InstanceState::Stopped),
        ("B1 does not exist", |case| case.aws.recovery.servers.clear()),
        ("B1 protects another instance", |case| case.b1().instance = Some(id(A1))),
        ("replication of A3 is not reversed", |case| {
            case.a3().replication_state = ReplicationState::NotStarted;
        }),
        ("production DNS points at B3", |case| {
            case.b3().public_ip = Some("10.0.0.4".into());
        }),
        ("does not know since when its records are INSYNC", |case| case.fleet.redirected = None),
    ];
    let warrant = granted_unless(&Case::failback(), terminate_b2, rows).spend();
    assert_eq!((warrant.region.as_str(), warrant.recovery_instances), ("us-east-2", vec![id(B3)]));
    // A person has deleted A3 before the page does; B1 shows that A4 is protected.
    let mut without_a3 = Case::failback();
    without_a3.aws.source.recovery_instances.clear();
    assert!(terminate_b2(&without_a3).is_ok());
    let existed: &[Row] = &[
        ("existed before B1 was launched into it (S5:", |case| {
            case.aws.configuration.launch_into = Some(id(B3));
        }),
        ("existed before B1 was launched into it (S5:", |case| case.b3().tags = may_be_launched_into()),
    ];
    granted_unless(&Case::failback(), terminate_b2, existed);
    // It is left under the same conditions.
    let mut left = Case::failback();
    left.aws.configuration.launch_into = Some(id(B3));
    left.b2().job = Some(id(JOB));
    let warrant = granted_unless(&left, leave_b2, rows).spend();
    let arn = left.b2().arn.clone();
    assert_eq!((warrant.region.as_str(), warrant.arn), ("us-east-2", arn));
    assert_eq!(warrant.tags, Tags::from([(tag::LEFT.to_owned(), JOB.to_owned())]));
    let launched_by_drs: &[Row] = &[
        ("DRS launched B3", |case| case.aws.configuration.launch_into = None),
        ("DRS launched B3", |case| case.aws.configuration.launch_into = Some(id(OTHER))),
        ("does not show the job", |case| case.b2().job = None),
    ];
    granted_unless(&left, leave_b2, launched_by_drs);
}

#[test]
fn a_b2_that_was_left_is_no_b2_until_b1_is_launched_again() {
    let mut case = Case::failback();
    case.b2().job = Some(id(JOB));
    let lives = |case: &Case| case.live().unwrap().server(&case.fleet.servers[0]).b2().unwrap().is_some();
    assert!(lives(&case));
    case.b2().tags = Tags::from([(tag::LEFT.to_owned(), JOB.to_owned())]);
    assert!(!lives(&case));
    assert!(case.live().unwrap().drs().left_b2(&id(B1)).is_some());
    case.b2().job = Some(id(LAUNCH));
    assert!(lives(&case));
    assert!(case.live().unwrap().drs().left_b2(&id(B1)).is_none());
}

#[test]
fn b2_stays_while_b1_lags_or_has_not_compared_every_byte() {
    let base = Case::failback();
    let waits = |change: fn(&mut Case)| {
        refused(&base, terminate_b2, ErrorName::NotReady, "not healthy at this moment", change);
    };
    waits(|case| case.b1().replication.lag_seconds = Some(61));
    waits(|case| case.b1().replication.state = ReplicationState::Rescan);
    waits(|case| {
        case.b1().replication.rescan_complete = false;
        case.b1().replication.rescanned_bytes = 99;
    });
    // After a full initial sync, which a stop by the run or by a person leads to, there is nothing to compare.
    let mut synced = Case::failback();
    synced.b1().replication.rescan_complete = false;
    synced.b1().replication.rescanned_bytes = 0;
    assert!(terminate_b2(&synced).is_ok());
    let waits = |change: fn(&mut Case)| {
        refused(&synced, terminate_b2, ErrorName::NotReady, "not healthy at this moment", change);
    };
    waits(|case| case.b1().replication.rescanned_bytes = 1);
    waits(|case| case.b1().replication.replicated_bytes = 99);
}

#[test]
fn b2_stays_until_the_old_ttl_has_passed() {
    let mut case = Case::failback();
    case.fleet.redirected.as_mut().unwrap().old_ttl_seconds = Some(60);
    refused(&case, terminate_b2, ErrorName::NotReady, "clients may still use B3 until", |_| ());
    case.asked_after_seconds = 60;
    assert!(terminate_b2(&case).is_ok());
    // A person confirms that traffic was redirected by hand: then there is no TTL to know.
    case.moved_by_hand(true);
    case.fleet.redirected = None;
    assert!(terminate_b2(&case).is_ok());
}

/// Has another source server protect A4, while B1 is left as it was (drs-facts §12.15).
fn protected_by_another(mut case: Case) -> Case {
    case.b1().instance = Some(id(A1));
    let another = source_server(OTHERS, Direction::Failover, A4, ReplicationState::Continuous);
    case.aws.recovery.servers.push(another);
    case
}

#[test]
fn another_source_server_protects_a4_as_well_as_b1() {
    let rows: &[Row] = &[
        ("B1 protects another instance", |case| last(case).direction = Direction::Failback),
        ("B1 protects another instance", |case| last(case).instance = Some(id(OTHER))),
        ("B1 protects another instance", |case| {
            last(case).replication.state = ReplicationState::Disconnected;
        }),
        ("several source servers of the recovery Region replicate its A4", |case| {
            let third =
                source_server("s-000000000000000fa", Direction::Failover, A4, ReplicationState::Rescan);
            case.aws.recovery.servers.push(third);
        }),
    ];
    let case = protected_by_another(Case::failback());
    let warrant = granted_unless(&case, terminate_b2, rows).spend();
    assert_eq!(warrant.recovery_instances, vec![id(B3)]);
    refused(&case, terminate_b2, ErrorName::NotReady, "B1 is not healthy at this moment", |case| {
        last(case).replication.state = ReplicationState::Rescan;
    });
    let warrant = granted_unless(&protected_by_another(originals_go()), terminate_a1, rows).spend();
    assert_eq!(warrant.instances, vec![id(A1)]);
}

fn last(case: &mut Case) -> &mut SourceServer {
    case.aws.recovery.servers.last_mut().unwrap()
}

/// Returns a case without B2, whose plan terminates the originals.
fn originals_go() -> Case {
    let mut case = Case::failback().without_b2();
    case.plan["cleanup"] = json!({ "terminateOriginals": true });
    case
}

#[test]
fn a1_is_terminated_when_nothing_depends_on_it() {
    let rows: &[Row] = &[
        ("the plan keeps the original servers (S3:", |case| case.plan["cleanup"] = json!({})),
        ("does not point at A4 (S2:", |case| case.points_at("10.1.0.3")),
        ("A1 is not known (S5:", |case| case.server().a1 = None),
        ("neither B2 nor A2 exists", |case| case.aws.source.servers.clear()),
        ("still replicates", |case| case.a2().replication.state = ReplicationState::InitialSync),
        ("B2 is terminated before A1 (S4:", |case| {
            case.aws.recovery.recovery_instances.push(crate::case::recovery_instance(B3, B1));
        }),
        ("is A4, the new production (S3:", |case| case.server().a1 = Some(id(A4))),
        ("B1 protects another instance", |case| case.b1().instance = Some(id(OTHER))),
        ("is protected by B1 or has traffic", |case| case.a1().private_ip = Some("10.0.0.4".into())),
    ];
    let warrant = granted_unless(&originals_go(), terminate_a1, rows).spend();
    assert_eq!((warrant.region.as_str(), warrant.instances), ("us-east-1", vec![id(A1)]));
}

#[test]
fn a3_is_deleted_when_a4_is_protected_and_what_goes_first_is_gone() {
    let mut base = originals_go();
    base.a1().state = InstanceState::Terminated;
    let rows: &[Row] = &[
        ("A3 does not exist", |case| case.aws.source.recovery_instances.clear()),
        ("is not protected; deleting it", |case| case.a3().replication_state = ReplicationState::NotStarted),
        ("B2 is terminated before A3", |case| {
            case.aws.recovery.recovery_instances.push(crate::case::recovery_instance(B3, B1));
        }),
        ("A1 is terminated before A3", |case| case.a1().state = InstanceState::Stopped),
        ("B1 protects another instance", |case| case.b1().instance = None),
    ];
    let warrant = granted_unless(&base, delete_a3, rows).spend();
    assert_eq!((warrant.region.as_str(), warrant.recovery_instance), ("us-east-1", id(A4)));
}

/// A person who reboots A4, or has DRS launch or terminate it again, decides what becomes of it. Nothing that it replaces
/// ends meanwhile.
#[test]
fn what_people_do_to_a4_is_waited_for() {
    fn waits<T>(base: &Case, ask: impl Fn(&Case) -> Result<T>) {
        let wait = |said: &str, change: fn(&mut Case)| {
            refused(base, &ask, ErrorName::NotReady, said, change);
        };
        wait("is working on it", |case| case.aws.source.jobs.push(job_on(A2)));
        wait("does not pass its status checks", |case| case.checks[1].system = Check::Initializing);
        wait("does not pass its status checks", |case| case.checks.truncate(1));
    }
    let mut moving = Case::failback();
    moving.points_at("10.1.0.3");
    waits(&moving, redirect);
    waits(&Case::failback(), terminate_b2);
    waits(&originals_go(), terminate_a1);
    let mut last = originals_go();
    last.a1().state = InstanceState::Terminated;
    waits(&last, delete_a3);
    let job = |case: &mut Case| case.aws.source.jobs.push(job_on(A2));
    refused(&Case::failback(), reverse_a3, ErrorName::NotReady, "is working on it", job);
}

/// Clients of a server without a record follow those that have one.
#[test]
fn no_record_moves_while_any_a4_cannot_take_over() {
    let mut case = Case::failback();
    case.points_at("10.1.0.3");
    let mut other = case.fleet.servers[0].clone();
    (other.name, other.b1, other.a3) = ("db-1".into(), id("s-000000000000000b2"), None);
    case.fleet.servers.push(other);
    refused(&case, redirect, ErrorName::Guard, "db-1: A4 is not launched", |_| ());
    let none_moves = |case: &mut Case| case.points_at("10.0.0.4");
    let mut moved = case.clone();
    none_moves(&mut moved);
    assert!(redirect(&moved).unwrap().is_empty(), "no record moves");
}

#[test]
fn a3_is_deleted_beside_an_a1_that_stays() {
    let mut kept = Case::failback().without_b2();
    assert!(delete_a3(&kept).is_ok(), "the plan keeps A1");
    kept.plan["cleanup"] = json!({ "terminateOriginals": true });
    assert!(delete_a3(&kept).is_err(), "A1 goes first");
    kept.server().a1 = Some(id(A4));
    assert!(delete_a3(&kept).is_ok(), "A1 is A4, and is never terminated");
    kept.server().a1 = None;
    assert!(delete_a3(&kept).is_ok(), "nobody knows of an A1");
}

#[test]
fn a_failbacks_guard_is_for_failbacks() {
    refused(&Case::drill(), delete_a3, ErrorName::Guard, "does not belong to a drill", |_| ());
}
