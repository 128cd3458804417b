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

/// The width of the output, in columns: a terminal of 80 breaks no line.
const WIDTH: usize = 79;

/// Breaks a line between words, at this many columns. A command stays whole, so that it can be copied.
fn wrapped(line: &str, columns: usize) -> Vec<String> {
    if line.starts_with("aws ") {
        return vec![line.to_owned()];
    }
    let mut lines: Vec<String> = Vec::new();
    for word in line.split(' ') {
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= columns => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Returns a text behind its beginning: each further line begins where the text does.
fn hanging(begin: &str, text: &str) -> String {
    let column = begin.chars().count();
    let lines: Vec<String> =
        text.lines().flat_map(|line| wrapped(line, WIDTH.saturating_sub(column))).collect();
    format!("{begin}{}\n", lines.join(&format!("\n{}", " ".repeat(column))))
}
