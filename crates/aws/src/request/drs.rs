//! Elastic Disaster Recovery.

use aws_sdk_drs::operation::delete_recovery_instance::builders::DeleteRecoveryInstanceInputBuilder;
use aws_sdk_drs::operation::delete_source_server::builders::DeleteSourceServerInputBuilder;
use aws_sdk_drs::operation::disconnect_source_server::builders::DisconnectSourceServerInputBuilder;
use aws_sdk_drs::operation::reverse_replication::builders::ReverseReplicationInputBuilder;
use aws_sdk_drs::operation::start_recovery::builders::StartRecoveryInputBuilder;
use aws_sdk_drs::operation::stop_replication::builders::StopReplicationInputBuilder;
use aws_sdk_drs::operation::tag_resource::builders::TagResourceInputBuilder;
use aws_sdk_drs::operation::terminate_recovery_instances::builders::TerminateRecoveryInstancesInputBuilder;
use aws_sdk_drs::operation::update_launch_configuration::builders::UpdateLaunchConfigurationInputBuilder;
use aws_sdk_drs::types::{
    LaunchDisposition, StartRecoveryRequestSourceServer, TargetInstanceTypeRightSizingMethod,
};
use failback_core::catalogue::fault;
use failback_core::guard::{
    DeleteRecoveryInstance, DeleteSourceServer, DisconnectSourceServer, ReverseReplication, StartRecovery,
    StopReplication, TagResource, TerminateRecoveryInstances, UpdateLaunchConfiguration,
};
use failback_core::id::SourceServerId;
use failback_core::{Error, Result};

/// Without a `recoverySnapshotID`: DRS takes a snapshot of the latest data (drs-facts §1.2).
pub(crate) fn start_recovery(action: &StartRecovery) -> Result<StartRecoveryInputBuilder> {
    let server = |id: &SourceServerId| {
        StartRecoveryRequestSourceServer::builder().source_server_id(id.as_str()).build()
    };
    let servers = action.servers.iter().map(server).collect::<std::result::Result<_, _>>();
    Ok(StartRecoveryInputBuilder::default()
        .set_source_servers(Some(servers.map_err(|error| Error::from(fault::request_is_incomplete(error)))?))
        .is_drill(action.is_drill)
        .set_tags(Some(action.tags.clone().into_iter().collect())))
}

pub(crate) fn reverse_replication(action: &ReverseReplication) -> ReverseReplicationInputBuilder {
    ReverseReplicationInputBuilder::default().recovery_instance_id(action.recovery_instance.as_str())
}

/// What is not named stays as it is: `copyTags`, `licensing`, and what A4 is launched into.
pub(crate) fn update_launch_configuration(
    action: &UpdateLaunchConfiguration,
) -> UpdateLaunchConfigurationInputBuilder {
    UpdateLaunchConfigurationInputBuilder::default()
        .source_server_id(action.server.as_str())
        .target_instance_type_right_sizing_method(TargetInstanceTypeRightSizingMethod::None)
        .copy_private_ip(false)
        .launch_disposition(LaunchDisposition::Started)
}

pub(crate) fn stop_replication(action: &StopReplication) -> StopReplicationInputBuilder {
    StopReplicationInputBuilder::default().source_server_id(action.server.as_str())
}

pub(crate) fn terminate_recovery_instances(
    action: &TerminateRecoveryInstances,
) -> TerminateRecoveryInstancesInputBuilder {
    let ids = action.recovery_instances.iter().map(ToString::to_string).collect();
    TerminateRecoveryInstancesInputBuilder::default().set_recovery_instance_ids(Some(ids))
}

pub(crate) fn delete_recovery_instance(
    action: &DeleteRecoveryInstance,
) -> DeleteRecoveryInstanceInputBuilder {
    DeleteRecoveryInstanceInputBuilder::default().recovery_instance_id(action.recovery_instance.as_str())
}

pub(crate) fn disconnect_source_server(
    action: &DisconnectSourceServer,
) -> DisconnectSourceServerInputBuilder {
    DisconnectSourceServerInputBuilder::default().source_server_id(action.server.as_str())
}

pub(crate) fn delete_source_server(action: &DeleteSourceServer) -> DeleteSourceServerInputBuilder {
    DeleteSourceServerInputBuilder::default().source_server_id(action.server.as_str())
}

pub(crate) fn tag_resource(action: &TagResource) -> TagResourceInputBuilder {
    TagResourceInputBuilder::default()
        .resource_arn(&action.arn)
        .set_tags(Some(action.tags.clone().into_iter().collect()))
}
