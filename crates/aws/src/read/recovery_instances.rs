//! Recovery instances: A3 and B2.

use aws_sdk_drs::types::{
    self as sdk, Ec2InstanceState, FailbackState as SdkFailbackState, OriginEnvironment,
    RecoveryInstanceDataReplicationState as SdkState,
};
use failback_core::cloud::{FailbackState, InstanceState, RecoveryInstance, ReplicationState};
use failback_core::id::RecoveryInstanceId;

use super::{id, key, tags, time};

pub(crate) fn recovery_instance(instance: &sdk::RecoveryInstance) -> Option<RecoveryInstance> {
    let recovery_instance: RecoveryInstanceId = key("recovery instance", instance.recovery_instance_id())?;
    let failback = instance.failback();
    Some(RecoveryInstance {
        arn: instance.arn().unwrap_or_default().to_owned(),
        tags: tags(instance.tags()),
        // Both ids are one name (drs-facts §1.0).
        instance: id(instance.ec2_instance_id()).unwrap_or_else(|| recovery_instance.instance()),
        state: instance_state(instance.ec2_instance_state()),
        job: id(instance.job_id()),
        source_server: key("recovery instance's source server", instance.source_server_id())?,
        is_drill: instance.is_drill().unwrap_or(false),
        originated_in_aws: instance.origin_environment() == Some(&OriginEnvironment::Aws),
        failback_state: failback_state(failback.and_then(|failback| failback.state())),
        agent_seen: time::moment(
            failback.and_then(|failback| failback.agent_last_seen_by_service_date_time()),
        ),
        replication_state: state(
            instance.data_replication_info().and_then(|info| info.data_replication_state()),
        ),
        point_in_time: time::moment(instance.point_in_time_snapshot_date_time()),
        id: recovery_instance,
    })
}

fn instance_state(state: Option<&Ec2InstanceState>) -> InstanceState {
    match state {
        Some(Ec2InstanceState::Pending) => InstanceState::Pending,
        Some(Ec2InstanceState::Running) => InstanceState::Running,
        Some(Ec2InstanceState::Stopping) => InstanceState::Stopping,
        Some(Ec2InstanceState::Stopped) => InstanceState::Stopped,
        Some(Ec2InstanceState::ShuttingDown) => InstanceState::ShuttingDown,
        Some(Ec2InstanceState::Terminated) => InstanceState::Terminated,
        Some(Ec2InstanceState::NotFound) => InstanceState::NotFound,
        _ => InstanceState::Unknown,
    }
}

fn failback_state(state: Option<&SdkFailbackState>) -> FailbackState {
    match state {
        Some(SdkFailbackState::FailbackNotStarted) => FailbackState::NotStarted,
        Some(SdkFailbackState::FailbackInProgress) => FailbackState::InProgress,
        Some(SdkFailbackState::FailbackReadyForLaunch) => FailbackState::ReadyForLaunch,
        Some(SdkFailbackState::FailbackCompleted) => FailbackState::Completed,
        Some(SdkFailbackState::FailbackError) => FailbackState::Error,
        Some(SdkFailbackState::FailbackNotReadyForLaunch) => FailbackState::NotReadyForLaunch,
        Some(SdkFailbackState::FailbackLaunchStateNotAvailable) => FailbackState::NotAvailable,
        _ => FailbackState::Unknown,
    }
}

fn state(state: Option<&SdkState>) -> ReplicationState {
    match state {
        Some(SdkState::Stopped) => ReplicationState::Stopped,
        Some(SdkState::Initiating) => ReplicationState::Initiating,
        Some(SdkState::InitialSync) => ReplicationState::InitialSync,
        Some(SdkState::Backlog) => ReplicationState::Backlog,
        Some(SdkState::CreatingSnapshot) => ReplicationState::CreatingSnapshot,
        Some(SdkState::Continuous) => ReplicationState::Continuous,
        Some(SdkState::Paused) => ReplicationState::Paused,
        Some(SdkState::Rescan) => ReplicationState::Rescan,
        Some(SdkState::Stalled) => ReplicationState::Stalled,
        Some(SdkState::Disconnected) => ReplicationState::Disconnected,
        Some(SdkState::NotStarted) => ReplicationState::NotStarted,
        Some(SdkState::ReplicationStateNotAvailable) => ReplicationState::NotAvailable,
        _ => ReplicationState::Unknown,
    }
}
