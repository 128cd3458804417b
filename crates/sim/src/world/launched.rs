//! The end of a launch: the recovery instance appears, or the launch has failed; boot checks follow.

use failback_core::cloud::{Direction, LastLaunch, LaunchStatus, Tags};
use failback_core::id::{InstanceId, JobId, SourceServerId};
use failback_core::region::Region;

use super::{Changed, Event, World};
use crate::durations as d;
use crate::objects::{JobPart, RecoveryInstance};

impl World {
    /// The server is launched: its recovery instance appears.
    pub(super) fn part_launched(&mut self, region: Region, job: &JobId, id: &SourceServerId) {
        let Some(found) = self.job(region, job) else { return };
        let is_drill = found.is_drill;
        let Some(part) = found.parts.iter().find(|part| part.server == *id) else { return };
        let (Some(instance), point) = (part.instance.clone(), part.point_in_time_ms) else { return };
        let index = self.source_server(region, id).and_then(|server| server.server);
        let record_id = instance.recovery_instance();
        let record = RecoveryInstance {
            arn: self.drs_arn(region, "recovery-instance", &record_id),
            id: record_id.clone(),
            region,
            tags: Tags::new(),
            instance: instance.clone(),
            job: job.clone(),
            source_server: id.clone(),
            is_drill,
            point_in_time_ms: point.unwrap_or(self.now_ms),
            reversal: None,
            settles_ms: 0,
            disconnected: false,
            server: index,
        };
        let now = self.now_ms;
        if let Some(state) = self.regions.get_mut(&region) {
            state.recovery_instances.insert(record_id.clone(), record);
        }
        if let Some(job) = self.job_mut(region, job) {
            job.note(now, "LAUNCH_END", Some(id));
            if let Some(line) = job.log.last_mut() {
                line.instance = Some(instance.clone());
            }
            if let Some(part) = job.part_mut(id) {
                part.launch = LaunchStatus::Launched;
                part.recovery_instance = Some(record_id.clone());
            }
        }
        if let Some(server) = self.server_mut(region, id) {
            server.recovery_instance = Some(record_id.clone());
        }
        self.launch_result(region, id, LastLaunch::Succeeded, LaunchStatus::Launched);
        self.note_launched(region, id, &record_id, &instance);
        self.expect_agent(region, job, &instance);
        self.note_change(Changed::RecoveryInstance(region, record_id));
        self.note_change(Changed::Job(region, job.clone()));
    }

    fn expect_agent(&mut self, region: Region, job: &JobId, id: &InstanceId) {
        let Some(instance) = self.instance(region, id) else { return };
        let running_since = instance.since_ms;
        let at = (running_since + d::AGENT.draw(&mut self.rng)).max(self.now_ms + 3_000);
        if let Some(instance) = self.instance_mut(region, id) {
            instance.agent_seen_ms = Some(at);
        }
        self.after(at - self.now_ms, Event::AgentSeen(region, id.clone(), job.clone()));
    }

    fn launch_result(&mut self, region: Region, id: &SourceServerId, last: LastLaunch, status: LaunchStatus) {
        if let Some(server) = self.server_mut(region, id) {
            server.last_launch = last;
            if let Some(info) = &mut server.last_launch_info {
                info.status = status;
            }
        }
        self.note_change(Changed::SourceServer(region, id.clone()));
    }

    /// The server's part ends in FAILED; the job itself goes on to COMPLETED (§0.2).
    pub(super) fn part_failed(
        &mut self,
        region: Region,
        job: &JobId,
        id: &SourceServerId,
        error: Option<String>,
    ) {
        let now = self.now_ms;
        if let Some(job) = self.job_mut(region, job) {
            if error.is_some() {
                job.note(now, "LAUNCH_FAILED", Some(id));
                if let Some(line) = job.log.last_mut() {
                    line.error = error;
                }
            }
            if let Some(part) = job.part_mut(id) {
                part.launch = LaunchStatus::Failed;
            }
        }
        self.launch_result(region, id, LastLaunch::Failed, LaunchStatus::Failed);
        self.note_change(Changed::Job(region, job.clone()));
    }

    pub(super) fn log_part(&mut self, region: Region, job: &JobId, id: &SourceServerId, event: &'static str) {
        let now = self.now_ms;
        if let Some(job) = self.job_mut(region, job) {
            job.note(now, event, Some(id));
        }
        self.note_change(Changed::Job(region, job.clone()));
    }

    /// What follows a launch job: boot checks and post-launch actions.
    pub(crate) fn launch_job_ended(&mut self, region: Region, job: &JobId, parts: &[JobPart]) {
        for part in parts.iter().filter(|part| part.launch == LaunchStatus::Launched) {
            let Some(instance) = part.instance.clone() else { continue };
            let Some(server) = self.source_server(region, &part.server) else { continue };
            let (post_launch, failback) =
                (server.launch.post_launch, server.direction == Direction::Failback);
            let impaired = failback && self.boot_is_to_fail(&part.server.clone(), region);
            let checks = d::CHECKS.draw(&mut self.rng);
            let at = self.now_ms + checks;
            if let Some(instance) = self.instance_mut(region, &instance) {
                instance.checks_pass_ms = Some(at);
                instance.impaired = impaired;
            }
            self.after(checks, Event::ChecksPass(region, instance, job.clone()));
            if post_launch {
                let end = self.now_ms + d::POST_LAUNCH.draw(&mut self.rng);
                if let Some(part) = self.job_mut(region, job).and_then(|job| job.part_mut(&part.server)) {
                    part.actions_end_ms = Some(end);
                }
            }
        }
    }
}
