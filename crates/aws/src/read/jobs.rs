//! Jobs, their logs, and points in time.

use aws_sdk_drs::types::{
    self as sdk, JobStatus as SdkJobStatus, JobType, LaunchActionRunStatus, LaunchStatus as SdkLaunchStatus,
};
use failback_core::cloud::{Job, JobKind, JobLogItem, JobServer, JobStatus, LaunchStatus, PostLaunchActions};
use failback_core::id::SnapshotId;
use failback_core::timestamp::Timestamp;

use super::{id, key, tags, time};

pub(crate) fn job(job: &sdk::Job) -> Option<Job> {
    Some(Job {
        id: key("job", Some(job.job_id()))?,
        kind: match job.r#type() {
            Some(JobType::Launch) => JobKind::Launch,
            Some(JobType::Terminate) => JobKind::Terminate,
            _ => JobKind::Other,
        },
        status: match job.status() {
            Some(SdkJobStatus::Pending) => JobStatus::Pending,
            Some(SdkJobStatus::Completed) => JobStatus::Completed,
            // A word that nobody knows: only COMPLETED is an end.
            _ => JobStatus::Started,
        },
        created: time::moment(job.creation_date_time()),
        tags: tags(job.tags()),
        servers: job.participating_servers().iter().filter_map(job_server).collect(),
    })
}

fn job_server(server: &sdk::ParticipatingServer) -> Option<JobServer> {
    Some(JobServer {
        server: key("server of a job", server.source_server_id())?,
        recovery_instance: id(server.recovery_instance_id()),
        launch: match server.launch_status() {
            Some(SdkLaunchStatus::Pending) => LaunchStatus::Pending,
            Some(SdkLaunchStatus::InProgress) => LaunchStatus::InProgress,
            Some(SdkLaunchStatus::Launched) => LaunchStatus::Launched,
            Some(SdkLaunchStatus::Failed) => LaunchStatus::Failed,
            Some(SdkLaunchStatus::Terminated) => LaunchStatus::Terminated,
            _ => LaunchStatus::Unknown,
        },
        actions: server.launch_actions_status().map(actions),
    })
}

fn actions(status: &sdk::LaunchActionsStatus) -> PostLaunchActions {
    let agent_found = status.ssm_agent_discovery_datetime().is_some();
    let mut actions = PostLaunchActions { agent_found, ..PostLaunchActions::default() };
    for run in status.runs() {
        match run.status() {
            Some(LaunchActionRunStatus::Succeeded) => actions.succeeded += 1,
            Some(LaunchActionRunStatus::Failed) => {
                let action = run.action().and_then(|action| action.name()).unwrap_or("an action");
                let reason = run.failure_reason().unwrap_or("no reason given");
                let is_optional = run.action().and_then(sdk::LaunchAction::optional).unwrap_or(false);
                let of = if is_optional { &mut actions.failed_optional } else { &mut actions.failed };
                of.push(format!("{action}: {reason}"));
            }
            _ => actions.running += 1,
        }
    }
    actions
}

pub(crate) fn log_item(item: &sdk::JobLog) -> JobLogItem {
    let data = item.event_data();
    JobLogItem {
        at: time::moment(item.log_date_time()),
        event: item.event().map(|event| event.as_str().to_owned()).unwrap_or_default(),
        server: id(data.and_then(|data| data.source_server_id())),
        error: data.and_then(|data| data.raw_error()).map(str::to_owned),
    }
}

/// A point in time is what DRS has taken, or else what it expects to take.
pub(crate) fn snapshot(snapshot: &sdk::RecoverySnapshot) -> Option<(SnapshotId, Timestamp)> {
    let at =
        time::moment(snapshot.timestamp()).or_else(|| time::moment(Some(snapshot.expected_timestamp())))?;
    Some((key("recovery snapshot", Some(snapshot.snapshot_id()))?, at))
}
