//! Everything that the auditor has seen so far.

use std::collections::{BTreeMap, BTreeSet};

use failback_core::id::InstanceId;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::rule::SafetyRule;
use failback_sim::FleetServer;

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: SafetyRule,
    /// Virtual time of the violation, in milliseconds since the epoch.
    pub at_ms: i64,
    /// The violation in one sentence.
    pub what: String,
}

/// What the auditor knows of a run.
#[derive(Debug, Clone)]
pub(crate) struct WatchedRun {
    pub(crate) procedure: Procedure,
    pub(crate) plan: Plan,
    /// What existed of each server when the run began, by label.
    pub(crate) began_with: Vec<BTreeSet<&'static str>>,
    /// The original of each server: A1, or the A4 of an earlier cycle that B1 protects since.
    pub(crate) originals: Vec<InstanceId>,
    /// Whether the traffic of each server went to A4 already when the run began: then an earlier run told the loss.
    pub(crate) began_home: Vec<bool>,
}

impl WatchedRun {
    /// True for an A4 of this cycle.
    pub(crate) fn is_a4(&self, index: usize, server: &FleetServer, id: &InstanceId) -> bool {
        server.a4.contains(id) && self.originals.get(index) != Some(id)
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Observations {
    pub(crate) runs: BTreeMap<String, WatchedRun>,
    /// The original of each server now: a failback that has ended begins a new cycle.
    pub(crate) originals: Vec<InstanceId>,
    pub(crate) violations: Vec<Violation>,
    /// What production DNS answered when the first run began: zone, name, values.
    pub(crate) records: Vec<(String, String, Vec<String>)>,
}

impl Observations {
    pub(crate) fn violated(&mut self, rule: SafetyRule, at_ms: i64, what: impl Into<String>) {
        let what = what.into();
        // One cause is told once, however many events it lasts.
        if !self.violations.iter().any(|violation| violation.rule == rule && violation.what == what) {
            self.violations.push(Violation { rule, at_ms, what });
        }
    }
}
