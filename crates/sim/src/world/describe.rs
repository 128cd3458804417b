//! What DRS answers when it is asked.

use failback_core::cloud::{FailbackState, InstanceState, ReplicationState};
use failback_core::id::{JobId, RecoveryInstanceId, SnapshotId, SourceServerId};
use failback_core::region::Region;

use super::World;
use crate::ids::mix;
use crate::objects::{
    DiskView, Job, LogLine, RecoveryInstance, RecoveryInstanceView, RecoveryTemplate, ReplicationView,
    SourceServer, SourceServerView,
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

/// EC2's word for a state.
pub(crate) fn state_word(state: InstanceState) -> &'static str {
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
    /// DescribeSourceServers. An empty list means all, as with DRS.
    ///
    /// # Errors
    /// Where DRS is not initialised, or with more than 200 ids.
    pub fn describe_source_servers(
        &self,
        region: Region,
        ids: &[SourceServerId],
    ) -> Result<Vec<SourceServerView>, ServiceError> {
        let state = self.drs(region)?;
        check_count("filters.sourceServerIDs", ids.len(), 200)?;
        let visible = |server: &&SourceServer| server.visible_ms <= self.now_ms;
        let view = |server| self.source_server_view(server);
        if ids.is_empty() {
            return Ok(state.source_servers.values().filter(visible).map(view).collect());
        }
        Ok(ids.iter().filter_map(|id| state.source_servers.get(id)).filter(visible).map(view).collect())
    }

    /// What is true of a source server now.
    pub fn source_server_view(&self, server: &SourceServer) -> SourceServerView {
        let running =
            self.instance(server.origin, &server.source).is_some_and(|i| i.state == InstanceState::Running);
        let last_seen_ms = running.then_some(self.now_ms - self.now_ms % 60_000);
        SourceServerView { server: server.clone(), replication: self.replication_view(server), last_seen_ms }
    }

    /// `dataReplicationInfo` of a source server now.
    pub fn replication_view(&self, server: &SourceServer) -> ReplicationView {
        let (now, course) = (self.now_ms, &server.replication);
        let phase = course.phase(now);
        let total = server.total_bytes();
        let gone = phase == Phase::Disconnected;
        // Disks advance together: each has its share of what is copied.
        let share = |bytes: u64, disk: u64| {
            let part = u128::from(bytes) * u128::from(disk) / u128::from(total.max(1));
            if bytes >= total { disk } else { u64::try_from(part).unwrap_or(disk) }
        };
        let (replicated, rescanned) = (course.replicated_bytes(now), course.rescanned_bytes(now));
        let backlog = if phase == Phase::Backlog { total / 200 } else { 0 };
        let disks = server.disks.iter().map(|disk| DiskView {
            device: disk.device.clone(),
            total: if gone { 0 } else { disk.bytes },
            replicated: if gone { 0 } else { share(replicated, disk.bytes) },
            rescanned: if gone { 0 } else { share(rescanned, disk.bytes) },
            backlogged: share(backlog, disk.bytes),
        });
        let initiating = course.steps_done(now).filter(|_| phase != Phase::Stopped && !gone);
        ReplicationView {
            state: phase.state(),
            lag_ms: course.lag_ms(now, self.switches.lag_blips),
            eta_ms: course.eta_ms(now),
            disks: disks.collect(),
            error: phase.error(),
            initiation_ms: initiating.map(|_| course.began_ms()),
            steps: initiating.map(steps_after).unwrap_or_default(),
        }
    }

    /// DescribeRecoveryInstances. Empty lists mean all, as with DRS.
    ///
    /// # Errors
    /// Where DRS is not initialised, or with more than 200 ids.
    pub fn describe_recovery_instances(
        &self,
        region: Region,
        ids: &[RecoveryInstanceId],
        servers: &[SourceServerId],
    ) -> Result<Vec<RecoveryInstanceView>, ServiceError> {
        let state = self.drs(region)?;
        check_count("filters.recoveryInstanceIDs", ids.len(), 200)?;
        let of_servers =
            |record: &&RecoveryInstance| servers.is_empty() || servers.contains(&record.source_server);
        let view = |record| self.recovery_instance_view(record);
        if !ids.is_empty() {
            let records = ids.iter().filter_map(|id| state.recovery_instances.get(id));
            return Ok(records.filter(of_servers).map(view).collect());
        }
        if servers.is_empty() {
            return Ok(state.recovery_instances.values().map(view).collect());
        }
        // A record is named after its instance, and a server knows what was launched from it.
        let launched = servers.iter().flat_map(|id| {
            let server = state.source_servers.get(id);
            server.into_iter().flat_map(|server| &server.launched)
        });
        let records =
            launched.filter_map(|instance| state.recovery_instances.get(&instance.recovery_instance()));
        Ok(records.filter(of_servers).map(view).collect())
    }

    /// What is true of a recovery instance now.
    pub fn recovery_instance_view(&self, record: &RecoveryInstance) -> RecoveryInstanceView {
        let instance = self.instance(record.region, &record.instance);
        let state = instance.map_or(InstanceState::NotFound, |instance| instance.state);
        let last_seen = instance.and_then(|instance| {
            let first = instance.agent_seen_ms.filter(|&ms| ms <= self.now_ms)?;
            let until = if state == InstanceState::Running { self.now_ms } else { instance.since_ms };
            Some((until - until % 60_000).max(first))
        });
        let (replication_state, lag_ms) = self.mirrored(record);
        RecoveryInstanceView {
            record: record.clone(),
            state,
            failback_state: self.failback_state(record, replication_state),
            agent_seen_ms: last_seen,
            replication_state,
            lag_ms,
        }
    }

    /// A recovery instance mirrors the source server that replicates from it (§3, row 2).
    fn mirrored(&self, record: &RecoveryInstance) -> (ReplicationState, Option<i64>) {
        if record.disconnected {
            return (ReplicationState::Disconnected, None);
        }
        let Some(reversal) = &record.reversal else { return (ReplicationState::NotStarted, None) };
        if !self.is_initialised(reversal.region) {
            return (ReplicationState::NotAvailable, None);
        }
        let server = self.source_server(reversal.region, &reversal.server);
        let Some(server) = server.filter(|server| server.source == record.instance) else {
            return (ReplicationState::Disconnected, None);
        };
        let lag = server.replication.lag_ms(self.now_ms, self.switches.lag_blips);
        (server.replication.phase(self.now_ms).state(), lag)
    }

    /// `failback.state` (§4; its course is open, §12.1).
    fn failback_state(&self, record: &RecoveryInstance, state: ReplicationState) -> FailbackState {
        if record.reversal.is_none() {
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

    /// DescribeJobs, newest first. An empty list means all, as with DRS.
    ///
    /// # Errors
    /// Where DRS is not initialised, or with more than 1,000 ids.
    pub fn describe_jobs(
        &self,
        region: Region,
        ids: &[JobId],
        since_ms: Option<i64>,
    ) -> Result<Vec<&Job>, ServiceError> {
        let state = self.drs(region)?;
        check_count("filters.jobIDs", ids.len(), 1_000)?;
        let wanted = |job: &&Job| {
            (ids.is_empty() || ids.contains(&job.id)) && since_ms.is_none_or(|since| job.created_ms >= since)
        };
        Ok(state.job_order.iter().rev().filter_map(|id| state.jobs.get(id)).filter(wanted).collect())
    }

    /// DescribeJobLogItems.
    ///
    /// # Errors
    /// Where DRS is not initialised; an unknown job has no declared error, and is a malformed request here.
    pub fn describe_job_log(&self, region: Region, id: &JobId) -> Result<&[LogLine], ServiceError> {
        let job = self.drs(region)?.jobs.get(id);
        Ok(&job.ok_or_else(|| ServiceError::invalid(format!("Job {id} was not found")))?.log)
    }

    /// DescribeRecoverySnapshots, newest first.
    ///
    /// # Errors
    /// Where DRS is not initialised; an unknown server has no declared error, and is a malformed request here.
    pub fn describe_recovery_snapshots(
        &self,
        region: Region,
        id: &SourceServerId,
    ) -> Result<Vec<(SnapshotId, i64)>, ServiceError> {
        let server = self.drs(region)?.source_servers.get(id);
        let server =
            server.ok_or_else(|| ServiceError::invalid(format!("Source server {id} was not found")))?;
        Ok(self.snapshots_of(server))
    }

    /// Points in time of a server, newest first. Their ids follow from server and number.
    pub(crate) fn snapshots_of(&self, server: &SourceServer) -> Vec<(SnapshotId, i64)> {
        let seed = server.id.as_str().bytes().fold(7, |sum, byte| mix(sum, u64::from(byte)));
        let id = |ms: i64| {
            let mut rng = fastrand::Rng::with_seed(mix(seed, ms.unsigned_abs()));
            crate::ids::drs::<SnapshotId>(&mut rng, "pit-")
        };
        server.replication.snapshots(self.now_ms).into_iter().map(|(_, ms)| (id(ms), ms)).collect()
    }

    /// DescribeReplicationConfigurationTemplates.
    ///
    /// # Errors
    /// Where DRS is not initialised.
    pub fn describe_replication_templates(
        &self,
        region: Region,
    ) -> Result<&[RecoveryTemplate], ServiceError> {
        Ok(&self.drs(region)?.replication_templates)
    }

    /// DescribeLaunchConfigurationTemplates: `launchIntoSourceInstance` of the one that there is.
    ///
    /// # Errors
    /// Where DRS is not initialised.
    pub fn describe_launch_configuration_template(&self, region: Region) -> Result<bool, ServiceError> {
        Ok(self.drs(region)?.launch_into_source)
    }
}

/// Refuses a filter with too many values.
fn check_count(field: &str, count: usize, max: usize) -> Result<(), ServiceError> {
    if count > max {
        return Err(ServiceError::invalid(format!("{field} must have at most {max} items")));
    }
    Ok(())
}

/// Names and statuses when this many steps are over.
fn steps_after(done: usize) -> Vec<(&'static str, &'static str)> {
    let status = |i: usize| match i.cmp(&done) {
        std::cmp::Ordering::Less => "SUCCEEDED",
        std::cmp::Ordering::Equal => "IN_PROGRESS",
        std::cmp::Ordering::Greater => "NOT_STARTED",
    };
    STEPS.iter().enumerate().map(|(i, name)| (*name, status(i))).collect()
}
