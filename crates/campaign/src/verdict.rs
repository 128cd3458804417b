//! What came of a case, and what can be broken in it.

use std::collections::BTreeMap;
use std::fmt;

use failback_audit::Coverage;
use failback_core::rule::SafetyRule;

use crate::extreme::Extreme;

/// What was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broken {
    /// A safety rule, at some moment.
    Rule(SafetyRule),
    /// Every run ends; and when nothing goes wrong any more, it ends as the page does.
    Eventually,
    /// What cannot be done is refused before anything changes, and says what a person must do.
    Refusal,
    /// Of two executions that cannot both proceed, one does.
    OnlyOne,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => f.write_str(rule.code()),
            Self::Eventually => f.write_str("eventually"),
            Self::Refusal => f.write_str("refusal"),
            Self::OnlyOne => f.write_str("only one"),
        }
    }
}

impl Broken {
    /// Everything that can be broken, with what it says.
    pub fn all() -> Vec<(Self, &'static str)> {
        let rules = SafetyRule::ALL.into_iter().map(|rule| (Self::Rule(rule), rule.name()));
        let others = [
            (Self::Eventually, "every run ends, and carried on without faults it ends as the page does"),
            (Self::Refusal, "what cannot be done is refused, unchanged, with a remedy"),
            (Self::OnlyOne, "of two executions of one fleet, one proceeds"),
        ];
        rules.chain(others).collect()
    }
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What was broken.
    pub broken: Broken,
    /// How.
    pub what: String,
}

/// What came of a case.
#[derive(Debug, Clone, Default)]
pub struct CaseResult {
    /// Everything that must not be.
    pub violations: Vec<Violation>,
    /// What was visited.
    pub coverage: Coverage,
    /// How many executions there were.
    pub runs: u64,
    /// Calls that AWS was asked for.
    pub calls: u64,
    /// How often a rule of each kind had something go wrong.
    pub faults: BTreeMap<&'static str, u64>,
    /// The largest of each quantity that is bounded.
    pub worst: BTreeMap<Extreme, u64>,
}
