//! The playback of virtual time at a multiple of real time.

use std::time::Duration;

/// The longest time between two looks at the screen.
const FRAME: Duration = Duration::from_millis(100);

/// The longest time that is played back: more than any plan's limits.
const LONGEST: Duration = Duration::from_hours(10 * 365 * 24);

/// A piece of a playback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    /// How long it takes.
    pub(crate) lasts: Duration,
    /// The virtual time at its end, in milliseconds from the start of the playback.
    pub(crate) at_ms: i64,
}

/// Returns the frames that play so many milliseconds of virtual time, `factor` times as fast. Real time is counted in
/// whole nanoseconds, so the frames end whatever the factor and the moment.
pub(crate) fn frames(span_ms: i64, factor: f64) -> impl Iterator<Item = Frame> {
    let span = Duration::from_millis(span_ms.max(0).unsigned_abs());
    let whole =
        Duration::try_from_secs_f64(span.as_secs_f64() / factor).map_or(LONGEST, |real| real.min(LONGEST));
    let mut played = Duration::ZERO;
    std::iter::from_fn(move || {
        let lasts = whole.saturating_sub(played).min(FRAME);
        played += lasts;
        (!lasts.is_zero()).then(|| Frame { lasts, at_ms: virtual_ms(played, factor).min(span_ms) })
    })
}

#[allow(clippy::cast_possible_truncation, reason = "limited by the span that is played")]
fn virtual_ms(played: Duration, factor: f64) -> i64 {
    (played.as_secs_f64() * 1000.0 * factor) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fraction of a millisecond that is added to the milliseconds since 1970 is lost. A playback must not count so.
    #[test]
    fn every_playback_ends() {
        for factor in [1e-3, 0.7, 1.0, 60.0, 550.0, 600.0, 700.0, 900.0, 3600.0, 1e5, 1e300] {
            for span_ms in [0, 1, 59_999, 60_000, 61_234] {
                let real_seconds = span_ms as f64 / 1000.0 / factor;
                let frames: Vec<Frame> = frames(span_ms, factor).take(1_000_000).collect();
                let played: f64 = frames.iter().map(|frame| frame.lasts.as_secs_f64()).sum();
                let complete = frames.len() < 1_000_000;
                assert!(!complete || (played - real_seconds).abs() < 1e-6, "{factor} {span_ms}: {played}");
                assert!(
                    frames.len() as f64 <= real_seconds / 0.1 + 1.0,
                    "{factor} {span_ms}: {}",
                    frames.len()
                );
            }
        }
    }

    #[test]
    fn a_playback_shows_virtual_time_up_to_its_end() {
        let at: Vec<i64> = frames(150_000, 600.0).map(|frame| frame.at_ms).collect();
        assert_eq!(at, [60_000, 120_000, 150_000]);
    }
}
