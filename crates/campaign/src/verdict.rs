//! The result of a case, and the properties that it can break.

use std::collections::BTreeMap;
use std::fmt;

use failback_audit::Coverage;
use failback_core::rule::SafetyRule;

use crate::extreme::Extreme;

/// A property that a case can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broken {
    /// A safety rule.
    Rule(SafetyRule),
    /// Every run ends and, without faults, ends as the page does.
    Eventually,
    /// A run that cannot succeed is refused before anything changes, with a statement of what a person must do.
    Refusal,
    /// Only one of two conflicting executions proceeds.
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
    /// Returns every property, with its description.
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

/// A violation of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The broken property.
    pub broken: Broken,
    /// A description of the violation.
    pub what: String,
}

/// The end of the starts that follow once faults and people have stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The procedure has ended as the page does.
    Reached,
    /// It has, after a person had done what messages said: the first of them.
    Cured(String),
    /// It is refused or held each time: the reason, with what a person must do.
    Stopped(String),
}

/// The result of a case.
#[derive(Debug, Clone, Default)]
pub struct CaseResult {
    /// The violations.
    pub violations: Vec<Violation>,
    /// The end of each act that starts a procedure until it ends.
    pub settled: Vec<Settled>,
    /// The states and branches that were visited.
    pub coverage: Coverage,
    /// The number of executions.
    pub runs: u64,
    /// The number of AWS calls.
    pub calls: u64,
    /// The number of times that faults of each kind applied.
    pub faults: BTreeMap<&'static str, u64>,
    /// The maximum of each measured quantity.
    pub worst: BTreeMap<Extreme, u64>,
}
