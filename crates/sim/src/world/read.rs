//! What others may read of the world, cheaply, object by object.

use std::collections::BTreeSet;

use failback_core::cloud::{DrsQuotas, RunningExecution, Tags};
use failback_core::id::{
    ChangeId, HostedZoneId, InstanceId, JobId, LaunchTemplateId, RecoveryInstanceId, SourceServerId, SubnetId,
};
use failback_core::region::Region;

use super::{Bystanders, Call, FleetServer, World};
use crate::objects::{
    Change, DnsRecord, Instance, Job, LaunchTemplate, RecoveryInstance, SourceServer, Subnet, Zone,
};
use crate::service_error::ServiceError;
use crate::switches::Switches;

impl World {
    /// The source Region and the recovery Region.
    pub fn region_pair(&self) -> (Region, Region) {
        self.pair
    }

    /// Every Region that holds anything.
    pub fn regions(&self) -> impl Iterator<Item = Region> + '_ {
        self.regions.keys().copied()
    }

    /// Account number.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The switches.
    pub fn switches(&self) -> Switches {
        self.switches
    }

    /// Every call so far.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// The fleet.
    pub fn fleet(&self) -> &[FleetServer] {
        &self.fleet
    }

    /// Other people's objects.
    pub fn bystanders(&self) -> &Bystanders {
        &self.bystanders
    }

    /// True where DRS is initialised.
    pub fn is_initialised(&self, region: Region) -> bool {
        self.regions.get(&region).is_some_and(|state| state.initialised)
    }

    /// Source servers of a Region, those not yet listed included.
    pub fn source_servers(&self, region: Region) -> impl Iterator<Item = &SourceServer> {
        self.regions.get(&region).into_iter().flat_map(|state| state.source_servers.values())
    }

    /// A source server.
    pub fn source_server(&self, region: Region, id: &SourceServerId) -> Option<&SourceServer> {
        self.regions.get(&region)?.source_servers.get(id)
    }

    /// Recovery instances of a Region, lingering ones included.
    pub fn recovery_instances(&self, region: Region) -> impl Iterator<Item = &RecoveryInstance> {
        self.regions.get(&region).into_iter().flat_map(|state| state.recovery_instances.values())
    }

    /// A recovery instance.
    pub fn recovery_instance(&self, region: Region, id: &RecoveryInstanceId) -> Option<&RecoveryInstance> {
        self.regions.get(&region)?.recovery_instances.get(id)
    }

    /// EC2 instances of a Region, terminated ones included.
    pub fn instances(&self, region: Region) -> impl Iterator<Item = &Instance> {
        self.regions.get(&region).into_iter().flat_map(|state| state.instances.values())
    }

    /// An EC2 instance.
    pub fn instance(&self, region: Region, id: &InstanceId) -> Option<&Instance> {
        self.regions.get(&region)?.instances.get(id)
    }

    /// Jobs of a Region, oldest first.
    pub fn jobs(&self, region: Region) -> impl Iterator<Item = &Job> {
        let state = self.regions.get(&region);
        state.into_iter().flat_map(|state| state.job_order.iter().filter_map(|id| state.jobs.get(id)))
    }

    /// A job.
    pub fn job(&self, region: Region, id: &JobId) -> Option<&Job> {
        self.regions.get(&region)?.jobs.get(id)
    }

    /// Jobs of a Region that are not completed.
    pub fn active_jobs(&self, region: Region) -> impl Iterator<Item = &Job> {
        let state = self.regions.get(&region);
        state.into_iter().flat_map(|state| state.active_jobs.iter().filter_map(|id| state.jobs.get(id)))
    }

    /// A subnet.
    pub fn subnet(&self, region: Region, id: &SubnetId) -> Option<&Subnet> {
        self.regions.get(&region)?.subnets.get(id)
    }

    /// A launch template.
    pub fn launch_template(&self, region: Region, id: &LaunchTemplateId) -> Option<&LaunchTemplate> {
        self.regions.get(&region)?.launch_templates.get(id)
    }

    /// Quotas of DRS.
    pub fn quotas(&self, region: Region) -> DrsQuotas {
        self.regions.get(&region).map(|state| state.quotas).unwrap_or_default()
    }

    /// Hosted zones.
    pub fn zones(&self) -> impl Iterator<Item = &Zone> {
        self.zones.values()
    }

    /// A simple record set.
    pub fn record(&self, zone: &HostedZoneId, name: &str, kind: &str) -> Option<&DnsRecord> {
        let key = (super::dns::with_dot(name), kind.to_owned(), None);
        self.zones.get(zone)?.records.get(&key)
    }

    /// A change of Route 53.
    pub fn change(&self, id: &ChangeId) -> Option<&Change> {
        self.changes.get(id)
    }

    /// The instance that owns an address.
    pub fn owner_of(&self, address: &str) -> Option<(Region, &InstanceId)> {
        self.addresses.get(address).map(|(region, id)| (*region, id))
    }

    /// Source servers that replicate, or did until they were stopped, from an instance.
    pub fn replicating_from(&self, instance: &InstanceId) -> Option<&BTreeSet<(Region, SourceServerId)>> {
        self.replicating.get(instance)
    }

    /// Executions that have not ended.
    pub fn running_executions(&self) -> Vec<RunningExecution> {
        self.executions.values().cloned().collect()
    }

    /// Refuses where DRS is not initialised.
    pub(crate) fn drs(&self, region: Region) -> Result<&super::RegionState, ServiceError> {
        self.regions.get(&region).filter(|state| state.initialised).ok_or_else(ServiceError::uninitialized)
    }

    /// Refuses where DRS is not initialised, and what DRS does not know.
    pub(crate) fn known_server(
        &self,
        region: Region,
        id: &SourceServerId,
    ) -> Result<&SourceServer, ServiceError> {
        self.drs(region)?.source_servers.get(id).ok_or_else(|| ServiceError::not_found("Source server", id))
    }

    pub(crate) fn server_mut(&mut self, region: Region, id: &SourceServerId) -> Option<&mut SourceServer> {
        self.regions.get_mut(&region)?.source_servers.get_mut(id)
    }

    pub(crate) fn record_mut(
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

    /// An ARN of DRS.
    pub(crate) fn drs_arn(&self, region: Region, kind: &str, id: &dyn std::fmt::Display) -> String {
        format!("arn:{}:drs:{region}:{}:{kind}/{id}", region.partition(), self.account)
    }

    /// Tags of a DRS resource by its ARN.
    pub fn tags_of(&self, arn: &str) -> Option<&Tags> {
        let (region, kind, id) = super::settings::parse_arn(arn)?;
        let state = self.regions.get(&region)?;
        match kind {
            "source-server" => state.source_servers.get(&id.parse().ok()?).map(|server| &server.tags),
            "recovery-instance" => state.recovery_instances.get(&id.parse().ok()?).map(|record| &record.tags),
            "job" => state.jobs.get(&id.parse().ok()?).map(|job| &job.tags),
            _ => state.other_tags.get(arn),
        }
    }
}
