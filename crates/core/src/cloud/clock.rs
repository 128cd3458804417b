//! The time.

use crate::timestamp::Timestamp;

/// The time, which in a simulation is virtual.
pub trait Clock: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Timestamp;
}
