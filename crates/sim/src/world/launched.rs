//! The end of a launch: a recovery instance appears or the launch fails, and the boot checks follow.

use failback_core::cloud::{LastLaunch, LaunchStatus, Tags};
use failback_core::id::{InstanceId, JobId, SourceServerId};
use failback_core::region::Region;

use super::call::Changed;
use super::event::ScheduledEvent;
use super::state::World;
use crate::durations as d;
use crate::objects::{Instance, JobPart, RecoveryInstance};
use crate::permission::{Affected, Purpose};

impl World {
    /// Ends the launch of a server with a recovery instance.
    pub(super) fn finish_part(&mut self, region: Region, job_id: &JobId, id: &SourceServerId) {
        let Some(job) = self.job(region, job_id) else { return };
        let Some(part) = job.part(id) else { return };
        let Some(instance) = part.instance.clone() else { return };
        let recovery_instance = RecoveryInstance {
            arn: self.drs_arn(region, "recovery-instance", &instance),
            id: instance.recovery_instance(),
            region,
            tags: Tags::default().into(),
            instance: instance.clone(),
            job: job_id.clone(),
            source_server: id.clone(),
            is_drill: job.is_drill,
            point_in_time_ms: part.point_in_time_ms.unwrap_or(self.now_ms),
            listed_ms: 0,
            reversal: None,
            settles_ms: 0,
            disconnected: false,
            server: self.source_server(region, id).and_then(|server| server.server),
        };
        let recovery_instance_id = recovery_instance.id.clone();
        let now = self.now_ms;
        let listed_ms =
            if self.switches.slow_servers { now + d::SLOW_LISTING.draw(&mut self.rng) } else { now };
        let recovery_instance = RecoveryInstance { listed_ms, ..recovery_instance };
        if let Some(state) = self.regions.get_mut(&region) {
            state.recovery_instances.insert(recovery_instance_id.clone(), recovery_instance);
        }
        if let Some(job) = self.job_mut(region, job_id) {
            job.log_event(now, "LAUNCH_END", Some(id));
            if let Some(line) = job.log.last_mut() {
                line.instance = Some(instance.clone());
            }
            if let Some(part) = job.part_mut(id) {
                part.launch = LaunchStatus::Launched;
                part.recovery_instance = Some(recovery_instance_id.clone());
            }
        }
        if let Some(server) = self.source_server_mut(region, id) {
            server.recovery_instance = Some(recovery_instance_id.clone());
        }
        self.set_launch_result(region, id, LastLaunch::Succeeded, LaunchStatus::Launched);
        self.add_launch_to_fleet(region, id, &recovery_instance_id, &instance);
        self.schedule_agent(region, job_id, &instance);
        self.mark_changed(Changed::RecoveryInstance(region, recovery_instance_id));
        self.mark_changed(Changed::Job(region, job_id.clone()));
    }

    /// Schedules the agent's first contact, some minutes after the instance was running.
    fn schedule_agent(&mut self, region: Region, job: &JobId, id: &InstanceId) {
        let Some(instance) = self.instance(region, id) else { return };
        if self.switches.originals_lack_policy && self.has_profile_of_original(instance) {
            return;
        }
        let running_since = instance.since_ms;
        let at = (running_since + d::AGENT.draw(&mut self.rng)).max(self.now_ms + 3_000);
        if let Some(instance) = self.instance_mut(region, id) {
            instance.agent_seen_ms = Some(at);
        }
        let event = ScheduledEvent::AgentSeen { region, instance: id.clone(), job: job.clone() };
        self.schedule(at - self.now_ms, event);
    }

    /// Returns true for an instance with the instance profile of its original.
    fn has_profile_of_original(&self, instance: &Instance) -> bool {
        let server = instance.server.and_then(|index| self.fleet.get(index));
        let original = server.and_then(|server| self.instance(instance.region, &server.a1));
        original.is_some_and(|a1| a1.id != instance.id && a1.profile_arn == instance.profile_arn)
    }

    fn set_launch_result(
        &mut self,
        region: Region,
        id: &SourceServerId,
        result: LastLaunch,
        status: LaunchStatus,
    ) {
        if let Some(server) = self.source_server_mut(region, id) {
            server.last_launch = result;
            if let Some(info) = &mut server.last_launch_info {
                info.status = status;
            }
        }
        self.mark_changed(Changed::SourceServer(region, id.clone()));
    }

    /// Ends the launch of a server in FAILED. The job itself continues to COMPLETED (§0.2).
    pub(super) fn fail_part(
        &mut self,
        region: Region,
        job: &JobId,
        id: &SourceServerId,
        error: Option<String>,
    ) {
        let now = self.now_ms;
        if let Some(job) = self.job_mut(region, job) {
            // Some launches fail without any event in the log (§5).
            if error.is_some() {
                job.log_event(now, "LAUNCH_FAILED", Some(id));
                if let Some(line) = job.log.last_mut() {
                    line.error = error;
                }
            }
            if let Some(part) = job.part_mut(id) {
                part.launch = LaunchStatus::Failed;
            }
        }
        self.set_launch_result(region, id, LastLaunch::Failed, LaunchStatus::Failed);
        self.mark_changed(Changed::Job(region, job.clone()));
    }

    pub(super) fn log_part(&mut self, region: Region, job: &JobId, id: &SourceServerId, event: &'static str) {
        let now = self.now_ms;
        if let Some(job) = self.job_mut(region, job) {
            job.log_event(now, event, Some(id));
        }
        self.mark_changed(Changed::Job(region, job.clone()));
    }

    /// Starts the boot checks and the post-launch actions that follow a launch job.
    pub(super) fn end_launch_job(&mut self, region: Region, job: &JobId, parts: &[JobPart]) {
        for part in parts.iter().filter(|part| part.launch == LaunchStatus::Launched) {
            let Some(instance) = part.instance.clone() else { continue };
            let Some(server) = self.source_server(region, &part.server) else { continue };
            let post_launch = server.launch.post_launch;
            let impaired = self.boot_is_impaired(region, &part.server);
            if let Some(reason) = self.dies_at_launch(region, &part.server) {
                self.die_at_launch(region, &instance, reason);
            }
            let checks = self.slow_or(d::SLOW_CHECKS, d::CHECKS).draw(&mut self.rng);
            let at = self.now_ms + checks;
            if let Some(instance) = self.instance_mut(region, &instance) {
                instance.checks_pass_ms = Some(at);
                instance.impaired = impaired;
            }
            if post_launch {
                let affected =
                    Affected { server: Some(&part.server), instance: Some(&instance), ..Affected::default() };
                self.forward_for_job(job, Purpose::PostLaunch, region, affected);
            }
            self.schedule(checks, ScheduledEvent::ChecksPassed { region, instance, job: job.clone() });
            if post_launch {
                let end = self.now_ms + d::POST_LAUNCH.draw(&mut self.rng);
                if let Some(part) = self.job_mut(region, job).and_then(|job| job.part_mut(&part.server)) {
                    part.actions_end_ms = Some(end);
                }
            }
        }
    }
}
