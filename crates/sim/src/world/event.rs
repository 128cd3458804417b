//! What happens by itself when its time has come.

use failback_core::cloud::InstanceState;
use failback_core::id::{ChangeId, InstanceId, JobId, RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;

use super::{Changed, Occurrence, World};

/// How far the launch of one server in a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartStep {
    CleanedUp,
    SnapshotEnd,
    ConversionStart,
    ConversionEnd,
    LaunchEnd,
}

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    JobStarted(Region, JobId),
    Part(Region, JobId, SourceServerId, PartStep),
    JobEnded(Region, JobId),
    /// A state that EC2 reaches; the moment is when work began that is over with it.
    Instance(Region, InstanceId, InstanceState, Option<i64>),
    AgentSeen(Region, InstanceId, JobId),
    ChecksPass(Region, InstanceId, JobId),
    Complete {
        region: Region,
        server: SourceServerId,
        generation: u32,
        label: &'static str,
    },
    Visible(Region, SourceServerId),
    Settled(Region, RecoveryInstanceId, i64),
    RecordGone(Region, RecoveryInstanceId),
    Disconnected(Region, SourceServerId, i64),
    InSync(ChangeId),
}

impl Event {
    fn label(&self) -> &'static str {
        match self {
            Self::JobStarted(..) => "job started",
            Self::Part(_, _, _, PartStep::CleanedUp) => "earlier instance cleaned up",
            Self::Part(_, _, _, PartStep::SnapshotEnd) => "snapshot taken",
            Self::Part(_, _, _, PartStep::ConversionStart) => "conversion started",
            Self::Part(_, _, _, PartStep::ConversionEnd) => "conversion ended",
            Self::Part(_, _, _, PartStep::LaunchEnd) => "launch ended",
            Self::JobEnded(..) => "job ended",
            Self::Instance(..) => "instance changed state",
            Self::AgentSeen(..) => "agent seen",
            Self::ChecksPass(..) => "status checks done",
            Self::Complete { label, .. } => label,
            Self::Visible(..) => "source server visible",
            Self::Settled(..) => "recovery instance terminable",
            Self::RecordGone(..) => "recovery instance record gone",
            Self::Disconnected(..) => "source server disconnected",
            Self::InSync(..) => "DNS change in sync",
        }
    }
}

impl World {
    /// Has a due event happen, and tells the observers.
    pub(crate) fn happen(&mut self, event: Event) {
        let label = event.label();
        self.changed.clear();
        self.apply(event);
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort();
        changed.dedup();
        self.tell(&Occurrence::Event { label, changed: &changed });
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::JobStarted(region, job) => self.job_started(region, &job),
            Event::Part(region, job, server, step) => self.part_goes_on(region, &job, &server, step),
            Event::JobEnded(region, job) => self.job_ended(region, &job),
            Event::Instance(region, id, state, since) => self.reach_state(region, &id, state, since),
            Event::AgentSeen(region, id, job) => self.agent_seen(region, &id, &job),
            Event::ChecksPass(region, id, job) => self.checks_pass(region, &id, &job),
            Event::Complete { region, server, generation, label } => {
                self.replication_complete(region, &server, generation, label);
            }
            Event::Visible(region, server) => self.now_visible(region, &server),
            Event::Settled(region, id, since) => self.settled(region, &id, since),
            Event::RecordGone(region, id) => self.record_gone(region, &id),
            Event::Disconnected(region, server, since) => self.now_disconnected(region, &server, since),
            Event::InSync(change) => self.now_in_sync(&change),
        }
    }

    /// The job's work for one of its servers was over when the job ended; what follows it ends now.
    fn worked_since_job(&mut self, region: Region, id: &InstanceId, job: &JobId, label: &'static str) {
        let ended = self.job(region, job).and_then(|job| job.ended_ms);
        let Some(instance) = self.instance(region, id) else { return };
        let server = instance.server;
        if let Some(ended) = ended {
            self.worked(ended, label, server);
        }
        self.note_change(Changed::Instance(region, id.clone()));
    }

    fn agent_seen(&mut self, region: Region, id: &InstanceId, job: &JobId) {
        self.worked_since_job(region, id, job, "agent check-in");
        self.note_change(Changed::RecoveryInstance(region, id.recovery_instance()));
    }

    fn checks_pass(&mut self, region: Region, id: &InstanceId, job: &JobId) {
        self.worked_since_job(region, id, job, "boot checks");
    }

    fn replication_complete(
        &mut self,
        region: Region,
        id: &SourceServerId,
        generation: u32,
        label: &'static str,
    ) {
        let Some(server) = self.source_server(region, id) else { return };
        if server.replication.generation() != generation {
            return;
        }
        let (began, index) = (server.replication.began_ms(), server.server);
        self.worked(began, label, index);
        self.note_change(Changed::SourceServer(region, id.clone()));
    }

    fn now_visible(&mut self, region: Region, id: &SourceServerId) {
        let Some(server) = self.source_server(region, id) else { return };
        let (added, index) = (server.added_ms, server.server);
        self.worked(added, "source server appears", index);
        self.note_change(Changed::SourceServer(region, id.clone()));
    }

    fn settled(&mut self, region: Region, id: &RecoveryInstanceId, since: i64) {
        let Some(record) = self.recovery_instance(region, id) else { return };
        let index = record.server;
        self.worked(since, "stop settles", index);
        self.note_change(Changed::RecoveryInstance(region, id.clone()));
    }

    fn record_gone(&mut self, region: Region, id: &RecoveryInstanceId) {
        let Some(state) = self.regions.get_mut(&region) else { return };
        let Some(record) = state.recovery_instances.remove(id) else { return };
        self.forget_recovery_instance(region, &record.source_server, id);
        self.note_change(Changed::RecoveryInstance(region, id.clone()));
    }

    fn now_disconnected(&mut self, region: Region, id: &SourceServerId, since: i64) {
        let Some(server) = self.source_server(region, id) else { return };
        let index = server.server;
        self.worked(since, "disconnect settles", index);
        self.note_change(Changed::SourceServer(region, id.clone()));
    }
}
