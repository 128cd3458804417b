//! The writing operations of DRS on servers, instances and jobs.

use std::fmt::Display;
use std::str::FromStr;

use failback_core::id::{JobId, RecoveryInstanceId, SnapshotId, SourceServerId};
use failback_core::region::Region;
use failback_sim::{CallResult, RecoveryRequest, ServiceError, World};
use serde_json::json;

use super::reads::names;
use super::{Body, Call, shapes};
use crate::quirks::Quirk;

pub(super) fn start_recovery(call: &mut Call<'_>) -> CallResult<Body> {
    let read = || {
        let mut servers = Vec::new();
        for server in call.input.objects("/sourceServers")? {
            let snapshot =
                server.has("/recoverySnapshotID").then(|| server.id::<SnapshotId>("/recoverySnapshotID"));
            servers.push(RecoveryRequest {
                server: server.id("/sourceServerID")?,
                snapshot: snapshot.transpose()?,
            });
        }
        Ok((servers, call.input.flag("/isDrill")?.unwrap_or(false), call.input.tags()?))
    };
    let input = read();
    let with_instances = !call.quirks.has(Quirk::NoRecoveryInstanceIds);
    call.make(
        "drs:StartRecovery",
        input,
        |(servers, ..)| servers.iter().map(|request| request.server.to_string()).collect(),
        |world, region, (servers, is_drill, tags)| {
            let id = world.start_recovery(region, &servers, is_drill, tags)?;
            Ok(job(world, region, &id, with_instances))
        },
    )
}

pub(super) fn terminate_recovery_instances(call: &mut Call<'_>) -> CallResult<Body> {
    let input = call.input.ids::<RecoveryInstanceId>("/recoveryInstanceIDs");
    let with_instances = !call.quirks.has(Quirk::NoRecoveryInstanceIds);
    call.make(
        "drs:TerminateRecoveryInstances",
        input,
        |ids| names(ids),
        |world, region, ids| {
            let id = world.terminate_recovery_instances(region, &ids)?;
            Ok(job(world, region, &id, with_instances))
        },
    )
}

pub(super) fn reverse_replication(call: &mut Call<'_>) -> CallResult<Body> {
    on(call, "drs:ReverseReplication", "/recoveryInstanceID", |world, region, id: &RecoveryInstanceId| {
        let arn = world.reverse_replication(region, id)?;
        Ok(Some(json!({ "reversedDirectionSourceServerArn": arn })))
    })
}

pub(super) fn stop_replication(call: &mut Call<'_>) -> CallResult<Body> {
    on(call, "drs:StopReplication", "/sourceServerID", |world, region, id: &SourceServerId| {
        world.stop_replication(region, id)?;
        Ok(source_server(world, region, id).map(|server| json!({ "sourceServer": server })))
    })
}

pub(super) fn start_replication(call: &mut Call<'_>) -> CallResult<Body> {
    on(call, "drs:StartReplication", "/sourceServerID", |world, region, id: &SourceServerId| {
        world.start_replication(region, id)?;
        Ok(source_server(world, region, id).map(|server| json!({ "sourceServer": server })))
    })
}

/// Disconnects a source server. The response is the server itself, without a wrapper.
pub(super) fn disconnect_source_server(call: &mut Call<'_>) -> CallResult<Body> {
    on(call, "drs:DisconnectSourceServer", "/sourceServerID", |world, region, id: &SourceServerId| {
        world.disconnect_source_server(region, id)?;
        Ok(source_server(world, region, id))
    })
}

pub(super) fn delete_source_server(call: &mut Call<'_>) -> CallResult<Body> {
    on(call, "drs:DeleteSourceServer", "/sourceServerID", |world, region, id: &SourceServerId| {
        world.delete_source_server(region, id).map(|()| None)
    })
}

pub(super) fn delete_recovery_instance(call: &mut Call<'_>) -> CallResult<Body> {
    on(call, "drs:DeleteRecoveryInstance", "/recoveryInstanceID", |world, region, id: &RecoveryInstanceId| {
        world.delete_recovery_instance(region, id).map(|()| None)
    })
}

pub(super) fn disconnect_recovery_instance(call: &mut Call<'_>) -> CallResult<Body> {
    let path = "/recoveryInstanceID";
    on(call, "drs:DisconnectRecoveryInstance", path, |world, region, id: &RecoveryInstanceId| {
        world.disconnect_recovery_instance(region, id).map(|()| None)
    })
}

/// Makes a call that acts on one resource, named by its id.
pub(super) fn on<T: FromStr<Err: Display> + Display>(
    call: &mut Call<'_>,
    operation: &str,
    path: &str,
    run: impl FnOnce(&mut World, Region, &T) -> Result<Body, ServiceError>,
) -> CallResult<Body> {
    let input = call.input.id::<T>(path);
    call.make(operation, input, |id| vec![id.to_string()], |world, region, id| run(world, region, &id))
}

fn source_server(world: &World, region: Region, id: &SourceServerId) -> Body {
    let server = world.source_server(region, id)?;
    Some(shapes::source_server(world, &world.source_server_view(server)))
}

fn job(world: &World, region: Region, id: &JobId, with_instances: bool) -> Body {
    let job = world.job(region, id)?;
    Some(json!({ "job": shapes::job(world, job, with_instances) }))
}
