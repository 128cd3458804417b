//! The run as it goes: each state with its virtual time and its reason for waiting.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::time::Duration;

use failback_asl::Event;
use failback_core::timestamp::Timestamp;
use failback_sim::World;
use serde_json::Value;

use crate::runner::{Answer, Watcher};
use crate::show::duration;

/// How virtual time passes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    /// As fast as it can be computed.
    Max,
    /// So many times faster than real time.
    Factor(f64),
}

/// Who answers at the gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gates {
    /// Always yes.
    Auto,
    /// The person at the terminal.
    Ask,
    /// Always no.
    Deny,
}

/// Tells a run line by line.
pub struct Live {
    /// Nothing is printed where this is false.
    pub shows: bool,
    /// How time passes.
    pub speed: Speed,
    /// Who answers.
    pub gates: Gates,
    began_ms: i64,
}

impl Live {
    /// Tells a run that begins now.
    pub fn new(shows: bool, speed: Speed, gates: Gates, began: Timestamp) -> Self {
        Self { shows, speed, gates, began_ms: began.millis() }
    }

    fn print(&self, at_ms: i64, state: &str, text: &str) {
        if self.shows {
            println!("  {}  {state:<29} {text}", clock(at_ms - self.began_ms));
        }
    }

    /// Lets real time pass, and shows how virtual time does.
    #[allow(clippy::cast_possible_truncation, reason = "milliseconds are far below 2^52")]
    #[allow(clippy::disallowed_methods, reason = "playing virtual time back is what --speed is for")]
    fn play(&self, world: &World, until: Timestamp, factor: f64) {
        const FRAME: Duration = Duration::from_millis(100);
        let (from, to) = (world.now_ms(), until.millis());
        let terminal = std::io::stdout().is_terminal() && self.shows;
        let mut at = from as f64;
        while at < to as f64 {
            let left = Duration::from_secs_f64(((to as f64 - at) / 1000.0 / factor).clamp(0.0, 86_400.0));
            let frame = left.min(FRAME);
            std::thread::sleep(frame);
            at += frame.as_secs_f64() * 1000.0 * factor + 1e-6;
            if terminal {
                let remaining = duration((to as f64 - at).max(0.0) / 1000.0);
                print!(
                    "\r  {}  … {remaining} of virtual time to the next look \x1b[K",
                    clock(at as i64 - self.began_ms)
                );
                let _ = std::io::stdout().flush();
            }
        }
        if terminal {
            print!("\r\x1b[K");
        }
    }
}

/// Virtual time since the run began, as `h:mm:ss`.
fn clock(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

impl Watcher for Live {
    fn event(&mut self, _: &World, event: &Event) {
        match event {
            Event::TaskSucceeded { at, state, result } => {
                for line in said(result) {
                    self.print(*at, state, &line);
                }
            }
            Event::TaskFailed { at, state, failure } => {
                let cause = plain(&failure.cause);
                self.print(*at, state, &format!("failed: {}: {cause}", failure.error));
            }
            Event::RetryScheduled { at, state, retry, seconds } => {
                self.print(*at, state, &format!("retry {retry} in {seconds:.1} s"));
            }
            Event::Caught { at, state, next, .. } => self.print(*at, state, &format!("goes on at {next}")),
            _ => {}
        }
    }

    fn gate(&mut self, message: &str) -> Answer {
        if self.shows || self.gates == Gates::Ask {
            let text: Vec<String> = message
                .lines()
                .flat_map(wrapped)
                .map(|line| format!("    | {line}").trim_end().to_owned())
                .collect();
            if self.shows {
                println!("\n{}\n", text.join("\n"));
            } else {
                eprintln!("\n{}\n", text.join("\n"));
            }
        }
        match self.gates {
            Gates::Auto => Answer::Yes,
            Gates::Deny => Answer::No("--approve deny".to_owned()),
            Gates::Ask => {
                eprint!("    Yes or no? ");
                let _ = std::io::stderr().flush();
                let mut line = String::new();
                match std::io::stdin().lock().read_line(&mut line) {
                    Ok(read) if read > 0 && matches!(line.trim(), "y" | "Y" | "yes" | "Yes") => Answer::Yes,
                    Ok(read) if read > 0 => Answer::No(format!("the answer was `{}`", line.trim())),
                    _ => Answer::Silence,
                }
            }
        }
    }

    fn quiet_until(&mut self, world: &World, until: Timestamp) {
        if let Speed::Factor(factor) = self.speed {
            self.play(world, until, factor);
        }
    }
}

/// A line broken between words, but for commands, which are to be copied whole.
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

/// What a step's or a person's answer says, a line each.
fn said(result: &Value) -> Vec<String> {
    if let Some(approved) = result["approved"].as_bool() {
        let by = result["by"].as_str().unwrap_or("somebody");
        return vec![format!("{} by {by}", if approved { "approved" } else { "refused" })];
    }
    if result.get("ETag").is_some() {
        return vec!["kept as evidence".to_owned()];
    }
    let payload = &result["Payload"];
    let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
    match payload["status"].as_str() {
        Some("waiting") => vec![format!("waits {} s: {}", payload["waitSeconds"], text("why"))],
        Some(_) => vec![text("why")],
        None => {
            let warnings = payload["warnings"].as_array().into_iter().flatten();
            let warning = |w: &Value| {
                let part = |name: &str| w[name].as_str().unwrap_or_default();
                format!("warning: {}: {}", part("about"), part("message"))
            };
            std::iter::once(text("summary")).chain(warnings.map(warning)).collect()
        }
    }
}

/// The message in a cause as Lambda gives it.
fn plain(cause: &str) -> String {
    let parsed = serde_json::from_str::<Value>(cause).ok();
    parsed
        .and_then(|cause| cause["errorMessage"].as_str().map(str::to_owned))
        .unwrap_or_else(|| cause.to_owned())
}
