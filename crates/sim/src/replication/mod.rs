//! The course of one source server's replication, laid out when it begins and cut short when something happens.
//!
//! Nothing is polled and nothing ticks: state, bytes, lag and points in time are read off the course for any moment.

mod curve;
mod read;

use failback_core::cloud::ReplicationState;
use failback_core::id::InstanceId;
use fastrand::Rng;

use crate::durations as d;
use curve::Curve;

/// A stretch of the course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // DRS's own words, STALLED told apart by its error.
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
    /// `dataReplicationState`.
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

    /// `dataReplicationError.error`.
    pub fn error(self) -> Option<&'static str> {
        match self {
            Self::AgentNotSeen => Some("AGENT_NOT_SEEN"),
            Self::NotConverging => Some("NOT_CONVERGING"),
            _ => None,
        }
    }

    fn is_over(self) -> bool {
        matches!(self, Self::Stopped | Self::Disconnected)
    }
}

/// From when to when the replica was a consistent copy of which instance's disks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentSpan {
    /// From when.
    pub from_ms: i64,
    /// Until when; open while replication goes on.
    pub to_ms: Option<i64>,
    /// Whose disks.
    pub instance: InstanceId,
}

/// The course of one source server's replication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replication {
    phases: Vec<(i64, Phase)>,
    replicated: Curve,
    rescanned: Curve,
    spans: Vec<ContentSpan>,
    first_snapshot_ms: Option<i64>,
    began_ms: i64,
    initiated_ms: Option<i64>,
    synced_ms: Option<i64>,
    complete_ms: Option<i64>,
    noise: u64,
    generation: u32,
}

/// What a course is laid out from.
#[derive(Debug)]
pub(crate) struct Layout<'a> {
    pub(crate) now: i64,
    pub(crate) source: &'a InstanceId,
    pub(crate) total: u64,
    /// How long the initial sync is to stall half-way.
    pub(crate) stall_ms: Option<i64>,
    /// See [`Switches::full_sync_counts_as_rescan`](crate::Switches).
    pub(crate) counts_as_rescan: bool,
}

impl Replication {
    /// Replication that has been healthy since long ago.
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

    /// A first, full synchronisation that begins now.
    pub(crate) fn initial_sync(layout: &Layout<'_>, rng: &mut Rng) -> Self {
        let &Layout { now, source, total, stall_ms, counts_as_rescan } = layout;
        let rate = u64::try_from(d::SYNC_BYTES_PER_MS.draw(rng)).unwrap_or(1);
        let copy = i64::try_from(total / rate).unwrap_or(i64::MAX / 4);
        let initiated = now + d::INITIATION.draw(rng);
        let mut phases = vec![(now, Phase::Initiating), (initiated, Phase::InitialSync)];
        let mut knots = vec![(initiated, 0)];
        let mut synced = initiated + copy;
        if let Some(stall) = stall_ms {
            let half = initiated + copy / 2;
            phases.extend([(half, Phase::NotConverging), (half + stall, Phase::InitialSync)]);
            knots.extend([(half, total / 2), (half + stall, total / 2)]);
            synced += stall;
        }
        knots.push((synced, total));
        let backlogged = synced + d::BACKLOG.draw(rng);
        let complete = backlogged + d::CREATING_SNAPSHOT.draw(rng);
        phases.extend([
            (synced, Phase::Backlog),
            (backlogged, Phase::CreatingSnapshot),
            (complete, Phase::Continuous),
        ]);
        let replicated = Curve(knots);
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

    /// Goes on from another instance's disks, which are compared block by block: B1 once A4 is protected (§3, 4).
    pub(crate) fn repoint(&mut self, layout: &Layout<'_>, rng: &mut Rng) {
        let &Layout { now, source, total, .. } = layout;
        self.cut(now);
        let seen = now + d::REPOINT.draw(rng);
        let extra = i64::try_from(total).unwrap_or(0) / d::RESCAN_BYTES_PER_MS;
        let complete = seen + d::RESCAN_MIN + extra;
        // §6 (b): CONTINUOUS comes before the rescan is complete.
        let early = complete - (complete - seen) / 3;
        self.phases.extend([(now, Phase::AgentNotSeen), (seen, Phase::Rescan), (early, Phase::Continuous)]);
        self.rescanned = Curve(vec![(now, 0), (seen, 0), (complete, total)]);
        self.replicated = Curve(vec![(now, total)]);
        self.spans.push(ContentSpan { from_ms: complete, to_ms: None, instance: source.clone() });
        self.first_snapshot_ms = self.first_snapshot_ms.or(Some(complete));
        self.began_ms = now;
        self.complete_ms = Some(complete);
    }

    /// Begins anew in full, as the next generation of the same server's replication.
    pub(crate) fn restart(&mut self, layout: &Layout<'_>, rng: &mut Rng) {
        let generation = self.generation + 1;
        *self = Self { generation, ..Self::initial_sync(layout, rng) };
    }

    /// The agent is no longer seen: what was copied by now is all there is.
    pub(crate) fn lose_agent(&mut self, now: i64) {
        if !self.is_running(now) {
            return;
        }
        let unseen = self.phase(now) == Phase::AgentNotSeen;
        self.cut(now);
        if !unseen {
            self.phases.push((now, Phase::AgentNotSeen));
        }
    }

    /// Replication is stopped and every point in time deleted.
    pub(crate) fn stop(&mut self, now: i64) {
        self.cut(now);
        self.spans.clear();
        self.first_snapshot_ms = None;
        self.phases.push((now, Phase::Stopped));
    }

    /// The server is disconnected; that shows only at `visible_ms`.
    pub(crate) fn disconnect(&mut self, now: i64, visible_ms: i64) {
        if self.is_running(now) {
            self.stop(now);
        }
        self.cut(now);
        self.phases.push((visible_ms, Phase::Disconnected));
    }

    /// Forgets all that was laid out for later than now.
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
