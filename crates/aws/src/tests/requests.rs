//! What is sent for each operation that changes something, exactly.

use failback_core::cloud::{RecordSet, RecordType, Tags};
use failback_core::guard::{
    ChangeRecords, CreateLaunchTemplateVersion, DeleteRecoveryInstance, DeleteSourceServer,
    DisconnectSourceServer, RecordChange, ReverseReplication, SetDefaultVersion, StartRecovery,
    StopReplication, TagResource, TerminateInstances, TerminateRecoveryInstances, UpdateLaunchConfiguration,
};
use failback_core::id::{RecoveryInstanceId, SourceServerId};
use serde_json::{Value, json};

use super::{Answer, Asked, Canned, east, nth};
use crate::request;

/// Sends one request through the writing client, and hands back what went over the wire.
macro_rules! sent {
    ($service:ident, $request:expr) => {{
        let canned = Canned::new([Answer::status(400, "")]);
        let client = canned.aws().clients.$service(east()).write;
        let _ = $request.send_with(&client).await;
        let asked = canned.asked();
        assert_eq!(asked.len(), 1, "what changes something is sent once");
        asked[0].clone()
    }};
}

fn path(asked: &Asked) -> &str {
    asked.uri.split_once(".com").map_or("", |(_, path)| path)
}

fn tags() -> Tags {
    Tags::from([("drs-failback:run".to_owned(), "r".to_owned())])
}

#[tokio::test]
async fn start_recovery_asks_for_the_latest_data_and_tags_the_job() {
    let servers = vec![nth("s-", 1), nth("s-", 2)];
    let action = StartRecovery { region: east(), servers, is_drill: true, tags: tags() };
    let asked = sent!(drs, request::drs::start_recovery(&action).unwrap());
    assert_eq!((asked.method.as_str(), path(&asked)), ("POST", "/StartRecovery"));
    let servers: Vec<Value> =
        [1, 2].map(|n| json!({ "sourceServerID": nth::<SourceServerId>("s-", n).as_str() })).into();
    assert_eq!(
        asked.json(),
        json!({ "sourceServers": servers, "isDrill": true, "tags": { "drs-failback:run": "r" } })
    );
}

#[tokio::test]
async fn requests_about_one_recovery_instance() {
    let recovery_instance: RecoveryInstanceId = nth("i-", 1);
    let expected = json!({ "recoveryInstanceID": recovery_instance.as_str() });
    let action = ReverseReplication { region: east(), recovery_instance: recovery_instance.clone() };
    let asked = sent!(drs, request::drs::reverse_replication(&action));
    assert_eq!((path(&asked), asked.json()), ("/ReverseReplication", expected.clone()));
    let action = DeleteRecoveryInstance { region: east(), recovery_instance };
    let asked = sent!(drs, request::drs::delete_recovery_instance(&action));
    assert_eq!((path(&asked), asked.json()), ("/DeleteRecoveryInstance", expected));
}

#[tokio::test]
async fn requests_about_one_source_server() {
    let server: SourceServerId = nth("s-", 1);
    let expected = json!({ "sourceServerID": server.as_str() });
    let action = StopReplication { region: east(), server: server.clone() };
    let asked = sent!(drs, request::drs::stop_replication(&action));
    assert_eq!((path(&asked), asked.json()), ("/StopReplication", expected.clone()));
    let action = DisconnectSourceServer { region: east(), server: server.clone() };
    let asked = sent!(drs, request::drs::disconnect_source_server(&action));
    assert_eq!((path(&asked), asked.json()), ("/DisconnectSourceServer", expected.clone()));
    let action = DeleteSourceServer { region: east(), server };
    let asked = sent!(drs, request::drs::delete_source_server(&action));
    assert_eq!((path(&asked), asked.json()), ("/DeleteSourceServer", expected));
}

#[tokio::test]
async fn a_launch_configuration_changes_in_three_members_only() {
    let action = UpdateLaunchConfiguration { region: east(), server: nth("s-", 1) };
    let asked = sent!(drs, request::drs::update_launch_configuration(&action));
    assert_eq!(path(&asked), "/UpdateLaunchConfiguration");
    let expected = json!({
        "sourceServerID": action.server.as_str(),
        "targetInstanceTypeRightSizingMethod": "NONE",
        "copyPrivateIp": false,
        "launchDisposition": "STARTED",
    });
    assert_eq!(asked.json(), expected);
}

#[tokio::test]
async fn recovery_instances_are_terminated_in_one_job() {
    let recovery_instances: Vec<RecoveryInstanceId> = vec![nth("i-", 1), nth("i-", 2)];
    let ids: Vec<&str> = recovery_instances.iter().map(RecoveryInstanceId::as_str).collect();
    let expected = json!({ "recoveryInstanceIDs": ids });
    let action =
        TerminateRecoveryInstances { region: east(), recovery_instances: recovery_instances.clone() };
    let asked = sent!(drs, request::drs::terminate_recovery_instances(&action));
    assert_eq!((path(&asked), asked.json()), ("/TerminateRecoveryInstances", expected));
}

#[tokio::test]
async fn a_tagged_arn_is_one_label_of_the_path() {
    let arn = "arn:aws:drs:us-east-1:1:source-server/s-1".to_owned();
    let asked = sent!(drs, request::drs::tag_resource(&TagResource { region: east(), arn, tags: tags() }));
    assert_eq!(path(&asked), "/tags/arn%3Aaws%3Adrs%3Aus-east-1%3A1%3Asource-server%2Fs-1");
    assert_eq!(asked.json(), json!({ "tags": { "drs-failback:run": "r" } }));
}

fn version(profile: &str) -> CreateLaunchTemplateVersion {
    CreateLaunchTemplateVersion {
        region: east(),
        template: nth("lt-", 1),
        from_version: 3,
        subnet: nth("subnet-", 1),
        security_groups: vec![nth("sg-", 1), nth("sg-", 2)],
        profile: profile.to_owned(),
        instance_type: "m7i.large".to_owned(),
    }
}

#[tokio::test]
async fn a_launch_template_version_builds_on_another() {
    let asked = sent!(ec2, request::ec2::create_launch_template_version(&version("web")));
    let interface = "LaunchTemplateData.NetworkInterface.1";
    let expected = [
        ("Action", "CreateLaunchTemplateVersion"),
        ("LaunchTemplateId", "lt-00000000000000001"),
        ("SourceVersion", "3"),
        ("LaunchTemplateData.InstanceType", "m7i.large"),
        ("LaunchTemplateData.IamInstanceProfile.Name", "web"),
        (&format!("{interface}.DeviceIndex"), "0"),
        (&format!("{interface}.SubnetId"), "subnet-00000000000000001"),
        (&format!("{interface}.SecurityGroupId.1"), "sg-00000000000000001"),
        (&format!("{interface}.SecurityGroupId.2"), "sg-00000000000000002"),
        (&format!("{interface}.DeleteOnTermination"), "true"),
    ];
    for (name, value) in expected {
        assert_eq!(asked.parameter(name), Some(value), "{name} of {}", asked.body);
    }
}

#[tokio::test]
async fn a_profile_is_named_or_given_by_arn() {
    let arn = "arn:aws:iam::1:instance-profile/web";
    let asked = sent!(ec2, request::ec2::create_launch_template_version(&version(arn)));
    let sent = asked.parameter("LaunchTemplateData.IamInstanceProfile.Arn");
    assert_eq!(sent, Some("arn%3Aaws%3Aiam%3A%3A1%3Ainstance-profile%2Fweb"));
    assert_eq!(asked.parameter("LaunchTemplateData.IamInstanceProfile.Name"), None);
}

#[tokio::test]
async fn a_version_becomes_the_default() {
    let action = SetDefaultVersion { region: east(), template: nth("lt-", 1), version: 4 };
    let asked = sent!(ec2, request::ec2::set_default_version(&action));
    assert_eq!(asked.parameter("Action"), Some("ModifyLaunchTemplate"));
    assert_eq!(asked.parameter("LaunchTemplateId"), Some("lt-00000000000000001"));
    assert_eq!(asked.parameter("SetDefaultVersion"), Some("4"));
}

#[tokio::test]
async fn instances_are_terminated_by_id() {
    let action = TerminateInstances { region: east(), instances: vec![nth("i-", 1)] };
    let asked = sent!(ec2, request::ec2::terminate_instances(&action));
    assert_eq!(asked.parameter("Action"), Some("TerminateInstances"));
    assert_eq!(asked.parameter("InstanceId.1"), Some("i-00000000000000001"));
    assert_eq!(asked.parameter("InstanceId.2"), None);
}

#[tokio::test]
async fn records_are_changed_in_one_batch() {
    let record = |name: &str, value: &str| RecordChange {
        seen: RecordSet {
            name: name.to_owned(),
            kind: RecordType::A,
            ttl_seconds: Some(300),
            values: vec!["10.1.0.3".to_owned()],
            set_identifier: None,
        },
        ttl_seconds: 60,
        value: value.to_owned(),
    };
    let records = vec![record("a.example.com.", "10.0.0.1"), record("b.example.com.", "10.0.0.2")];
    let action = ChangeRecords { zone: "Z0123".parse().unwrap(), records };
    let canned = Canned::new([Answer::status(400, "")]);
    let client = canned.aws().clients.route53().write;
    let _ = request::route53::change_records(&action).unwrap().send_with(&client).await;
    let asked = canned.asked().remove(0);
    assert!(asked.uri.ends_with("/2013-04-01/hostedzone/Z0123/rrset"), "{}", asked.uri);
    for part in [
        "<Action>DELETE</Action><ResourceRecordSet><Name>a.example.com.</Name><Type>A</Type><TTL>300</TTL>\
         <ResourceRecords><ResourceRecord><Value>10.1.0.3</Value></ResourceRecord></ResourceRecords>",
        "<Action>CREATE</Action><ResourceRecordSet><Name>a.example.com.</Name><Type>A</Type><TTL>60</TTL>",
        "<ResourceRecords><ResourceRecord><Value>10.0.0.2</Value></ResourceRecord></ResourceRecords>",
    ] {
        assert!(asked.body.contains(part), "{}", asked.body);
    }
}
