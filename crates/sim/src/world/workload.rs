//! The workload: numbered records, one a second for each server, which clients write to the instance with its traffic.
//!
//! Records are counted from stretches of time, so no timer is needed.

use std::collections::{BTreeMap, BTreeSet};

use failback_core::id::{HostedZoneId, InstanceId};
use failback_core::region::Region;

use super::hook::HookFreezes;
use crate::ranges::RangeSet;

/// Milliseconds from one record to the next.
const RECORD_EVERY: i64 = 1_000;

/// The clients of the fleet, and the destinations of their traffic.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workload {
    /// Time of record 0, in milliseconds since 1970.
    pub(crate) origin_ms: i64,
    /// Zone and name of each server's own DNS record, which the plan may name.
    pub(crate) records: Vec<Option<(HostedZoneId, String)>>,
    /// Index of the server whose DNS record those without one follow.
    pub(crate) leader: Option<usize>,
    /// Without any DNS record, traffic goes to the recovered servers at first. Otherwise it goes to the originals.
    pub(crate) recovered: bool,
    /// A4 to which people have moved the traffic of each server.
    pub(crate) moved_by_hand: Vec<Option<InstanceId>>,
    /// Instances on which people have stopped the applications: they run, and take no writes.
    pub(crate) frozen: BTreeSet<InstanceId>,
    /// Executions for which people have stopped them. They are started again once none of these goes on.
    pub(crate) frozen_for: BTreeSet<String>,
    /// Executions that people have allowed to end B3, where nothing but their word shows that no client uses it.
    pub(crate) released_for: BTreeSet<String>,
    /// Executions that people have aborted.
    pub(crate) aborted: BTreeSet<String>,
    /// Servers that people wanted launched again, with the time of the last such answer, in milliseconds since 1970.
    pub(crate) asked_again: BTreeMap<usize, i64>,
    /// Instances that the hook has been asked to freeze.
    pub(crate) by_hook: HookFreezes,
    /// Traffic of each server.
    pub(crate) servers: Vec<Traffic>,
}

/// The traffic of one server. Moments are in milliseconds since 1970.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traffic {
    /// Instance that takes writes; absent while none does.
    pub(super) writing: Option<(Region, InstanceId)>,
    /// Acknowledged records, without those of the present stretch.
    pub(super) acknowledged: RangeSet,
    /// Start of the present stretch of writes.
    pub(super) writing_since: i64,
    /// Start of the present downtime; absent while an instance serves.
    pub(super) down_since: Option<i64>,
    /// Length of the downtimes that have ended, in milliseconds.
    pub(super) down_ms: i64,
}

/// The instance that takes a server's traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    /// Id of the instance.
    pub instance: InstanceId,
    /// Region of the instance.
    pub region: Region,
    /// State of the instance is `running`. Otherwise the server is down.
    pub running: bool,
}

/// Acknowledged records that are missing where traffic goes now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LossWindow {
    /// Count of missing records.
    pub records: u64,
    /// Time of the first missing record, in milliseconds since 1970.
    pub first_ms: i64,
    /// Time of the last missing record, in milliseconds since 1970.
    pub last_ms: i64,
}

impl Workload {
    /// Returns the records that are written in a stretch of time.
    pub(super) fn written(&self, from_ms: i64, to_ms: i64) -> RangeSet {
        RangeSet::of(self.record_at(from_ms), self.record_at(to_ms))
    }

    /// Returns the number of the first record that is written at a moment or later.
    fn record_at(&self, ms: i64) -> i64 {
        let since = ms - self.origin_ms;
        since.div_euclid(RECORD_EVERY) + i64::from(since.rem_euclid(RECORD_EVERY) != 0)
    }

    /// Returns the window of missing records, if there are any.
    pub(super) fn loss_window(&self, missing: &RangeSet) -> Option<LossWindow> {
        let first_ms = self.origin_ms + missing.first()? * RECORD_EVERY;
        let last_ms = self.origin_ms + missing.last()? * RECORD_EVERY;
        Some(LossWindow { records: missing.count(), first_ms, last_ms })
    }

    /// Adds acknowledged records of a stretch that has ended.
    pub(crate) fn acknowledge(&mut self, server: usize, records: &RangeSet) {
        if let Some(traffic) = self.servers.get_mut(server) {
            traffic.acknowledged.extend(records);
        }
    }

    /// Returns all acknowledged records of a server.
    pub(super) fn acknowledged(&self, server: usize, now_ms: i64) -> RangeSet {
        let Some(traffic) = self.servers.get(server) else { return RangeSet::default() };
        let mut all = traffic.acknowledged.clone();
        if traffic.writing.is_some() {
            all.extend(&self.written(traffic.writing_since, now_ms));
        }
        all
    }
}

impl Traffic {
    /// Starts or ends a downtime.
    pub(super) fn set_down(&mut self, is_down: bool, now_ms: i64) {
        if is_down {
            self.down_since.get_or_insert(now_ms);
        } else if let Some(since) = self.down_since.take() {
            self.down_ms += now_ms - since;
        }
    }
}
