//! Source servers: A2 and B1.

use aws_sdk_drs::types::{
    self as sdk, DataReplicationInitiationStepStatus as StepStatus, DataReplicationState, LastLaunchResult,
    ReplicationDirection,
};
use failback_core::cloud::{Direction, LastLaunch, Replication, ReplicationState, SourceServer};

use super::{id, key, tags, time};

pub(crate) fn source_server(server: &sdk::SourceServer) -> Option<SourceServer> {
    let hints = server.source_properties().and_then(|properties| properties.identification_hints());
    let last_launch =
        server.life_cycle().and_then(|life| life.last_launch()).and_then(|launch| launch.initiated());
    Some(SourceServer {
        id: key("source server", server.source_server_id())?,
        arn: server.arn().unwrap_or_default().to_owned(),
        tags: tags(server.tags()),
        direction: direction(server.replication_direction()),
        instance: id(hints.and_then(|hints| hints.aws_instance_id())),
        hostname: hints.and_then(|hints| hints.hostname()).map(str::to_owned),
        origin_region: server
            .source_cloud_properties()
            .and_then(|cloud| cloud.origin_region())
            .map(str::to_owned),
        recovery_instance: id(server.recovery_instance_id()),
        last_seen: time::moment(server.life_cycle().and_then(|life| life.last_seen_by_service_date_time())),
        last_launch: last_launch_result(server.last_launch_result()),
        last_launch_job: id(last_launch.and_then(|launch| launch.job_id())),
        replication: replication(server.data_replication_info()),
        reversed_arn: server.reversed_direction_source_server_arn().map(str::to_owned),
    })
}

fn replication(info: Option<&sdk::DataReplicationInfo>) -> Replication {
    let disks = info.map(sdk::DataReplicationInfo::replicated_disks).unwrap_or_default();
    let sum = |bytes: fn(&sdk::DataReplicationInfoReplicatedDisk) -> i64| {
        disks.iter().map(|disk| u64::try_from(bytes(disk)).unwrap_or(0)).sum()
    };
    let steps = info
        .and_then(|info| info.data_replication_initiation())
        .and_then(|initiation| initiation.steps.as_deref());
    let step = steps.unwrap_or_default().iter().find(|step| step.status() == Some(&StepStatus::InProgress));
    let error = info.and_then(|info| info.data_replication_error()).and_then(|error| error.error());
    Replication {
        state: state(info.and_then(|info| info.data_replication_state())),
        lag_seconds: time::seconds(info.and_then(|info| info.lag_duration())),
        eta: time::moment(info.and_then(|info| info.eta_date_time())),
        total_bytes: sum(|disk| disk.total_storage_bytes),
        replicated_bytes: sum(|disk| disk.replicated_storage_bytes),
        rescanned_bytes: sum(|disk| disk.rescanned_storage_bytes),
        backlog_bytes: sum(|disk| disk.backlogged_storage_bytes),
        // A disk that says nothing of a rescan counts as not rescanned, and so does a server without disks: only
        // what is seen is believed (drs-facts §3, row 4b). Core knows when nothing is left to rescan.
        rescan_complete: !disks.is_empty()
            && disks.iter().all(|disk| disk.rescanned_storage_bytes >= disk.total_storage_bytes),
        error: error.map(|error| error.as_str().to_owned()),
        step: step.and_then(|step| step.name()).map(|name| name.as_str().to_owned()),
    }
}

fn direction(direction: Option<&ReplicationDirection>) -> Direction {
    match direction {
        Some(ReplicationDirection::Failover) => Direction::Failover,
        Some(ReplicationDirection::Failback) => Direction::Failback,
        _ => Direction::Unknown,
    }
}

fn state(state: Option<&DataReplicationState>) -> ReplicationState {
    match state {
        Some(DataReplicationState::Stopped) => ReplicationState::Stopped,
        Some(DataReplicationState::Initiating) => ReplicationState::Initiating,
        Some(DataReplicationState::InitialSync) => ReplicationState::InitialSync,
        Some(DataReplicationState::Backlog) => ReplicationState::Backlog,
        Some(DataReplicationState::CreatingSnapshot) => ReplicationState::CreatingSnapshot,
        Some(DataReplicationState::Continuous) => ReplicationState::Continuous,
        Some(DataReplicationState::Paused) => ReplicationState::Paused,
        Some(DataReplicationState::Rescan) => ReplicationState::Rescan,
        Some(DataReplicationState::Stalled) => ReplicationState::Stalled,
        Some(DataReplicationState::Disconnected) => ReplicationState::Disconnected,
        _ => ReplicationState::Unknown,
    }
}

/// A server that was never launched may lack the member.
fn last_launch_result(result: Option<&LastLaunchResult>) -> LastLaunch {
    match result {
        None | Some(LastLaunchResult::NotStarted) => LastLaunch::NotStarted,
        Some(LastLaunchResult::Pending) => LastLaunch::Pending,
        Some(LastLaunchResult::Succeeded) => LastLaunch::Succeeded,
        Some(LastLaunchResult::Failed) => LastLaunch::Failed,
        Some(_) => LastLaunch::Unknown,
    }
}
