//! Tests of the authorization requests of calls, and of DRS in the caller's name (drs-facts §8).

#![allow(clippy::unwrap_used)] // Also in the functions that tests share.

mod common;

use common::{a2, b2, configure, recovery, reverse_all, source, wait_for_job, world};
use failback_core::cloud::Tags;
use failback_core::id::{HostedZoneId, JobId};
use failback_core::region::Region;
use failback_sim::{
    CallRequest, ChangeAction, Fault, Permission, RecordChange, RecoveryRequest, Scenario, World,
};

const ACCOUNT: &str = "111122223333";
const MANAGED: &str = "aws:ResourceTag/AWSElasticDisasterRecoveryManaged";

/// Returns the requests for an action since a moment.
fn asked<'w>(world: &'w World, since_ms: i64, action: &str) -> Vec<&'w Permission> {
    world.permissions().iter().filter(|p| p.at_ms >= since_ms && p.action == action).collect()
}

fn value(permission: &Permission, key: &str) -> Vec<String> {
    permission.conditions().get(key).cloned().unwrap_or_default()
}

/// Launches A2 by a step that ends long before the job does.
fn launched(world: &mut World) -> JobId {
    let server = a2(world, 0);
    world.enter_step(Some("launch-for-failback"), Some("run-1"));
    let tags = Tags::from([("drs-failback:run".to_owned(), "run-1".to_owned())]);
    let request = CallRequest::new("drs:StartRecovery", Some(source()), [&server]);
    let servers: [RecoveryRequest; 1] = [server.into()];
    let job = world.call(request, |w| w.start_recovery(source(), &servers, false, tags)).ok().unwrap();
    world.enter_step(Some("check-readiness"), Some("run-2"));
    wait_for_job(world, source(), &job);
    job
}

fn ready_to_launch() -> World {
    let mut world = world(Scenario::Recovered);
    reverse_all(&mut world);
    configure(&mut world, 0, false);
    world
}

#[test]
fn a_call_asks_about_its_own_resources_by_arn() {
    let mut world = ready_to_launch();
    let since = world.now_ms();
    let job = launched(&mut world);
    let asked_for = asked(&world, since, "drs:StartRecovery");
    let [call] = asked_for.as_slice() else { panic!("{asked_for:?}") };
    assert_eq!(call.resource, format!("arn:aws:drs:us-east-1:{ACCOUNT}:source-server/{}", a2(&world, 0)));
    assert_eq!((call.actor.as_deref(), call.step.as_deref()), (Some("run-1"), Some("launch-for-failback")));
    assert_eq!(value(call, "aws:ViaAWSService"), ["false"]);
    assert_eq!(value(call, "aws:RequestedRegion"), ["us-east-1"]);
    assert_eq!(value(call, "aws:TagKeys"), ["drs-failback:run"]);
    let tagged = asked(&world, since, "drs:TagResource");
    assert_eq!(tagged[0].resource, format!("arn:aws:drs:us-east-1:{ACCOUNT}:job/{job}"));
    assert_eq!(value(tagged[0], "drs:CreateAction"), ["StartRecovery"]);
}

#[test]
fn a_job_goes_on_asking_in_the_name_of_the_step_that_began_it() {
    let mut world = ready_to_launch();
    let since = world.now_ms();
    launched(&mut world);
    let forwarded: Vec<&Permission> =
        world.permissions().iter().filter(|p| p.at_ms >= since && p.via_drs).collect();
    assert!(forwarded.iter().all(|p| p.step.as_deref() == Some("launch-for-failback")));
    assert!(forwarded.iter().all(|p| p.actor.as_deref() == Some("run-1")));
    for action in ["drs:CreateRecoveryInstanceForDrs", "drs:ListTagsForResource", "ec2:DescribeImages"] {
        assert!(forwarded.iter().any(|p| p.action == action), "{action}");
    }
    let places: Vec<&str> =
        asked(&world, since, "ec2:RunInstances").iter().map(|p| p.resource.as_str()).collect();
    let arn = |rest: &str| format!("arn:aws:ec2:us-east-1:{ACCOUNT}:{rest}");
    assert!(places.contains(&arn("subnet/subnet-0a1b2c3d4e5f60718").as_str()), "{places:?}");
    assert!(places.contains(&arn("security-group/sg-0a1b2c3d4e5f60718").as_str()), "{places:?}");
    let roles: Vec<(String, Vec<String>)> = asked(&world, since, "iam:PassRole")
        .iter()
        .map(|p| (p.resource.clone(), value(p, "iam:PassedToService")))
        .collect();
    let role =
        |name: &str| (format!("arn:aws:iam::{ACCOUNT}:role/{name}"), vec!["ec2.amazonaws.com".to_owned()]);
    assert_eq!(
        roles,
        [
            role("service-role/AWSElasticDisasterRecoveryConversionServerRole"),
            role("web-role"),
            role("service-role/AWSElasticDisasterRecoveryRecoveryInstanceRole"),
        ]
    );
}

#[test]
fn a_second_launch_terminates_the_first_instance_in_the_name_of_its_caller() {
    let mut world = ready_to_launch();
    launched(&mut world);
    let first = world.labels(0).a4.unwrap();
    let since = world.now_ms();
    launched(&mut world);
    let terminated = asked(&world, since, "ec2:TerminateInstances");
    let of_first: Vec<_> = terminated.iter().filter(|p| p.resource.ends_with(first.as_str())).collect();
    assert_eq!(of_first.len(), 1, "{terminated:?}");
    assert_eq!(value(of_first[0], MANAGED), ["drs.amazonaws.com"]);
    assert_eq!(value(of_first[0], "aws:CalledVia"), ["drs.amazonaws.com"]);
}

#[test]
fn terminating_asks_for_the_tag_that_drs_gives_what_it_launches() {
    let mut world = world(Scenario::Recovered);
    let id = b2(&world, 0);
    world.enter_step(Some("terminate-recovered-servers"), Some("run-1"));
    let request = CallRequest::new("drs:TerminateRecoveryInstances", Some(recovery()), [&id]);
    let ids = [id.clone()];
    let job = world.call(request, |w| w.terminate_recovery_instances(recovery(), &ids)).ok().unwrap();
    wait_for_job(&mut world, recovery(), &job);
    let asked = asked(&world, 0, "ec2:TerminateInstances");
    let [question] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(question.resource, format!("arn:aws:ec2:us-east-2:{ACCOUNT}:instance/{id}"));
    assert!(question.via_drs);
    assert_eq!(question.step.as_deref(), Some("terminate-recovered-servers"));
    assert_eq!(value(question, MANAGED), ["drs.amazonaws.com"]);
}

#[test]
fn records_are_asked_about_by_zone_name_and_type() {
    let mut world = world(Scenario::Recovered);
    let zone: HostedZoneId = "Z0123456789ABCDEFGHIJ".parse().unwrap();
    let address = vec!["10.0.0.1".to_owned()];
    let change = RecordChange::of_simple(ChangeAction::Upsert, "Shop.Example.com.", 60, address);
    let targets = [zone.to_string(), change.name.clone()];
    let request = CallRequest::new("route53:ChangeResourceRecordSets", None::<Region>, targets);
    world.call(request, |w| w.change_record_sets(&zone, &[change])).ok().unwrap();
    let asked = asked(&world, 0, "route53:ChangeResourceRecordSets");
    let [question] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(question.resource, "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ");
    let value = |key: &str| value(question, &format!("route53:ChangeResourceRecordSets{key}"));
    assert_eq!(value("NormalizedRecordNames"), ["shop.example.com"]);
    assert_eq!((value("RecordTypes"), value("Actions")), (vec!["A".to_owned()], vec!["UPSERT".to_owned()]));
    assert_eq!(question.region, None);
}

#[test]
fn looking_has_no_resource_and_a_call_that_is_turned_away_asks_nothing() {
    let mut world = world(Scenario::Recovered);
    let describe = |world: &mut World| {
        let request = CallRequest::new("drs:DescribeJobs", Some(source()), Vec::<String>::new());
        world.call(request, |_| Ok(()))
    };
    assert!(describe(&mut world).ok().is_some());
    assert_eq!(asked(&world, 0, "drs:DescribeJobs")[0].resource, "*");
    let known = failback_sim::Known::default();
    world.add_fault(Fault::parse("error:drs:DescribeJobs=ThrottlingException", &known).unwrap());
    assert!(describe(&mut world).ok().is_none());
    assert_eq!(asked(&world, 0, "drs:DescribeJobs").len(), 1);
}
