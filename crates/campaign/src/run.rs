//! The execution of many cases on several threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use crate::case::Case;
use crate::play::play_with;
use crate::queue::Queue;
use crate::shared::{self, Outcome};
use crate::stage::Programs;
use crate::summary::Summary;
use crate::verdict::{Broken, CaseResult, Violation};
use crate::{grid, large, manual_starts, pairs, people, random, repetitions, shrink};
use failback_rehearsal::program::Program;

/// A case that broke a property.
#[derive(Debug, Clone)]
pub struct Found {
    /// The number of the case in the campaign.
    pub number: usize,
    /// The case, reduced if it is the first of its kind.
    pub case: Case,
    /// The violation.
    pub violation: Violation,
}

/// The result of a campaign.
#[derive(Debug, Clone, Default)]
pub struct Tried {
    /// The totals.
    pub tally: Summary,
    /// The violations, by the number of the case. Only the first case of each kind is reduced.
    pub found: Vec<Found>,
}

/// A callback that reports progress. Every thread calls it.
pub type Progress<'a> = &'a (dyn Fn(usize) + Sync);

/// Returns every case of a campaign: each failure, each pair of failures, everything twice, half-manual starts,
/// this many random worlds, and large fleets.
pub fn campaign(seeds: u64) -> Vec<(&'static str, Vec<Case>)> {
    vec![
        ("every failure at every state", grid()),
        ("every pair of failures", pairs()),
        ("everything twice", repetitions()),
        ("half-manual starts", manual_starts()),
        ("people during a run", people()),
        ("random worlds", (1..=seeds).map(random).collect()),
        ("large fleets", large(seeds)),
    ]
}

/// Plays cases on this many threads. The result does not depend on their number. Of cases that start alike, what they
/// have in common is played once: a performer of the program must answer equal calls alike.
pub fn play_all(program: &Program, cases: &[Case], jobs: usize, progress: Progress<'_>) -> Tried {
    let programs = Programs::of(program);
    let queue = Queue::of(shared::groups(cases));
    let all = Mutex::new(Tried::default());
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, cases.len().max(1)) {
            scope.spawn(|| {
                let mut mine = Tried::default();
                let mut ended = |number: usize, played: CaseResult| {
                    let case = &cases[number];
                    mine.tally.add(number, case, &played);
                    let found = |violation| Found { number, case: case.clone(), violation };
                    mine.found.extend(played.violations.into_iter().map(found));
                    progress(number + 1);
                };
                while let Some(group) = queue.take() {
                    group.play(&programs, cases, &mut |outcome| match outcome {
                        Outcome::Parted(group) => queue.put(*group),
                        Outcome::Ended(number, played) => ended(number, played),
                        Outcome::Alone(number) => ended(number, one(program, &cases[number])),
                    });
                    queue.played();
                }
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                all.tally.merge(&mine.tally);
                all.found.extend(mine.found);
            });
        }
    });
    let mut tried = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    tried.found.sort_by_key(|found| found.number);
    shrink_first(program, &mut tried.found);
    tried
}

/// Plays a case. A panic in a step or a rule is a violation too.
fn one(program: &Program, case: &Case) -> CaseResult {
    let failed = |what: String| CaseResult {
        violations: vec![Violation { broken: Broken::Eventually, what }],
        ..CaseResult::default()
    };
    match catch_unwind(AssertUnwindSafe(|| play_with(program, case))) {
        Ok(Ok(played)) => played,
        Ok(Err(problem)) => failed(format!("the case cannot be played: {problem}")),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            failed(format!("panicked: {text}"))
        }
    }
}

/// Reduces the first case of each kind.
fn shrink_first(program: &Program, found: &mut [Found]) {
    let mut seen = Vec::new();
    for found in found {
        if seen.contains(&found.violation.broken) {
            continue;
        }
        seen.push(found.violation.broken);
        let alike = gist(&found.violation.what);
        let breaks = |case: &Case, broken| {
            let violations = one(program, case).violations;
            violations.iter().any(|other| other.broken == broken && gist(&other.what) == alike)
        };
        found.case = shrink::shrink(&found.case, found.violation.broken, breaks);
    }
}

/// Returns a violation's text without the names and ids that differ from world to world.
fn gist(what: &str) -> String {
    let words = what.split_whitespace().filter(|word| word.chars().all(|c| c.is_ascii_lowercase()));
    words.take(8).collect::<Vec<_>>().join(" ")
}
