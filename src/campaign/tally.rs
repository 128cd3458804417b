//! What was tried, added up.

use std::collections::BTreeMap;
use std::fmt;

use failback_audit::Coverage;

use super::case::Case;
use super::verdict::Played;

/// A quantity that is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worst {
    /// Looks of one execution that ended in waiting.
    Looks,
    /// State transitions of one execution.
    Transitions,
    /// Events in the history of one execution.
    HistoryEvents,
    /// Bytes of the largest payload.
    PayloadBytes,
    /// Seconds of virtual time that one execution took.
    VirtualSeconds,
    /// Seconds of lag at which a server was launched.
    LagSeconds,
    /// Records of one server that were lost.
    LostRecords,
}

impl Worst {
    /// The bound, where there is one.
    pub fn bound(self) -> Option<u64> {
        match self {
            // The machines give up before: 2,000 on the way, 500 more for the clean-up.
            Self::Looks => Some(2_500),
            Self::HistoryEvents => Some(failback_asl::HISTORY_LIMIT),
            Self::PayloadBytes => u64::try_from(failback_asl::PAYLOAD_LIMIT).ok(),
            Self::VirtualSeconds => Some(60 * 86_400),
            Self::Transitions | Self::LagSeconds | Self::LostRecords => None,
        }
    }
}

impl fmt::Display for Worst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Looks => "looks",
            Self::Transitions => "state transitions",
            Self::HistoryEvents => "history events",
            Self::PayloadBytes => "payload bytes",
            Self::VirtualSeconds => "virtual seconds",
            Self::LagSeconds => "lag seconds at launch",
            Self::LostRecords => "records lost",
        })
    }
}

/// What was tried.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Cases, and with each of them a world.
    pub worlds: u64,
    /// Executions.
    pub runs: u64,
    /// Calls of AWS.
    pub calls: u64,
    /// How often something was made to go wrong, by kind of rule.
    pub faults: BTreeMap<&'static str, u64>,
    /// What was visited.
    pub coverage: Coverage,
    /// The largest of each bounded quantity, and the number of the case that showed it.
    pub worst: BTreeMap<Worst, (u64, usize)>,
}

impl Tally {
    /// Adds what came of a case.
    pub fn add(&mut self, number: usize, _: &Case, played: &Played) {
        self.worlds += 1;
        self.runs += played.runs;
        self.calls += played.calls;
        self.coverage.add(&played.coverage);
        for (kind, times) in &played.faults {
            *self.faults.entry(kind).or_default() += times;
        }
        for (of, value) in &played.worst {
            self.worse(*of, (*value, number));
        }
    }

    /// The larger one counts; of equal ones the first.
    fn worse(&mut self, of: Worst, (value, number): (u64, usize)) {
        let worst = self.worst.entry(of).or_insert((value, number));
        if value > worst.0 || (value == worst.0 && number < worst.1) {
            *worst = (value, number);
        }
    }

    /// Adds what others have tried.
    pub fn merge(&mut self, other: &Self) {
        self.worlds += other.worlds;
        self.runs += other.runs;
        self.calls += other.calls;
        self.coverage.add(&other.coverage);
        for (kind, times) in &other.faults {
            *self.faults.entry(kind).or_default() += times;
        }
        for (of, worst) in &other.worst {
            self.worse(*of, *worst);
        }
    }
}
