//! The observations of an auditor.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use failback_core::id::InstanceId;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::rule::SafetyRule;
use failback_sim::{FleetServer, RangeSet};

/// A violation of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The violated rule.
    pub rule: SafetyRule,
    /// Virtual time of the violation, in milliseconds since the epoch.
    pub at_ms: i64,
    /// Description of the violation, in one sentence.
    pub what: String,
}

/// A watched run.
#[derive(Debug, Clone)]
pub(crate) struct WatchedRun {
    pub(crate) procedure: Procedure,
    pub(crate) plan: Arc<Plan>,
    /// Start of the run, in milliseconds since 1970.
    pub(crate) began_ms: i64,
    /// Labels of the objects of each server that existed when the run started.
    pub(crate) began_with: Vec<BTreeSet<&'static str>>,
    /// The original of each server: A1, or the A4 of an earlier cycle that B1 has protected since.
    pub(crate) originals: Vec<InstanceId>,
    /// For each server, true if its traffic already went to A4 when the run started. An earlier run then reported the
    /// loss.
    pub(crate) began_home: Vec<bool>,
    /// Records of each server that an earlier disaster or failback had lost when the run started.
    pub(crate) began_without: Vec<RangeSet>,
}

impl WatchedRun {
    /// Reports whether an instance is an A4 of this cycle: a launched one, or the original that DRS launched into.
    pub(crate) fn is_a4(&self, index: usize, server: &FleetServer, id: &InstanceId) -> bool {
        server.a4.contains(id) && (self.originals.get(index) != Some(id) || *id == server.a1)
    }
}

/// The last change of a server by a run.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// The execution.
    pub(crate) by: String,
    /// Time of the call, in milliseconds since 1970.
    pub(crate) at_ms: i64,
}

/// The observations so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Observations {
    pub(crate) runs: BTreeMap<String, WatchedRun>,
    /// The current original of each server. A failback that has ended starts a new cycle.
    pub(crate) originals: Vec<InstanceId>,
    pub(crate) violations: Vec<Violation>,
    /// What people did against the rules. The program is not blamed for it, even if it lasts.
    pub(crate) by_people: Vec<Violation>,
    /// Instances that a person has stopped or terminated.
    pub(crate) down: BTreeSet<InstanceId>,
    /// Servers whose instances or traffic a person has changed during a run, so that a loss may be a person's.
    pub(crate) by_hand: BTreeSet<usize>,
    /// The last change of each server by a run.
    pub(crate) written: BTreeMap<usize, Written>,
    /// The fleet's instances that have been seen to change.
    pub(crate) instances: BTreeSet<InstanceId>,
    /// Instances that a person has launched, with the time at which they were first seen, in milliseconds since 1970.
    pub(crate) launched_by_hand: BTreeMap<InstanceId, i64>,
    /// A4 that an abort has ended.
    pub(crate) ended_by_abort: BTreeSet<InstanceId>,
    /// Instances that the hook keeps frozen.
    pub(crate) frozen: BTreeSet<InstanceId>,
    /// The last time at which a call of the second party was refused, or its answer lost, in milliseconds since 1970.
    pub(crate) second_party_refused_ms: Option<i64>,
    /// True while the changes of a person are judged.
    pub(crate) by_a_person: bool,
    /// Answers of production DNS when the first run started, and after each change by a person: zone, name, values.
    pub(crate) records: Vec<(String, String, Vec<String>)>,
}

impl Observations {
    pub(crate) fn violated(&mut self, rule: SafetyRule, at_ms: i64, what: impl Into<String>) {
        let what = what.into();
        // A cause that lasts for several events is recorded once.
        let mut known = self.violations.iter().chain(&self.by_people);
        if known.any(|violation| violation.rule == rule && violation.what == what) {
            return;
        }
        let blamed = if self.by_a_person { &mut self.by_people } else { &mut self.violations };
        blamed.push(Violation { rule, at_ms, what });
    }
}
