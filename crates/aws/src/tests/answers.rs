//! DRS's answers as they were captured, with all that its model does not allow (drs-facts §0.3).

use failback_core::cloud::{
    Direction, Drs, FailbackState, InstanceState, JobKind, JobStatus, LastLaunch, LaunchStatus,
    RecoveryInstanceFilter, ReplicationState, RightSizing, SourceServer,
};
use failback_core::id::{InstanceId, JobId, RecoveryInstanceId, SourceServerId};
use failback_core::timestamp::Timestamp;
use serde_json::{Value, json};

use super::{Answer, Canned, east, nth};

fn text<T: std::str::FromStr<Err: std::fmt::Debug> + ToString>(prefix: &str) -> String {
    nth::<T>(prefix, 1).to_string()
}

fn a2() -> Value {
    json!({
        "sourceServerID": text::<SourceServerId>("s-"),
        "arn": "arn:aws:drs:us-east-1:1:source-server/s-1",
        "usageOperationData": { "windows": "undeclared" },
        "tags": { "Name": "web" },
        "replicationDirection": "FAILBACK",
        "lastLaunchResult": "NOT_STARTED",
        "lifeCycle": { "lastLaunch": { "initiated": {} }, "firstByteDateTime": "2022-12-07T19:15:38.846723+00:00" },
        "sourceProperties": { "identificationHints": { "awsInstanceID": text::<InstanceId>("i-"), "hostname": "web" } },
        "sourceCloudProperties": { "originRegion": "us-east-2" },
        "dataReplicationInfo": {
            "dataReplicationState": "CONTINUOUS",
            "lagDuration": "PT1M12.136909S",
            "etaDateTime": "2022-12-07T19:15:38.846723+00:00",
            "replicatedDisks": [
                { "totalStorageBytes": 8, "replicatedStorageBytes": 8, "rescannedStorageBytes": 8, "backloggedStorageBytes": 1 },
                { "totalStorageBytes": 4, "replicatedStorageBytes": 4, "volumeStatus": "NEW_WORD" },
            ],
            "dataReplicationInitiation": { "steps": [
                { "name": "WAIT", "status": "SUCCEEDED" }, { "name": "CREATE_SECURITY_GROUP", "status": "IN_PROGRESS" },
            ] },
            "dataReplicationError": { "error": "AGENT_NOT_SEEN" },
        },
    })
}

/// Boxed, because the futures of the SDK are large.
fn server(value: Value) -> impl Future<Output = SourceServer> {
    Box::pin(async move {
        let canned = Canned::new([Answer::ok(json!({ "items": [value] }))]);
        canned.aws().source_servers(east(), None).await.unwrap().remove(0)
    })
}

#[tokio::test]
async fn a_source_server_with_undeclared_members_is_read() {
    let server = server(a2()).await;
    assert_eq!((server.direction, server.last_launch), (Direction::Failback, LastLaunch::NotStarted));
    assert_eq!((server.instance, server.last_launch_job), (Some(nth("i-", 1)), None));
    assert_eq!(
        (server.hostname.as_deref(), server.origin_region.as_deref()),
        (Some("web"), Some("us-east-2"))
    );
    let replication = server.replication;
    assert_eq!((replication.state, replication.lag_seconds), (ReplicationState::Continuous, Some(73)));
    assert_eq!(replication.eta, Timestamp::parse("2022-12-07T19:15:38.846Z"));
    assert_eq!((replication.total_bytes, replication.replicated_bytes), (12, 12));
    assert_eq!((replication.rescanned_bytes, replication.backlog_bytes), (8, 1));
    assert_eq!(replication.error.as_deref(), Some("AGENT_NOT_SEEN"));
    assert_eq!(replication.step.as_deref(), Some("CREATE_SECURITY_GROUP"));
}

#[tokio::test]
async fn a_rescan_is_complete_when_every_disk_says_so() {
    assert!(!server(a2()).await.replication.rescan_complete);
    let mut rescanned = a2();
    rescanned["dataReplicationInfo"]["replicatedDisks"][1]["rescannedStorageBytes"] = json!(4);
    assert!(server(rescanned).await.replication.rescan_complete);
    let bare = json!({ "sourceServerID": text::<SourceServerId>("s-") });
    assert!(!server(bare).await.replication.rescan_complete);
}

#[tokio::test]
async fn a_bare_server_and_unknown_words_are_read() {
    let mut strange = a2();
    strange["replicationDirection"] = json!("SIDEWAYS");
    strange["lastLaunchResult"] = json!("PARTLY");
    strange["dataReplicationInfo"] = json!({ "dataReplicationState": "DREAMING", "lagDuration": "soon" });
    let strange = server(strange).await;
    assert_eq!((strange.direction, strange.last_launch), (Direction::Unknown, LastLaunch::Unknown));
    assert_eq!(strange.replication.state, ReplicationState::Unknown);
    assert!(strange.replication.lag() > 0);
    let bare = server(json!({ "sourceServerID": text::<SourceServerId>("s-") })).await;
    assert_eq!((bare.direction, bare.last_launch), (Direction::Unknown, LastLaunch::NotStarted));
    assert_eq!((bare.replication.state, bare.replication.lag_seconds), (ReplicationState::Unknown, None));
}

#[tokio::test]
async fn a_bystander_that_cannot_be_read_is_left_out() {
    let items = json!({ "items": [{ "sourceServerID": "s-short" }, { "arn": "arn:no-id" }, a2()] });
    let servers = Canned::new([Answer::ok(items)]).aws().source_servers(east(), None).await.unwrap();
    assert_eq!(servers.len(), 1);
}

#[tokio::test]
async fn a_recovery_instance_is_read() {
    let id: RecoveryInstanceId = nth("i-", 1);
    let item = json!({
        "recoveryInstanceID": id.as_str(), "sourceServerID": text::<SourceServerId>("s-"),
        "ec2InstanceState": "SHUTTING-DOWN", "isDrill": true, "originEnvironment": "AWS",
        "failback": { "state": "FAILBACK_NOT_READY_FOR_LAUNCH", "agentLastSeenByServiceDateTime": "2022-12-07T19:15:38+00:00" },
        "dataReplicationInfo": { "dataReplicationState": "REPLICATION_STATE_NOT_AVAILABLE", "lagDuration": "P0D" },
    });
    let canned = Canned::new([Answer::ok(json!({ "items": [item, { "recoveryInstanceID": "ri-1" }] }))]);
    let found = canned.aws().recovery_instances(east(), &RecoveryInstanceFilter::All).await.unwrap();
    let [b2] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((b2.instance.clone(), b2.state), (id.instance(), InstanceState::ShuttingDown));
    assert!(b2.is_drill && b2.originated_in_aws && b2.job.is_none());
    assert_eq!(
        (b2.failback_state, b2.replication_state),
        (FailbackState::NotReadyForLaunch, ReplicationState::NotAvailable)
    );
    assert_eq!(b2.agent_seen, Timestamp::parse("2022-12-07T19:15:38Z"));
}

#[tokio::test]
async fn a_completed_job_may_have_failed_and_name_no_instance() {
    let server = text::<SourceServerId>("s-");
    let actions = json!({ "runs": [
        { "status": "FAILED", "action": { "name": "ping" }, "failureReason": "no route" },
        { "status": "FAILED", "action": { "name": "tidy", "optional": true } },
        { "status": "SUCCEEDED" }, { "status": "DREAMING" },
    ], "ssmAgentDiscoveryDatetime": "2022-12-07T19:15:38Z" });
    let job = json!({
        "jobID": text::<JobId>("drsjob-"), "type": "LAUNCH", "status": "COMPLETED",
        "creationDateTime": "2022-12-07T19:15:38.846723+00:00",
        "participatingServers": [
            { "sourceServerID": server, "launchStatus": "FAILED", "launchActionsStatus": actions },
            { "launchStatus": "LAUNCHED" },
        ],
    });
    let canned = Canned::new([Answer::ok(json!({ "items": [job] }))]);
    let job = canned.aws().jobs(east(), &[], None).await.unwrap().remove(0);
    assert_eq!((job.kind, job.status), (JobKind::Launch, JobStatus::Completed));
    let [part] = job.servers.as_slice() else { panic!("{job:?}") };
    assert_eq!((part.launch, &part.recovery_instance), (LaunchStatus::Failed, &None));
    let actions = part.actions.as_ref().unwrap();
    assert_eq!((actions.running, actions.succeeded), (1, 1));
    assert_eq!(actions.failed, ["ping: no route"]);
    assert_eq!(actions.failed_optional, ["tidy: no reason given"]);
    assert!(actions.agent_found && !actions.has_not_begun());
}

#[tokio::test]
async fn a_job_log_has_events_that_the_model_lacks() {
    let items = json!({ "items": [
        { "event": "LAUNCH_END", "logDateTime": "2022-12-07T19:15:38.846723+00:00",
          "eventData": { "sourceServerID": text::<SourceServerId>("s-"), "targetInstanceID": "i-0123456789abcdef0" } },
        { "event": "JOB_END", "eventData": { "rawError": "no capacity" } },
    ] });
    let canned = Canned::new([Answer::ok(items)]);
    let log = canned.aws().job_log(east(), &nth("drsjob-", 1)).await.unwrap();
    assert_eq!((log[0].event.as_str(), &log[0].server), ("LAUNCH_END", &Some(nth("s-", 1))));
    assert_eq!((log[1].at, log[1].error.as_deref()), (None, Some("no capacity")));
}

#[tokio::test]
async fn snapshots_are_asked_for_newest_first() {
    let item = json!({
        "snapshotID": "pit-00000000000000001", "sourceServerID": text::<SourceServerId>("s-"),
        "expectedTimestamp": "2022-12-07T19:20:00+00:00",
    });
    let canned = Canned::new([Answer::ok(json!({ "items": [item], "nextToken": "ignored" }))]);
    let found = canned.aws().recovery_snapshots(east(), &nth("s-", 1)).await.unwrap();
    assert_eq!(found, [(nth("pit-", 1), Timestamp::parse("2022-12-07T19:20:00Z").unwrap())]);
    assert_eq!((canned.asked().len(), canned.asked()[0].json()["order"].clone()), (1, json!("DESC")));
}

#[tokio::test]
async fn launch_settings_are_read() {
    let answer = json!({
        "ec2LaunchTemplateID": "lt-0123456789abcdef0", "targetInstanceTypeRightSizingMethod": "BASIC",
        "copyPrivateIp": true, "launchDisposition": "STOPPED", "postLaunchEnabled": true,
        "launchIntoInstanceProperties": { "launchIntoEC2InstanceID": text::<InstanceId>("i-") },
    });
    let canned = Canned::new([Answer::ok(answer), Answer::ok(json!({}))]);
    let aws = canned.aws();
    let full = aws.launch_configuration(east(), &nth("s-", 1)).await.unwrap();
    assert_eq!((full.right_sizing, full.launch_into), (RightSizing::Basic, Some(nth("i-", 1))));
    assert!(full.copy_private_ip && full.post_launch_actions && !full.starts);
    let bare = aws.launch_configuration(east(), &nth("s-", 1)).await.unwrap();
    assert_eq!(
        (bare.right_sizing, bare.launch_into, bare.launch_template),
        (RightSizing::Unknown, None, None)
    );
}

/// Taken for "none", it would let A4 become A1 (drs-facts §0.4).
#[tokio::test]
async fn an_instance_to_launch_into_is_never_overlooked() {
    let answer = json!({ "launchIntoInstanceProperties": { "launchIntoEC2InstanceID": "mi-1" } });
    let canned = Canned::new([Answer::ok(answer)]);
    let error = canned.aws().launch_configuration(east(), &nth("s-", 1)).await.unwrap_err();
    assert_eq!(error.name(), failback_core::ErrorName::Unavailable);
}

#[tokio::test]
async fn templates_are_read() {
    let templates = json!({ "items": [{ "stagingAreaSubnetId": "subnet-0123456789abcdef0" }, {}] });
    let launch = json!({ "items": [{ "launchIntoSourceInstance": true }] });
    let canned = Canned::new([Answer::ok(templates), Answer::ok(launch)]);
    let aws = canned.aws();
    let found = aws.replication_templates(east()).await.unwrap();
    assert_eq!(
        found.iter().map(|template| template.staging_subnet.is_some()).collect::<Vec<_>>(),
        [true, false]
    );
    assert!(aws.launch_configuration_templates(east()).await.unwrap()[0].launch_into_source);
}
