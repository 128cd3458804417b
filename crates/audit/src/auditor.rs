//! The auditor: an observer of a simulated world.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use failback_core::cloud::InstanceState;
use failback_core::id::InstanceId;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::region::Region;
use failback_core::rule::SafetyRule;
use failback_sim::{Changed, FleetServer, Observer, Occurrence, World};

use crate::observations::{Observations, Violation, WatchedRun};
use crate::verdict::{self, End, Verdict};
use crate::{calls, freeze, invariants, originals, others};

/// An auditor of a world. Each run is announced before it starts and judged after it has ended.
#[derive(Debug, Clone, Default)]
pub struct Auditor {
    observations: Arc<Mutex<Observations>>,
}

struct Watch(Arc<Mutex<Observations>>);

fn locked(observations: &Mutex<Observations>) -> MutexGuard<'_, Observations> {
    observations.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the fleet's running instances, with the position of their server.
fn running(world: &World) -> Vec<(usize, Region, InstanceId)> {
    let (source, recovery) = world.region_pair();
    let mut all = Vec::new();
    for (index, server) in world.fleet().iter().enumerate() {
        all.extend(server.a4.iter().chain([&server.a1]).map(|id| (index, source, id.clone())));
        all.extend(server.b3.iter().map(|id| (index, recovery, id.clone())));
    }
    all.retain(|(_, region, id)| runs(world, *region, id));
    all
}

fn runs(world: &World, region: Region, id: &InstanceId) -> bool {
    world.instance(region, id).is_some_and(|instance| instance.state == InstanceState::Running)
}

/// Returns the answers of production DNS: zone, name, values.
fn records(world: &World) -> Vec<(String, String, Vec<String>)> {
    let records = world.zones().flat_map(|zone| zone.records().map(move |record| (zone, record)));
    records.map(|(zone, record)| (zone.id.to_string(), record.name.clone(), record.values.clone())).collect()
}

impl Observer for Watch {
    fn after(&mut self, world: &World, what: &Occurrence<'_>) {
        let mut observations = locked(&self.0);
        if let Occurrence::Call(call) = what {
            calls::check(&mut observations, world, call);
        }
        observations.by_a_person = what.actor().is_none();
        if observations.by_a_person {
            for changed in what.changed() {
                if let Changed::Instance(region, id) = changed
                    && !runs(world, *region, id)
                {
                    observations.by_hand.extend(world.instance(*region, id).and_then(|one| one.server));
                    observations.down.insert(id.clone());
                }
            }
        }
        others::note(&mut observations, world, what.changed());
        invariants::check(&mut observations, world, what.changed());
        observations.by_a_person = false;
        freeze::check(&mut observations, world, what);
    }
}

impl Auditor {
    /// Starts to watch a world.
    pub fn watch(world: &mut World) -> Self {
        Self::default().observing(world)
    }

    /// Starts to watch a copy of the world, with the observations so far. The two auditors share nothing.
    #[must_use]
    pub fn watch_copy(&self, copy: &mut World) -> Self {
        let observations = locked(&self.observations).clone();
        Self { observations: Arc::new(Mutex::new(observations)) }.observing(copy)
    }

    fn observing(self, world: &mut World) -> Self {
        world.observe(Box::new(Watch(Arc::clone(&self.observations))));
        self
    }

    /// Announces a run: calls made by this execution are judged by its procedure and plan.
    pub fn begin(&self, world: &World, execution: &str, procedure: Procedure, plan: &Plan) {
        let mut observations = locked(&self.observations);
        if observations.runs.is_empty() {
            observations.records = records(world);
        }
        for server in world.fleet() {
            let all = server.a4.iter().chain(&server.b3).chain([&server.a1]);
            observations.instances.extend(all.cloned());
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
            plan: Arc::new(plan.clone()),
            began_ms: world.now_ms(),
            began_with,
            originals: originals.clone(),
            began_home,
            began_without,
        };
        observations.runs.insert(execution.to_owned(), run);
    }

    /// Lets a person change the world during a run, which is not blamed for it.
    pub fn let_act(&self, world: &mut World, act: impl FnOnce(&mut World)) {
        let (answers, running) = (records(world), running(world));
        act(world);
        let mut observations = locked(&self.observations);
        let stopped = running.iter().filter(|(_, region, id)| !runs(world, *region, id));
        for (server, _, id) in stopped {
            observations.by_hand.insert(*server);
            observations.down.insert(id.clone());
        }
        if records(world) != answers {
            observations.records.extend(records(world));
            observations.by_hand.extend(0..world.fleet().len());
        }
        observations.by_a_person = true;
        invariants::check_all(&mut observations, world);
        observations.by_a_person = false;
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
