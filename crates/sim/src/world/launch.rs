//! StartRecovery, and the launch of each server in its job (drs-facts §5, §6).

use failback_core::cloud::{InstanceState, JobKind, LastLaunch, LaunchStatus, RightSizing, Tags};
use failback_core::id::{InstanceId, JobId, SnapshotId, SourceServerId};
use failback_core::region::Region;

use super::call::Changed;
use super::describe::state_name;
use super::event::{LaunchStep, ScheduledEvent};
use super::jobs::NewJob;
use super::settings::check_tags;
use super::state::World;
use crate::durations::{self as d, Between};
use crate::objects::{Disk, JobPart, LastLaunchInfo, SourceServer};
use crate::permission::{Affected, Purpose};
use crate::service_error::ServiceError;

/// One of `sourceServers` of StartRecovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryRequest {
    /// `sourceServerID`.
    pub server: SourceServerId,
    /// `recoverySnapshotID`; absent for the latest data.
    pub snapshot: Option<SnapshotId>,
}

impl From<SourceServerId> for RecoveryRequest {
    fn from(server: SourceServerId) -> Self {
        Self { server, snapshot: None }
    }
}

impl World {
    /// StartRecovery: starts a job and returns its id.
    ///
    /// # Errors
    /// As DRS refuses: not initialised, a server unknown or in a job, a launch-into target running, quotas.
    pub fn start_recovery(
        &mut self,
        region: Region,
        servers: &[RecoveryRequest],
        is_drill: bool,
        tags: Tags,
    ) -> Result<JobId, ServiceError> {
        self.drs_region(region)?;
        if servers.is_empty() || servers.len() > 200 {
            return Err(ServiceError::invalid("sourceServers must have 1 to 200 items"));
        }
        check_tags(&tags)?;
        self.authorizations.add_tags(&tags);
        let mut parts: Vec<JobPart> = Vec::new();
        for request in servers {
            if parts.iter().any(|part| part.server == request.server) {
                return Err(ServiceError::invalid(format!("{} is named twice", request.server)));
            }
            parts.push(self.check_launchable(region, request)?);
        }
        self.check_job_quotas(region, parts.len())?;
        let initiated_by = if is_drill { "START_DRILL" } else { "START_RECOVERY" };
        let new = NewJob { kind: JobKind::Launch, initiated_by, is_drill, tags, parts };
        let job = self.create_job(region, new);
        let (called_ms, status) = (self.now_ms, LaunchStatus::Pending);
        for RecoveryRequest { server: id, .. } in servers {
            if let Some(server) = self.source_server_mut(region, id) {
                server.last_launch = LastLaunch::Pending;
                let info = LastLaunchInfo { job: job.clone(), is_drill, called_ms, status };
                server.last_launch_info = Some(info);
            }
            self.mark_changed(Changed::SourceServer(region, id.clone()));
        }
        Ok(job)
    }

    /// Refuses a server that cannot enter a job at all. The job itself skips one that is merely not ready.
    fn check_launchable(&self, region: Region, request: &RecoveryRequest) -> Result<JobPart, ServiceError> {
        let id = &request.server;
        let Some(server) = self.source_server(region, id) else {
            // StartRecovery does not declare ResourceNotFoundException; the class is uncertain (§5).
            return Err(ServiceError::conflict(format!("Source server {id} was not found"), id));
        };
        self.check_not_in_job(region, id)?;
        if server.disconnecting {
            return Err(ServiceError::conflict(format!("Source server {id} is disconnected"), id));
        }
        if let Some(target) = &server.launch.launch_into {
            let state = self.instance(region, target).map_or(InstanceState::NotFound, |target| target.state);
            if state != InstanceState::Stopped {
                let state = state_name(state);
                let message =
                    format!("Instance {target} needs to be in a stopped state but is in a {state} state");
                return Err(ServiceError::conflict(message, id));
            }
        }
        let mut part = JobPart::new(id.clone(), None);
        if let Some(wanted) = &request.snapshot {
            let snapshots = self.snapshots_of(server);
            let Some((_, ms)) = snapshots.into_iter().find(|(snapshot, _)| snapshot == wanted) else {
                let message = format!("Recovery snapshot {wanted} was not found");
                return Err(ServiceError::conflict(message, wanted));
            };
            part.wanted_point_ms = Some(ms);
        }
        Ok(part)
    }

    /// Starts the launch of a server: it is skipped, or earlier instances are cleaned up, or its snapshot is taken.
    pub(super) fn start_part(&mut self, region: Region, job: &JobId, id: &SourceServerId) {
        let Some(server) = self.source_server(region, id) else {
            return self.fail_part(region, job, id, None);
        };
        if !server.replication.has_snapshot(self.now_ms) {
            self.log_part(region, job, id, "SERVER_SKIPPED");
            return self.fail_part(region, job, id, None);
        }
        // §0.5: instances whose recovery instance was deleted are among them.
        let earlier = self.earlier_instances(region, server);
        if earlier.is_empty() {
            return self.take_snapshot(region, job, id);
        }
        self.log_part(region, job, id, "CLEANUP_START");
        for instance in earlier {
            let affected = Affected { instance: Some(&instance), ..Affected::default() };
            self.forward_for_job(job, Purpose::Termination, region, affected);
            self.start_termination(region, &instance, None);
        }
        self.schedule_launch_step(region, job, id, d::CLEANUP, LaunchStep::CleanupEnd);
    }

    /// Returns the live instances that were launched from a server, without the one that it launches into.
    fn earlier_instances(&self, region: Region, server: &SourceServer) -> Vec<InstanceId> {
        let mut earlier = server.launched.clone();
        earlier.retain(|id| {
            server.launch.launch_into.as_ref() != Some(id)
                && self.instance(region, id).is_some_and(|instance| instance.state.is_live())
        });
        earlier
    }

    /// Returns the duration for slow servers, or the usual one.
    pub(super) fn slow_or(&self, slow: Between, usual: Between) -> Between {
        if self.switches.slow_servers { slow } else { usual }
    }

    fn take_snapshot(&mut self, region: Region, job: &JobId, id: &SourceServerId) {
        self.log_part(region, job, id, "SNAPSHOT_START");
        let affected = Affected { server: Some(id), ..Affected::default() };
        self.forward_for_job(job, Purpose::Snapshot, region, affected);
        let part = self.job(region, job).and_then(|job| job.part(id));
        let wanted = part.and_then(|part| part.wanted_point_ms).unwrap_or(self.now_ms);
        let replication = self.source_server(region, id).map(|server| &server.replication);
        let content = replication.and_then(|timeline| timeline.content_at(wanted, self.switches.lag_blips));
        let taken = content.map(|(_, ms)| ms);
        if let Some(part) = self.job_mut(region, job).and_then(|job| job.part_mut(id)) {
            part.point_in_time_ms = taken;
            // The launch reads the content again, by the moment that was wanted.
            part.wanted_point_ms = Some(wanted);
        }
        self.schedule_launch_step(region, job, id, d::SNAPSHOT, LaunchStep::SnapshotEnd);
    }

    fn schedule_launch_step(
        &mut self,
        region: Region,
        job: &JobId,
        id: &SourceServerId,
        after: Between,
        step: LaunchStep,
    ) {
        let delay = after.draw(&mut self.rng);
        let (job, server) = (job.clone(), id.clone());
        self.schedule(delay, ScheduledEvent::LaunchStep { region, job, server, step });
    }

    /// Reaches a step in the launch of a server, and schedules the next one.
    pub(super) fn continue_launch(
        &mut self,
        region: Region,
        job: &JobId,
        id: &SourceServerId,
        step: LaunchStep,
    ) {
        match step {
            LaunchStep::CleanupEnd => {
                self.log_part(region, job, id, "CLEANUP_END");
                self.take_snapshot(region, job, id);
            }
            LaunchStep::SnapshotEnd => {
                self.log_part(region, job, id, "SNAPSHOT_END");
                if self.can_place(region, id) {
                    let next = LaunchStep::ConversionStart;
                    self.schedule_launch_step(region, job, id, d::BEFORE_CONVERSION, next);
                } else {
                    // §5: without a network in the launch template the launch fails, and the log has no event of it.
                    self.fail_part(region, job, id, None);
                    self.end_job_if_done(region, job);
                }
            }
            LaunchStep::ConversionStart => {
                self.log_part(region, job, id, "CONVERSION_START");
                let affected = Affected { server: Some(id), ..Affected::default() };
                self.forward_for_job(job, Purpose::Conversion, region, affected);
                let conversion = self.slow_or(d::SLOW_CONVERSION, d::CONVERSION);
                self.schedule_launch_step(region, job, id, conversion, LaunchStep::ConversionEnd);
            }
            LaunchStep::ConversionEnd => {
                self.log_part(region, job, id, "CONVERSION_END");
                if self.launch_or_fail(region, job, id) {
                    let launch = self.slow_or(d::SLOW_LAUNCH, d::LAUNCH);
                    self.schedule_launch_step(region, job, id, launch, LaunchStep::LaunchEnd);
                } else {
                    self.end_job_if_done(region, job);
                }
            }
            LaunchStep::LaunchEnd => {
                self.finish_part(region, job, id);
                self.end_job_if_done(region, job);
            }
        }
    }

    /// Returns true when the launch template has a network and a profile, and the subnet has a free address.
    fn can_place(&self, region: Region, id: &SourceServerId) -> bool {
        let Some(server) = self.source_server(region, id) else { return false };
        if server.launch.launch_into.is_some() {
            return true;
        }
        let Some(template) = self.launch_template(region, &server.launch.template) else { return false };
        let Some(version) = template.default() else { return false };
        let subnet = version.subnet.as_ref().and_then(|id| self.subnet(region, id));
        subnet.is_some_and(|subnet| subnet.free_addresses > 0)
            && !version.security_groups.is_empty()
            && version.profile.is_some()
    }

    /// Starts the launch of a server's instance. Returns false when the launch fails instead.
    fn launch_or_fail(&mut self, region: Region, job: &JobId, id: &SourceServerId) -> bool {
        let Some(server) = self.source_server(region, id).cloned() else { return false };
        self.log_part(region, job, id, "LAUNCH_START");
        let into = server.launch.launch_into.as_ref();
        let purpose = if into.is_some() { Purpose::LaunchInto } else { Purpose::Launch };
        let affected = Affected { server: Some(id), instance: into, ..Affected::default() };
        self.forward_for_job(job, purpose, region, affected);
        if self.launch_fails(&server) {
            // Half of the failures have no event in the log, as in real accounts (§5).
            let error = "An error occurred while launching the instance: InsufficientInstanceCapacity";
            let logged = if self.rng.bool() { Some(error.to_owned()) } else { None };
            self.fail_part(region, job, id, logged);
            return false;
        }
        let part = self.job(region, job).and_then(|job| job.part(id));
        let point = part.and_then(|part| part.wanted_point_ms).unwrap_or(self.now_ms);
        let disk = Disk { base: self.content_of(&server, point), written: Vec::new() };
        let launched = match into {
            Some(target) => self.launch_into(region, target, &server, disk),
            None => self.launch_new(region, &server, disk),
        };
        let Some(instance) = launched else {
            self.fail_part(region, job, id, None);
            return false;
        };
        if let Some(part) = self.job_mut(region, job).and_then(|job| job.part_mut(id)) {
            part.instance = Some(instance.clone());
        }
        if let Some(server) = self.source_server_mut(region, id)
            && !server.launched.contains(&instance)
        {
            server.launched.push(instance);
        }
        true
    }

    /// Returns the type of a new instance. Right-sizing BASIC overrides the launch template (§9).
    pub(super) fn launch_type(&self, server: &SourceServer, from_template: Option<&String>) -> String {
        match (server.launch.right_sizing, from_template) {
            (RightSizing::Basic, _) => "c5.large".to_owned(),
            (RightSizing::InAws, _) | (_, None) => match self.instance(server.origin, &server.source) {
                Some(source) => source.instance_type.clone(),
                None => "m5.large".to_owned(),
            },
            (_, Some(from_template)) => from_template.clone(),
        }
    }
}
