use failback_core::plan::Network;
use failback_core::step::Status;
use failback_sim::LaunchChange;
use failback_testkit::{Fixture, Response};
use serde_json::json;

use crate::PrepareLaunch as Step;

#[test]
fn every_a2_is_tagged_configured_and_given_a_template_once() {
    let mut fixture = Fixture::failback(|_| ()).reversed();
    let before = fixture.writes();
    let kept = "launch settings kept before the change, of 2 servers";
    assert_eq!(fixture.done::<Step>(), [kept, "2 servers prepared for launch"]);
    // Tags, settings, a version of the template, and that version as the default.
    assert_eq!(fixture.writes() - before, 8);
    fixture.idle::<Step>("2 servers prepared for launch");
    let Network::Named(network) = fixture.run.plan.launch.network.clone() else { panic!("no named network") };
    for server in 0..2 {
        let (a1, a2, b1) = (fixture.a1(server), fixture.a2(server), fixture.b1(server));
        let (source, world) = (fixture.source(), fixture.simulation.world());
        let a2 = world.source_server(source, &a2).unwrap();
        assert_eq!(a2.tags["drs-failback:b1"], b1.as_str());
        assert_eq!(a2.tags["drs-failback:a1"], a1.as_str());
        let template = world.launch_template(source, &a2.launch.template).unwrap();
        assert_eq!(template.default().unwrap().subnet.as_ref(), Some(&network.subnet_id));
    }
}

#[test]
fn settings_are_kept_as_they_are_before_they_are_changed() {
    let mut fixture = Fixture::failback(|_| ()).reversed();
    let template = |fixture: &Fixture, server| {
        let a2 = fixture.a2(server);
        fixture.simulation.world().source_server(fixture.source(), &a2).unwrap().launch.template.clone()
    };
    // The tags of A2 are this program's own.
    let answer = fixture.call::<Step>().unwrap();
    assert_eq!(answer.status, Status::Keep, "{}", answer.why);
    let previous = answer.previous.unwrap();
    assert_eq!(previous["settings"].as_array().map(Vec::len), Some(2));
    let first = json!({
        "launchConfiguration": {
            "sourceServerID": fixture.a2(0),
            "copyPrivateIp": false,
            "launchDisposition": "STARTED",
            "targetInstanceTypeRightSizingMethod": "BASIC",
        },
        "launchTemplate": { "LaunchTemplateId": template(&fixture, 0), "DefaultVersion": "1" },
    });
    assert_eq!(previous["settings"][0], first);
}

#[test]
fn settings_that_a_person_changes_after_they_were_kept_are_kept_again() {
    let mut fixture = Fixture::failback(|_| ()).reversed();
    fixture.call::<Step>().unwrap();
    let change = LaunchChange { copy_private_ip: Some(true), ..LaunchChange::default() };
    let (source, second) = (fixture.source(), fixture.a2(1));
    fixture.simulation.world().update_launch_configuration(source, &second, &change).unwrap();
    let answer = fixture.call::<Step>().unwrap();
    assert_eq!(answer.status, Status::Keep, "{}", answer.why);
    let previous = answer.previous.unwrap();
    let [kept] = previous["settings"].as_array().unwrap().as_slice() else { panic!("{previous}") };
    assert_eq!(kept["launchConfiguration"]["sourceServerID"], second.as_str());
    assert_eq!(kept["launchConfiguration"]["copyPrivateIp"], true);
    assert_eq!(fixture.done::<Step>(), ["2 servers prepared for launch"]);
}

/// Returns the source servers whose settings are kept, in order, when these rules are added before the first call and before
/// the second.
fn kept(fixture: &mut Fixture, rules: [Option<String>; 2]) -> Vec<String> {
    let (mut rules, mut kept) = (rules.into_iter(), Vec::new());
    for _ in 0..100 {
        if let Some(rule) = rules.next().flatten() {
            fixture.fail(&rule);
        }
        let deadline = fixture.now().plus_seconds(3);
        let answer = fixture.call_until::<Step>(deadline).unwrap();
        let settings = answer.previous.iter().flat_map(|previous| previous["settings"].as_array().unwrap());
        kept.extend(settings.map(|one| one["launchConfiguration"]["sourceServerID"].to_string()));
        if answer.status == Status::Done {
            kept.sort();
            return kept;
        }
    }
    panic!("never done after {kept:?}");
}

#[test]
fn settings_are_kept_once_wherever_aws_asks_to_slow_down() {
    let operations = [
        ("drs:TagResource", "ThrottlingException"),
        ("drs:GetLaunchConfiguration", "ThrottlingException"),
        ("ec2:DescribeLaunchTemplateVersions", "RequestLimitExceeded"),
        ("drs:UpdateLaunchConfiguration", "ThrottlingException"),
        ("ec2:CreateLaunchTemplateVersion", "RequestLimitExceeded"),
        ("ec2:ModifyLaunchTemplate", "RequestLimitExceeded"),
    ];
    let rule = |(operation, code), times| Some(format!("error:{operation}={code} x{times}"));
    let first = operations[..3].iter().map(|operation| rule(*operation, 1)).chain([None]);
    for first in first {
        for second in operations {
            for times in [1, 2, 9] {
                let mut fixture = Fixture::failback(|_| ()).reversed();
                let rules = [first.clone(), rule(second, times)];
                let mut both = [0, 1].map(|server| json!(fixture.a2(server)).to_string());
                both.sort();
                assert_eq!(kept(&mut fixture, rules.clone()), both, "{rules:?}");
            }
        }
    }
}

#[test]
fn what_is_launched_already_keeps_its_template() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    let before = fixture.writes();
    fixture.done::<Step>();
    assert_eq!(fixture.writes() - before, 2, "the tags alone");
}

#[test]
fn what_is_launched_again_is_prepared_again() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    let before = fixture.fleet.servers[0].a3.take();
    fixture.fleet.servers[0].replace.clone_from(&before);
    fixture.tamper(|seen| {
        if let Response::LaunchTemplateVersion(_, version) = seen {
            version.subnet = None;
        }
    });
    let answer = fixture.call::<Step>().unwrap();
    assert_eq!(answer.why, "launch settings kept before the change, of 1 server");
}

#[test]
fn without_an_a2_there_is_nothing_to_prepare() {
    let error = Fixture::failback(|_| ()).call::<Step>().unwrap_err();
    assert!(error.to_string().contains("A2 or its launch template does not exist"), "{error}");
}

#[test]
fn a_call_that_is_late_says_how_many_are_prepared() {
    let mut fixture = Fixture::failback(|_| ()).reversed();
    let before = fixture.writes();
    let answer = fixture.call_until::<Step>(fixture.now()).unwrap();
    assert_eq!(
        (answer.status, answer.why.as_str()),
        (Status::Waiting, "prepared so far: 0 of 2 servers; web-1, all-1: this call has no time left")
    );
    assert_eq!((answer.wait_seconds, fixture.writes()), (1, before));
    fixture.done::<Step>();
}

#[test]
fn where_the_plan_says_like_source_the_template_is_like_a1() {
    let mut fixture =
        Fixture::failback(|plan| plan["launch"] = json!({ "network": { "likeSource": true } })).reversed();
    fixture.done::<Step>();
    for server in 0..2 {
        let (source, world) = (fixture.source(), fixture.simulation.world());
        let a1 = world.instance(source, &fixture.a1(server)).unwrap();
        let a2 = world.source_server(source, fixture.fleet.servers[server].a2.as_ref().unwrap()).unwrap();
        let template = world.launch_template(source, &a2.launch.template).unwrap().default().unwrap();
        assert_eq!(template.subnet.as_ref(), Some(&a1.subnet));
        assert_eq!(template.instance_type.as_ref(), Some(&a1.instance_type));
    }
}

#[test]
fn what_is_past_its_launch_keeps_its_template() {
    let mut fixture = Fixture::failback(|_| ()).protected().stopped().without_a3();
    fixture.run.plan.launch.instance_type = "m5.xlarge".to_owned();
    let before = fixture.writes();
    fixture.done::<Step>();
    assert_eq!(fixture.writes() - before, 2, "the tags alone");
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(<crate::PrepareLaunch as failback_core::step::Step>::limit(&plan).seconds(), 3_600);
}
