//! Objects of the world, as auditors, tests and the operations themselves read them.

use std::collections::BTreeSet;

use failback_core::cloud::{DrsQuotas, Tags};
use failback_core::id::{
    ChangeId, HostedZoneId, InstanceId, JobId, LaunchTemplateId, RecoveryInstanceId, SecurityGroupId,
    SourceServerId, SubnetId,
};
use failback_core::region::Region;

use super::call::Call;
use super::change_batch::with_dot;
use super::fleet::{Bystanders, FleetServer};
use super::log::Log;
use super::region::RegionState;
use super::settings::parse_arn;
use super::state::World;
use crate::objects::{
    Change, DnsRecord, Instance, Job, LaunchTemplate, RecoveryInstance, SourceServer, Subnet, Zone,
};
use crate::service_error::ServiceError;
use crate::switches::Switches;

impl World {
    /// Returns the source Region and the recovery Region.
    pub fn region_pair(&self) -> (Region, Region) {
        self.region_pair
    }

    /// Returns every Region that has any object.
    pub fn regions(&self) -> impl Iterator<Item = Region> + '_ {
        self.regions.keys().copied()
    }

    /// Returns the account number.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Returns the switches.
    pub fn switches(&self) -> Switches {
        self.switches
    }

    /// Returns every call so far.
    pub fn calls(&self) -> &Log<Call> {
        &self.calls
    }

    /// Returns the fleet.
    pub fn fleet(&self) -> &[FleetServer] {
        &self.fleet
    }

    /// Returns the resources of other people.
    pub fn bystanders(&self) -> &Bystanders {
        &self.bystanders
    }

    /// Returns true where DRS is initialised.
    pub fn is_initialised(&self, region: Region) -> bool {
        self.regions.get(&region).is_some_and(|state| state.initialised)
    }

    /// Returns the source servers of a Region, with those that DescribeSourceServers does not list yet.
    pub fn source_servers(&self, region: Region) -> impl Iterator<Item = &SourceServer> {
        self.regions.get(&region).into_iter().flat_map(|state| state.source_servers.values())
    }

    /// Returns a source server.
    pub fn source_server(&self, region: Region, id: &SourceServerId) -> Option<&SourceServer> {
        self.regions.get(&region)?.source_servers.get(id)
    }

    /// Returns the recovery instances of a Region, with the terminated ones that are still listed.
    pub fn recovery_instances(&self, region: Region) -> impl Iterator<Item = &RecoveryInstance> {
        self.regions.get(&region).into_iter().flat_map(|state| state.recovery_instances.values())
    }

    /// Returns a recovery instance.
    pub fn recovery_instance(&self, region: Region, id: &RecoveryInstanceId) -> Option<&RecoveryInstance> {
        self.regions.get(&region)?.recovery_instances.get(id)
    }

    /// Returns the EC2 instances of a Region, with the terminated ones.
    pub fn instances(&self, region: Region) -> impl Iterator<Item = &Instance> {
        self.regions.get(&region).into_iter().flat_map(|state| state.instances.values())
    }

    /// Returns an EC2 instance.
    pub fn instance(&self, region: Region, id: &InstanceId) -> Option<&Instance> {
        self.regions.get(&region)?.instances.get(id)
    }

    /// Returns the jobs of a Region, oldest first.
    pub fn jobs(&self, region: Region) -> impl Iterator<Item = &Job> {
        let state = self.regions.get(&region).into_iter();
        state.flat_map(|state| state.job_order.iter().filter_map(|id| state.jobs.get(id)))
    }

    /// Returns a job.
    pub fn job(&self, region: Region, id: &JobId) -> Option<&Job> {
        self.regions.get(&region)?.jobs.get(id)
    }

    /// Returns the jobs of a Region that are not COMPLETED.
    pub fn active_jobs(&self, region: Region) -> impl Iterator<Item = &Job> {
        let state = self.regions.get(&region).into_iter();
        state.flat_map(|state| state.active_jobs.iter().filter_map(|id| state.jobs.get(id)))
    }

    /// Returns a subnet.
    pub fn subnet(&self, region: Region, id: &SubnetId) -> Option<&Subnet> {
        self.regions.get(&region)?.subnets.get(id)
    }

    /// Returns the subnets of a Region, each with the security groups of its VPC.
    pub fn networks(&self, region: Region) -> impl Iterator<Item = (&Subnet, Vec<&SecurityGroupId>)> {
        let state = self.regions.get(&region);
        let subnets = state.into_iter().flat_map(|state| state.subnets.values());
        subnets.map(move |subnet| {
            let groups = state.into_iter().flat_map(|state| &state.security_groups);
            (subnet, groups.filter(|(_, vpc)| **vpc == subnet.vpc).map(|(id, _)| id).collect())
        })
    }

    /// Returns a launch template.
    pub fn launch_template(&self, region: Region, id: &LaunchTemplateId) -> Option<&LaunchTemplate> {
        self.regions.get(&region)?.launch_templates.get(id)
    }

    /// Returns the quotas of DRS in a Region.
    pub fn quotas(&self, region: Region) -> DrsQuotas {
        self.regions.get(&region).map(|state| state.quotas).unwrap_or_default()
    }

    /// Returns the hosted zones.
    pub fn zones(&self) -> impl Iterator<Item = &Zone> {
        self.zones.values()
    }

    /// Returns a record set without a set identifier.
    pub fn record(&self, zone: &HostedZoneId, name: &str, kind: &str) -> Option<&DnsRecord> {
        let key = (with_dot(name), kind.to_owned(), None);
        self.zones.get(zone)?.records.get(&key)
    }

    /// Returns a change of Route 53.
    pub fn change(&self, id: &ChangeId) -> Option<&Change> {
        self.changes.get(id)
    }

    /// Returns the instance that owns a private or public address.
    pub fn owner_of(&self, address: &str) -> Option<(Region, &InstanceId)> {
        let (region, id) = self.addresses.get(address)?;
        Some((*region, id))
    }

    /// Returns the source servers that replicate, or did until they were stopped, from an instance.
    pub fn replicating_from(&self, instance: &InstanceId) -> Option<&BTreeSet<(Region, SourceServerId)>> {
        self.replicating.get(instance)
    }

    /// Returns the execution that makes the present call.
    pub fn caller(&self) -> Option<&str> {
        self.caller.execution.as_deref()
    }

    /// Returns the step that makes the present call.
    pub fn caller_step(&self) -> Option<&str> {
        self.caller.step.as_deref()
    }

    /// Returns the tags of a DRS resource by its ARN.
    pub fn tags_of(&self, arn: &str) -> Option<&Tags> {
        let (region, kind, id) = parse_arn(arn)?;
        match kind {
            "source-server" => Some(&self.source_server(region, &id.parse().ok()?)?.tags),
            "recovery-instance" => Some(&self.recovery_instance(region, &id.parse().ok()?)?.tags),
            "job" => Some(&self.job(region, &id.parse().ok()?)?.tags),
            _ => None,
        }
    }

    /// Returns an ARN of DRS.
    pub(crate) fn drs_arn(&self, region: Region, kind: &str, id: &dyn std::fmt::Display) -> String {
        format!("arn:{}:drs:{region}:{}:{kind}/{id}", region.partition(), self.account)
    }

    /// Returns the state of a Region, or an error where DRS is not initialised.
    pub(crate) fn drs_region(&self, region: Region) -> Result<&RegionState, ServiceError> {
        match self.regions.get(&region) {
            Some(state) if state.initialised => Ok(state),
            _ => Err(ServiceError::uninitialized()),
        }
    }

    /// Returns a source server, or an error where DRS is not initialised or does not know it.
    pub(crate) fn known_source_server(
        &self,
        region: Region,
        id: &SourceServerId,
    ) -> Result<&SourceServer, ServiceError> {
        let found = self.drs_region(region)?.source_servers.get(id);
        found.ok_or_else(|| ServiceError::not_found("Source server", id))
    }

    /// Returns a recovery instance, or an error where DRS is not initialised or does not know it.
    pub(crate) fn known_recovery_instance(
        &self,
        region: Region,
        id: &RecoveryInstanceId,
    ) -> Result<&RecoveryInstance, ServiceError> {
        let found = self.drs_region(region)?.recovery_instances.get(id);
        found.ok_or_else(|| ServiceError::not_found("Recovery instance", id))
    }

    /// Returns the state of a Region, which is created if the Region has no object yet.
    pub(crate) fn region_mut(&mut self, region: Region) -> &mut RegionState {
        self.regions.entry(region).or_default()
    }

    pub(crate) fn source_server_mut(
        &mut self,
        region: Region,
        id: &SourceServerId,
    ) -> Option<&mut SourceServer> {
        self.regions.get_mut(&region)?.source_servers.get_mut(id)
    }

    pub(crate) fn recovery_instance_mut(
        &mut self,
        region: Region,
        id: &RecoveryInstanceId,
    ) -> Option<&mut RecoveryInstance> {
        self.regions.get_mut(&region)?.recovery_instances.get_mut(id)
    }

    pub(crate) fn instance_mut(&mut self, region: Region, id: &InstanceId) -> Option<&mut Instance> {
        self.regions.get_mut(&region)?.instances.get_mut(id)
    }

    pub(crate) fn job_mut(&mut self, region: Region, id: &JobId) -> Option<&mut Job> {
        self.regions.get_mut(&region)?.jobs.get_mut(id)
    }
}
