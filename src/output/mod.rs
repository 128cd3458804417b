//! The output for people: the run in progress, the world before and after, the verdict.

mod console;
mod end;
mod pace;
mod screen;
mod table;

pub(crate) use console::{Approval, Console, Playback, answer};
pub(crate) use end::end;
pub(crate) use screen::{show, tell};
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

/// Breaks a line between words. A command stays whole, so that it can be copied.
fn wrapped(line: &str) -> Vec<String> {
    const WIDTH: usize = 92;
    if line.starts_with("aws ") {
        return vec![line.to_owned()];
    }
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        let last = lines.last().map_or(0, String::len);
        if last > 0 && last + 1 + word.len() > WIDTH {
            lines.push(String::new());
        }
        if let Some(last) = lines.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}
