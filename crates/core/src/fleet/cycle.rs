//! The cycle that an object belongs to. A recovery starts a cycle: everything that was launched or tagged before it
//! is of an earlier one, even if DRS has the same A2 replicate the new B3 (drs-facts §12.11). An A4 of an earlier
//! cycle holds the data of before the disaster.

use std::collections::BTreeMap;

use crate::cloud::{Job, RecoveryInstance, SourceServer};
use crate::id::{InstanceId, JobId};
use crate::tags::tag;
use crate::timestamp::Timestamp;

/// The times at which jobs were created, as far as they were read.
#[derive(Debug, Default)]
pub(super) struct Launches(BTreeMap<JobId, Timestamp>);

impl Launches {
    pub(super) fn add(&mut self, jobs: &[Job]) {
        let known = jobs.iter().filter_map(|job| Some((job.id.clone(), job.created?)));
        self.0.extend(known);
    }

    fn of(&self, launched: &RecoveryInstance) -> Option<Timestamp> {
        launched.job.as_ref().and_then(|job| self.0.get(job)).copied()
    }

    /// Returns the time at which the cycle of a live B2 began: its launch. While its job is not known, its point in
    /// time is the best that is, and may be earlier.
    pub(super) fn began(&self, b2: &RecoveryInstance) -> Option<Timestamp> {
        self.of(b2).or(b2.point_in_time)
    }

    /// Returns true when an A3 is of the cycle of a live B2: its data was taken after B2 was launched. A launch from
    /// an older point in time is not. What cannot be told is not of the cycle.
    pub(super) fn is_of_cycle(&self, a3: &RecoveryInstance, b2: &RecoveryInstance) -> bool {
        let taken = a3.point_in_time.or_else(|| self.of(a3));
        self.began(b2).zip(taken).is_some_and(|(began, taken)| taken > began)
    }
}

/// Returns true for a B2 that a failback has left, because its B3 existed before. Another launch of B1 begins another
/// cycle.
pub(super) fn is_left(b2: &RecoveryInstance) -> bool {
    let left = b2.tags.get(tag::LEFT).map(String::as_str);
    left.is_some() && left == b2.job.as_ref().map(JobId::as_str)
}

/// Returns a tag of A2, unless A2 was tagged while it replicated another B3.
pub fn tag_of_cycle<'a>(a2: &'a SourceServer, key: &str) -> Option<&'a str> {
    let replicated = a2.instance.as_ref().map(InstanceId::as_str);
    let is_stale = a2.tags.get(tag::B2).is_some_and(|b2| replicated != Some(b2.as_str()));
    a2.tags.get(key).filter(|_| !is_stale).map(String::as_str)
}
