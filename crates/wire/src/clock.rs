//! How virtual time follows real time.

use std::time::Instant;

/// How many seconds of virtual time pass in one of real time; 0 stands still, and moves only when it is told to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed(pub f64);

/// The pace of one world.
#[derive(Debug)]
pub(crate) struct Pace {
    speed: Speed,
    last: Instant,
}

impl Pace {
    pub(crate) fn new(speed: Speed) -> Self {
        Self { speed, last: Instant::now() }
    }

    /// Virtual milliseconds since it was last asked.
    #[allow(clippy::cast_possible_truncation, reason = "milliseconds are far below 2^52")]
    pub(crate) fn passed_ms(&mut self) -> i64 {
        let now = Instant::now();
        let ms = (now - self.last).as_secs_f64() * 1_000.0 * self.speed.0;
        if ms < 1.0 {
            return 0;
        }
        self.last = now;
        ms as i64
    }
}
