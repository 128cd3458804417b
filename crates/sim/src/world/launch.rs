//! StartRecovery and the launch of each server in its job (drs-facts §5, §6).

use failback_core::cloud::{InstanceState, JobKind, LastLaunch, LaunchStatus, RightSizing, Tags};
use failback_core::id::{InstanceId, JobId, SnapshotId, SourceServerId};
use failback_core::region::Region;

use super::event::PartStep;
use super::jobs::NewJob;
use super::{Changed, Event, World};
use crate::durations as d;
use crate::objects::{Disk, JobPart, LastLaunchInfo, SourceServer};
use crate::permission::{About, Stage};
use crate::service_error::ServiceError;

/// One of `sourceServers` of StartRecovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryRequest {
    /// `sourceServerID`.
    pub server: SourceServerId,
    /// `recoverySnapshotID`; the present without it.
    pub snapshot: Option<SnapshotId>,
}

impl From<SourceServerId> for RecoveryRequest {
    fn from(server: SourceServerId) -> Self {
        Self { server, snapshot: None }
    }
}

impl World {
    /// StartRecovery.
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
        self.drs(region)?;
        if servers.is_empty() || servers.len() > 200 {
            return Err(ServiceError::invalid("sourceServers must have 1 to 200 items"));
        }
        super::settings::check_tags(&tags)?;
        self.permissions.request_tags(&tags);
        let mut parts: Vec<JobPart> = Vec::new();
        for request in servers {
            if parts.iter().any(|part| part.server == request.server) {
                return Err(ServiceError::invalid(format!("{} is named twice", request.server)));
            }
            parts.push(self.launchable(region, request)?);
        }
        self.check_job_quotas(region, parts.len())?;
        let initiated_by = if is_drill { "START_DRILL" } else { "START_RECOVERY" };
        let ids: Vec<SourceServerId> = parts.iter().map(|part| part.server.clone()).collect();
        let job =
            self.create_job(region, NewJob { kind: JobKind::Launch, initiated_by, is_drill, tags, parts });
        let called_ms = self.now_ms;
        for id in ids {
            if let Some(server) = self.server_mut(region, &id) {
                server.last_launch = LastLaunch::Pending;
                let status = LaunchStatus::Pending;
                server.last_launch_info =
                    Some(LastLaunchInfo { job: job.clone(), is_drill, called_ms, status });
            }
            self.note_change(Changed::SourceServer(region, id));
        }
        Ok(job)
    }

    /// Refuses a server that cannot enter a job at all. One that is merely not ready is skipped by the job.
    fn launchable(&self, region: Region, request: &RecoveryRequest) -> Result<JobPart, ServiceError> {
        let id = &request.server;
        // RNF is not declared here; the class is uncertain (§5).
        let server = self.source_server(region, id);
        let server =
            server.ok_or_else(|| ServiceError::conflict(format!("Source server {id} was not found"), id))?;
        self.check_not_in_job(region, id)?;
        if server.disconnecting {
            return Err(ServiceError::conflict(format!("Source server {id} is disconnected"), id));
        }
        if let Some(target) = &server.launch.launch_into {
            let state =
                self.instance(region, target).map_or(InstanceState::NotFound, |instance| instance.state);
            if state != InstanceState::Stopped {
                let state = super::describe::state_word(state);
                let message =
                    format!("Instance {target} needs to be in a stopped state but is in a {state} state");
                return Err(ServiceError::conflict(message, id));
            }
        }
        let mut part = JobPart::new(id.clone(), None);
        if let Some(wanted) = &request.snapshot {
            let found = self.snapshots_of(server).into_iter().find(|(snapshot, _)| snapshot == wanted);
            let unknown =
                || ServiceError::conflict(format!("Recovery snapshot {wanted} was not found"), wanted);
            part.wanted_point_ms = Some(found.ok_or_else(unknown)?.1);
        }
        Ok(part)
    }

    /// A server's turn in its job: skipped, cleaned up, or its snapshot taken.
    pub(crate) fn part_begins(&mut self, region: Region, job: &JobId, id: &SourceServerId) {
        let now = self.now_ms;
        let Some(server) = self.source_server(region, id) else {
            return self.part_failed(region, job, id, None);
        };
        if !server.replication.has_snapshot(now) {
            self.log_part(region, job, id, "SERVER_SKIPPED");
            return self.part_failed(region, job, id, None);
        }
        let earlier = self.earlier_instances(region, server);
        if earlier.is_empty() {
            return self.take_snapshot(region, job, id);
        }
        // §0.5: also those whose record was deleted.
        self.log_part(region, job, id, "CLEANUP_START");
        for instance in earlier {
            let about = About { instance: Some(&instance), ..About::default() };
            self.forwarded_by_job(job, Stage::Termination, region, about);
            self.begin_termination(region, &instance, None);
        }
        let cleanup = d::CLEANUP.draw(&mut self.rng);
        self.after(cleanup, Event::Part(region, job.clone(), id.clone(), PartStep::CleanedUp));
    }

    fn earlier_instances(&self, region: Region, server: &SourceServer) -> Vec<InstanceId> {
        let into = server.launch.launch_into.as_ref();
        let live = |id: &&InstanceId| self.instance(region, id).is_some_and(|i| i.state.is_live());
        server.launched.iter().filter(|id| Some(*id) != into).filter(live).cloned().collect()
    }

    fn take_snapshot(&mut self, region: Region, job: &JobId, id: &SourceServerId) {
        self.log_part(region, job, id, "SNAPSHOT_START");
        self.forwarded_by_job(job, Stage::Snapshot, region, About { server: Some(id), ..About::default() });
        let (now, blips) = (self.now_ms, self.switches.lag_blips);
        let server = self.source_server(region, id);
        let point = |at| server.and_then(|s| s.replication.content_at(at, blips)).map(|(_, ms)| ms);
        let wanted = self.job(region, job).and_then(|job| {
            job.parts.iter().find(|part| part.server == *id).and_then(|part| part.wanted_point_ms)
        });
        let taken = point(wanted.unwrap_or(now));
        if let Some(part) = self.job_mut(region, job).and_then(|job| job.part_mut(id)) {
            // A chosen point in time keeps its own moment: content is looked up by it once more at launch.
            part.point_in_time_ms = taken;
            part.wanted_point_ms = Some(wanted.unwrap_or(now));
        }
        let delay = d::SNAPSHOT.draw(&mut self.rng);
        self.after(delay, Event::Part(region, job.clone(), id.clone(), PartStep::SnapshotEnd));
    }

    /// The next thing in the launch of one server.
    pub(crate) fn part_goes_on(&mut self, region: Region, job: &JobId, id: &SourceServerId, step: PartStep) {
        let next = |world: &mut Self, after: d::Between, step| {
            let delay = after.draw(&mut world.rng);
            world.after(delay, Event::Part(region, job.clone(), id.clone(), step));
        };
        match step {
            PartStep::CleanedUp => {
                self.log_part(region, job, id, "CLEANUP_END");
                self.take_snapshot(region, job, id);
            }
            PartStep::SnapshotEnd => {
                self.log_part(region, job, id, "SNAPSHOT_END");
                if self.can_place(region, id) {
                    next(self, d::BEFORE_CONVERSION, PartStep::ConversionStart);
                } else {
                    // §5: no network in the launch template, and no word about it.
                    self.part_failed(region, job, id, None);
                    self.end_job_if_done(region, job);
                }
            }
            PartStep::ConversionStart => {
                self.log_part(region, job, id, "CONVERSION_START");
                let about = About { server: Some(id), ..About::default() };
                self.forwarded_by_job(job, Stage::Conversion, region, about);
                next(self, d::CONVERSION, PartStep::ConversionEnd);
            }
            PartStep::ConversionEnd => {
                self.log_part(region, job, id, "CONVERSION_END");
                if self.launch_or_fail(region, job, id) {
                    next(self, d::LAUNCH, PartStep::LaunchEnd);
                } else {
                    self.end_job_if_done(region, job);
                }
            }
            PartStep::LaunchEnd => {
                self.part_launched(region, job, id);
                self.end_job_if_done(region, job);
            }
        }
    }

    /// True when the launch template says where the instance goes, and there is room.
    fn can_place(&self, region: Region, id: &SourceServerId) -> bool {
        let Some(server) = self.source_server(region, id) else { return false };
        if server.launch.launch_into.is_some() {
            return true;
        }
        let template = self.launch_template(region, &server.launch.template);
        template.and_then(|template| template.default()).is_some_and(|version| {
            let subnet = version.subnet.as_ref().and_then(|subnet| self.subnet(region, subnet));
            subnet.is_some_and(|subnet| subnet.free_addresses > 0)
                && !version.security_groups.is_empty()
                && version.profile.is_some()
        })
    }

    /// Begins to launch the instance; false when the launch fails instead.
    fn launch_or_fail(&mut self, region: Region, job: &JobId, id: &SourceServerId) -> bool {
        let Some(server) = self.source_server(region, id).cloned() else { return false };
        self.log_part(region, job, id, "LAUNCH_START");
        let into = server.launch.launch_into.as_ref();
        let stage = if into.is_some() { Stage::LaunchInto } else { Stage::Launch };
        let about = About { server: Some(id), instance: into, ..About::default() };
        self.forwarded_by_job(job, stage, region, about);
        if self.launch_is_to_fail(&server) {
            let error = "An error occurred while launching the instance: InsufficientInstanceCapacity";
            let said = self.rng.bool().then(|| error.to_owned());
            self.part_failed(region, job, id, said);
            return false;
        }
        let part = self.job(region, job).and_then(|j| j.parts.iter().find(|part| part.server == *id));
        let at = part.and_then(|part| part.wanted_point_ms).unwrap_or(self.now_ms);
        let base = self.content_of(&server, at);
        let disk = Disk { base, written: Vec::new() };
        let instance = match &server.launch.launch_into {
            Some(target) => self.launch_into(region, target, &server, disk),
            None => self.launch_new(region, &server, disk),
        };
        let Some(instance) = instance else {
            self.part_failed(region, job, id, None);
            return false;
        };
        if let Some(part) = self.job_mut(region, job).and_then(|job| job.part_mut(id)) {
            part.instance = Some(instance.clone());
        }
        if let Some(server) = self.server_mut(region, id)
            && !server.launched.contains(&instance)
        {
            server.launched.push(instance);
        }
        true
    }

    /// The type of a new instance: right-sizing BASIC overrides the launch template (§9).
    pub(crate) fn launch_type(&self, server: &SourceServer, from_template: Option<&String>) -> String {
        let like_source = || {
            let source = self.instance(server.origin, &server.source);
            source.map_or_else(|| "m5.large".to_owned(), |instance| instance.instance_type.clone())
        };
        match server.launch.right_sizing {
            RightSizing::Basic => "c5.large".to_owned(),
            RightSizing::InAws => like_source(),
            _ => from_template.cloned().unwrap_or_else(like_source),
        }
    }
}
