//! A case in play: what of it is left, and its faults.

use std::collections::BTreeMap;

use failback_sim::Faults;

use crate::case::{Act, Case};
use crate::stage::{Move, Stage};
use crate::verdict::CaseResult;
use failback_rehearsal::runner::GateAnswer;

/// A case in play.
#[derive(Debug, Clone)]
pub(crate) struct Player<'c> {
    case: &'c Case,
    /// The number of acts that have ended.
    done: usize,
    pub(crate) faults: Faults,
    /// The number of times that removed faults of each kind have applied.
    applied: BTreeMap<&'static str, u64>,
}

impl<'c> Player<'c> {
    pub(crate) fn of(case: &'c Case) -> Self {
        Self { case, done: 0, faults: Faults::default(), applied: BTreeMap::new() }
    }

    /// Returns the number of acts that have ended.
    pub(crate) fn done(&self) -> usize {
        self.done
    }

    /// Returns the present act.
    pub(crate) fn act(&self) -> Option<&'c Act> {
        self.case.acts.get(self.done)
    }

    /// Adds or removes faults, as the present act says. Returns true if the act has ended with that: it changes
    /// nothing in the world.
    ///
    /// # Errors
    /// When a fault cannot be read.
    pub(crate) fn changes_faults(&mut self, stage: &Stage<'_>) -> Result<bool, String> {
        if !stage.is_between_acts() {
            return Ok(false);
        }
        match self.act() {
            Some(Act::Fail(rule)) => {
                let fault = stage.rehearsal().fault(rule).map_err(|error| format!("fail {rule}: {error}"))?;
                self.faults.add(fault);
            }
            Some(Act::Mend) => self.mend(),
            Some(Act::Settle(_) | Act::Try(_)) | None => {
                self.mend();
                return Ok(false);
            }
            _ => return Ok(false),
        }
        self.done += 1;
        Ok(true)
    }

    fn mend(&mut self) {
        for fault in self.faults.as_slice() {
            *self.applied.entry(fault.kind()).or_default() += u64::from(fault.times_applied());
        }
        self.faults.clear();
    }

    /// Returns the next move. Before it, faults must have been changed.
    pub(crate) fn next(&self, stage: &Stage<'c>) -> Move<'c> {
        stage.next(self.act())
    }

    /// Returns the answer at every gate of the present act.
    pub(crate) fn answer(&self) -> &'c GateAnswer {
        match self.act() {
            Some(Act::Run(_, answer)) => answer,
            _ => &GateAnswer::Yes,
        }
    }

    /// Notes the end of the present act.
    pub(crate) fn end_act(&mut self) {
        self.done += 1;
    }

    /// Returns the result, given that of all that was played.
    pub(crate) fn result(&self, played: CaseResult) -> CaseResult {
        CaseResult { faults: self.applied.clone(), ..played }
    }
}
