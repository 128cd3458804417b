//! The state of one Region.

use std::collections::BTreeMap;

use failback_core::cloud::DrsQuotas;
use failback_core::id::{
    InstanceId, JobId, LaunchTemplateId, RecoveryInstanceId, SecurityGroupId, SourceServerId, SubnetId,
};

use crate::objects::{
    Instance, Job, LaunchTemplate, RecoveryInstance, RecoveryTemplate, SourceServer, Subnet,
};

/// DRS and EC2 of one Region.
#[derive(Debug, Clone, Default)]
pub(crate) struct RegionState {
    /// DRS was initialised.
    pub(crate) initialised: bool,
    pub(crate) quotas: DrsQuotas,
    pub(crate) source_servers: BTreeMap<SourceServerId, SourceServer>,
    pub(crate) recovery_instances: BTreeMap<RecoveryInstanceId, RecoveryInstance>,
    pub(crate) jobs: BTreeMap<JobId, Job>,
    /// Ids of all jobs, oldest first.
    pub(crate) job_order: Vec<JobId>,
    /// Ids of the jobs that are not COMPLETED.
    pub(crate) active_jobs: Vec<JobId>,
    pub(crate) replication_templates: Vec<RecoveryTemplate>,
    /// `launchIntoSourceInstance` of the launch configuration template.
    pub(crate) launch_into_source: bool,
    pub(crate) instances: BTreeMap<InstanceId, Instance>,
    pub(crate) subnets: BTreeMap<SubnetId, Subnet>,
    /// VPC of each security group.
    pub(crate) security_groups: BTreeMap<SecurityGroupId, String>,
    pub(crate) launch_templates: BTreeMap<LaunchTemplateId, LaunchTemplate>,
}
