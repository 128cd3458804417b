//! Watches the simulated world after every call and every event, and judges the safety rules S1 to S9.
//!
//! It knows the rules by itself: it reads the world's own truth, not what AWS would show, and shares no code with the
//! guard that is to keep them, so that one mistake cannot hide in both.

mod calls;
mod coverage;
mod cycle;
mod moments;
mod rules;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use failback_core::id::InstanceId;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_sim::{FleetServer, Observer, Occurrence, World};

pub use coverage::{Coverage, Part, Place};
pub use rules::{Finding, RULES, Rule};
pub use verdict::{End, Verdict};

/// What the auditor knows of a run.
#[derive(Debug, Clone)]
struct Run {
    procedure: Procedure,
    plan: Plan,
    /// What existed of each server when the run began, by label.
    began_with: Vec<BTreeSet<&'static str>>,
    /// The original of each server: A1, or the A4 of an earlier cycle that B1 protects since.
    originals: Vec<InstanceId>,
    /// Whether the traffic of each server went to A4 already when the run began: then an earlier run told the loss.
    began_home: Vec<bool>,
}

impl Run {
    /// True for an A4 of this cycle.
    fn is_a4(&self, index: usize, server: &FleetServer, id: &InstanceId) -> bool {
        server.a4.contains(id) && self.originals.get(index) != Some(id)
    }
}

/// What was found so far.
#[derive(Debug, Default)]
struct Notebook {
    runs: BTreeMap<String, Run>,
    /// The original of each server now: a failback that has ended begins a new cycle.
    originals: Vec<InstanceId>,
    findings: Vec<Finding>,
    /// What production DNS answered when the first run began: zone, name, values.
    records: Vec<(String, String, Vec<String>)>,
}

impl Notebook {
    fn find(&mut self, rule: Rule, at_ms: i64, what: impl Into<String>) {
        let what = what.into();
        // One cause is told once, however many events it lasts.
        if !self.findings.iter().any(|finding| finding.rule == rule && finding.what == what) {
            self.findings.push(Finding { rule, at_ms, what });
        }
    }
}

/// Watches a world. Every run is announced before it begins and judged after it has ended.
#[derive(Debug, Clone, Default)]
pub struct Auditor {
    notebook: Arc<Mutex<Notebook>>,
}

struct Watch(Arc<Mutex<Notebook>>);

fn locked(notebook: &Mutex<Notebook>) -> MutexGuard<'_, Notebook> {
    notebook.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Observer for Watch {
    fn after(&mut self, world: &World, what: &Occurrence<'_>) {
        let mut notebook = locked(&self.0);
        if let Occurrence::Call(call) = what {
            calls::check(&mut notebook, world, call);
        }
        moments::check(&mut notebook, world, what.changed());
    }
}

impl Auditor {
    /// Begins to watch a world.
    pub fn watch(world: &mut World) -> Self {
        let auditor = Self::default();
        world.observe(Box::new(Watch(Arc::clone(&auditor.notebook))));
        auditor
    }

    /// Announces a run: calls made by this execution are judged by its procedure and plan.
    pub fn begin(&self, world: &World, execution: &str, procedure: Procedure, plan: &Plan) {
        let mut notebook = locked(&self.notebook);
        if notebook.runs.is_empty() {
            let records = world.zones().flat_map(|zone| zone.records().map(move |record| (zone, record)));
            notebook.records = records
                .map(|(zone, record)| (zone.id.to_string(), record.name.clone(), record.values.clone()))
                .collect();
        }
        notebook.originals = cycle::originals(world, &notebook.originals);
        let originals = notebook.originals.clone();
        let servers = 0..world.fleet().len();
        let began_with = servers.map(|server| cycle::left(world, server, &originals[server])).collect();
        let source = |(index, server): (usize, &FleetServer)| {
            world.serving(index).is_some_and(|serving| {
                let id = &serving.instance;
                server.a4.contains(id) && (*id != originals[index] || *id == server.a1)
            })
        };
        let began_home = world.fleet().iter().enumerate().map(source).collect();
        let run = Run { procedure, plan: plan.clone(), began_with, originals: originals.clone(), began_home };
        notebook.runs.insert(execution.to_owned(), run);
    }

    /// Judges every rule after a run has ended.
    pub fn judge(&self, world: &World, execution: &str, end: &End) -> Vec<Verdict> {
        let mut notebook = locked(&self.notebook);
        verdict::check(&mut notebook, world, execution, end);
        RULES
            .iter()
            .map(|rule| Verdict {
                rule: *rule,
                findings: notebook.findings.iter().filter(|finding| finding.rule == *rule).cloned().collect(),
            })
            .collect()
    }

    /// Everything found so far.
    pub fn findings(&self) -> Vec<Finding> {
        locked(&self.notebook).findings.clone()
    }
}
