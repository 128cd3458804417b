//! Events that are scheduled for later.

use std::collections::BTreeMap;
use std::sync::Arc;

use failback_core::cloud::InstanceState;
use failback_core::id::{ChangeId, HostedZoneId, InstanceId, JobId, RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;

use crate::objects::RecordKey;

/// A step in the launch of one server in a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LaunchStep {
    CleanupEnd,
    SnapshotEnd,
    ConversionStart,
    ConversionEnd,
    LaunchEnd,
}

/// An event that AWS causes by itself. The fields `since` are the start of the work that ends with the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ScheduledEvent {
    JobStarted { region: Region, job: JobId },
    LaunchStep { region: Region, job: JobId, server: SourceServerId, step: LaunchStep },
    JobEnded { region: Region, job: JobId },
    InstanceState { region: Region, instance: InstanceId, state: InstanceState, since: Option<i64> },
    AgentSeen { region: Region, instance: InstanceId, job: JobId },
    ChecksPassed { region: Region, instance: InstanceId, job: JobId },
    ReplicationComplete { region: Region, server: SourceServerId, generation: u32, label: &'static str },
    SourceServerVisible { region: Region, server: SourceServerId },
    StopSettled { region: Region, recovery_instance: RecoveryInstanceId, since: i64 },
    RecoveryInstanceGone { region: Region, recovery_instance: RecoveryInstanceId },
    SourceServerDisconnected { region: Region, server: SourceServerId, since: i64 },
    ChangeInSync { change: ChangeId },
    ClientsFollow { zone: HostedZoneId, key: RecordKey },
    ApplicationsStop { instance: InstanceId },
}

impl ScheduledEvent {
    /// Returns the label under which observers see the event.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::JobStarted { .. } => "job started",
            Self::LaunchStep { step: LaunchStep::CleanupEnd, .. } => "earlier instance cleaned up",
            Self::LaunchStep { step: LaunchStep::SnapshotEnd, .. } => "snapshot taken",
            Self::LaunchStep { step: LaunchStep::ConversionStart, .. } => "conversion started",
            Self::LaunchStep { step: LaunchStep::ConversionEnd, .. } => "conversion ended",
            Self::LaunchStep { step: LaunchStep::LaunchEnd, .. } => "launch ended",
            Self::JobEnded { .. } => "job ended",
            Self::InstanceState { .. } => "instance changed state",
            Self::AgentSeen { .. } => "agent seen",
            Self::ChecksPassed { .. } => "status checks done",
            Self::ReplicationComplete { label, .. } => label,
            Self::SourceServerVisible { .. } => "source server visible",
            Self::StopSettled { .. } => "recovery instance terminable",
            Self::RecoveryInstanceGone { .. } => "recovery instance record gone",
            Self::SourceServerDisconnected { .. } => "source server disconnected",
            Self::ChangeInSync { .. } => "DNS change in sync",
            Self::ClientsFollow { .. } => "clients follow a DNS change",
            Self::ApplicationsStop { .. } => "applications stop",
        }
    }
}

/// The execution that caused an event; `None` for people and for the scenario.
pub(crate) type Cause = Option<Arc<str>>;

/// The scheduled events, by time.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventQueue {
    /// Events by time and number, with the execution that caused them. The number keeps events of one moment in the
    /// order in which they were scheduled.
    events: BTreeMap<(i64, u64), (ScheduledEvent, Cause)>,
    /// Count of events that were ever scheduled.
    scheduled: u64,
}

impl EventQueue {
    pub(crate) fn schedule(&mut self, at_ms: i64, event: ScheduledEvent, cause: Cause) {
        self.events.insert((at_ms, self.scheduled), (event, cause));
        self.scheduled += 1;
    }

    /// Returns the time of the first event.
    pub(crate) fn next_ms(&self) -> Option<i64> {
        self.events.first_key_value().map(|(&(at, _), _)| at)
    }

    /// Removes the first event that is due by a moment, and returns it with its time.
    pub(crate) fn pop_due(&mut self, by_ms: i64) -> Option<(i64, ScheduledEvent, Cause)> {
        let first = self.events.first_entry()?;
        let (at, _) = *first.key();
        if at > by_ms {
            return None;
        }
        let (event, cause) = first.remove();
        Some((at, event, cause))
    }
}
