//! Who serves, how old A4's data is, and who launched it: from live state.

use failback_core::Result;
use failback_core::cloud::{InstanceState, Job, JobStatus, LastLaunch, RecordSet, ReplicationState, Tags};
use failback_core::fleet::{
    LiveServer, Owners, Serving, data_age_seconds, launch_configurations, launch_templates,
    launched_by_a_person, serving, too_old,
};
use failback_core::procedure::Failback;
use failback_core::run::Run;
use failback_core::tags::tag;
use futures_util::FutureExt as _;
use serde_json::json;

use crate::case::{A1, A2, A4, B1, B3, Case, LAUNCH, id, instance, job_on, record, recovery_instance, start};

fn asked<T>(case: &Case, ask: impl FnOnce(&Run, &LiveServer<'_>) -> Result<T>) -> T {
    let run = case.run();
    case.ask::<Failback, _>(|_, servers| ask(&run, &servers[0])).unwrap()
}

fn serves(case: &Case) -> Serving {
    asked(case, serving)
}

/// Returns a failback whose A4 runs, is not protected yet, and was launched by a run half an hour ago. The record holds
/// this address.
fn launched(address: &str) -> Case {
    let mut case = Case::failback();
    case.points_at(address);
    case.b1().instance = Some(id(A1));
    case.a3().replication_state = ReplicationState::NotStarted;
    case.a3().point_in_time = Some(start().plus_seconds(1));
    case.b2().point_in_time = Some(start());
    let launch = Job { id: id(LAUNCH), tags: case.run().tags(), status: JobStatus::Completed, ..job_on(A2) };
    case.a3().job = Some(launch.id.clone());
    case.aws.source.jobs.push(launch);
    case.aws.now = start().plus_seconds(1_801);
    case
}

#[test]
fn the_record_of_a_server_says_who_serves_it() {
    for (address, serving) in [
        ("10.0.0.1", Serving::A1),
        ("10.1.0.3", Serving::B3),
        ("10.0.0.4", Serving::A4),
        ("10.9.9.9", Serving::Unknown),
    ] {
        assert_eq!(serves(&launched(address)), serving, "{address}");
    }
    let mut public = launched("198.51.100.3");
    public.b3().public_ip = Some("198.51.100.3".into());
    assert_eq!(serves(&public), Serving::B3, "any address of the instance");
    // A4 may be A1.
    let mut into_source = launched("10.0.0.1");
    into_source.a3().instance = id(A1);
    assert_eq!(serves(&into_source), Serving::A4);
    // Its record may be deleted: the run knows it.
    let mut without_a3 = launched("10.0.0.4");
    without_a3.aws.source.recovery_instances.clear();
    assert_eq!(serves(&without_a3), Serving::A4);
}

#[test]
fn values_that_lead_to_different_instances_are_unknown() {
    let with = |values: &[&str]| {
        let mut case = launched("10.1.0.3");
        case.b3().public_ip = Some("198.51.100.3".into());
        case.aws.records[0].values = values.iter().map(|value| (*value).to_owned()).collect();
        serves(&case)
    };
    assert_eq!(with(&["10.1.0.3", "198.51.100.3"]), Serving::B3, "two of the same");
    assert_eq!(with(&["10.1.0.3", "10.0.0.4"]), Serving::Unknown);
    assert_eq!(with(&["10.1.0.3", "10.9.9.9"]), Serving::Unknown);
    assert_eq!(with(&["10.9.9.9", "10.1.0.3"]), Serving::Unknown);
}

#[test]
fn every_record_of_a_server_counts_and_those_of_others_do_not() {
    let with_second = |server: &str, value: &str| {
        let mut case = launched("10.1.0.3");
        let mut second = case.plan["redirect"]["records"][0].clone();
        second["name"] = json!("www.example.com");
        second["server"] = json!(server);
        case.plan["redirect"]["records"].as_array_mut().unwrap().push(second);
        case.aws.records.push(RecordSet { name: "www.example.com.".into(), ..record(value) });
        serves(&case)
    };
    assert_eq!(with_second("web-1", "10.0.0.4"), Serving::Unknown);
    assert_eq!(with_second("web-1", "10.1.0.3"), Serving::B3);
    assert_eq!(with_second("db-1", "10.0.0.4"), Serving::B3);
}

#[test]
fn without_a_record_only_a_confirmed_redirection_says_who_serves() {
    let with_tag = |to: &str| {
        let mut case = launched("10.0.0.4");
        case.plan["redirect"]["records"][0]["server"] = json!("db-1");
        case.a2().tags.insert(tag::TRAFFIC.to_owned(), to.to_owned());
        case.a2().tags.insert(tag::B2.to_owned(), B3.to_owned());
        serves(&case)
    };
    assert_eq!(with_tag(A4), Serving::A4);
    assert_eq!(with_tag(A1), Serving::Unknown);
    let mut untagged = launched("10.0.0.4");
    untagged.plan["redirect"]["records"][0]["server"] = json!("db-1");
    assert_eq!(serves(&untagged), Serving::Unknown);
}

#[test]
fn what_is_unknown_may_be_any_and_what_is_known_is_one() {
    assert!(Serving::Unknown.may_be(Serving::B3));
    assert!(Serving::B3.may_be(Serving::B3));
    assert!(!Serving::A4.may_be(Serving::B3));
}

fn is_old(case: &Case) -> bool {
    asked(case, |run, server| Ok(too_old(run, server)?.is_some()))
}

#[test]
fn data_is_too_old_from_the_limit_on_unless_it_is_in_use() {
    let aged = |address: &str, seconds: u64| {
        let mut case = launched(address);
        case.set("/launch/dataAgeSecondsMax", json!(1_800));
        case.aws.now = start().plus_seconds(1 + seconds);
        case
    };
    let age = |case: &Case| asked(case, |_, server| data_age_seconds(server, server.a3()?.unwrap()));
    assert_eq!(age(&aged("10.1.0.3", 1_800)), Some(1_800));
    assert!(!is_old(&aged("10.1.0.3", 1_800)));
    assert!(is_old(&aged("10.1.0.3", 1_801)));
    assert!(is_old(&aged("10.9.9.9", 1_801)), "nobody is known to use it");
    assert!(!is_old(&aged("10.0.0.4", 1_801)), "clients use it");
    let mut protected = aged("10.1.0.3", 1_801);
    protected.a3().replication_state = ReplicationState::Continuous;
    assert!(!is_old(&protected), "B1 protects it");
    // Clients of a server without a record follow those of the fleet.
    let mut follows = aged("10.0.0.4", 1_801);
    follows.plan["redirect"]["records"][0]["server"] = json!("db-1");
    assert!(!is_old(&follows));
    follows.points_at("10.1.0.3");
    assert!(is_old(&follows));
    // By hand, no record says so.
    let mut by_hand = aged("10.0.0.4", 1_801);
    by_hand.moved_by_hand(false);
    by_hand.set("/launch/dataAgeSecondsMax", json!(1_800));
    by_hand.plan["gates"]["beforeRedirect"] = json!({ "timeoutMinutes": 1 });
    assert!(is_old(&by_hand));
}

#[test]
fn data_of_unknown_age_is_too_old() {
    let mut case = launched("10.1.0.3");
    case.a3().point_in_time = None;
    case.aws.source.jobs[0].created = Some(start().plus_seconds(1));
    assert!(!is_old(&case), "the launch says how old it is at most");
    case.aws.source.jobs[0].created = None;
    case.b2().point_in_time = None;
    case.aws.recovery.recovery_instances.clear();
    assert!(is_old(&case));
}

#[test]
fn an_a4_is_a_persons_unless_the_job_that_launched_it_is_a_runs() {
    let by_a_person =
        |case: &Case| asked(case, |run, server| Ok(launched_by_a_person(run, server)?.is_some()));
    let mut case = launched("10.1.0.3");
    assert!(!by_a_person(&case));
    case.aws.source.jobs[0].tags = Tags::from([("Name".to_owned(), "web-1".to_owned())]);
    assert!(by_a_person(&case));
    case.points_at("10.0.0.4");
    assert!(!by_a_person(&case), "clients use it, so that it is nobody's to adopt");
    case.points_at("10.1.0.3");
    case.aws.source.jobs.clear();
    assert!(by_a_person(&case), "DRS keeps jobs for some time");
    assert!(!by_a_person(&case.without_a3()));
}

#[test]
fn another_run_owns_what_its_tag_names() {
    const OTHER_RUN: &str = "arn:aws:states:us-east-1:111122223333:execution:failback:other";
    let mut case = Case::failback();
    let owner = |case: &Case| asked(case, |run, server| Ok(server.other_owner(run)?.map(str::to_owned)));
    let has_others = |case: &Case| {
        let run = case.run();
        case.ask::<Failback, _>(|_, servers| {
            let owners = Owners::read(&case.aws, &run, servers).now_or_never().unwrap()?;
            Ok(!owners.is_empty())
        })
        .unwrap()
    };
    assert_eq!((owner(&case), has_others(&case)), (None, false));
    case.claimed_by(Some(OTHER_RUN));
    assert_eq!((owner(&case), has_others(&case)), (Some(OTHER_RUN.to_owned()), true));
}

#[test]
fn the_settings_of_every_b1_are_read() {
    let case = Case::failback();
    let (region, b1s) = (case.run().recovery(), [id(B1), id(crate::case::OTHERS)]);
    let settings = launch_configurations(&case.aws, region, &b1s).now_or_never().unwrap().unwrap();
    assert_eq!(settings.keys().collect::<Vec<_>>(), b1s.iter().collect::<Vec<_>>());
    let templates = launch_templates(&case.aws, region, &settings).now_or_never().unwrap().unwrap();
    let named = settings.values().filter(|settings| settings.launch_template.is_some()).count();
    assert_eq!(templates.len(), named);
    assert!(named > 0);
}

#[test]
fn an_instance_that_neither_ec2_nor_drs_shows_alive_is_gone() {
    let gone = |change: fn(&mut Case)| {
        let mut case = launched("10.1.0.3");
        change(&mut case);
        asked(&case, |_, server| server.live().is_gone(&id(A4)))
    };
    assert!(!gone(|_| ()));
    assert!(!gone(|case| case.a4().state = InstanceState::Terminated), "DRS shows it");
    assert!(!gone(|case| case.aws.source.recovery_instances.clear()), "EC2 shows it");
    assert!(gone(|case| {
        case.aws.source.recovery_instances.clear();
        case.a4().state = InstanceState::Terminated;
    }));
    assert!(gone(|case| {
        case.a3().state = InstanceState::Terminated;
        case.aws.source.instances.truncate(1);
    }));
}

fn replaceable(case: &Case) -> std::result::Result<(), String> {
    let asked = case.ask::<Failback, _>(|guard, servers| guard.replaceable(&servers[0]));
    asked.map_err(|error| error.to_string())
}

#[test]
fn an_a4_is_replaced_while_another_instance_serves() {
    assert!(replaceable(&launched("10.1.0.3")).is_ok(), "B3 serves");
    assert!(replaceable(&launched("10.0.0.1")).is_ok(), "A1 serves");
    assert!(replaceable(&launched("10.1.0.3").without_a3()).is_ok(), "there is nothing to replace");
    let refused = |case: &Case, said: &str| {
        let error = replaceable(case).unwrap_err();
        assert!(error.contains(said) && error.contains("(S10:"), "{error}");
    };
    refused(&launched("10.0.0.4"), "clients use it");
    let mut protected = launched("10.1.0.3");
    protected.a3().replication_state = ReplicationState::Continuous;
    refused(&protected, "B1 protects it");
}

#[test]
fn where_nobody_is_known_to_serve_only_an_a4_that_nobody_was_asked_to_use_is_replaced() {
    let unknown = || launched("10.9.9.9");
    let refused = |case: &Case, said: &str| {
        let error = replaceable(case).unwrap_err();
        assert!(error.contains(said), "{error}");
    };
    assert!(replaceable(&unknown()).is_ok(), "this run launched it");
    let mut moved = unknown();
    moved.traffic_moved_by_hand = true;
    refused(&moved, "traffic was redirected by hand");
    let mut earlier = unknown();
    earlier.aws.source.jobs[0].tags.insert(tag::RUN.to_owned(), "an earlier run".to_owned());
    assert!(replaceable(&earlier).is_ok(), "an earlier failback launched it");
    let mut by_hand = earlier.clone();
    by_hand.moved_by_hand(false);
    refused(&by_hand, "another run or a person launched it");
    let mut of_a_drill = earlier.clone();
    of_a_drill.aws.source.jobs[0].tags.insert(tag::PROCEDURE.to_owned(), "drill".to_owned());
    refused(&of_a_drill, "another run or a person launched it");
    let mut of_a_person = unknown();
    of_a_person.aws.source.jobs.clear();
    refused(&of_a_person, "another run or a person launched it");
    // Clients of a server without a record may have followed those of the fleet.
    let mut followed = launched("10.0.0.4");
    followed.plan["redirect"]["records"][0]["server"] = json!("db-1");
    refused(&followed, "another run or a person launched it");
}

#[test]
fn a2_is_launched_again_only_once_the_fate_of_its_last_launch_is_known() {
    let forgotten = || {
        let mut case = launched("10.1.0.3").without_a3();
        case.a2().replication.state = ReplicationState::Continuous;
        case.a2().last_launch = LastLaunch::Succeeded;
        case.a2().last_launch_job = Some(id(LAUNCH));
        case.aws.source.jobs[0].servers[0].recovery_instance = Some(id(A4));
        case.aws.source.instances.push(instance(A4, InstanceState::Running, "10.0.0.4"));
        case
    };
    let ready = |case: &Case| {
        let asked = case.ask::<Failback, _>(|guard, servers| guard.ready_to_launch(&servers[0]).map(drop));
        asked.map_err(|error| error.to_string())
    };
    let error = ready(&forgotten()).unwrap_err();
    assert!(error.contains(&format!("a launch would terminate {A4}, which may be production")), "{error}");
    let known = |change: fn(&mut Case)| {
        let mut case = forgotten();
        change(&mut case);
        assert_eq!(ready(&case), Ok(()));
    };
    known(|case| case.a2().last_launch = LastLaunch::Failed);
    known(|case| {
        case.aws.source.jobs[0].tags.insert(tag::PROCEDURE.to_owned(), "drill".to_owned());
    });
    known(|case| {
        let mut ended = recovery_instance(A4, A2);
        ended.state = InstanceState::Terminated;
        case.aws.source.recovery_instances.push(ended);
    });
    known(|case| case.aws.source.instances[1].state = InstanceState::Terminated);
    known(|case| case.aws.source.instances.truncate(1));
}
