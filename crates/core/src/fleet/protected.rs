//! Instances that EC2 does not terminate on request, because somebody has protected them from termination.

use std::collections::BTreeSet;

use super::LiveServer;
use crate::at_once::read_at_once;
use crate::catalogue::fault;
use crate::cloud::{Cloud, Ec2};
use crate::error::{Error, Result};
use crate::id::InstanceId;
use crate::region::Region;

/// Returns those of these instances that are protected from termination. EC2 tells it of one instance in a call.
///
/// # Errors
/// Those of AWS.
pub async fn protected_from_termination(
    cloud: &dyn Cloud,
    region: Region,
    ids: &[InstanceId],
) -> Result<BTreeSet<InstanceId>> {
    let protected =
        read_at_once(cloud, ids, |id| Ec2::is_protected_from_termination(cloud, region, id)).await?;
    Ok(ids
        .iter()
        .zip(protected)
        .filter(|(_, is_protected)| *is_protected)
        .map(|(id, _)| id.clone())
        .collect())
}

/// Returns the command that lets EC2 terminate an instance.
pub fn unprotect(region: Region, id: &InstanceId) -> String {
    format!(
        "aws ec2 modify-instance-attribute --region {region} --instance-id {id} --no-disable-api-termination"
    )
}

/// Returns the error of a step that has nothing left to terminate but what is protected. No wait ends that.
pub fn still_protected(region: Region, protected: &[(&LiveServer<'_>, InstanceId)]) -> Error {
    let told = protected.iter().map(|(server, id)| format!("{} ({id})", server.name)).collect::<Vec<_>>();
    let commands = protected.iter().map(|(_, id)| unprotect(region, id)).collect::<Vec<_>>();
    Error::from(fault::only_protected_are_left(told.join(", "), commands.join("\n")))
}
