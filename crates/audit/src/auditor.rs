//! The auditor: an observer of a simulated world.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::rule::SafetyRule;
use failback_sim::{FleetServer, Observer, Occurrence, World};

use crate::observations::{Observations, Violation, WatchedRun};
use crate::verdict::{self, End, Verdict};
use crate::{calls, invariants, originals};

/// An auditor of a world. Each run is announced before it starts and judged after it has ended.
#[derive(Debug, Clone, Default)]
pub struct Auditor {
    observations: Arc<Mutex<Observations>>,
}

struct Watch(Arc<Mutex<Observations>>);

fn locked(observations: &Mutex<Observations>) -> MutexGuard<'_, Observations> {
    observations.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Observer for Watch {
    fn after(&mut self, world: &World, what: &Occurrence<'_>) {
        let mut observations = locked(&self.0);
        if let Occurrence::Call(call) = what {
            calls::check(&mut observations, world, call);
        }
        invariants::check(&mut observations, world, what.changed());
    }
}

impl Auditor {
    /// Starts to watch a world.
    pub fn watch(world: &mut World) -> Self {
        let auditor = Self::default();
        world.observe(Box::new(Watch(Arc::clone(&auditor.observations))));
        auditor
    }

    /// Announces a run: calls made by this execution are judged by its procedure and plan.
    pub fn begin(&self, world: &World, execution: &str, procedure: Procedure, plan: &Plan) {
        let mut observations = locked(&self.observations);
        if observations.runs.is_empty() {
            let records = world.zones().flat_map(|zone| zone.records().map(move |record| (zone, record)));
            observations.records = records
                .map(|(zone, record)| (zone.id.to_string(), record.name.clone(), record.values.clone()))
                .collect();
        }
        observations.originals = originals::originals(world, &observations.originals);
        let originals = observations.originals.clone();
        let servers = 0..world.fleet().len();
        let began_with = servers.map(|server| originals::left(world, server, &originals[server])).collect();
        let source = |(index, server): (usize, &FleetServer)| {
            world.serving(index).is_some_and(|serving| {
                let id = &serving.instance;
                server.a4.contains(id) && (*id != originals[index] || *id == server.a1)
            })
        };
        let began_home = world.fleet().iter().enumerate().map(source).collect();
        let began_without =
            (0..world.fleet().len()).map(|server| world.missing(server).unwrap_or_default()).collect();
        let run = WatchedRun {
            procedure,
            plan: plan.clone(),
            began_with,
            originals: originals.clone(),
            began_home,
            began_without,
        };
        observations.runs.insert(execution.to_owned(), run);
    }

    /// Judges every rule after a run has ended.
    pub fn judge(&self, world: &World, execution: &str, end: &End) -> Vec<Verdict> {
        let mut observations = locked(&self.observations);
        verdict::check(&mut observations, world, execution, end);
        SafetyRule::ALL
            .iter()
            .map(|rule| Verdict {
                rule: *rule,
                violations: observations
                    .violations
                    .iter()
                    .filter(|violation| violation.rule == *rule)
                    .cloned()
                    .collect(),
            })
            .collect()
    }

    /// Returns all violations so far.
    pub fn violations(&self) -> Vec<Violation> {
        locked(&self.observations).violations.clone()
    }
}
