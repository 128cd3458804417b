//! Replication as it is at one moment of its timeline.

use failback_core::id::InstanceId;

use super::{ContentSpan, Phase, Replication};
use crate::durations as d;
use crate::ids::mix;

/// Counts of points in time, of which there is one every ten minutes.
const AN_HOUR: i64 = 6;
const A_DAY: i64 = 24 * AN_HOUR;
const A_WEEK: i64 = 7 * A_DAY;

impl Replication {
    /// Returns the phase at a moment.
    pub fn phase(&self, now: i64) -> Phase {
        self.phase_and_start(now).1
    }

    /// Returns the phase at a moment, and the start of that phase.
    fn phase_and_start(&self, now: i64) -> (i64, Phase) {
        let next = self.phases.partition_point(|&(ms, _)| ms <= now);
        if next == 0 { (self.began_ms, Phase::Initiating) } else { self.phases[next - 1] }
    }

    /// Returns true unless replication was stopped or disconnected.
    pub fn is_running(&self, now: i64) -> bool {
        !matches!(self.phase(now), Phase::Stopped | Phase::Disconnected)
    }

    /// Returns the moment at which it becomes, or became, a whole and current copy, in milliseconds since 1970;
    /// nothing once that will not happen any more.
    pub fn complete_ms(&self) -> Option<i64> {
        self.complete_ms
    }

    /// Returns the number of changes to the timeline. An event that was scheduled for another generation is void.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Returns the start of the present synchronisation.
    pub(crate) fn began_ms(&self) -> i64 {
        self.began_ms
    }

    /// Returns `lagDuration`, in milliseconds.
    pub fn lag_ms(&self, now: i64, blips: bool) -> Option<i64> {
        let (phase_start, phase) = self.phase_and_start(now);
        match phase {
            Phase::Initiating | Phase::Stopped | Phase::Disconnected => None,
            Phase::CreatingSnapshot => Some(0),
            Phase::Continuous => Some(self.blip_ms(now, blips)),
            Phase::InitialSync | Phase::NotConverging | Phase::Rescan => Some(now - self.began_ms),
            Phase::Backlog => Some((now - phase_start).min(60_000)),
            Phase::AgentNotSeen => Some(now - phase_start),
        }
    }

    /// Returns the lag of healthy replication: 10 to 45 seconds in one minute out of twenty-five, if it blips at all.
    fn blip_ms(&self, now: i64, blips: bool) -> i64 {
        let noise = mix(self.noise, minute(now));
        if !blips || !noise.is_multiple_of(25) {
            return 0;
        }
        10_000 + i64::try_from((noise >> 32) % 35_000).unwrap_or(0)
    }

    /// Returns `etaDateTime`, up to 8 percent wrong, in milliseconds since 1970.
    pub fn eta_ms(&self, now: i64) -> Option<i64> {
        let end = self.synced_ms?;
        if !matches!(self.phase(now), Phase::InitialSync | Phase::NotConverging) {
            return None;
        }
        let wrong = i64::try_from(mix(self.noise, minute(now)) % 161).unwrap_or(80) - 80;
        Some(now + (end - now) * (1_000 + wrong) / 1_000)
    }

    /// Returns the sum of `replicatedStorageBytes`.
    pub fn replicated_bytes(&self, now: i64) -> u64 {
        self.replicated.at(now)
    }

    /// Returns the sum of `rescannedStorageBytes`.
    pub fn rescanned_bytes(&self, now: i64) -> u64 {
        self.rescanned.at(now)
    }

    /// Returns the number of initiation steps that have ended, out of eleven; nothing if there are no such steps.
    pub fn steps_done(&self, now: i64) -> Option<usize> {
        let end = self.initiated_ms?;
        let whole = (end - self.began_ms).max(1);
        usize::try_from(((now - self.began_ms) * 11 / whole).clamp(0, 11)).ok()
    }

    /// Returns true when a server can be launched from it.
    pub fn has_snapshot(&self, now: i64) -> bool {
        self.first_snapshot_ms.is_some_and(|ms| ms <= now) && !self.spans.is_empty()
    }

    /// Returns the points in time that exist at a moment, newest first: number, and milliseconds since 1970.
    pub fn snapshots(&self, now: i64) -> Vec<(i64, i64)> {
        let Some(first) = self.first_snapshot_ms.filter(|&ms| ms <= now) else { return Vec::new() };
        let newest = (now - first) / d::SNAPSHOT_EVERY;
        let oldest = (newest - A_WEEK).max(0);
        let mut found = Vec::new();
        for number in (oldest..=newest).rev() {
            let ms = first + number * d::SNAPSHOT_EVERY;
            if is_kept(number, newest) && self.spans.iter().any(|span| span.contains(ms)) {
                found.push((number, ms));
            }
        }
        found
    }

    /// Returns the instance and the moment of the disks that the replica held at a moment.
    pub fn content_at(&self, at: i64, blips: bool) -> Option<(&InstanceId, i64)> {
        let span = self.spans.iter().rev().find(|span| span.from_ms <= at)?;
        let ms = match span.to_ms {
            Some(to) if to <= at => to,
            _ => at - self.blip_ms(at, blips),
        };
        Some((&span.instance, ms))
    }
}

impl ContentSpan {
    fn contains(&self, ms: i64) -> bool {
        self.from_ms <= ms && self.to_ms.is_none_or(|to| ms <= to)
    }
}

/// Returns true for a point in time that DRS keeps by its usual policy: every one for an hour, one an hour for a day,
/// and one a day for a week (§6).
fn is_kept(number: i64, newest: i64) -> bool {
    let age = newest - number;
    age < AN_HOUR || (number % AN_HOUR == 0 && age < A_DAY) || (number % A_DAY == 0 && age < A_WEEK)
}

fn minute(ms: i64) -> u64 {
    u64::try_from(ms / 60_000).unwrap_or(0)
}
