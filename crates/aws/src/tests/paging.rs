//! Pages are followed to the end, and long lists of ids are cut.

use failback_core::cloud::{Drs, Ec2, Executions, RecoveryInstanceFilter};
use failback_core::id::{InstanceId, JobId, RecoveryInstanceId, SourceServerId};
use failback_core::procedure::Procedure;
use failback_core::timestamp::Timestamp;
use serde_json::{Value, json};

use super::{Answer, Canned, east, nth};
use crate::{Config, Machines};

fn page(ids: &[usize], next: Option<&str>) -> Answer {
    let items: Vec<Value> =
        ids.iter().map(|n| json!({ "sourceServerID": nth::<SourceServerId>("s-", *n).as_str() })).collect();
    let mut page = json!({ "items": items });
    if let Some(next) = next {
        page["nextToken"] = json!(next);
    }
    Answer::ok(page)
}

#[tokio::test]
async fn pages_are_followed_until_there_is_no_token() {
    let canned = Canned::new([page(&[1], Some("a")), page(&[], Some("b")), page(&[2, 3], None)]);
    let servers = canned.aws().source_servers(east(), None).await.unwrap();
    assert_eq!(
        servers.iter().map(|server| server.id.clone()).collect::<Vec<_>>(),
        [1, 2, 3].map(|n| nth("s-", n))
    );
    let tokens: Vec<Value> = canned.asked().iter().map(|asked| asked.json()["nextToken"].clone()).collect();
    assert_eq!(tokens, [Value::Null, json!("a"), json!("b")]);
}

#[tokio::test]
async fn drs_is_asked_for_200_ids_at_a_time() {
    let canned = Canned::new([page(&[1], None), page(&[2], None)]);
    let ids: Vec<SourceServerId> = (0..201).map(|n| nth("s-", n)).collect();
    assert_eq!(canned.aws().source_servers(east(), Some(&ids)).await.unwrap().len(), 2);
    let batches = canned
        .asked()
        .iter()
        .map(|asked| asked.json()["filters"]["sourceServerIDs"].as_array().unwrap().len())
        .collect::<Vec<_>>();
    assert_eq!(batches, [200, 1]);
}

/// An empty filter would mean everything in the Region.
#[tokio::test]
async fn no_ids_are_no_question() {
    let canned = Canned::new([]);
    let aws = canned.aws();
    assert!(aws.source_servers(east(), Some(&[])).await.unwrap().is_empty());
    for filter in [RecoveryInstanceFilter::Ids(vec![]), RecoveryInstanceFilter::SourceServers(vec![])] {
        assert!(aws.recovery_instances(east(), &filter).await.unwrap().is_empty());
    }
    assert!(aws.instances(east(), &[]).await.unwrap().is_empty());
    assert!(aws.instance_status(east(), &[]).await.unwrap().is_empty());
    assert!(aws.subnets(east(), &[]).await.unwrap().is_empty());
    assert!(canned.asked().is_empty());
}

#[tokio::test]
async fn recovery_instances_are_asked_for_by_the_filter_that_is_meant() {
    let canned = Canned::new([Answer::ok(json!({ "items": [] }))]);
    let aws = canned.aws();
    let instance: RecoveryInstanceId = nth("i-", 7);
    let server: SourceServerId = nth("s-", 7);
    let filters = [
        RecoveryInstanceFilter::All,
        RecoveryInstanceFilter::Ids(vec![instance.clone()]),
        RecoveryInstanceFilter::SourceServers(vec![server.clone()]),
    ];
    for filter in &filters {
        aws.recovery_instances(east(), filter).await.unwrap();
    }
    let bodies: Vec<Value> = canned.asked().iter().map(super::Asked::json).collect();
    let by_id = json!({ "filters": { "recoveryInstanceIDs": [instance.as_str()] } });
    let by_server = json!({ "filters": { "sourceServerIDs": [server.as_str()] } });
    assert_eq!(bodies, [json!({}), by_id, by_server]);
}

#[tokio::test]
async fn jobs_come_newest_first_by_id_or_since_a_moment() {
    let job =
        |n: usize, at: &str| json!({ "jobID": nth::<JobId>("drsjob-", n).as_str(), "creationDateTime": at });
    let items = json!({ "items": [job(1, "2026-01-01T00:00:00Z"), job(2, "2026-01-02T00:00:00.5+00:00")] });
    let canned = Canned::new([Answer::ok(items)]);
    let aws = canned.aws();
    let since = Timestamp::parse("2026-01-01T00:00:00Z");
    let jobs = aws.jobs(east(), &[], since).await.unwrap();
    assert_eq!(
        jobs.iter().map(|job| job.id.clone()).collect::<Vec<_>>(),
        [nth("drsjob-", 2), nth("drsjob-", 1)]
    );
    aws.jobs(east(), &[nth("drsjob-", 1)], since).await.unwrap();
    let filters: Vec<Value> = canned.asked().iter().map(|asked| asked.json()["filters"].clone()).collect();
    let by_id = json!({ "jobIDs": [nth::<JobId>("drsjob-", 1).as_str()] });
    assert_eq!(filters, [json!({ "fromDate": "2026-01-01T00:00:00Z" }), by_id]);
}

#[tokio::test]
async fn ec2_is_asked_for_200_ids_at_a_time_by_filter() {
    let instances = |n: usize| {
        let id: InstanceId = nth("i-", n);
        format!(
            "<reservationSet><item><instancesSet><item><instanceId>{id}</instanceId></item></instancesSet></item></reservationSet>"
        )
    };
    let answer = |n, next: &str| {
        Answer::ok(format!(
            "<DescribeInstancesResponse>{}<nextToken>{next}</nextToken></DescribeInstancesResponse>",
            instances(n)
        ))
    };
    let canned = Canned::new([answer(1, "more"), answer(2, ""), answer(3, "")]);
    let ids: Vec<InstanceId> = (0..201).map(|n| nth("i-", n)).collect();
    let found = canned.aws().instances(east(), &ids).await.unwrap();
    assert_eq!(
        found.iter().map(|found| found.id.clone()).collect::<Vec<_>>(),
        [1, 2, 3].map(|n| nth("i-", n))
    );
    let asked = canned.asked();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[0].parameter("Filter.1.Name"), Some("instance-id"));
    assert!(
        asked[0].parameter("Filter.1.Value.200").is_some() && asked[0].parameter("InstanceId.1").is_none()
    );
    assert_eq!(asked[1].parameter("NextToken"), Some("more"));
    assert_eq!(asked[2].parameter("Filter.1.Value.1"), Some(ids[200].as_str()));
}

#[tokio::test]
async fn executions_of_both_machines_are_listed_with_their_inputs() {
    let arn = |name: &str| format!("arn:aws:states:eu-west-1:123456789012:stateMachine:{name}");
    let execution = json!({
        "executionArn": "arn:x", "stateMachineArn": arn("drill"), "name": "x", "status": "RUNNING", "startDate": 1.5,
    });
    let mut described = execution.clone();
    described["input"] = json!("{\"plan\":1}");
    let canned = Canned::new([
        Answer::ok(json!({ "executions": [execution], "nextToken": "t" })),
        Answer::ok(json!({ "executions": [] })),
        Answer::ok(described),
        Answer::ok(json!({ "executions": [] })),
    ]);
    let machines = Some(Machines { drill: arn("drill"), failback: arn("failback") });
    let aws = canned.aws_with(Config { machines, ..Config::default() });
    let running = aws.running_executions().await.unwrap();
    let [only] = running.as_slice() else { panic!("{running:?}") };
    assert_eq!(
        (only.id.as_str(), only.procedure, only.started),
        ("arn:x", Procedure::Drill, Timestamp::from_millis(1_500))
    );
    assert_eq!(only.input, json!({ "plan": 1 }));
    assert_eq!(canned.asked()[0].json()["statusFilter"], "RUNNING");
    assert!(canned.asked()[0].uri.starts_with("https://states.eu-west-1."), "{}", canned.asked()[0].uri);
}

#[tokio::test]
async fn a_function_that_was_not_told_the_machines_cannot_list_executions() {
    let error = Canned::new([]).aws().running_executions().await.unwrap_err();
    assert!(error.to_string().contains("FAILBACK_DRILL_MACHINE"), "{error}");
}
