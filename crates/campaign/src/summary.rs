//! The totals of a campaign.

use std::collections::BTreeMap;

use failback_audit::Coverage;

use crate::case::Case;
use crate::extreme::Extreme;
use crate::verdict::{CaseResult, Settled};

/// Kinds of messages, each with the number of times and the number of the first case.
pub type Reasons = BTreeMap<String, (u64, usize)>;

/// Totals over the cases of a campaign.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// The number of cases, each with a world of its own.
    pub worlds: u64,
    /// The number of executions.
    pub runs: u64,
    /// The number of AWS calls.
    pub calls: u64,
    /// The number of times that faults of each kind applied.
    pub faults: BTreeMap<&'static str, u64>,
    /// The states and branches that were visited.
    pub coverage: Coverage,
    /// The number of times that a procedure ended as the page does, once faults and people had stopped.
    pub reached: u64,
    /// The number of times that it did after a person had done what the product said, by the kind of message, with the
    /// number of the first case.
    pub cured: Reasons,
    /// The number of times that it did not, by the kind of message, with the number of the first case.
    pub stopped: Reasons,
    /// The maximum of each measured quantity, with the number of its case.
    pub worst: BTreeMap<Extreme, (u64, usize)>,
}

impl Summary {
    /// Adds the result of a case.
    pub fn add(&mut self, number: usize, _: &Case, played: &CaseResult) {
        self.worlds += 1;
        self.runs += played.runs;
        self.calls += played.calls;
        self.coverage.add(&played.coverage);
        for (kind, times) in &played.faults {
            *self.faults.entry(kind).or_default() += times;
        }
        for settled in &played.settled {
            match settled {
                Settled::Reached => self.reached += 1,
                Settled::Cured(cause) => add(&mut self.cured, kind_of(cause), (1, number)),
                Settled::Stopped(cause) => add(&mut self.stopped, kind_of(cause), (1, number)),
            }
        }
        for (of, value) in &played.worst {
            self.worse(*of, (*value, number));
        }
    }

    /// Keeps the larger value, or the first case's when the values are equal.
    fn worse(&mut self, of: Extreme, (value, number): (u64, usize)) {
        let worst = self.worst.entry(of).or_insert((value, number));
        if value > worst.0 || (value == worst.0 && number < worst.1) {
            *worst = (value, number);
        }
    }

    /// Adds the totals of another part of the campaign.
    pub fn merge(&mut self, other: &Self) {
        self.worlds += other.worlds;
        self.runs += other.runs;
        self.calls += other.calls;
        self.coverage.add(&other.coverage);
        for (kind, times) in &other.faults {
            *self.faults.entry(kind).or_default() += times;
        }
        self.reached += other.reached;
        for (reasons, others) in [(&mut self.cured, &other.cured), (&mut self.stopped, &other.stopped)] {
            for (kind, times) in others {
                add(reasons, kind.clone(), *times);
            }
        }
        for (of, worst) in &other.worst {
            self.worse(*of, *worst);
        }
    }
}

fn add(reasons: &mut Reasons, kind: String, (times, number): (u64, usize)) {
    let known = reasons.entry(kind).or_insert((0, number));
    *known = (known.0 + times, known.1.min(number));
}

/// Returns the first reason in a failure, without the names and ids that differ from world to world.
fn kind_of(cause: &str) -> String {
    let first = cause.lines().find_map(|line| line.trim().strip_prefix("blocker: ")).unwrap_or(cause);
    let words = first.split_whitespace().filter(|word| !word.contains(|c: char| c.is_ascii_digit()));
    words.take(24).collect::<Vec<_>>().join(" ")
}
