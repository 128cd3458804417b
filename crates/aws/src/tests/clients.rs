//! Regions, roles and retries.

use failback_core::cloud::{Drs, Ec2, Route53};
use failback_core::guard::StopReplication;
use serde_json::json;

use super::{Answer, Canned, east, nth, west};
use crate::{Aws, Config, Role, environment, request};

#[tokio::test]
async fn each_region_has_its_endpoint() {
    let canned = Canned::new([Answer::ok(json!({ "items": [] }))]);
    let aws = canned.aws();
    for region in [east(), west(), east()] {
        aws.source_servers(region, None).await.unwrap();
    }
    let asked = canned.asked();
    for (asked, region) in asked.iter().zip(["us-east-1", "us-west-2", "us-east-1"]) {
        assert_eq!(asked.uri, format!("https://drs.{region}.amazonaws.com/DescribeSourceServers"));
        assert!(asked.authorization.contains("AKIDHOME/") && asked.authorization.contains(region));
    }
}

#[tokio::test]
async fn what_reads_is_asked_twice_and_what_writes_once() {
    let canned = Canned::new([Answer::status(503, "")]);
    let aws = canned.aws();
    aws.source_servers(east(), None).await.unwrap_err();
    assert_eq!(canned.asked().len(), 2);
    let client = aws.clients.drs(east()).write;
    let action = StopReplication { region: east(), server: nth("s-", 1) };
    request::drs::stop_replication(&action).send_with(&client).await.unwrap_err();
    assert_eq!(canned.asked().len(), 3);
}

#[tokio::test]
async fn a_second_try_may_succeed() {
    for first in [Answer::cut(), Answer::status(500, "")] {
        let canned = Canned::new([first, Answer::ok(json!({ "items": [] }))]);
        canned.aws().source_servers(east(), None).await.unwrap();
        assert_eq!(canned.asked().len(), 2);
    }
}

const ASSUMED: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AKIDAWAY</AccessKeyId>
<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>";

#[tokio::test]
async fn a_role_is_assumed_once_for_its_region_alone() {
    let items = Answer::ok(json!({ "items": [] }));
    let canned =
        Canned::new([items.clone(), Answer::ok(ASSUMED), items, Answer::ok("<DescribeSubnetsResponse/>")]);
    let role = Role { arn: "arn:aws:iam::1:role/away".to_owned(), external_id: Some("agreed".to_owned()) };
    let function = Some("ClaimServers".to_owned());
    let aws = canned.aws_with(Config { function, roles: [(west(), role)].into(), ..Config::default() });
    let aws = aws.for_execution("arn:aws:states:us-east-2:1:execution:drs-failback-drill:first").unwrap();
    assert!(aws.for_execution("arn:aws:states:us-east-2:1:execution:drs-failback-drill:first").is_none());
    aws.source_servers(east(), None).await.unwrap();
    aws.source_servers(west(), None).await.unwrap();
    aws.subnets(west(), &[nth("subnet-", 1)]).await.unwrap();
    let asked = canned.asked();
    let keys: Vec<bool> = asked.iter().map(|asked| asked.authorization.contains("AKIDAWAY")).collect();
    assert_eq!(keys, [false, false, true, true]);
    assert_eq!(asked[1].parameter("Action"), Some("AssumeRole"));
    assert_eq!(asked[1].parameter("ExternalId"), Some("agreed"));
    assert_eq!(asked[1].parameter("RoleSessionName"), Some("ClaimServers%40first"));
    assert!(asked[1].uri.contains("us-west-2"), "{}", asked[1].uri);
}

/// CloudTrail of the other account names a session's function and execution.
#[tokio::test]
async fn another_execution_has_another_session() {
    let items = Answer::ok(json!({ "items": [] }));
    let answers = [Answer::ok(ASSUMED), items.clone(), Answer::ok(ASSUMED), items];
    let canned = Canned::new(answers);
    let role = Role { arn: "arn:aws:iam::1:role/away".to_owned(), external_id: None };
    let function = Some("DrillTerminateRecoveredServers".to_owned());
    let mut aws = canned.aws_with(Config { function, roles: [(west(), role)].into(), ..Config::default() });
    for execution in
        ["drill-of-the-three-tier-shop-20261102T080000Z", "drill-of-the-three-tier-shop-20261103T080000Z"]
    {
        aws = aws.for_execution(execution).unwrap();
        aws.source_servers(west(), None).await.unwrap();
    }
    let asked = canned.asked();
    let sessions: Vec<_> = asked.iter().filter_map(|asked| asked.parameter("RoleSessionName")).collect();
    assert_eq!(
        sessions,
        [
            "DrillTerminateRecoveredServers%40-three-tier-shop-20261102T080000Z",
            "DrillTerminateRecoveredServers%40-three-tier-shop-20261103T080000Z"
        ]
    );
    assert!(sessions.iter().all(|session| session.replace("%40", "@").len() <= 64));
    // Without a role, nothing changes.
    assert!(canned.aws().for_execution("other").is_none());
}

fn variable(name: &str) -> Option<String> {
    let value = match name {
        "AWS_REGION" => "eu-west-1",
        "AWS_ENDPOINT_URL" => "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_ROUTE_53" => "http://127.0.0.1:53",
        _ => return None,
    };
    Some(value.to_owned())
}

#[tokio::test]
async fn endpoints_come_from_the_environment() {
    let canned = Canned::new([Answer::status(400, "")]);
    let sdk = environment::sdk_config(variable);
    assert_eq!(sdk.region().map(AsRef::as_ref), Some("eu-west-1"));
    let sdk =
        sdk.into_builder().http_client(canned.clone()).credentials_provider(Canned::credentials()).build();
    let aws = Aws::new(Config::default(), sdk);
    aws.source_servers(east(), None).await.unwrap_err();
    aws.change_status(&"C123".parse().unwrap()).await.unwrap_err();
    let uris: Vec<String> = canned.asked().into_iter().map(|asked| asked.uri).collect();
    assert_eq!(
        uris,
        ["http://127.0.0.1:1/DescribeSourceServers", "http://127.0.0.1:53/2013-04-01/change/C123"]
    );
}
