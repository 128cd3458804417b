//! Virtual time, and the events that happen while it passes.

use failback_core::id::{InstanceId, JobId, RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;

use super::call::{Changed, Occurrence};
use super::event::{Cause, ScheduledEvent};
use super::state::World;
use crate::permission::Caller;

impl World {
    /// Returns the virtual time, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// Returns the start of the scenario, in milliseconds since 1970.
    pub fn start_ms(&self) -> i64 {
        self.start_ms
    }

    /// Returns the time of the next event, in milliseconds since 1970.
    pub fn next_event_ms(&self) -> Option<i64> {
        self.events.next_ms()
    }

    /// Lets time pass until a moment, with every event that is due by then, in order.
    pub fn advance_to(&mut self, ms: i64) {
        while let Some((at, event, cause)) = self.events.pop_due(ms) {
            self.now_ms = self.now_ms.max(at);
            self.process(event, cause);
        }
        self.now_ms = self.now_ms.max(ms);
    }

    /// Lets milliseconds pass.
    pub fn advance_by(&mut self, ms: i64) {
        self.advance_to(self.now_ms + ms);
    }

    pub(crate) fn schedule(&mut self, delay_ms: i64, event: ScheduledEvent) {
        self.events.schedule(self.now_ms + delay_ms, event, self.caller.execution.clone());
    }

    /// Applies an event. What it schedules has the same cause.
    fn process(&mut self, event: ScheduledEvent, cause: Cause) {
        let label = event.label();
        self.changed.clear();
        let caller = std::mem::replace(&mut self.caller, Caller { execution: cause, step: None });
        self.apply(event);
        let Caller { execution: cause, .. } = std::mem::replace(&mut self.caller, caller);
        let changed = self.take_changed();
        let actor = cause.as_deref();
        self.notify_observers(&Occurrence::Event { label, actor, changed: &changed });
    }

    fn apply(&mut self, event: ScheduledEvent) {
        match event {
            ScheduledEvent::JobStarted { region, job } => self.start_job(region, &job),
            ScheduledEvent::LaunchStep { region, job, server, step } => {
                self.continue_launch(region, &job, &server, step);
            }
            ScheduledEvent::JobEnded { region, job } => self.end_job(region, &job),
            ScheduledEvent::InstanceState { region, instance, state, since } => {
                self.reach_state(region, &instance, state, since);
            }
            ScheduledEvent::AgentSeen { region, instance, job } => self.see_agent(region, &instance, &job),
            ScheduledEvent::ChecksPassed { region, instance, job } => {
                self.record_work_since_job(region, &instance, &job, "boot checks");
            }
            ScheduledEvent::ReplicationComplete { region, server, generation, label } => {
                self.complete_replication(region, &server, generation, label);
            }
            ScheduledEvent::SourceServerVisible { region, server } => {
                self.show_source_server(region, &server);
            }
            ScheduledEvent::StopSettled { region, recovery_instance, since } => {
                self.settle_stop(region, &recovery_instance, since);
            }
            ScheduledEvent::RecoveryInstanceGone { region, recovery_instance } => {
                self.remove_lingering(region, &recovery_instance);
            }
            ScheduledEvent::SourceServerDisconnected { region, server, since } => {
                self.show_disconnected(region, &server, since);
            }
            ScheduledEvent::ChangeInSync { change } => self.bring_in_sync(&change),
            ScheduledEvent::ClientsFollow { zone, key } => self.let_clients_follow(&zone, key),
            ScheduledEvent::ApplicationsStop { instance } => self.stop_applications(&instance),
        }
    }

    /// Records work on an instance that started when its job ended, and ends now.
    fn record_work_since_job(&mut self, region: Region, id: &InstanceId, job: &JobId, label: &'static str) {
        let job_end = self.job(region, job).and_then(|job| job.ended_ms);
        let Some(instance) = self.instance(region, id) else { return };
        let server = instance.server;
        if let Some(job_end) = job_end {
            self.record_work(job_end, label, server);
        }
        self.mark_changed(Changed::Instance(region, id.clone()));
    }

    fn see_agent(&mut self, region: Region, id: &InstanceId, job: &JobId) {
        self.record_work_since_job(region, id, job, "agent check-in");
        self.mark_changed(Changed::RecoveryInstance(region, id.recovery_instance()));
    }

    fn complete_replication(
        &mut self,
        region: Region,
        id: &SourceServerId,
        generation: u32,
        label: &'static str,
    ) {
        let Some(server) = self.source_server(region, id) else { return };
        // The timeline was changed since the event was scheduled.
        if server.replication.generation() != generation {
            return;
        }
        self.record_work(server.replication.began_ms(), label, server.server);
        self.mark_changed(Changed::SourceServer(region, id.clone()));
    }

    fn show_source_server(&mut self, region: Region, id: &SourceServerId) {
        let Some(server) = self.source_server(region, id) else { return };
        self.record_work(server.added_ms, "source server appears", server.server);
        self.mark_changed(Changed::SourceServer(region, id.clone()));
    }

    fn settle_stop(&mut self, region: Region, id: &RecoveryInstanceId, since: i64) {
        let Some(recovery_instance) = self.recovery_instance(region, id) else { return };
        self.record_work(since, "stop settles", recovery_instance.server);
        self.mark_changed(Changed::RecoveryInstance(region, id.clone()));
    }

    fn remove_lingering(&mut self, region: Region, id: &RecoveryInstanceId) {
        let Some(state) = self.regions.get_mut(&region) else { return };
        let Some(recovery_instance) = state.recovery_instances.remove(id) else { return };
        self.forget_recovery_instance(region, &recovery_instance.source_server, id);
        self.mark_changed(Changed::RecoveryInstance(region, id.clone()));
    }

    fn show_disconnected(&mut self, region: Region, id: &SourceServerId, since: i64) {
        let Some(server) = self.source_server(region, id) else { return };
        self.record_work(since, "disconnect settles", server.server);
        self.mark_changed(Changed::SourceServer(region, id.clone()));
    }
}
