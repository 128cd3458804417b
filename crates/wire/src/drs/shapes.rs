//! Objects of DRS as its model writes them. Members that the simulator does not know are left out: all are optional.

use failback_core::cloud::{
    Direction, FailbackState, InstanceState, JobKind, JobStatus, LastLaunch, LaunchStatus, ReplicationState,
    RightSizing, Tags,
};
use failback_core::id::{InstanceId, RecoveryInstanceId, SourceServerId};
use failback_sim::World;
use failback_sim::objects::{
    Job, JobPart, LastLaunchInfo, LaunchConfig, LogLine, RecoveryInstanceView, ReplicationView,
    SourceServerView,
};
use serde_json::{Map, Value, json};

use crate::time::{drs as time, duration, zulu};

/// The time for which post-launch actions run, in milliseconds.
const ACTIONS_MS: i64 = failback_sim::ACTIONS_MS;

/// Returns an object without its null members.
fn object(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, member)| !member.is_null()).collect())
        }
        other => other,
    }
}

pub(super) fn tags(tags: &Tags) -> Value {
    Value::Object(tags.iter().map(|(key, value)| (key.clone(), json!(value))).collect::<Map<_, _>>())
}

pub(super) fn source_server(world: &World, view: &SourceServerView) -> Value {
    let SourceServerView { server, replication, last_seen_ms } = view;
    let instance = world.instance(server.origin, &server.source);
    let zone = instance
        .and_then(|instance| world.subnet(server.origin, &instance.subnet))
        .map(|subnet| subnet.zone.clone());
    let interface = instance
        .filter(|instance| instance.state != InstanceState::Terminated)
        .map(|instance| json!([{ "ips": [instance.private_ip], "isPrimary": true }]));
    let disks: Vec<Value> =
        server.disks.iter().map(|disk| json!({ "deviceName": disk.device, "bytes": disk.bytes })).collect();
    object(json!({
        "sourceServerID": server.id.as_str(),
        "arn": server.arn,
        "tags": tags(&server.tags),
        "recoveryInstanceId": server.recovery_instance.as_ref().map(RecoveryInstanceId::as_str),
        "lastLaunchResult": last_launch(server.last_launch),
        "dataReplicationInfo": replication_info(replication, zone.as_deref()),
        "lifeCycle": object(json!({
            "addedToServiceDateTime": time(server.added_ms),
            "lastSeenByServiceDateTime": last_seen_ms.map(time),
            "elapsedReplicationDuration": duration(world.now_ms() - server.added_ms),
            "lastLaunch": server.last_launch_info.as_ref().map(last_launch_info),
        })),
        "sourceProperties": object(json!({
            "lastUpdatedDateTime": last_seen_ms.map(time),
            "recommendedInstanceType": instance.map(|instance| instance.instance_type.as_str()),
            "identificationHints": {
                "hostname": server.hostname,
                "fqdn": server.hostname,
                "awsInstanceID": server.source.as_str(),
            },
            "networkInterfaces": interface,
            "disks": disks,
        })),
        "stagingArea": { "status": "NOT_EXTENDED" },
        "sourceCloudProperties": object(json!({
            "originAccountID": world.account(),
            "originRegion": server.origin.as_str(),
            "originAvailabilityZone": zone,
        })),
        "replicationDirection": direction(server.direction),
        "reversedDirectionSourceServerArn": server.reversed_arn,
    }))
}

fn last_launch_info(info: &LastLaunchInfo) -> Value {
    object(json!({
        "initiated": {
            "apiCallDateTime": time(info.called_ms),
            "jobID": info.job.as_str(),
            "type": if info.is_drill { "DRILL" } else { "RECOVERY" },
        },
        "status": launch_status(info.status),
    }))
}

fn replication_info(view: &ReplicationView, zone: Option<&str>) -> Value {
    let disks = view.disks.iter().map(|disk| {
        json!({
            "deviceName": disk.device,
            "totalStorageBytes": disk.total,
            "replicatedStorageBytes": disk.replicated,
            "rescannedStorageBytes": disk.rescanned,
            "backloggedStorageBytes": disk.backlogged,
            "volumeStatus": "REGULAR",
        })
    });
    let steps =
        view.steps.iter().map(|(name, status)| json!({ "name": name, "status": status })).collect::<Vec<_>>();
    object(json!({
        "dataReplicationState": replication_state(view.state),
        "lagDuration": view.lag_ms.map(duration),
        "etaDateTime": view.eta_ms.map(time),
        "replicatedDisks": disks.collect::<Vec<_>>(),
        "dataReplicationInitiation":
            view.initiation_ms.map(|ms| json!({ "startDateTime": time(ms), "steps": steps })),
        "dataReplicationError": view.error.map(|error| json!({ "error": error })),
        "stagingAvailabilityZone": zone,
    }))
}

pub(super) fn recovery_instance(world: &World, view: &RecoveryInstanceView) -> Value {
    let RecoveryInstanceView {
        record,
        state,
        failback_state: failback,
        agent_seen_ms,
        replication_state: replication,
        lag_ms,
    } = view;
    let instance = world.instance(record.region, &record.instance);
    let zone = instance
        .and_then(|instance| world.subnet(record.region, &instance.subnet))
        .map(|subnet| subnet.zone.clone());
    object(json!({
        "recoveryInstanceID": record.id.as_str(),
        "arn": record.arn,
        "tags": tags(&record.tags),
        "ec2InstanceID": record.instance.as_str(),
        "ec2InstanceState": instance_state(*state),
        "jobID": record.job.as_str(),
        "sourceServerID": record.source_server.as_str(),
        "isDrill": record.is_drill,
        "originEnvironment": "AWS",
        "originAvailabilityZone": zone,
        "pointInTimeSnapshotDateTime": time(record.point_in_time_ms),
        "failback": object(json!({
            "state": failback_state(*failback),
            "agentLastSeenByServiceDateTime": agent_seen_ms.map(time),
            "failbackInitiationTime": record.reversal.as_ref().map(|reversal| time(reversal.at_ms)),
        })),
        "dataReplicationInfo": object(json!({
            "dataReplicationState": replication_state(*replication),
            "lagDuration": lag_ms.map(duration),
        })),
        "recoveryInstanceProperties": {
            "identificationHints": { "awsInstanceID": record.instance.as_str() },
        },
    }))
}

/// Returns a job. The post-launch actions of a server are in progress until they end.
pub(super) fn job(world: &World, job: &Job, with_instances: bool) -> Value {
    let with_instances = with_instances && !world.switches().participants_lack_instances;
    let parts: Vec<Value> =
        job.parts.iter().map(|part| participant(world, job.kind, part, with_instances)).collect();
    object(json!({
        "jobID": job.id.as_str(),
        "arn": job.arn,
        "type": job_kind(job.kind),
        "initiatedBy": job.initiated_by,
        "creationDateTime": time(job.created_ms),
        "endDateTime": job.ended_ms.map(time),
        "status": job_status(job.status),
        "participatingServers": parts,
        "tags": tags(&job.tags),
    }))
}

fn participant(world: &World, kind: JobKind, part: &JobPart, with_instances: bool) -> Value {
    let actions = match part.actions_end_ms {
        Some(end) if end - ACTIONS_MS <= world.now_ms() => {
            let status = if end <= world.now_ms() { "SUCCEEDED" } else { "IN_PROGRESS" };
            let optional = json!({ "name": "install an inventory agent", "optional": true });
            json!({
                "ssmAgentDiscoveryDatetime": zulu(end - ACTIONS_MS),
                "runs": [
                    { "action": { "name": "post-launch action", "optional": false }, "status": status },
                    { "action": optional, "status": "FAILED", "failureReason": "no route to the repository" },
                ],
            })
        }
        _ if kind == JobKind::Launch => json!({ "runs": [] }),
        _ => Value::Null,
    };
    object(json!({
        "sourceServerID": part.server.as_str(),
        "recoveryInstanceID": part.recovery_instance.as_ref().filter(|_| with_instances).map(RecoveryInstanceId::as_str),
        "launchStatus": launch_status(part.launch),
        "launchActionsStatus": actions,
    }))
}

pub(super) fn log_item(line: &LogLine) -> Value {
    let data = object(json!({
        "sourceServerID": line.server.as_ref().map(SourceServerId::as_str),
        "rawError": line.error,
        "targetInstanceID": line.instance.as_ref().map(InstanceId::as_str),
    }));
    json!({ "logDateTime": time(line.at_ms), "event": line.event, "eventData": data })
}

pub(super) fn launch_configuration(server: &str, name: &str, config: &LaunchConfig) -> Value {
    object(json!({
        "sourceServerID": server,
        "name": name,
        "ec2LaunchTemplateID": config.template.as_str(),
        "launchDisposition": if config.starts { "STARTED" } else { "STOPPED" },
        "targetInstanceTypeRightSizingMethod": right_sizing(config.right_sizing),
        "copyPrivateIp": config.copy_private_ip,
        "copyTags": config.copy_tags,
        "licensing": { "osByol": false },
        "postLaunchEnabled": config.post_launch,
        "launchIntoInstanceProperties":
            config.launch_into.as_ref().map(|id| json!({ "launchIntoEC2InstanceID": id.as_str() })),
    }))
}

/// Returns the model's name of a method; nothing for an unknown one.
fn right_sizing(method: RightSizing) -> Option<&'static str> {
    match method {
        RightSizing::None => Some("NONE"),
        RightSizing::Basic => Some("BASIC"),
        RightSizing::InAws => Some("IN_AWS"),
        RightSizing::Unknown => None,
    }
}

fn direction(direction: Direction) -> Option<&'static str> {
    match direction {
        Direction::Failover => Some("FAILOVER"),
        Direction::Failback => Some("FAILBACK"),
        Direction::Unknown => None,
    }
}

fn last_launch(result: LastLaunch) -> Option<&'static str> {
    match result {
        LastLaunch::NotStarted => Some("NOT_STARTED"),
        LastLaunch::Pending => Some("PENDING"),
        LastLaunch::Succeeded => Some("SUCCEEDED"),
        LastLaunch::Failed => Some("FAILED"),
        LastLaunch::Unknown => None,
    }
}

fn replication_state(state: ReplicationState) -> Option<&'static str> {
    match state {
        ReplicationState::Stopped => Some("STOPPED"),
        ReplicationState::Initiating => Some("INITIATING"),
        ReplicationState::InitialSync => Some("INITIAL_SYNC"),
        ReplicationState::Backlog => Some("BACKLOG"),
        ReplicationState::CreatingSnapshot => Some("CREATING_SNAPSHOT"),
        ReplicationState::Continuous => Some("CONTINUOUS"),
        ReplicationState::Paused => Some("PAUSED"),
        ReplicationState::Rescan => Some("RESCAN"),
        ReplicationState::Stalled => Some("STALLED"),
        ReplicationState::Disconnected => Some("DISCONNECTED"),
        ReplicationState::NotStarted => Some("NOT_STARTED"),
        ReplicationState::NotAvailable => Some("REPLICATION_STATE_NOT_AVAILABLE"),
        ReplicationState::Unknown => None,
    }
}

fn failback_state(state: FailbackState) -> Option<&'static str> {
    match state {
        FailbackState::NotStarted => Some("FAILBACK_NOT_STARTED"),
        FailbackState::InProgress => Some("FAILBACK_IN_PROGRESS"),
        FailbackState::ReadyForLaunch => Some("FAILBACK_READY_FOR_LAUNCH"),
        FailbackState::Completed => Some("FAILBACK_COMPLETED"),
        FailbackState::Error => Some("FAILBACK_ERROR"),
        FailbackState::NotReadyForLaunch => Some("FAILBACK_NOT_READY_FOR_LAUNCH"),
        FailbackState::NotAvailable => Some("FAILBACK_LAUNCH_STATE_NOT_AVAILABLE"),
        FailbackState::Unknown => None,
    }
}

fn instance_state(state: InstanceState) -> Option<&'static str> {
    match state {
        InstanceState::Pending => Some("PENDING"),
        InstanceState::Running => Some("RUNNING"),
        InstanceState::Stopping => Some("STOPPING"),
        InstanceState::Stopped => Some("STOPPED"),
        InstanceState::ShuttingDown => Some("SHUTTING-DOWN"),
        InstanceState::Terminated => Some("TERMINATED"),
        InstanceState::NotFound => Some("NOT_FOUND"),
        InstanceState::Unknown => None,
    }
}

fn job_kind(kind: JobKind) -> Option<&'static str> {
    match kind {
        JobKind::Launch => Some("LAUNCH"),
        JobKind::Terminate => Some("TERMINATE"),
        JobKind::Other => None,
    }
}

fn job_status(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Pending => "PENDING",
        JobStatus::Started => "STARTED",
        JobStatus::Completed => "COMPLETED",
    }
}

fn launch_status(status: LaunchStatus) -> Option<&'static str> {
    match status {
        LaunchStatus::Pending => Some("PENDING"),
        LaunchStatus::InProgress => Some("IN_PROGRESS"),
        LaunchStatus::Launched => Some("LAUNCHED"),
        LaunchStatus::Failed => Some("FAILED"),
        LaunchStatus::Terminated => Some("TERMINATED"),
        LaunchStatus::Unknown => None,
    }
}
