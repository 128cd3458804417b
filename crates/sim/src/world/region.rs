//! What one Region holds.

use std::collections::BTreeMap;

use failback_core::cloud::{DrsQuotas, Tags};
use failback_core::id::{
    InstanceId, JobId, LaunchTemplateId, RecoveryInstanceId, SecurityGroupId, SourceServerId, SubnetId,
};

use crate::objects::{
    Instance, Job, LaunchTemplate, RecoveryInstance, RecoveryTemplate, SourceServer, Subnet,
};

/// One Region.
#[derive(Debug, Clone, Default)]
pub(crate) struct RegionState {
    pub(crate) initialised: bool,
    pub(crate) quotas: DrsQuotas,
    pub(crate) source_servers: BTreeMap<SourceServerId, SourceServer>,
    pub(crate) recovery_instances: BTreeMap<RecoveryInstanceId, RecoveryInstance>,
    pub(crate) jobs: BTreeMap<JobId, Job>,
    /// Job ids as they were created.
    pub(crate) job_order: Vec<JobId>,
    /// Jobs that are not completed.
    pub(crate) active_jobs: Vec<JobId>,
    pub(crate) replication_templates: Vec<RecoveryTemplate>,
    pub(crate) launch_into_source: bool,
    pub(crate) instances: BTreeMap<InstanceId, Instance>,
    pub(crate) subnets: BTreeMap<SubnetId, Subnet>,
    pub(crate) security_groups: BTreeMap<SecurityGroupId, String>,
    pub(crate) launch_templates: BTreeMap<LaunchTemplateId, LaunchTemplate>,
    pub(crate) other_tags: BTreeMap<String, Tags>,
}
