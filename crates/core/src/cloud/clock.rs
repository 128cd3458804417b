//! The clock.

use std::future::Future;
use std::pin::Pin;

use crate::timestamp::Timestamp;

/// The source of the current time, which is virtual in a simulation.
pub trait Clock: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Timestamp;

    /// Waits for this many milliseconds. Only a call that AWS asked to slow down does so: other waits are states of the
    /// machine, and cost nothing.
    fn pause(&self, millis: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}
