//! Small values: ids, Regions, times, runs, reports, errors, and the required contents of A4's launch template.

use failback_core::catalogue::fault;
use failback_core::cloud::{InstanceState, RecordType, Tags};
use failback_core::error::{AwsError, Chain};
use failback_core::id::{BadId, InstanceId};
use failback_core::launch_spec::{LaunchSpec, is_configured, needs_a1, stand_in};
use failback_core::procedure::Procedure;
use failback_core::region::{BadPair, Region, RegionPair};
use failback_core::report::{Failure, Outcome};
use failback_core::run::{Run, source_server_of};
use failback_core::tags::{made_by_a_drill, tag};
use failback_core::timestamp::Timestamp;
use failback_core::{Error, ErrorName};
use serde_json::json;

use crate::case::{A2, Case, Row, configured, id, instance, start, template};

fn run() -> Run {
    Case::failback().run()
}

#[test]
fn an_id_is_as_long_as_aws_makes_it_and_of_its_characters_alone() {
    let id = |text: &str| text.parse::<InstanceId>();
    assert!(id("i-01234567").is_ok() && id("i-0123456789abcdef0").is_ok());
    for bad in ["i-0123456", "i-0123456789abcdef01", "i-0123456g", "01234567", "s-01234567", ""] {
        let BadId { .. } = id(bad).unwrap_err();
    }
}

#[test]
fn a_region_has_a_name_and_a_partition() {
    let region = |name: &str| name.parse::<Region>().unwrap();
    let gov = region("us-gov-west-1");
    assert_eq!((gov.as_str(), gov.partition()), ("us-gov-west-1", "aws-us-gov"));
    assert_eq!(format!("{gov:>14}|{gov}"), " us-gov-west-1|us-gov-west-1");
    assert_eq!(serde_json::to_value(gov).unwrap(), json!("us-gov-west-1"));
    assert_eq!(serde_json::from_value::<Region>(json!("us-gov-west-1")).unwrap(), gov);
    let unknown = "mars-1".parse::<Region>().unwrap_err().to_string();
    assert!(unknown.starts_with("`mars-1` is not a Region with an Elastic"), "{unknown}");
    let (a, b) = (region("us-east-1"), region("eu-west-1"));
    let pair = RegionPair::new(a, b).unwrap();
    assert_eq!((pair.source(), pair.recovery()), (a, b));
    assert_eq!(BadPair::Same(a).to_string(), "source and recovery Region are both us-east-1");
    assert!(
        BadPair::Partitions(a, gov).to_string().contains("partition aws and us-gov-west-1 in aws-us-gov")
    );
}

#[test]
fn a_moment_counts_in_milliseconds_and_reads_what_it_writes() {
    let text = "2026-11-02T08:00:00.25Z";
    let moment = Timestamp::parse(text).unwrap();
    assert_eq!(moment.millis(), start().millis() + 250);
    assert_eq!(Timestamp::from_millis(moment.millis()), moment);
    assert_eq!(moment.to_string(), text);
    assert_eq!(serde_json::from_value::<Timestamp>(serde_json::to_value(moment).unwrap()).unwrap(), moment);
    assert!(serde_json::from_value::<Timestamp>(json!("yesterday")).is_err());
    assert_eq!(moment.plus_seconds(90).seconds_since(moment), 90);
    assert_eq!(moment.seconds_since(moment.plus_seconds(90)), 0, "time does not run backwards");
    assert_eq!(moment.plus_seconds(1).seconds_since(start()), 1, "whole seconds");
    // Adding to the largest time does not wrap around.
    assert!(moment.plus_seconds(u64::MAX) > moment);
    let far = i64::MAX / 1000;
    assert_eq!(Timestamp::from_millis(0).plus_seconds(u64::MAX).millis(), far * 1000);
}

#[test]
fn a_run_tags_what_it_makes_and_knows_it_again() {
    let run = run();
    assert_eq!((run.source().as_str(), run.recovery().as_str()), ("us-east-1", "us-east-2"));
    assert_eq!((run.plan.regions.source(), run.plan.regions.recovery()), (run.source(), run.recovery()));
    assert_eq!(run.seconds(start().plus_seconds(90)), 90);
    assert_eq!(run.seconds(Timestamp::from_millis(start().millis() - 1)), -1, "before it began");
    let tags = run.tags();
    assert_eq!((tags[tag::RUN].as_str(), tags[tag::PROCEDURE].as_str()), (run.id.as_str(), "failback"));
    assert!(run.owns(&tags) && !run.owns(&Tags::new()));
    let mut other = run.clone();
    other.id.push('2');
    assert!(!other.owns(&tags));
    // A tag's value holds 256 characters; the end of an ARN tells executions apart.
    let long = Run { id: format!("{}{}", "x".repeat(10), "é".repeat(256)), ..other };
    assert_eq!(long.tag_value(), "é".repeat(256));
    assert!(long.owns(&long.tags()));
}

#[test]
fn what_a_drill_made_carries_its_tag() {
    let tags = |value: &str| Tags::from([(tag::PROCEDURE.to_owned(), value.to_owned())]);
    assert!(made_by_a_drill(&tags("drill")));
    assert!(!made_by_a_drill(&tags("failback")) && !made_by_a_drill(&Tags::new()));
    assert_eq!([Procedure::Drill, Procedure::Failback].map(|p| p.to_string()), ["drill", "failback"]);
    assert_eq!((RecordType::A.as_str(), RecordType::Aaaa.as_str()), ("A", "AAAA"));
    assert!(serde_json::from_str::<RecordType>("\"AAAA\"").is_err(), "a plan cannot name it");
}

#[test]
fn a_source_servers_arn_ends_in_its_id() {
    assert_eq!(source_server_of(&format!("arn:aws:drs:us-east-1:1:source-server/{A2}")), Some(id(A2)));
    for other in [A2, "arn:aws:drs:us-east-1:1:job/drsjob-00000000000000001", ""] {
        assert_eq!(source_server_of(other), None, "{other}");
    }
}

#[test]
fn a_failure_is_told_in_plain_words() {
    let plain = |error: &str, cause: &str| {
        Failure { step: "Launch".into(), error: error.into(), cause: cause.into() }.plain().cause
    };
    assert_eq!(plain("Failback.Guard", r#"{"errorMessage":"S2","errorType":"x"}"#), "S2");
    assert_eq!(plain("Failback.Guard", "as it is"), "as it is");
    assert_eq!(plain("Failback.Guard", ""), "");
    assert_eq!(plain("States.Timeout", ""), "no answer in time, which counts as a refusal");
    assert_eq!(plain("States.Timeout", "the task was slow"), "the task was slow");
    let words = [Outcome::Succeeded, Outcome::Ready, Outcome::Failed, Outcome::Held];
    assert_eq!(words.map(Outcome::as_str), ["succeeded", "ready", "failed", "held"]);
    assert_eq!(words.map(Outcome::is_as_planned), [true, true, false, false]);
}

#[test]
fn an_error_says_one_thing_and_knows_what_aws_answered() {
    let answer = AwsError {
        operation: "drs:StartRecovery",
        code: String::new(),
        message: "connection reset".into(),
        retry_after_seconds: None,
    };
    let error = Error::aws(ErrorName::Unavailable, answer.clone());
    assert_eq!((error.name(), error.aws_error()), (ErrorName::Unavailable, Some(&answer)));
    assert_eq!(error.to_string(), "drs:StartRecovery failed");
    let chain = Chain(&error).to_string();
    assert_eq!(chain, "drs:StartRecovery failed: drs:StartRecovery got no answer (connection reset)");
    let own = Error::from(fault::was_not_read("A3"));
    assert_eq!(
        (own.name(), own.aws_error(), own.to_string().as_str()),
        (ErrorName::Internal, None, fault::was_not_read("A3").to_string().as_str())
    );
    assert_eq!(ErrorName::parse("Failback.Guard"), Some(ErrorName::Guard));
    assert_eq!(ErrorName::parse("Guard"), None);
    assert_eq!(ErrorName::Guard.to_string(), "Failback.Guard");
}

#[test]
fn a4_is_like_a1_where_the_plan_says_so() {
    let mut case = Case::failback();
    case.set("/launch/network", json!({ "likeSource": true }));
    let mut a1 = instance("i-0000000000000000a", InstanceState::Stopped, "10.0.0.1");
    a1.subnet = Some(id("subnet-00000001"));
    let server = case.fleet.servers[0].clone();
    let of = |case: &Case, a1: Option<&failback_core::cloud::Instance>| {
        LaunchSpec::of(&case.run(), &server, a1, None)
    };
    let wanted = of(&case, Some(&a1)).unwrap();
    assert_eq!((wanted.subnet.as_str(), wanted.instance_type.as_str()), ("subnet-00000001", "m5.large"));
    assert_eq!(Some(wanted.profile), a1.profile_arn);
    let lacks = |a1: Option<&failback_core::cloud::Instance>, what: &str| {
        let error = of(&case, a1).unwrap_err();
        assert_eq!(error.name(), ErrorName::NotReady);
        assert!(error.to_string().contains(&format!("A1 shows no {what}")), "{error}");
    };
    lacks(None, "subnet");
    a1.profile_arn = None;
    lacks(Some(&a1), "instance profile");
    // With names in the plan, A1 is not needed.
    case.set(
        "/launch/network",
        json!({ "subnetId": "subnet-00000002", "securityGroupIds": ["sg-00000002"] }),
    );
    case.set("/launch/instanceProfile", json!("web"));
    case.set("/launch/instanceType", json!("c7i.large"));
    let named = of(&case, None).unwrap();
    assert_eq!((named.subnet.as_str(), named.profile.as_str()), ("subnet-00000002", "web"));
    assert_eq!((named.security_groups, named.instance_type.as_str()), (vec![id("sg-00000002")], "c7i.large"));
    // A drill's network is its own, and never A1's.
    case.procedure = Procedure::Drill;
    assert_eq!(of(&case, None).unwrap().subnet.as_str(), "subnet-0f1e2d3c4b5a69788");
    case.plan["drill"].as_object_mut().unwrap().remove("network");
    assert_eq!(of(&case, Some(&a1)).unwrap_err().name(), ErrorName::InvalidPlan);
}

#[test]
fn a2s_launch_template_stands_in_for_an_a1_that_is_gone() {
    let mut case = Case::failback();
    case.set("/launch/network", json!({ "likeSource": true }));
    case.set("/launch/instanceProfile", json!("like-source"));
    case.set("/launch/instanceType", json!("like-source"));
    case.aws.template.instance_type = Some("r7i.large".into());
    let server = case.fleet.servers[0].clone();
    let template = case.aws.template.clone();
    let spec = LaunchSpec::of(&case.run(), &server, None, Some(&template)).unwrap();
    assert!(spec.is_met_by(&template), "{spec:?}");
    // What A1 shows comes first.
    let mut a1 = instance("i-0000000000000000a", InstanceState::Stopped, "10.0.0.1");
    let of_a1 = LaunchSpec::of(&case.run(), &server, Some(&a1), Some(&template)).unwrap();
    assert_eq!(of_a1.instance_type, "m5.large");
    a1.subnet = None;
    let terminated = LaunchSpec::of(&case.run(), &server, Some(&a1), Some(&template)).unwrap();
    assert_eq!(Some(&terminated.subnet), template.subnet.as_ref());

    let is_allowed = |case: &mut Case| {
        let (a2, template) = (case.a2().clone(), case.aws.template.clone());
        stand_in(&case.run(), &a2, &template).is_some()
    };
    assert!(is_allowed(&mut case));
    let falsified: &[Row] = &[
        ("no person is asked", |case| case.plan["gates"] = json!({})),
        ("in a drill", |case| case.procedure = Procedure::Drill),
        ("a drill has prepared it", |case| {
            case.a2().tags.insert(tag::PROCEDURE.to_owned(), "drill".to_owned());
        }),
        ("the network of drills", |case| case.aws.template.subnet = Some(id("subnet-0f1e2d3c4b5a69788"))),
        ("as DRS makes it", |case| case.aws.template.subnet = None),
        ("without groups", |case| case.aws.template.security_groups.clear()),
        ("without a profile", |case| case.aws.template.profile = None),
    ];
    for (what, falsify) in falsified {
        let mut case = case.clone();
        falsify(&mut case);
        assert!(!is_allowed(&mut case), "{what}");
    }
}

#[test]
fn a1_is_needed_where_something_is_to_be_like_it() {
    let mut case = Case::failback();
    let named = json!({ "subnetId": "subnet-00000002", "securityGroupIds": ["sg-00000002"] });
    let mut needs = |procedure, network: &serde_json::Value, profile: &str, kind: &str| {
        case.procedure = procedure;
        case.set("/launch/network", network.clone());
        case.set("/launch/instanceProfile", json!(profile));
        case.set("/launch/instanceType", json!(kind));
        needs_a1(&case.run())
    };
    let like = json!({ "likeSource": true });
    assert!(!needs(Procedure::Failback, &named, "web", "t3.micro"));
    assert!(needs(Procedure::Failback, &like, "web", "t3.micro"));
    assert!(!needs(Procedure::Drill, &like, "web", "t3.micro"));
    assert!(needs(Procedure::Drill, &named, "like-source", "t3.micro"));
    assert!(needs(Procedure::Failback, &named, "web", "like-source"));
}

#[test]
fn a_template_meets_the_plan_when_all_four_fit_in_any_order_of_groups() {
    let groups = |ids: [&str; 2]| ids.map(id).to_vec();
    let mut template = template();
    template.security_groups = groups(["sg-00000001", "sg-00000002"]);
    let wanted = LaunchSpec {
        subnet: template.subnet.clone().unwrap(),
        security_groups: groups(["sg-00000002", "sg-00000001"]),
        profile: template.profile.clone().unwrap(),
        instance_type: template.instance_type.clone().unwrap(),
    };
    assert!(wanted.is_met_by(&template));
    assert!(!LaunchSpec { subnet: id("subnet-00000001"), ..wanted.clone() }.is_met_by(&template));
    assert!(!LaunchSpec { security_groups: Vec::new(), ..wanted.clone() }.is_met_by(&template));
    assert!(!LaunchSpec { profile: "web".into(), ..wanted.clone() }.is_met_by(&template));
    assert!(!LaunchSpec { instance_type: "t3.micro".into(), ..wanted }.is_met_by(&template));
    assert!(is_configured(&configured()));
}
