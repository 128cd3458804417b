//! The adapter against whatever listens on a port of this machine: the simulator, or another program's EC2 and
//! Route 53. `.ci/second-opinion` prepares both alike and runs these against each.

use failback_core::cloud::{Ec2, InstanceState, RecordType, Route53};
use failback_core::error::AwsError;
use failback_core::guard::{
    ChangeRecords, CreateLaunchTemplateVersion, RecordChange, SetDefaultVersion, TerminateInstances,
};
use failback_core::id::{InstanceId, LaunchTemplateId};
use failback_core::{Error, ErrorName};
use serde_json::Value;

use super::{east, nth};
use crate::sdk_error::OfOperation;
use crate::{Aws, Config, request};

/// Where to look, and what there is: `{"port", "running", "stopped", "doomed", "protected", "subnet", "group", "template", "zone"}`.
const PREPARED: &str = "FAILBACK_SECOND_OPINION";

struct Other {
    aws: Aws,
    prepared: Value,
}

impl Other {
    #[expect(clippy::disallowed_methods, reason = "whoever runs these says against what")]
    fn prepared() -> Self {
        let text = std::env::var(PREPARED)
            .unwrap_or_else(|_| panic!("{PREPARED} is not set; run .ci/second-opinion"));
        let prepared: Value = serde_json::from_str(&text).unwrap();
        let port = prepared["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap();
        Self { aws: Aws::on_loopback(Config::default(), port), prepared }
    }

    fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(&self, name: &str) -> T {
        self.prepared[name].as_str().unwrap_or_else(|| panic!("{name}")).parse().unwrap()
    }
}

fn code(error: &Error) -> &str {
    error.aws_error().map_or("", |AwsError { code, .. }| code)
}

#[tokio::test]
#[ignore = "needs a port: .ci/second-opinion"]
async fn instances_are_read_and_one_that_is_not_there_is_left_out() {
    let other = Other::prepared();
    let (running, stopped): (InstanceId, InstanceId) = (other.id("running"), other.id("stopped"));
    let found = other.aws.instances(east(), &[running.clone(), stopped.clone(), nth("i-", 1)]).await.unwrap();
    let of = |id: &InstanceId| found.iter().find(|instance| instance.id == *id).unwrap();
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!((of(&running).state, of(&stopped).state), (InstanceState::Running, InstanceState::Stopped));
    let running = of(&running);
    assert_eq!(running.subnet, Some(other.id("subnet")));
    assert!(running.private_ip.is_some() && !running.security_groups.is_empty(), "{running:?}");
    assert_eq!(running.network_interfaces, 1);
    assert_eq!(running.tags.get("Name").map(String::as_str), other.prepared["name"].as_str());
}

#[tokio::test]
#[ignore = "needs a port: .ci/second-opinion"]
async fn status_checks_are_those_of_running_instances() {
    let other = Other::prepared();
    let running: InstanceId = other.id("running");
    let checks = other.aws.instance_status(east(), std::slice::from_ref(&running)).await.unwrap();
    assert_eq!(checks.iter().map(|check| &check.id).collect::<Vec<_>>(), [&running]);
}

#[tokio::test]
#[ignore = "needs a port: .ci/second-opinion"]
async fn a_subnet_that_is_not_there_is_left_out() {
    let other = Other::prepared();
    let found = other.aws.subnets(east(), &[other.id("subnet"), nth("subnet-", 1)]).await.unwrap();
    let [subnet] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(subnet.id, other.id("subnet"));
    assert!(subnet.free_addresses > 0 && subnet.vpc.starts_with("vpc-"), "{subnet:?}");
}

#[tokio::test]
#[ignore = "needs a port: .ci/second-opinion"]
async fn a_new_version_of_a_launch_template_becomes_the_default() {
    let other = Other::prepared();
    let template: LaunchTemplateId = other.id("template");
    let before = other.aws.default_launch_template_version(east(), &template).await.unwrap();
    let action = CreateLaunchTemplateVersion {
        region: east(),
        template: template.clone(),
        from_version: before.version,
        subnet: other.id("subnet"),
        security_groups: vec![other.id("group")],
        profile: "recovered-role".to_owned(),
        instance_type: "m7i.large".to_owned(),
    };
    let client = other.aws.clients.ec2(east()).write;
    let made = request::ec2::create_launch_template_version(&action).send_with(&client).await;
    let made = made.of("ec2:CreateLaunchTemplateVersion").unwrap().launch_template_version.unwrap();
    let version = u64::try_from(made.version_number.unwrap()).unwrap();
    assert!(version > before.version);
    let action = SetDefaultVersion { region: east(), template: template.clone(), version };
    request::ec2::set_default_version(&action).send_with(&client).await.unwrap();
    let now = other.aws.default_launch_template_version(east(), &template).await.unwrap();
    assert_eq!((now.version, now.subnet), (version, Some(other.id("subnet"))));
    assert_eq!(now.security_groups, [other.id("group")]);
    assert_eq!(now.instance_type.as_deref(), Some("m7i.large"));
    assert!(now.profile.is_some_and(|profile| profile.ends_with("recovered-role")));
}

#[tokio::test]
#[ignore = "needs a port: .ci/second-opinion"]
async fn a_launch_template_that_is_not_there_is_not_found() {
    let other = Other::prepared();
    let error = other.aws.default_launch_template_version(east(), &nth("lt-", 1)).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::NotFound, "{error:?}");
}

#[tokio::test]
#[ignore = "needs a port: .ci/second-opinion"]
async fn a_protected_instance_is_not_terminated_and_another_is() {
    let other = Other::prepared();
    let terminate = async |id: &InstanceId| {
        let action = TerminateInstances { region: east(), instances: vec![id.clone()] };
        let client = other.aws.clients.ec2(east()).write;
        let sent = request::ec2::terminate_instances(&action).send_with(&client).await;
        sent.of("ec2:TerminateInstances").map(drop)
    };
    // Nobody protects an instance in the simulator.
    if other.prepared["protected"].is_string() {
        let refused = terminate(&other.id("protected")).await.unwrap_err();
        assert_eq!((code(&refused), refused.name()), ("OperationNotPermitted", ErrorName::Conflict));
    }
    let doomed: InstanceId = other.id("doomed");
    terminate(&doomed).await.unwrap();
    let [after] = other.aws.instances(east(), &[doomed]).await.unwrap().try_into().unwrap();
    assert!(!after.state.is_live(), "{after:?}");
}

#[tokio::test]
#[ignore = "needs a port: .ci/second-opinion"]
async fn a_record_is_changed_and_no_other() {
    let other = Other::prepared();
    let (zone, name) = (other.id("zone"), "shop.example.com");
    let before = other.aws.record_sets(&zone, name, RecordType::A).await.unwrap();
    let [only] = before.as_slice() else { panic!("{before:?}") };
    assert_eq!((only.ttl_seconds, only.set_identifier.as_ref()), (Some(60), None));
    let record = RecordChange { seen: only.clone(), ttl_seconds: 60, value: "192.0.2.7".to_owned() };
    let action = ChangeRecords { zone: zone.clone(), records: vec![record] };
    let client = other.aws.clients.route53().write;
    let sent = request::route53::change_records(&action).unwrap().send_with(&client).await;
    let change = sent.of("route53:ChangeResourceRecordSets").unwrap().change_info.unwrap().id;
    other.aws.change_status(&change.trim_start_matches("/change/").parse().unwrap()).await.unwrap();
    let after = other.aws.record_sets(&zone, name, RecordType::A).await.unwrap();
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].values, ["192.0.2.7"]);
    assert!(other.aws.record_sets(&zone, "none.example.com", RecordType::A).await.unwrap().is_empty());
}

#[tokio::test]
#[ignore = "needs a port: .ci/second-opinion"]
async fn a_zone_that_is_not_there_is_not_found() {
    let other = Other::prepared();
    let zone = "Z00000000000000000000".parse().unwrap();
    let error = other.aws.record_sets(&zone, "shop.example.com", RecordType::A).await.unwrap_err();
    assert_eq!((code(&error), error.name()), ("NoSuchHostedZone", ErrorName::NotFound));
}
