//! The clock.

use crate::timestamp::Timestamp;

/// The source of the current time, which is virtual in a simulation.
pub trait Clock: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Timestamp;
}
