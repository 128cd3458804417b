//! The timeline of one source server's replication.
//!
//! A timeline is laid out when replication starts, and cut short when something happens to it. State, bytes, lag and
//! points in time are read off it for any moment, so no timer is needed.

mod curve;
mod read;

use failback_core::cloud::ReplicationState;
use failback_core::id::InstanceId;
use fastrand::Rng;

use crate::durations as d;
use curve::Curve;

/// A stretch of the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // DRS's own words, with two phases for STALLED, distinguished by its error.
pub enum Phase {
    Stopped,
    Initiating,
    InitialSync,
    Backlog,
    CreatingSnapshot,
    Continuous,
    Rescan,
    AgentNotSeen,
    NotConverging,
    Disconnected,
}

impl Phase {
    /// Returns `dataReplicationState`.
    pub fn state(self) -> ReplicationState {
        match self {
            Self::Stopped => ReplicationState::Stopped,
            Self::Initiating => ReplicationState::Initiating,
            Self::InitialSync => ReplicationState::InitialSync,
            Self::Backlog => ReplicationState::Backlog,
            Self::CreatingSnapshot => ReplicationState::CreatingSnapshot,
            Self::Continuous => ReplicationState::Continuous,
            Self::Rescan => ReplicationState::Rescan,
            Self::AgentNotSeen | Self::NotConverging => ReplicationState::Stalled,
            Self::Disconnected => ReplicationState::Disconnected,
        }
    }

    /// Returns `dataReplicationError.error`, which only STALLED has.
    pub fn error(self) -> Option<&'static str> {
        match self {
            Self::AgentNotSeen => Some("AGENT_NOT_SEEN"),
            Self::NotConverging => Some("NOT_CONVERGING"),
            _ => None,
        }
    }
}

/// A stretch of time in which the replica was a consistent copy of an instance's disks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentSpan {
    /// Start, in milliseconds since 1970.
    pub from_ms: i64,
    /// End, in milliseconds since 1970; absent while replication continues.
    pub to_ms: Option<i64>,
    /// Instance whose disks were copied.
    pub instance: InstanceId,
}

/// The timeline of one source server's replication. Moments are in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replication {
    /// Start of each phase, in order.
    phases: Vec<(i64, Phase)>,
    replicated: Curve,
    rescanned: Curve,
    /// Stretches in which points in time exist, in order.
    spans: Vec<ContentSpan>,
    first_snapshot_ms: Option<i64>,
    began_ms: i64,
    /// End of the initiation steps; absent if there were none.
    initiated_ms: Option<i64>,
    /// End of the initial sync; absent if there is none.
    synced_ms: Option<i64>,
    /// Moment at which the replica becomes a whole and current copy; absent once that will not happen any more.
    complete_ms: Option<i64>,
    /// Seed of lag and of wrong ETAs.
    noise: u64,
    generation: u32,
}

/// The parameters of a synchronisation.
#[derive(Debug)]
pub(crate) struct SyncParameters<'a> {
    pub(crate) now: i64,
    pub(crate) source: &'a InstanceId,
    /// Size of all disks, in bytes.
    pub(crate) total: u64,
    /// Length of a stall half-way through the initial sync; absent without a stall.
    pub(crate) stall_ms: Option<i64>,
    /// See [`Switches::repoint_shows_late`](crate::Switches).
    pub(crate) shows_late: bool,
    /// See [`Switches::full_sync_counts_as_rescan`](crate::Switches).
    pub(crate) counts_as_rescan: bool,
}

impl Replication {
    /// Lays out replication that is healthy from a moment on.
    pub(crate) fn healthy_since(from_ms: i64, source: &InstanceId, total: u64, noise: u64) -> Self {
        Self {
            phases: vec![(from_ms, Phase::Continuous)],
            replicated: Curve(vec![(from_ms, total)]),
            rescanned: Curve(vec![(from_ms, total)]),
            spans: vec![ContentSpan { from_ms, to_ms: None, instance: source.clone() }],
            first_snapshot_ms: Some(from_ms),
            began_ms: from_ms,
            initiated_ms: None,
            synced_ms: None,
            complete_ms: Some(from_ms),
            noise,
            generation: 0,
        }
    }

    /// Lays out a first, full synchronisation that starts now.
    pub(crate) fn initial_sync(parameters: &SyncParameters<'_>, rng: &mut Rng) -> Self {
        let &SyncParameters { now, source, total, stall_ms, counts_as_rescan, .. } = parameters;
        let rate = u64::try_from(d::SYNC_BYTES_PER_MS.draw(rng)).unwrap_or(1);
        let copy = i64::try_from(total / rate).unwrap_or(i64::MAX / 4);
        let initiated = now + d::INITIATION.draw(rng);
        let mut phases = vec![(now, Phase::Initiating), (initiated, Phase::InitialSync)];
        let mut points = vec![(initiated, 0)];
        let mut synced = initiated + copy;
        if let Some(stall) = stall_ms {
            let half = initiated + copy / 2;
            phases.extend([(half, Phase::NotConverging), (half + stall, Phase::InitialSync)]);
            points.extend([(half, total / 2), (half + stall, total / 2)]);
            synced += stall;
        }
        points.push((synced, total));
        let backlogged = synced + d::BACKLOG.draw(rng);
        let complete = backlogged + d::CREATING_SNAPSHOT.draw(rng);
        phases.extend([
            (synced, Phase::Backlog),
            (backlogged, Phase::CreatingSnapshot),
            (complete, Phase::Continuous),
        ]);
        let replicated = Curve(points);
        Self {
            phases,
            rescanned: if counts_as_rescan { replicated.clone() } else { Curve::default() },
            replicated,
            spans: vec![ContentSpan { from_ms: complete, to_ms: None, instance: source.clone() }],
            first_snapshot_ms: Some(complete),
            began_ms: now,
            initiated_ms: Some(initiated),
            synced_ms: Some(synced),
            complete_ms: Some(complete),
            noise: rng.u64(..),
            generation: 0,
        }
    }

    /// Continues from another instance's disks, which are compared block by block: B1 that comes to protect A4
    /// (§3, row 4).
    pub(crate) fn repoint(&mut self, parameters: &SyncParameters<'_>, rng: &mut Rng) {
        let &SyncParameters { now, source, total, shows_late, .. } = parameters;
        self.cut(now);
        // §12.12: until it shows, state and counters are those of before.
        let began = if shows_late { now + d::REPOINT_SHOWS.draw(rng) } else { now };
        let seen = began + d::REPOINT.draw(rng);
        let extra = i64::try_from(total).unwrap_or(0) / d::RESCAN_BYTES_PER_MS;
        let complete = seen + d::RESCAN_MIN + extra;
        // §6 (b): CONTINUOUS comes before the rescan is complete.
        let early = complete - (complete - seen) / 3;
        self.phases.extend([(began, Phase::AgentNotSeen), (seen, Phase::Rescan), (early, Phase::Continuous)]);
        let before = self.rescanned.at(now);
        self.rescanned = if shows_late {
            Curve(vec![(now, before), (began - 1, before), (began, 0), (seen, 0), (complete, total)])
        } else {
            Curve(vec![(now, 0), (seen, 0), (complete, total)])
        };
        self.replicated = Curve(vec![(now, total)]);
        self.spans.push(ContentSpan { from_ms: complete, to_ms: None, instance: source.clone() });
        self.first_snapshot_ms = self.first_snapshot_ms.or(Some(complete));
        self.began_ms = now;
        self.complete_ms = Some(complete);
    }

    /// Starts again with a full synchronisation, as the next generation of the same server's replication.
    pub(crate) fn restart(&mut self, parameters: &SyncParameters<'_>, rng: &mut Rng) {
        let generation = self.generation + 1;
        *self = Self { generation, ..Self::initial_sync(parameters, rng) };
    }

    /// Stalls, because the agent is no longer seen. Bytes that were copied by now stay copied.
    pub(crate) fn lose_agent(&mut self, now: i64) {
        if !self.is_running(now) {
            return;
        }
        let unseen = self.phase(now) == Phase::AgentNotSeen;
        self.cut(now);
        // The lag of a server whose agent is not seen counts from the start of the phase, so there is only one.
        if !unseen {
            self.phases.push((now, Phase::AgentNotSeen));
        }
    }

    /// Stops, and deletes every point in time.
    pub(crate) fn stop(&mut self, now: i64) {
        self.cut(now);
        self.spans.clear();
        self.first_snapshot_ms = None;
        self.phases.push((now, Phase::Stopped));
    }

    /// Stops now, and is DISCONNECTED from `visible_ms` on.
    pub(crate) fn disconnect(&mut self, now: i64, visible_ms: i64) {
        if self.is_running(now) {
            self.stop(now);
        }
        self.cut(now);
        self.phases.push((visible_ms, Phase::Disconnected));
    }

    /// Drops everything that was laid out for later than now.
    fn cut(&mut self, now: i64) {
        self.generation += 1;
        self.phases.retain(|&(ms, _)| ms <= now);
        self.spans.retain(|span| span.from_ms <= now);
        if let Some(last) = self.spans.last_mut() {
            last.to_ms.get_or_insert(now);
        }
        self.first_snapshot_ms = self.first_snapshot_ms.filter(|&ms| ms <= now);
        self.complete_ms = None;
        self.synced_ms = None;
        self.replicated.freeze(now);
        self.rescanned.freeze(now);
    }
}
