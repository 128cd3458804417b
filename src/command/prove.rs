//! `drs-failback prove`.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;
use failback_audit::{Coverage, Place};
use failback_campaign::{Broken, Case, Found, Reasons, Summary};
use failback_core::procedure::Procedure;
use failback_rehearsal::program::Program;
use serde_json::{Value, json};

use super::{UNSAFE, usage};
use crate::output::{show, tell};

const PARTS: &str = "What is tried, each in a world of its own:
  grid    every failure at every state: each Task of each machine fails with each error name,
          before or after it has done its work, or its process dies, or its answer is of another
          version; each call of AWS is refused with each code, or loses its answer: once, once
          more than is retried, and for good
  pairs   every pair of failures in one run, of the error names one of each class that the machine
          tells apart
  twice   each step called twice; each run cut off at each of its turns and started again; a second
          execution, of the same or the other procedure, started at forty moments of the first
  hand    each prefix of AWS's page done by hand, with a line left out, or out of order
  people  each manual action in the consoles, at every sixth turn of a run
  random  --seeds N: fleets, plans, open questions of DRS, faults, interruptions and people by chance
  large   300 servers in one wave and in ten for each hundred of --seeds N, and 1,000 for each
          thousand: slow calls, lags that come and go, and no answer of AWS for ten minutes

After each, all faults are removed, and the procedure is started again until it ends as AWS's
page ends. The auditor watches every call and event by rules of its own. A violation is made
smaller and printed with the command that shows it again.

A case is text, which --case reads back: SCENARIO, N servers, seed N, OPTIONS: ACT; ACT; ...
  drs-failback prove --case 'recovered, 3 servers: fail lost:StartRecovery; run failback'

Exit codes:
  0  nothing was broken, and every state and branch was visited
  2  the command line is wrong
  3  a rule was broken, or a state or branch was never visited";

#[derive(Debug, Args)]
#[command(after_help = PARTS)]
pub(crate) struct Arguments {
    /// The number of random worlds.
    #[arg(long, value_name = "N", default_value_t = 500)]
    seeds: u64,
    /// The number of threads [default: the number of processors].
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Play only this part: grid, pairs, twice, hand, people, random or large; can be repeated.
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
    /// Play only this case, and describe what happens.
    #[arg(long, value_name = "CASE", conflicts_with_all = ["seeds", "only"])]
    case: Option<String>,
    /// Print one JSON object and nothing else.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Every failure at every state.
    Grid,
    /// Every pair of failures in one run.
    Pairs,
    /// Every step called twice, every run cut off and started again, two executions at once.
    Twice,
    /// Runs after a person has done part of the procedure by hand.
    Hand,
    /// Runs during which a person acts in the consoles.
    People,
    /// Random worlds, as many as --seeds says.
    Random,
    /// Fleets of 300 and 1,000 servers, each of which must reach its end in one run.
    Large,
}

impl Part {
    fn cases(self, seeds: u64) -> (&'static str, Vec<Case>) {
        match self {
            Self::Grid => ("every failure at every state", failback_campaign::grid()),
            Self::Pairs => ("every pair of failures", failback_campaign::pairs()),
            Self::Twice => ("everything twice", failback_campaign::repetitions()),
            Self::Hand => ("half-manual starts", failback_campaign::manual_starts()),
            Self::People => ("people during a run", failback_campaign::people()),
            Self::Random => ("random worlds", (1..=seeds).map(failback_campaign::random).collect()),
            Self::Large => ("large fleets", failback_campaign::large(seeds)),
        }
    }
}

const ALL: [Part; 7] =
    [Part::Grid, Part::Pairs, Part::Twice, Part::Hand, Part::People, Part::Random, Part::Large];

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let program = match Program::deployed() {
        Ok(program) => program,
        Err(problems) => return usage(problems),
    };
    let parts: Vec<(&'static str, Vec<Case>)> = match &arguments.case {
        Some(text) => match text.parse::<Case>() {
            Ok(case) => vec![("one case", vec![case])],
            Err(problem) => return usage(format!("--case: {problem}")),
        },
        None => ALL
            .into_iter()
            .filter(|part| arguments.only.is_empty() || arguments.only.contains(part))
            .map(|part| part.cases(arguments.seeds))
            .collect(),
    };
    let one = parts.first().and_then(|(_, cases)| cases.first()).cloned();
    // A thread whose step panics reports it as a violation.
    std::panic::set_hook(Box::new(|_| {}));
    let proof = Proof::of(&program, parts, arguments);
    if arguments.json {
        show(format_args!("{:#}\n", proof.object()));
    } else {
        if arguments.case.is_some()
            && let Some(told) = one.and_then(|case| failback_campaign::tell(&program, &case).ok())
        {
            show(format_args!("what happened\n  {}\n\n", told.join("\n  ")));
        }
        show(proof.text());
    }
    if proof.holds() { ExitCode::SUCCESS } else { ExitCode::from(UNSAFE) }
}

/// The result of a campaign.
struct Proof {
    parts: Vec<(&'static str, u64)>,
    tally: Summary,
    found: Vec<Found>,
    /// The case with the maximum of each quantity.
    worst: BTreeMap<failback_campaign::Extreme, (u64, Case)>,
    /// The messages after which a procedure reached its end once a person had followed them, with their number and the
    /// first case.
    cured: Vec<Value>,
    /// The messages with which a procedure did not reach its end, likewise.
    stopped: Vec<Value>,
    places: Vec<Place>,
    /// True when the part that visits every place was played.
    whole: bool,
}

impl Proof {
    fn of(program: &Program, parts: Vec<(&'static str, Vec<Case>)>, arguments: &Arguments) -> Self {
        let jobs = arguments.jobs.map_or_else(
            || std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            NonZeroUsize::get,
        );
        let names: Vec<(&'static str, u64)> = parts
            .iter()
            .map(|(name, cases)| (*name, u64::try_from(cases.len()).unwrap_or(u64::MAX)))
            .collect();
        let cases: Vec<Case> = parts.into_iter().flat_map(|(_, cases)| cases).collect();
        let bar = Bar::new(cases.len(), !arguments.json);
        let tried = failback_campaign::play_all(program, &cases, jobs, &|_| bar.one_more());
        bar.end();
        let worst =
            tried.tally.worst.iter().map(|(of, (value, number))| (*of, (*value, cases[*number].clone())));
        let reasons = |reasons: &Reasons| -> Vec<Value> {
            let all = reasons.iter();
            all.map(|(why, (times, number))| {
                json!({ "why": why, "times": times, "case": cases[*number].to_string() })
            })
            .collect()
        };
        Self {
            cured: reasons(&tried.tally.cured),
            stopped: reasons(&tried.tally.stopped),
            parts: names,
            worst: worst.collect(),
            tally: tried.tally,
            found: tried.found,
            places: [Procedure::Drill, Procedure::Failback]
                .into_iter()
                .flat_map(|procedure| Coverage::places(procedure, program.machine(procedure)))
                .collect(),
            whole: arguments.case.is_none()
                && (arguments.only.is_empty() || arguments.only.contains(&Part::Grid)),
        }
    }

    fn unvisited(&self) -> Vec<&Place> {
        if self.whole { self.tally.coverage.unvisited(&self.places) } else { Vec::new() }
    }

    fn holds(&self) -> bool {
        self.found.is_empty() && self.unvisited().is_empty()
    }

    /// Returns the number of violations of each rule. All rules are judged in every world.
    fn broken(&self) -> Vec<(Broken, &'static str, usize)> {
        let count = |broken| self.found.iter().filter(|found| found.violation.broken == broken).count();
        Broken::all().into_iter().map(|(broken, text)| (broken, text, count(broken))).collect()
    }

    fn text(&self) -> String {
        use std::fmt::Write as _;
        let mut text = String::new();
        let tally = &self.tally;
        let _ = writeln!(text, "what was tried");
        for (name, cases) in &self.parts {
            let _ = writeln!(text, "  {cases:>8}  {name}");
        }
        let _ = writeln!(
            text,
            "  {:>8}  worlds, {} executions, {} calls of AWS",
            tally.worlds, tally.runs, tally.calls
        );
        let _ = writeln!(text, "\nwhat went wrong on purpose, as faults of --fail");
        for (kind, times) in &tally.faults {
            let _ = writeln!(text, "  {times:>8}  {kind}");
        }
        let visited = self.places.len() - tally.coverage.unvisited(&self.places).len();
        let _ = writeln!(text, "\nstates and branches\n  {visited:>8}  of {} visited", self.places.len());
        for place in self.unvisited() {
            let _ = writeln!(text, "            never: {place}");
        }
        let sum = |reasons: &Reasons| reasons.values().map(|(times, _)| times).sum::<u64>();
        let (cured, stopped) = (sum(&tally.cured), sum(&tally.stopped));
        let _ = writeln!(text, "\nonce faults and people had stopped");
        let _ = writeln!(text, "  {:>8}  ended as the page does, by themselves", tally.reached);
        let _ = writeln!(text, "  {cured:>8}  did so after a person had done what was printed");
        let _ = writeln!(text, "  {stopped:>8}  stopped, and said what a person must do");
        let _ = writeln!(text, "\nworst cases");
        for (of, (value, case)) in &self.worst {
            let bound = of.bound().map_or_else(String::new, |bound| format!(" of at most {bound}"));
            let _ = writeln!(text, "  {value:>8}  {of}{bound}\n            {case}");
        }
        let _ = writeln!(text, "\nrules, judged in every world");
        for (broken, what, times) in self.broken() {
            let mark = if times == 0 { "held".to_owned() } else { format!("BROKEN {times} times") };
            let _ = writeln!(text, "  {:<12} {mark:<8}  {what}", broken.to_string());
        }
        for (broken, _, _) in self.broken().into_iter().filter(|(_, _, times)| *times > 0) {
            let Some(first) = self.found.iter().find(|found| found.violation.broken == broken) else {
                continue;
            };
            let _ = writeln!(
                text,
                "\nviolation of {broken}: {}\n  {}",
                first.violation.what,
                replay(&first.case)
            );
        }
        text
    }

    fn object(&self) -> Value {
        let rules: Vec<Value> = self
            .broken()
            .iter()
            .map(|(broken, text, times)| json!({ "rule": broken.to_string(), "text": text, "broken": times }))
            .collect();
        let violations: Vec<Value> = self
            .found
            .iter()
            .map(|found| {
                let Found { case, violation, .. } = found;
                json!({ "rule": violation.broken.to_string(), "what": violation.what, "case": case.to_string(), "replay": replay(case) })
            })
            .collect();
        let worst: Vec<Value> = self
            .worst
            .iter()
            .map(|(of, (value, case))| {
                json!({ "quantity": of.to_string(), "value": value, "bound": of.bound(), "case": case.to_string() })
            })
            .collect();
        json!({
            "parts": self.parts.iter().map(|(name, cases)| json!({ "part": name, "cases": cases })).collect::<Vec<_>>(),
            "worlds": self.tally.worlds,
            "executions": self.tally.runs,
            "calls": self.tally.calls,
            "faults": self.tally.faults,
            "places": self.places.len(),
            "unvisited": self.tally.coverage.unvisited(&self.places).iter().map(ToString::to_string).collect::<Vec<_>>(),
            "settled": { "reached": self.tally.reached, "cured": self.cured, "stopped": self.stopped },
            "worst": worst,
            "rules": rules,
            "violations": violations,
        })
    }
}

/// Returns the command that replays a case.
fn replay(case: &Case) -> String {
    format!("drs-failback prove --case '{case}'")
}

/// A progress bar on stderr: one line that is rewritten at a terminal, or a line for every tenth elsewhere.
struct Bar {
    all: usize,
    done: AtomicUsize,
    shows: bool,
    terminal: bool,
}

impl Bar {
    fn new(all: usize, shows: bool) -> Self {
        Self { all, done: AtomicUsize::new(0), shows, terminal: std::io::stderr().is_terminal() }
    }

    fn one_more(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let every = if self.terminal { (self.all / 400).max(1) } else { (self.all / 10).max(1) };
        if !self.shows || (!done.is_multiple_of(every) && done != self.all) {
            return;
        }
        let filled = done * 40 / self.all.max(1);
        let (bar, rest) = ("█".repeat(filled), "░".repeat(40 - filled));
        let line = format!("{bar}{rest} {done} of {} worlds", self.all);
        tell(if self.terminal { format!("\r{line}") } else { format!("{line}\n") });
    }

    fn end(&self) {
        if self.shows && self.terminal {
            tell("\n\n");
        }
    }
}
