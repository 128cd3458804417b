//! The passing of virtual time with real time.

use std::time::Instant;

/// The seconds of virtual time that pass in one second of real time. With 0, time moves only on request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed(pub f64);

/// The progress of one world's time.
#[derive(Debug)]
pub(crate) struct Pace {
    speed: Speed,
    last: Instant,
}

impl Pace {
    pub(crate) fn new(speed: Speed) -> Self {
        Self { speed, last: Instant::now() }
    }

    /// Returns the virtual milliseconds since the last call.
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
