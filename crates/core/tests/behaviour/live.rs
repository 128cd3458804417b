//! The live state: the parts that are read, their joining by live ids, and the ids that they add to the fleet.

use failback_core::cloud::{Direction, InstanceState, JobStatus, ReplicationState};
use failback_core::fleet::{Fleet, Reads, tag_of_cycle, targets};
use failback_core::tags::tag;
use failback_core::{ErrorName, Result};

use crate::case::{
    A1, A2, A4, B1, B3, Case, JOB, OTHER, OTHERS, id, instance, job_on, recovery_instance, source_server,
    start,
};

fn guard_says<T>(result: Result<T>, said: &str) {
    let Err(error) = result else { panic!("expected: {said}") };
    assert_eq!(error.name(), ErrorName::Guard);
    assert!(error.to_string().contains(said), "{error}");
}

#[test]
fn the_chain_is_found_by_live_ids() {
    let case = Case::failback();
    let (live, server) = (case.live().unwrap(), &case.fleet.servers[0]);
    assert_eq!(live.server(server).b1().unwrap().unwrap().id, id(B1));
    assert_eq!(live.server(server).b2().unwrap().unwrap().id, id(B3));
    assert_eq!(live.server(server).a2().unwrap().unwrap().id, id(A2));
    assert_eq!(live.server(server).a3().unwrap().unwrap().id, id(A4));
    for name in [A1, A4, B3] {
        assert!(live.instance(&id(name)).unwrap().is_some(), "{name}");
    }
    assert_eq!(live.instance(&id(OTHER)).unwrap_err().name(), ErrorName::Internal, "it was not asked for");
    assert_eq!(live.records().unwrap()[0][0].values, ["10.0.0.4"]);
}

#[test]
fn what_was_not_looked_at_is_a_defect_and_not_an_absence() {
    let mut case = Case::failback();
    case.reads = Reads::default();
    let (live, server) = (case.live().unwrap(), &case.fleet.servers[0]);
    let b2 = case.aws.recovery.recovery_instances[0].clone();
    let errors = [
        live.server(server).b1().unwrap_err(),
        live.server(server).b2().unwrap_err(),
        live.server(server).a2().unwrap_err(),
        live.server(server).a3().unwrap_err(),
        live.source_jobs().unwrap_err(),
        live.recovery_jobs().unwrap_err(),
        live.instance(&b2.instance).unwrap_err(),
        live.records().unwrap_err(),
        live.server(server).is_past_launch().unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.name(), ErrorName::Internal);
        assert!(error.to_string().contains("and has not read it"), "{error}");
    }
}

#[test]
fn each_look_reads_what_it_names() {
    let reading = |reads: Reads| Case { reads, ..Case::failback() }.live().unwrap();
    let server = &Case::failback().fleet.servers[0].clone();
    assert!(reading(Reads { b1: true, ..Reads::default() }).server(server).b1().unwrap().is_some());
    assert!(reading(Reads { b2: true, ..Reads::default() }).server(server).b2().unwrap().is_some());
    assert!(reading(Reads { a2: true, ..Reads::default() }).server(server).a2().unwrap().is_some());
    let a3 = reading(Reads { a3: true, ..Reads::default() });
    assert!(
        a3.server(server).a2().unwrap().is_some() && a3.server(server).a3().unwrap().is_some(),
        "A3 is found by way of A2"
    );
    let source = reading(Reads { source_instances: true, ..Reads::default() });
    assert!(source.instance(&id(A1)).unwrap().is_some() && source.instance(&id(B3)).is_err());
    let recovery = reading(Reads { recovery_instances: true, ..Reads::default() });
    assert!(recovery.instance(&id(A1)).is_err() && recovery.instance(&id(B3)).unwrap().is_some());
}

#[test]
fn an_instance_that_ec2_does_not_know_is_absent() {
    let mut case = Case::failback();
    case.aws.source.instances.retain(|instance| instance.id != id(A1));
    assert!(case.live().unwrap().instance(&id(A1)).unwrap().is_none());
}

#[test]
fn without_its_jobs_nobody_says_whether_a_drill_launched_b2() {
    let reading = |jobs: bool| {
        let case =
            Case { reads: Reads { b2: true, recovery_jobs: jobs, ..Reads::default() }, ..Case::failback() };
        let live = case.live().unwrap();
        let b2 = live.server(&case.fleet.servers[0]).b2().unwrap().unwrap().clone();
        live.is_of_a_drill(&b2)
    };
    assert!(!reading(true).unwrap());
    assert_eq!(reading(false).unwrap_err().name(), ErrorName::Internal);
}

#[test]
fn an_a2_that_does_not_show_yet_is_known_by_what_b2_tells() {
    let unseen = |state: ReplicationState, shows: bool, b2_lives: bool| {
        let mut case = Case::failback();
        if !shows {
            case.aws.source.servers.clear();
        }
        for b2 in &mut case.aws.recovery.recovery_instances {
            b2.replication_state = state;
            if !b2_lives {
                b2.state = InstanceState::Terminated;
            }
        }
        case.live().unwrap().server(&case.fleet.servers[0]).is_a2_unseen().unwrap()
    };
    assert!(unseen(ReplicationState::Continuous, false, true));
    assert!(!unseen(ReplicationState::Continuous, true, true), "it shows");
    assert!(!unseen(ReplicationState::NotStarted, false, true), "nobody has reversed it");
    assert!(!unseen(ReplicationState::Disconnected, false, true), "it was taken down");
    assert!(!unseen(ReplicationState::Continuous, false, false), "nothing is left to replicate");
}

#[test]
fn what_was_launched_from_a2_is_known_even_when_it_is_terminated() {
    let known = |change: fn(&mut Case)| {
        let mut case = Case::failback();
        change(&mut case);
        let a2 = case.a2().clone();
        case.live().unwrap().server(&case.fleet.servers[0]).has_record_of(&a2).unwrap()
    };
    assert!(known(|_| ()));
    assert!(known(|case| case.aws.source.recovery_instances[0].state = InstanceState::Terminated));
    assert!(!known(|case| case.aws.source.recovery_instances.clear()));
}

#[test]
fn nothing_is_read_for_a_fleet_that_is_home() {
    let mut case = Case::failback();
    case.server().already_failed_back = true;
    let live = case.live().unwrap();
    assert!(live.server(&case.fleet.servers[0]).b1().unwrap().is_none());
    assert!(live.records().unwrap().is_empty());
}

#[test]
fn a_b1_that_replicates_the_other_way_is_no_b1() {
    let mut case = Case::failback();
    case.b1().direction = Direction::Failback;
    assert!(case.live().unwrap().server(&case.fleet.servers[0]).b1().unwrap().is_none());
}

#[test]
fn an_a2_that_does_not_replicate_b3_is_no_a2() {
    let found = |change: fn(&mut Case)| {
        let mut case = Case::failback();
        change(&mut case);
        case.live().unwrap().server(&case.fleet.servers[0]).a2().unwrap().is_some()
    };
    assert!(found(|_| ()));
    assert!(found(|case| case.server().a2 = None), "the fleet need not know it");
    assert!(found(|case| (case.server().a2, case.server().b2) = (None, None)), "nor B2, while that lives");
    assert!(!found(|case| case.a2().direction = Direction::Failover));
    assert!(!found(|case| case.a2().instance = None));
    assert!(!found(|case| case.a2().instance = Some(id(OTHER))));
}

#[test]
fn an_a2_tagged_for_another_b1_is_refused_and_one_among_several_is_told_by_its_tag() {
    let mut case = Case::failback();
    case.server().a2 = None;
    case.server().a3 = None;
    let tagged = |b1: &str| {
        let mut a2 = source_server(OTHERS, Direction::Failback, B3, ReplicationState::Continuous);
        a2.tags.insert(tag::B1.to_owned(), b1.to_owned());
        a2
    };
    case.a2().tags.insert(tag::B1.to_owned(), B1.to_owned());
    case.aws.source.servers.push(tagged(OTHERS));
    assert_eq!(case.live().unwrap().server(&case.fleet.servers[0]).a2().unwrap().unwrap().id, id(A2));
    case.aws.source.servers[1] = tagged(B1);
    let a2 = |case: &Case| {
        let server = &case.fleet.servers[0];
        case.live().and_then(|live| live.server(server).a2().map(|a2| a2.map(|a2| a2.id.clone())))
    };
    guard_says(a2(&case), "several source servers of the source Region replicate its B3");
    case.aws.source.servers = vec![tagged(OTHERS)];
    guard_says(a2(&case), "is tagged as another server's");
}

#[test]
fn of_several_recovery_instances_the_fleet_names_one_and_records_of_dead_ones_do_not_count() {
    let mut case = Case::failback();
    case.aws.recovery.recovery_instances.push(recovery_instance(OTHER, B1));
    let server = case.fleet.servers[0].clone();
    assert_eq!(case.live().unwrap().server(&server).b2().unwrap().unwrap().id, id(B3));
    case.server().b2 = Some(id(OTHER));
    let named = case.fleet.servers[0].clone();
    case.reads.a3 = false;
    case.reads.a2 = false;
    assert_eq!(case.live().unwrap().server(&named).b2().unwrap().unwrap().id, id(OTHER));
    case.server().b2 = None;
    let unnamed = case.fleet.servers[0].clone();
    guard_says(
        case.live().unwrap().server(&unnamed).b2(),
        "several recovery instances exist where one B2 is expected",
    );
    for state in [InstanceState::ShuttingDown, InstanceState::Terminated, InstanceState::NotFound] {
        case.b2().state = state;
        assert_eq!(case.live().unwrap().server(&unnamed).b2().unwrap().unwrap().id, id(OTHER), "{state:?}");
    }
    for state in [InstanceState::Pending, InstanceState::Stopped, InstanceState::Unknown] {
        case.b2().state = state;
        guard_says(case.live().unwrap().server(&unnamed).b2(), "several recovery instances exist");
    }
}

#[test]
fn a_record_of_a3_outlives_its_a2() {
    let mut case = Case::failback();
    case.aws.source.servers.clear();
    let server = &case.fleet.servers[0];
    assert_eq!(case.live().unwrap().server(server).a3().unwrap().unwrap().id, id(A4));
}

#[test]
fn a_launch_lies_behind_a_server_once_a3_is_deleted_and_a2_does_not_run() {
    let past = |change: fn(&mut Case)| {
        let mut case = Case::failback();
        case.aws.source.recovery_instances.clear();
        change(&mut case);
        case.live().unwrap().server(&case.fleet.servers[0]).is_past_launch().unwrap()
    };
    assert!(past(|_| ()));
    assert!(past(|case| case.aws.source.servers.clear()));
    assert!(!past(|case| case.a2().replication.state = ReplicationState::Continuous));
    assert!(!past(|case| case.aws.source.recovery_instances.push(recovery_instance(A4, A2))));
    assert!(!past(|case| case.server().a3 = None));
    assert!(!past(|case| case.server().replace = Some(id(A4))), "it is to be launched again");
}

#[test]
fn jobs_are_read_from_two_days_before_the_run() {
    let mut case = Case::failback();
    let before =
        |seconds: i64| failback_core::timestamp::Timestamp::from_millis(start().millis() - seconds * 1000);
    let made = |seconds: i64| {
        let mut job = job_on(B1);
        job.created = Some(before(seconds));
        job
    };
    case.aws.source.jobs = vec![made(2 * 86_400), made(2 * 86_400 + 1)];
    case.aws.recovery.jobs = vec![made(0), made(60), made(3 * 86_400)];
    let live = case.live().unwrap();
    assert_eq!(live.source_jobs().unwrap().len(), 1);
    assert_eq!(live.recovery_jobs().unwrap().len(), 2);
}

#[test]
fn a_record_points_at_an_instance_by_any_of_its_addresses() {
    let mut case = Case::failback();
    let pointed = |case: &Case| case.live().unwrap().is_pointed_at(&id(A4)).unwrap();
    assert!(pointed(&case));
    case.points_at("198.51.100.4");
    assert!(!pointed(&case));
    case.a4().public_ip = Some("198.51.100.4".into());
    assert!(pointed(&case));
    case.aws.source.instances.clear();
    assert!(!pointed(&case), "an instance that is not there has no address");
}

#[test]
fn the_fleet_learns_what_it_lacks_and_keeps_what_it_knows() {
    let mut case = Case::failback();
    case.aws.now = start().plus_seconds(90);
    let complete = |case: &Case| {
        let mut fleet: Fleet = case.fleet.clone();
        case.live().unwrap().complete(&case.run(), &mut fleet, case.reads).unwrap();
        fleet.servers.remove(0)
    };
    case.server().a2 = None;
    case.server().a3 = None;
    let learned = complete(&case);
    assert_eq!((learned.a2.as_ref(), learned.a3.as_ref()), (Some(&id(A2)), Some(&id(A4))));
    assert_eq!(learned.times.reversed, Some(90));
    // Reading the same again changes nothing.
    case.fleet.servers[0] = learned.clone();
    case.aws.now = start().plus_seconds(200);
    assert_eq!(complete(&case), learned);
    // B2 is learned from B1.
    case.server().b2 = None;
    assert_eq!(complete(&case).b2, Some(id(B3)));
    // Ids that the fleet has are kept, even if the objects no longer live.
    case.server().b2 = Some(id(OTHER));
    assert_eq!(complete(&case).b2, Some(id(OTHER)));
    // An A3 that was launched meanwhile is not taken for the one that the run knows.
    case.server().a3 = Some(id(OTHER));
    guard_says(case.live().map(|_| ()), "was launched meanwhile");
    case.server().a3 = None;
    // No ids are added to a server that has already failed back.
    case.server().already_failed_back = true;
    case.server().b2 = None;
    case.fleet.servers.push(crate::case::server());
    assert_eq!(complete(&case).b2, None);
}

#[test]
fn the_fleet_learns_only_from_what_was_read() {
    let mut case = Case::failback();
    (case.server().b2, case.server().a2, case.server().a3) = (None, None, None);
    case.reads = Reads::default();
    let learned = |case: &Case| {
        let mut fleet = case.fleet.clone();
        case.live().unwrap().complete(&case.run(), &mut fleet, case.reads).unwrap();
        let server = fleet.servers.remove(0);
        (server.b2.is_some(), server.a2.is_some(), server.a3.is_some(), server.times.reversed.is_some())
    };
    assert_eq!(learned(&case), (false, false, false, false));
    case.reads.b2 = true;
    assert_eq!(learned(&case), (true, false, false, false));
    case.reads.a2 = true;
    assert_eq!(learned(&case), (true, true, false, true));
    case.reads = Reads { b2: true, a3: true, ..Reads::default() };
    assert_eq!(learned(&case), (true, true, true, true));
}

#[test]
fn a_record_of_a_server_that_is_not_of_the_fleet_is_left_out() {
    let mut case = Case::failback();
    let indices = |case: &Case| -> Vec<usize> {
        let (run, live) = (case.run(), case.live().unwrap());
        targets(&run, &live.servers(&case.fleet)).iter().map(|target| target.index).collect()
    };
    assert_eq!(indices(&case), [0]);
    case.server().name = "db-1".into();
    assert!(indices(&case).is_empty());
}

#[test]
fn an_a4_that_the_fleet_does_not_know_yet_is_read_by_way_of_its_a3() {
    let mut case = Case::failback();
    case.server().a3 = None;
    case.aws.source.instances[1] = instance(A4, InstanceState::Stopping, "10.0.0.4");
    let live = case.live().unwrap();
    assert_eq!(live.instance(&id(A4)).unwrap().unwrap().state, InstanceState::Stopping);
}

#[test]
fn an_a3_whose_data_is_older_than_b2_is_of_an_earlier_cycle() {
    let a3 = |case: &Case| {
        let server = &case.fleet.servers[0];
        case.live().and_then(|live| live.server(server).a3().map(|a3| a3.map(|a3| a3.id.clone())))
    };
    let mut case = Case::failback();
    assert_eq!(a3(&case).unwrap(), Some(id(A4)));
    // The launch of B2 counts, and its point in time only while the job is not known.
    case.aws.recovery.recovery_instances[0].job = Some(id(JOB));
    assert_eq!(a3(&case).unwrap(), Some(id(A4)));
    let mut launched = job_on(B1);
    launched.status = JobStatus::Completed;
    case.aws.recovery.jobs = vec![launched];
    guard_says(a3(&case), "an earlier failback has left it");
    case.a3().point_in_time = Some(start().plus_seconds(1));
    assert_eq!(a3(&case).unwrap(), Some(id(A4)));
    // What cannot be told is not adopted.
    case.a3().point_in_time = None;
    guard_says(a3(&case), "an earlier failback has left it");
}

#[test]
fn tags_of_a2_are_of_the_b2_that_they_name() {
    let mut a2 = source_server(A2, Direction::Failback, B3, ReplicationState::Continuous);
    a2.tags.insert(tag::A1.to_owned(), A1.to_owned());
    assert_eq!(tag_of_cycle(&a2, tag::A1), Some(A1), "a person has tagged it");
    a2.tags.insert(tag::B2.to_owned(), B3.to_owned());
    assert_eq!(tag_of_cycle(&a2, tag::A1), Some(A1));
    a2.tags.insert(tag::B2.to_owned(), OTHER.to_owned());
    assert_eq!(tag_of_cycle(&a2, tag::A1), None);
}

#[test]
fn without_b2_an_a2_is_the_servers_if_b1_protects_its_a4() {
    let mut case = Case::failback();
    case.aws.recovery.recovery_instances.clear();
    case.server().a2 = None;
    case.server().b2 = None;
    case.a2().tags.insert(tag::B1.to_owned(), B1.to_owned());
    case.a2().tags.insert(tag::A1.to_owned(), A1.to_owned());
    let a2 = |case: &Case| {
        let server = &case.fleet.servers[0];
        case.live().and_then(|live| live.server(server).a2().map(|a2| a2.map(|a2| a2.id.clone())))
    };
    assert_eq!(a2(&case).unwrap(), Some(id(A2)));
    // Of two, the one whose A4 B1 protects.
    let mut later = source_server(OTHERS, Direction::Failback, OTHER, ReplicationState::Stopped);
    later.tags.clone_from(&case.a2().tags.clone());
    case.aws.source.servers.push(later);
    guard_says(a2(&case), "several source servers of the source Region carry the tag of its B1");
    case.aws.recovery.servers[0].instance = Some(id(OTHER));
    assert_eq!(a2(&case).unwrap(), Some(id(OTHERS)));
    case.aws.source.servers.truncate(1);
    guard_says(a2(&case), "is of an earlier failback");
}
