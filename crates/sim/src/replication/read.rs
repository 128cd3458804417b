//! What the course says of a moment.

use failback_core::id::InstanceId;

use super::{Phase, Replication};
use crate::durations as d;
use crate::ids::mix;

impl Replication {
    /// The phase at a moment.
    pub fn phase(&self, now: i64) -> Phase {
        let next = self.phases.partition_point(|&(ms, _)| ms <= now);
        next.checked_sub(1).and_then(|i| self.phases.get(i)).map_or(Phase::Initiating, |&(_, phase)| phase)
    }

    /// When the present phase began.
    fn phase_since(&self, now: i64) -> i64 {
        let next = self.phases.partition_point(|&(ms, _)| ms <= now);
        next.checked_sub(1).and_then(|i| self.phases.get(i)).map_or(self.began_ms, |&(ms, _)| ms)
    }

    /// True unless it was stopped or disconnected.
    pub fn is_running(&self, now: i64) -> bool {
        !self.phase(now).is_over()
    }

    /// When it becomes, or became, a whole and current copy; absent once that will not happen any more.
    pub fn complete_ms(&self) -> Option<i64> {
        self.complete_ms
    }

    /// Counts how often the course was changed: events of an earlier course are void.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// When this course began.
    pub(crate) fn began_ms(&self) -> i64 {
        self.began_ms
    }

    /// `lagDuration`, in milliseconds.
    pub fn lag_ms(&self, now: i64, blips: bool) -> Option<i64> {
        match self.phase(now) {
            Phase::Initiating | Phase::Stopped | Phase::Disconnected => None,
            Phase::CreatingSnapshot => Some(0),
            Phase::Continuous => Some(if blips { self.blip_ms(now) } else { 0 }),
            Phase::InitialSync | Phase::NotConverging | Phase::Rescan => Some(now - self.began_ms),
            Phase::Backlog => Some((now - self.phase_since(now)).min(60_000)),
            Phase::AgentNotSeen => Some(now - self.phase_since(now)),
        }
    }

    /// A lag of 10 to 45 seconds in one minute out of twenty-five.
    fn blip_ms(&self, now: i64) -> i64 {
        let minute = u64::try_from(now / 60_000).unwrap_or(0);
        let noise = mix(self.noise, minute);
        if noise.is_multiple_of(25) { 10_000 + i64::try_from((noise >> 32) % 35_000).unwrap_or(0) } else { 0 }
    }

    /// `etaDateTime`, up to 8 percent wrong.
    pub fn eta_ms(&self, now: i64) -> Option<i64> {
        let end = self.synced_ms?;
        if !matches!(self.phase(now), Phase::InitialSync | Phase::NotConverging) {
            return None;
        }
        let minute = u64::try_from(now / 60_000).unwrap_or(0);
        let wrong = i64::try_from(mix(self.noise, minute) % 161).unwrap_or(80) - 80;
        Some(now + (end - now) * (1_000 + wrong) / 1_000)
    }

    /// `replicatedStorageBytes`, summed up.
    pub fn replicated_bytes(&self, now: i64) -> u64 {
        self.replicated.at(now)
    }

    /// `rescannedStorageBytes`, summed up.
    pub fn rescanned_bytes(&self, now: i64) -> u64 {
        self.rescanned.at(now)
    }

    /// How many of the eleven initiation steps are over, while or after they run.
    pub fn steps_done(&self, now: i64) -> Option<usize> {
        let end = self.initiated_ms?;
        let whole = (end - self.began_ms).max(1);
        usize::try_from(((now - self.began_ms) * 11 / whole).clamp(0, 11)).ok()
    }

    /// True when a server can be launched from it.
    pub fn has_snapshot(&self, now: i64) -> bool {
        self.first_snapshot_ms.is_some_and(|ms| ms <= now) && !self.spans.is_empty()
    }

    /// Points in time that exist at a moment, newest first: number and moment. Kept as the usual policy says (§6).
    pub fn snapshots(&self, now: i64) -> Vec<(i64, i64)> {
        let Some(first) = self.first_snapshot_ms.filter(|&ms| ms <= now) else { return Vec::new() };
        let newest = (now - first) / d::SNAPSHOT_EVERY;
        let kept = |k: i64| {
            let age = newest - k;
            age < 6 || (k % 6 == 0 && age < 144) || (k % 144 == 0 && age < 1_008)
        };
        let taken = |ms: i64| self.spans.iter().any(|s| s.from_ms <= ms && s.to_ms.is_none_or(|to| ms <= to));
        let oldest = (newest - 1_008).max(0);
        (oldest..=newest)
            .rev()
            .filter(|&k| kept(k))
            .map(|k| (k, first + k * d::SNAPSHOT_EVERY))
            .filter(|&(_, ms)| taken(ms))
            .collect()
    }

    /// Whose disks, as they were when, the replica held at a moment.
    pub fn content_at(&self, at: i64, blips: bool) -> Option<(&InstanceId, i64)> {
        let span = self.spans.iter().rev().find(|span| span.from_ms <= at)?;
        let ms = match span.to_ms {
            Some(to) if to <= at => to,
            _ => at - if blips { self.blip_ms(at) } else { 0 },
        };
        Some((&span.instance, ms))
    }
}
