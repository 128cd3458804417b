//! The describing operations of DRS.

use std::cmp::Ordering;

use failback_core::cloud::{FailbackState, InstanceState, ReplicationState, Tags};
use failback_core::id::{InstanceId, JobId, RecoveryInstanceId, SnapshotId, SourceServerId};
use failback_core::region::Region;
use fastrand::Rng;

use super::state::World;
use crate::durations::SLOW_JOB_LISTING;
use crate::ids::{self, mix};
use crate::objects::{
    DiskView, Job, LogLine, RecoveryInstance, RecoveryInstanceView, RecoveryTemplate, ReplicationView,
    ResourceTags, SourceServer, SourceServerView,
};
use crate::replication::Phase;
use crate::service_error::ServiceError;

/// The initiation steps, in order (drs-facts §2).
const STEPS: [&str; 11] = [
    "WAIT",
    "CREATE_SECURITY_GROUP",
    "LAUNCH_REPLICATION_SERVER",
    "BOOT_REPLICATION_SERVER",
    "AUTHENTICATE_WITH_SERVICE",
    "DOWNLOAD_REPLICATION_SOFTWARE",
    "CREATE_STAGING_DISKS",
    "ATTACH_STAGING_DISKS",
    "PAIR_REPLICATION_SERVER_WITH_AGENT",
    "CONNECT_AGENT_TO_REPLICATION_SERVER",
    "START_DATA_TRANSFER",
];

/// Returns EC2's name of a state.
pub(super) fn state_name(state: InstanceState) -> &'static str {
    match state {
        InstanceState::Pending => "pending",
        InstanceState::Running => "running",
        InstanceState::Stopping => "stopping",
        InstanceState::Stopped => "stopped",
        InstanceState::ShuttingDown => "shutting-down",
        InstanceState::Terminated => "terminated",
        InstanceState::NotFound | InstanceState::Unknown => "not-found",
    }
}

impl World {
    /// DescribeSourceServers. An empty list means all, as it does for DRS.
    ///
    /// # Errors
    /// Where DRS is not initialised, or with more than 200 ids.
    pub fn describe_source_servers(
        &self,
        region: Region,
        ids: &[SourceServerId],
    ) -> Result<Vec<SourceServerView>, ServiceError> {
        let found = self.visible_source_servers(region, ids)?;
        Ok(found.into_iter().map(|server| self.source_server_view(server)).collect())
    }

    /// Returns the source servers that DescribeSourceServers shows now.
    pub(crate) fn visible_source_servers(
        &self,
        region: Region,
        ids: &[SourceServerId],
    ) -> Result<Vec<&SourceServer>, ServiceError> {
        let state = self.drs_region(region)?;
        check_count("filters.sourceServerIDs", ids.len(), 200)?;
        let is_visible = |server: &&SourceServer| server.visible_ms <= self.now_ms;
        Ok(match ids {
            [] => state.source_servers.values().filter(is_visible).collect(),
            ids => ids.iter().filter_map(|id| state.source_servers.get(id)).filter(is_visible).collect(),
        })
    }

    /// Returns a source server as it is now.
    pub fn source_server_view(&self, server: &SourceServer) -> SourceServerView {
        let mut shown = server.clone();
        shown.tags = self.shown_tags(&server.tags).clone().into();
        SourceServerView {
            server: shown,
            replication: self.replication_view(server),
            last_seen_ms: self.last_seen_ms(server),
        }
    }

    /// Returns the time at which DRS has seen the agent, in milliseconds since 1970; absent while the source does not run.
    pub(crate) fn last_seen_ms(&self, server: &SourceServer) -> Option<i64> {
        let source = self.instance(server.origin, &server.source);
        let runs = source.is_some_and(|source| source.state == InstanceState::Running);
        runs.then(|| whole_minute(self.now_ms))
    }

    /// Returns tags as DRS shows them now.
    pub(crate) fn shown_tags<'t>(&self, tags: &'t ResourceTags) -> &'t Tags {
        if self.switches.tags_show_late { tags.late(self.now_ms) } else { tags }
    }

    /// Returns `dataReplicationInfo` of a source server as it is now.
    pub fn replication_view(&self, server: &SourceServer) -> ReplicationView {
        let (now, timeline) = (self.now_ms, &server.replication);
        let phase = timeline.phase(now);
        let steps_done = match phase {
            Phase::Stopped | Phase::Disconnected => None,
            _ => timeline.steps_done(now),
        };
        ReplicationView {
            state: phase.state(),
            lag_ms: timeline.lag_ms(now, self.switches.lag_blips),
            eta_ms: timeline.eta_ms(now),
            disks: self.disk_views(server, phase),
            error: phase.error(),
            initiation_ms: steps_done.map(|_| timeline.began_ms()),
            steps: steps_done.map(initiation_steps).unwrap_or_default(),
        }
    }

    fn disk_views(&self, server: &SourceServer, phase: Phase) -> Vec<DiskView> {
        let total = server.total_bytes();
        let backlog = if phase == Phase::Backlog { total / 200 } else { 0 };
        let mut replicated = server.replication.replicated_bytes(self.now_ms);
        let mut rescanned = server.replication.rescanned_bytes(self.now_ms);
        if phase == Phase::Disconnected {
            (replicated, rescanned) = (0, 0);
        }
        let mut views = Vec::new();
        for disk in &server.disks {
            // Disks advance together: each has its share of the bytes.
            views.push(DiskView {
                device: disk.device.clone(),
                total: if phase == Phase::Disconnected { 0 } else { disk.bytes },
                replicated: share(replicated, disk.bytes, total),
                rescanned: share(rescanned, disk.bytes, total),
                backlogged: share(backlog, disk.bytes, total),
            });
        }
        views
    }

    /// DescribeRecoveryInstances. Empty lists mean all, as they do for DRS.
    ///
    /// # Errors
    /// Where DRS is not initialised, or with more than 200 ids.
    pub fn describe_recovery_instances(
        &self,
        region: Region,
        ids: &[RecoveryInstanceId],
        servers: &[SourceServerId],
    ) -> Result<Vec<RecoveryInstanceView>, ServiceError> {
        let found = self.listed_recovery_instances(region, ids, servers)?;
        Ok(found.into_iter().map(|record| self.recovery_instance_view(record)).collect())
    }

    /// Returns the recovery instances that DescribeRecoveryInstances shows now.
    pub(crate) fn listed_recovery_instances(
        &self,
        region: Region,
        ids: &[RecoveryInstanceId],
        servers: &[SourceServerId],
    ) -> Result<Vec<&RecoveryInstance>, ServiceError> {
        let state = self.drs_region(region)?;
        check_count("filters.recoveryInstanceIDs", ids.len(), 200)?;
        let mut found: Vec<&RecoveryInstance> = if !ids.is_empty() {
            ids.iter().filter_map(|id| state.recovery_instances.get(id)).collect()
        } else if servers.is_empty() {
            state.recovery_instances.values().collect()
        } else {
            // Filtering all recovery instances would be slow for large fleets.
            let launched = servers.iter().filter_map(|id| state.source_servers.get(id));
            let ids = launched.flat_map(|server| &server.launched).map(InstanceId::recovery_instance);
            ids.filter_map(|id| state.recovery_instances.get(&id)).collect()
        };
        found.retain(|record| {
            let is_listed = record.listed_ms <= self.now_ms;
            is_listed && (servers.is_empty() || servers.contains(&record.source_server))
        });
        Ok(found)
    }

    /// Returns a recovery instance as it is now.
    pub fn recovery_instance_view(&self, record: &RecoveryInstance) -> RecoveryInstanceView {
        let (replication_state, lag_ms) = self.mirrored(record);
        let mut shown = record.clone();
        shown.tags = self.shown_tags(&record.tags).clone().into();
        RecoveryInstanceView {
            record: shown,
            state: self.state_of(record.region, &record.id),
            failback_state: self.failback_state(record, replication_state),
            agent_seen_ms: self.last_agent_contact(record),
            replication_state,
            lag_ms,
        }
    }

    /// Returns the time of the agent's last contact, in milliseconds since 1970; nothing before the first one.
    pub(crate) fn last_agent_contact(&self, recovery_instance: &RecoveryInstance) -> Option<i64> {
        let first = self.first_agent_contact(recovery_instance)?;
        let instance = self.instance(recovery_instance.region, &recovery_instance.instance)?;
        let running = instance.state == InstanceState::Running;
        let until = if running { self.now_ms } else { instance.since_ms };
        let until = instance.agent_gone_ms.map_or(until, |gone| until.min(gone));
        Some(whole_minute(until).max(first))
    }

    /// Returns the replication state and the lag of the source server that replicates from a recovery instance, which
    /// mirrors them (§3, row 2).
    pub(crate) fn mirrored(&self, recovery_instance: &RecoveryInstance) -> (ReplicationState, Option<i64>) {
        if recovery_instance.disconnected {
            return (ReplicationState::Disconnected, None);
        }
        let Some(reversal) = &recovery_instance.reversal else { return (ReplicationState::NotStarted, None) };
        if !self.is_initialised(reversal.region) {
            return (ReplicationState::NotAvailable, None);
        }
        let server = self.source_server(reversal.region, &reversal.server);
        let Some(server) = server.filter(|server| server.source == recovery_instance.instance) else {
            return (ReplicationState::Disconnected, None);
        };
        let lag = server.replication.lag_ms(self.now_ms, self.switches.lag_blips);
        (server.replication.phase(self.now_ms).state(), lag)
    }

    /// Returns `failback.state` (§4). The order of its states is an open question (§12.1).
    pub(crate) fn failback_state(
        &self,
        recovery_instance: &RecoveryInstance,
        state: ReplicationState,
    ) -> FailbackState {
        if recovery_instance.reversal.is_none() {
            return if self.switches.not_ready_for_launch_at_first {
                FailbackState::NotReadyForLaunch
            } else {
                FailbackState::NotStarted
            };
        }
        match state {
            ReplicationState::NotAvailable => FailbackState::NotAvailable,
            ReplicationState::Continuous if self.switches.reports_ready_for_launch => {
                FailbackState::ReadyForLaunch
            }
            ReplicationState::Stopped | ReplicationState::Disconnected => FailbackState::NotStarted,
            ReplicationState::Stalled => FailbackState::Error,
            _ => FailbackState::InProgress,
        }
    }

    /// DescribeJobs, newest first. An empty list means all, as it does for DRS.
    ///
    /// # Errors
    /// Where DRS is not initialised, or with more than 1,000 ids.
    pub fn describe_jobs(
        &self,
        region: Region,
        ids: &[JobId],
        since_ms: Option<i64>,
    ) -> Result<Vec<&Job>, ServiceError> {
        let state = self.drs_region(region)?;
        check_count("filters.jobIDs", ids.len(), 1_000)?;
        let delay_ms = if self.switches.slow_servers { SLOW_JOB_LISTING } else { 0 };
        let mut found = Vec::new();
        for id in state.job_order.iter().rev() {
            let Some(job) = state.jobs.get(id) else { continue };
            let is_recent = since_ms.is_none_or(|since| job.created_ms >= since);
            let is_listed = job.created_ms + delay_ms <= self.now_ms;
            if is_recent && is_listed && (ids.is_empty() || ids.contains(id)) {
                found.push(job);
            }
        }
        Ok(found)
    }

    /// DescribeJobLogItems, oldest first.
    ///
    /// # Errors
    /// Where DRS is not initialised. For an unknown job DRS declares no error; here the request is malformed.
    pub fn describe_job_log(&self, region: Region, id: &JobId) -> Result<&[LogLine], ServiceError> {
        match self.drs_region(region)?.jobs.get(id) {
            Some(job) => Ok(&job.log),
            None => Err(ServiceError::invalid(format!("Job {id} was not found"))),
        }
    }

    /// DescribeRecoverySnapshots, newest first: id, and milliseconds since 1970.
    ///
    /// # Errors
    /// Where DRS is not initialised. For an unknown server DRS declares no error; here the request is malformed.
    pub fn describe_recovery_snapshots(
        &self,
        region: Region,
        id: &SourceServerId,
    ) -> Result<Vec<(SnapshotId, i64)>, ServiceError> {
        match self.drs_region(region)?.source_servers.get(id) {
            Some(server) => Ok(self.snapshots_of(server)),
            None => Err(ServiceError::invalid(format!("Source server {id} was not found"))),
        }
    }

    /// Returns the points in time of a server, newest first: id, and milliseconds since 1970.
    pub(super) fn snapshots_of(&self, server: &SourceServer) -> Vec<(SnapshotId, i64)> {
        let mut found = Vec::new();
        // Ids follow from server and moment, so that points in time need not be stored.
        let seed = server.id.as_str().bytes().fold(7, |sum, byte| mix(sum, u64::from(byte)));
        for (_, ms) in server.replication.snapshots(self.now_ms) {
            let mut rng = Rng::with_seed(mix(seed, ms.unsigned_abs()));
            found.push((ids::drs(&mut rng, "pit-"), ms));
        }
        found
    }

    /// DescribeReplicationConfigurationTemplates.
    ///
    /// # Errors
    /// Where DRS is not initialised.
    pub fn describe_replication_templates(
        &self,
        region: Region,
    ) -> Result<&[RecoveryTemplate], ServiceError> {
        Ok(&self.drs_region(region)?.replication_templates)
    }

    /// DescribeLaunchConfigurationTemplates: `launchIntoSourceInstance` of the only template.
    ///
    /// # Errors
    /// Where DRS is not initialised.
    pub fn describe_launch_configuration_template(&self, region: Region) -> Result<bool, ServiceError> {
        Ok(self.drs_region(region)?.launch_into_source)
    }
}

/// Refuses a filter with too many values.
fn check_count(field: &str, count: usize, max: usize) -> Result<(), ServiceError> {
    if count > max {
        return Err(ServiceError::invalid(format!("{field} must have at most {max} items")));
    }
    Ok(())
}

/// Returns the initiation steps, each with its status, once so many have ended.
fn initiation_steps(done: usize) -> Vec<(&'static str, &'static str)> {
    let mut steps = Vec::new();
    for (i, name) in STEPS.into_iter().enumerate() {
        let status = match i.cmp(&done) {
            Ordering::Less => "SUCCEEDED",
            Ordering::Equal => "IN_PROGRESS",
            Ordering::Greater => "NOT_STARTED",
        };
        steps.push((name, status));
    }
    steps
}

/// Returns a disk's share of bytes that all disks have together.
fn share(bytes: u64, disk: u64, total: u64) -> u64 {
    if bytes >= total {
        return disk;
    }
    let part = u128::from(bytes) * u128::from(disk) / u128::from(total.max(1));
    u64::try_from(part).unwrap_or(disk)
}

fn whole_minute(ms: i64) -> i64 {
    ms - ms % 60_000
}
