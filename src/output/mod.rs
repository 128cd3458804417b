//! The output for people: the run in progress, the world before and after, the verdict.

mod console;
mod end;
mod table;

pub(crate) use console::{Approval, Console, Playback};
pub(crate) use end::end;
pub(crate) use table::world;

/// Formats seconds as `2 h 03 min` or `4 min 05 s`.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "never negative, and far below 2^63"
)]
pub(crate) fn duration(seconds: f64) -> String {
    let seconds = seconds.round().max(0.0) as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s:02} s"),
        (h, m, _) => format!("{h} h {m:02} min"),
    }
}
