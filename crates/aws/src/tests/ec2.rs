//! EC2's answers.

use failback_core::ErrorName;
use failback_core::cloud::{Check, Ec2, InstanceState};

use super::{Answer, Canned, east, nth};

const INSTANCE: &str = "<DescribeInstancesResponse><reservationSet><item><instancesSet><item>
<instanceId>i-00000000000000001</instanceId><instanceState><code>16</code><name>running</name></instanceState>
<instanceType>m99.strange</instanceType><subnetId>subnet-00000000000000001</subnetId>
<privateIpAddress>10.0.0.1</privateIpAddress><ipAddress>192.0.2.1</ipAddress>
<groupSet><item><groupId>sg-00000000000000001</groupId></item></groupSet>
<iamInstanceProfile><arn>arn:aws:iam::1:instance-profile/web</arn></iamInstanceProfile>
<networkInterfaceSet><item/><item/></networkInterfaceSet><tagSet><item><key>Name</key><value>web</value></item></tagSet>
<metadataOptions><state>applied</state><httpEndpoint>enabled</httpEndpoint></metadataOptions>
<undeclared/></item><item><instanceId>i-00000000000000002</instanceId>
<instanceState><name>dreaming</name></instanceState></item>
</instancesSet></item></reservationSet></DescribeInstancesResponse>";

#[tokio::test]
async fn an_instance_is_read() {
    let canned = Canned::new([Answer::ok(INSTANCE)]);
    let found = canned.aws().instances(east(), &[nth("i-", 1), nth("i-", 2), nth("i-", 3)]).await.unwrap();
    let [a1, strange] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((a1.state, a1.instance_type.as_str()), (InstanceState::Running, "m99.strange"));
    assert_eq!(
        (a1.subnet.clone(), a1.security_groups.clone()),
        (Some(nth("subnet-", 1)), vec![nth("sg-", 1)])
    );
    assert_eq!((a1.private_ip.as_deref(), a1.public_ip.as_deref()), (Some("10.0.0.1"), Some("192.0.2.1")));
    assert_eq!(a1.profile_arn.as_deref(), Some("arn:aws:iam::1:instance-profile/web"));
    assert_eq!((a1.network_interfaces, a1.metadata_reachable), (2, true));
    assert_eq!(a1.tags.get("Name").map(String::as_str), Some("web"));
    assert_eq!((strange.state, strange.metadata_reachable), (InstanceState::Unknown, false));
}

const STATUS: &str = "<DescribeInstanceStatusResponse><instanceStatusSet><item>
<instanceId>i-00000000000000001</instanceId><instanceState><name>running</name></instanceState>
<systemStatus><status>ok</status></systemStatus><instanceStatus><status>dreaming</status></instanceStatus>
</item></instanceStatusSet></DescribeInstanceStatusResponse>";

#[tokio::test]
async fn an_unknown_id_does_not_hide_the_status_of_others() {
    let code = "<Error><Code>InvalidInstanceID.NotFound</Code><Message>i-2</Message></Error>";
    let unknown = Answer::status(400, format!("<Response><Errors>{code}</Errors></Response>"));
    let canned = Canned::new([unknown, Answer::ok(INSTANCE), Answer::ok(STATUS)]);
    let found = canned.aws().instance_status(east(), &[nth("i-", 1), nth("i-", 9)]).await.unwrap();
    let [status] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((status.system, status.instance), (Check::Ok, Check::InsufficientData));
    let asked = canned.asked();
    assert_eq!(asked[2].parameter("InstanceId.2"), Some("i-00000000000000002"));
}

#[tokio::test]
async fn protection_from_termination_is_an_attribute_of_one_instance() {
    let protected = "<DescribeInstanceAttributeResponse><instanceId>i-00000000000000001</instanceId>\
        <disableApiTermination><value>true</value></disableApiTermination></DescribeInstanceAttributeResponse>";
    let silent = "<DescribeInstanceAttributeResponse/>";
    let code = "<Error><Code>InvalidInstanceID.NotFound</Code><Message>i-3</Message></Error>";
    let unknown = Answer::status(400, format!("<Response><Errors>{code}</Errors></Response>"));
    let canned = Canned::new([Answer::ok(protected), Answer::ok(silent), unknown]);
    for (n, is_protected) in [(1, true), (2, false), (3, false)] {
        let answer = canned.aws().is_protected_from_termination(east(), &nth("i-", n)).await.unwrap();
        assert_eq!(answer, is_protected, "{n}");
    }
    let asked = canned.asked();
    assert_eq!(asked[0].parameter("Attribute"), Some("disableApiTermination"));
    assert_eq!(asked[0].parameter("InstanceId"), Some("i-00000000000000001"));
}

#[tokio::test]
async fn statuses_are_asked_for_100_at_a_time() {
    let canned = Canned::new([Answer::ok("<DescribeInstanceStatusResponse/>")]);
    let ids: Vec<_> = (0..101).map(|n| nth("i-", n)).collect();
    assert!(canned.aws().instance_status(east(), &ids).await.unwrap().is_empty());
    assert_eq!(canned.asked().len(), 2);
    assert_eq!(canned.asked()[0].parameter("IncludeAllInstances"), None);
}

#[tokio::test]
async fn a_subnet_is_read() {
    let item = "<item><subnetId>subnet-00000000000000001</subnetId><vpcId>vpc-1</vpcId><availableIpAddressCount>7</availableIpAddressCount></item>";
    let answer = format!("<DescribeSubnetsResponse><subnetSet>{item}</subnetSet></DescribeSubnetsResponse>");
    let canned = Canned::new([Answer::ok(answer)]);
    let found = canned.aws().subnets(east(), &[nth("subnet-", 1), nth("subnet-", 2)]).await.unwrap();
    assert_eq!((found.len(), found[0].vpc.as_str(), found[0].free_addresses), (1, "vpc-1", 7));
    assert_eq!(canned.asked()[0].parameter("Filter.1.Name"), Some("subnet-id"));
}

fn versions(items: &str) -> Answer {
    let set = format!("<launchTemplateVersionSet>{items}</launchTemplateVersionSet>");
    Answer::ok(format!(
        "<DescribeLaunchTemplateVersionsResponse>{set}</DescribeLaunchTemplateVersionsResponse>"
    ))
}

#[tokio::test]
async fn the_default_version_of_a_template_is_read() {
    let data = "<launchTemplateData><instanceType>m5.large</instanceType>
        <iamInstanceProfile><name>web</name></iamInstanceProfile><networkInterfaceSet>
        <item><deviceIndex>1</deviceIndex><subnetId>subnet-00000000000000002</subnetId></item>
        <item><deviceIndex>0</deviceIndex><subnetId>subnet-00000000000000001</subnetId>
        <groupSet><groupId>sg-00000000000000001</groupId></groupSet></item></networkInterfaceSet></launchTemplateData>";
    let head = "<launchTemplateId>lt-00000000000000001</launchTemplateId><versionNumber>3</versionNumber>";
    let canned = Canned::new([versions(&format!("<item>{head}{data}</item>"))]);
    let found = canned.aws().default_launch_template_version(east(), &nth("lt-", 1)).await.unwrap();
    assert_eq!((found.version, found.subnet), (3, Some(nth("subnet-", 1))));
    assert_eq!(found.security_groups, [nth("sg-", 1)]);
    assert_eq!((found.profile.as_deref(), found.instance_type.as_deref()), (Some("web"), Some("m5.large")));
    assert_eq!(canned.asked()[0].parameter("LaunchTemplateVersion.1"), Some("%24Default"));
}

#[tokio::test]
async fn the_template_that_drs_makes_has_no_network() {
    let head = "<launchTemplateId>lt-00000000000000001</launchTemplateId><versionNumber>1</versionNumber>";
    let canned = Canned::new([versions(&format!("<item>{head}</item>")), versions("")]);
    let aws = canned.aws();
    let bare = aws.default_launch_template_version(east(), &nth("lt-", 1)).await.unwrap();
    assert_eq!((bare.subnet, bare.security_groups.len(), bare.profile), (None, 0, None));
    let error = aws.default_launch_template_version(east(), &nth("lt-", 1)).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::NotFound);
}
