//! The run in progress: each state with its virtual time and its reason for waiting. Consecutive polls of one state
//! whose reasons differ only in their numbers are one line, with their count.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _};

use failback_asl::Event;
use failback_core::step::Status;
use failback_core::timestamp::Timestamp;
use failback_sim::World;
use serde_json::Value;

use crate::output::pace::frames;
use crate::output::{WIDTH, duration, hanging, show, tell, wrapped};
use failback_core::step::Answer;
use failback_rehearsal::runner::{GateAnswer, Watcher};
use failback_rehearsal::task_output::TaskOutput;

/// The beginning of each line of a question.
const QUOTED: &str = "    | ";

/// The speed of virtual time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Playback {
    /// As fast as it can be computed.
    Max,
    /// A multiple of real time.
    Factor(f64),
}

/// The answer at the gates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Approval {
    /// Always yes.
    Auto,
    /// The person at the terminal.
    Ask,
    /// Always no.
    Deny,
    /// These in turn, and then yes.
    InTurn(VecDeque<GateAnswer>),
}

/// Reads one answer: `yes`, `no`, `abort`, `launch-again`, or `launch-again=SERVER+SERVER`.
pub(crate) fn answer(text: &str) -> Option<GateAnswer> {
    let (word, names) = text.split_once('=').map_or((text, None), |(word, names)| (word, Some(names)));
    match (word.trim().to_ascii_lowercase().as_str(), names) {
        ("y" | "yes", None) => Some(GateAnswer::Yes),
        (no @ ("n" | "no"), None) => Some(GateAnswer::No(format!("the answer was `{no}`"))),
        ("abort", None) => Some(GateAnswer::Abort("the answer was `abort`".to_owned())),
        ("launch-again", None) => Some(GateAnswer::LaunchAgain(Vec::new())),
        ("launch-again", Some(names)) if !names.trim().is_empty() => {
            Some(GateAnswer::LaunchAgain(names.split('+').map(|name| name.trim().to_owned()).collect()))
        }
        _ => None,
    }
}

/// Consecutive polls of one state with the same reason.
struct Polls {
    first_ms: i64,
    state: String,
    count: u64,
    seconds: u64,
    why: String,
}

impl Polls {
    /// Returns the one line for all polls.
    fn line(&self) -> String {
        let times = if self.count > 1 { format!(" \u{d7}{}", self.count) } else { String::new() };
        format!("waits {} s{times}: {}", self.seconds, self.why)
    }
}

/// Returns a reason without its numbers, which change from poll to poll.
fn without_numbers(why: &str) -> String {
    let word = |word: &str| {
        if word.starts_with(|c: char| c.is_ascii_digit()) { "#".to_owned() } else { word.to_owned() }
    };
    why.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A watcher that prints a run line by line, answers its gates, and lets its virtual time pass.
pub(crate) struct Console {
    /// False when nothing is printed.
    shows: bool,
    playback: Playback,
    approval: Approval,
    started_ms: i64,
    /// Polls that are not printed yet, because the next one may have the same reason.
    polls: Option<Polls>,
}

impl Console {
    /// Returns the console of a run that starts now.
    pub(crate) fn new(shows: bool, playback: Playback, approval: Approval, started: Timestamp) -> Self {
        Self { shows, playback, approval, started_ms: started.millis(), polls: None }
    }

    fn print(&mut self, at_ms: i64, state: &str, text: &str) {
        self.print_polls();
        self.print_line(at_ms, state, text);
    }

    fn print_line(&self, at_ms: i64, state: &str, text: &str) {
        if self.shows {
            show(hanging(&format!("  {}  {state:<29} ", clock(at_ms - self.started_ms)), text));
        }
    }

    fn print_polls(&mut self) {
        if let Some(polls) = self.polls.take() {
            self.print_line(polls.first_ms, &polls.state, &polls.line());
        }
    }

    /// Adds a poll to the earlier ones, or prints those first.
    fn poll(&mut self, at_ms: i64, state: &str, step: Answer) {
        if let Some(polls) = &mut self.polls
            && polls.state == state
            && without_numbers(&polls.why) == without_numbers(&step.why)
        {
            polls.count += 1;
            polls.seconds += step.wait_seconds;
            polls.why = step.why;
            return;
        }
        self.print_polls();
        let (state, seconds) = (state.to_owned(), step.wait_seconds);
        self.polls = Some(Polls { first_ms: at_ms, state, count: 1, seconds, why: step.why });
    }

    fn task_succeeded(&mut self, at_ms: i64, state: &str, result: &Value) {
        match TaskOutput::read(state, result) {
            TaskOutput::Step(step) if step.status == Status::Waiting => self.poll(at_ms, state, step),
            TaskOutput::Step(step) => self.print(at_ms, state, &step.why),
            TaskOutput::Readiness(output) => {
                self.print(at_ms, state, &output.summary);
                for warning in output.warnings {
                    self.print(at_ms, state, &format!("warning: {}: {}", warning.about, warning.message));
                }
            }
            TaskOutput::Report(report) => self.print(at_ms, state, &report.summary),
            TaskOutput::Gate(gate) => {
                let answer = match &gate.launch_again {
                    _ if gate.approved => "approved".to_owned(),
                    _ if gate.abort => "aborted".to_owned(),
                    Some(which) => format!("launched again, {which},"),
                    None => "refused".to_owned(),
                };
                let by = gate.by.unwrap_or_else(|| "an operator".to_owned());
                self.print(at_ms, state, &format!("{answer} by {by}"));
            }
            TaskOutput::Kept => self.print(at_ms, state, "kept as evidence"),
            TaskOutput::Unknown => self.print(at_ms, state, "a result that is not this version's"),
        }
    }

    /// Lets real time pass, and shows the virtual time.
    #[allow(clippy::disallowed_methods, reason = "playing virtual time back is what --speed is for")]
    fn play(&self, world: &World, until: Timestamp, factor: f64) {
        let (from, to) = (world.now_ms(), until.millis());
        let terminal = std::io::stdout().is_terminal() && self.shows;
        for frame in frames(to - from, factor) {
            std::thread::sleep(frame.lasts);
            if terminal {
                show(format_args!("\r{}\x1b[K", self.status(from + frame.at_ms, to)));
            }
        }
        if terminal {
            show("\r\x1b[K");
        }
    }

    /// Returns the status line of a terminal, which fits 80 columns.
    fn status(&self, at_ms: i64, until_ms: i64) -> String {
        let remaining = duration((until_ms - at_ms).max(0) as f64 / 1000.0);
        let mut line = format!("  {}  next poll in {remaining}", clock(at_ms - self.started_ms));
        if let Some(polls) = &self.polls {
            let _ = write!(line, "  {} {}", polls.state, polls.line());
        }
        line.chars().take(WIDTH).collect()
    }
}

/// Formats the virtual time since the run started as `h:mm:ss`.
fn clock(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

impl Watcher for Console {
    fn event(&mut self, _: &World, event: &Event) {
        match event {
            Event::TaskSucceeded { at, state, result } => self.task_succeeded(*at, state, result),
            Event::TaskFailed { at, state, failure } => {
                let cause = plain(&failure.cause);
                self.print(*at, state, &format!("failed: {}: {cause}", failure.error));
            }
            Event::RetryScheduled { at, state, retry, seconds } => {
                self.print(*at, state, &format!("retry {retry} in {seconds:.1} s"));
            }
            Event::Caught { at, state, next, .. } => self.print(*at, state, &format!("goes on at {next}")),
            Event::Ended { .. } => self.print_polls(),
            _ => {}
        }
    }

    fn gate(&mut self, message: &str) -> GateAnswer {
        self.print_polls();
        if self.shows || self.approval == Approval::Ask {
            let text: Vec<String> = message
                .lines()
                .flat_map(|line| wrapped(line, WIDTH - QUOTED.len()))
                .map(|line| format!("{QUOTED}{line}").trim_end().to_owned())
                .collect();
            if self.shows {
                show(format_args!("\n{}\n\n", text.join("\n")));
            } else {
                tell(format_args!("\n{}\n\n", text.join("\n")));
            }
        }
        match &mut self.approval {
            Approval::InTurn(answers) => answers.pop_front().unwrap_or(GateAnswer::Yes),
            Approval::Auto => GateAnswer::Yes,
            Approval::Deny => GateAnswer::No("--approve deny".to_owned()),
            Approval::Ask => ask(&offered(message)),
        }
    }

    fn quiet_until(&mut self, world: &World, until: Timestamp) {
        if let Playback::Factor(factor) = self.playback {
            self.play(world, until, factor);
        }
    }
}

/// Returns the answers that a question offers: each begins a paragraph.
fn offered(question: &str) -> Vec<&'static str> {
    let answers = [("Yes:", "yes"), ("No:", "no"), ("Launch again", "launch-again"), ("Abort:", "abort")];
    let offered = answers.into_iter().filter(|(begins, _)| question.contains(&format!("\n\n{begins}")));
    offered.map(|(_, answer)| answer).collect()
}

/// Asks at the terminal until the answer is one that the gate offers. The end of the input is silence, which is not a yes.
fn ask(offered: &[&str]) -> GateAnswer {
    let choice = offered.join(", ");
    tell(format_args!("    Your answer ({choice}): "));
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let is_offered = |answer: &GateAnswer| {
            let word = match answer {
                GateAnswer::Abort(_) => "abort",
                GateAnswer::LaunchAgain(_) => "launch-again",
                _ => return true,
            };
            offered.contains(&word)
        };
        match answer(&line).filter(is_offered) {
            Some(answer) => return answer,
            None => tell(format_args!("    Please answer with one of these ({choice}): ")),
        }
    }
    GateAnswer::Silence
}

/// Returns the message in a cause that Lambda wrote as JSON.
fn plain(cause: &str) -> String {
    let parsed = serde_json::from_str::<Value>(cause).ok();
    parsed
        .and_then(|cause| cause["errorMessage"].as_str().map(str::to_owned))
        .unwrap_or_else(|| cause.to_owned())
}
