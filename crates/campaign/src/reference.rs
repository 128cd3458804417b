//! The end state that every case must reach, derived from AWS's page alone.

use std::collections::BTreeSet;

use failback_core::cloud::ReplicationState;
use failback_core::id::InstanceId;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_sim::objects::{SourceServer, Zone};
use failback_sim::{Left, Scenario, World};

/// The resources of other owners, as text. None of them may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Others(Vec<String>);

impl Others {
    /// Returns their current state.
    pub(super) fn of(world: &World) -> Self {
        let others = world.bystanders();
        let mut seen = Vec::new();
        for (region, id) in &others.source_servers {
            let now = world.source_server(*region, id).map(|s| {
                (s.tags.clone(), s.source.clone(), s.launch.clone(), s.disconnecting, s.last_launch)
            });
            seen.push(format!("source server {id}: {now:?}"));
        }
        for (region, id) in &others.recovery_instances {
            let now = world.recovery_instance(*region, id).map(|r| (r.tags.clone(), r.reversal.clone()));
            seen.push(format!("recovery instance {id}: {now:?}"));
        }
        for (region, id) in &others.instances {
            let now = world.instance(*region, id).map(|i| (i.state, i.tags.clone(), i.instance_type.clone()));
            seen.push(format!("instance {id}: {now:?}"));
        }
        for (zone, name, kind, set) in &others.records {
            let zone = world.zones().find(|of| of.id == *zone);
            let records = zone.into_iter().flat_map(Zone::records);
            let now: Vec<_> = records
                .filter(|record| {
                    record.name == *name && record.kind == *kind && record.set_identifier == *set
                })
                .collect();
            seen.push(format!("record {name}: {now:?}"));
        }
        Self(seen)
    }

    /// Returns the first resource that has changed.
    pub(super) fn changed(&self, world: &World) -> Option<String> {
        let now = Self::of(world);
        let changed = self.0.iter().zip(&now.0).find(|(before, after)| before != after);
        changed.map(|(before, after)| format!("{before}\nis now {after}"))
    }
}

/// Reports whether a person has removed what a run could have known: no live resource ties an A2 to its server, or
/// production does not run.
pub(super) fn is_loose(world: &World) -> bool {
    let (source, recovery) = world.region_pair();
    world.fleet().iter().enumerate().any(|(index, server)| {
        let protected = world.source_server(recovery, &server.b1).map(|b1| &b1.source);
        let untied = |a2: &SourceServer| {
            let replicates = world.instance(recovery, &a2.source).is_some_and(|b3| b3.state.is_live());
            let newest = server.b3.last() == Some(&a2.source);
            let launched = world
                .recovery_instances(source)
                .any(|a3| a3.source_server == a2.id && protected == Some(&a3.instance));
            let tagged = a2.tags.get("drs-failback:b1").is_some_and(|b1| server.has_b1(b1));
            let tied = tagged || launched || (replicates && newest);
            !tied
        };
        let mut a2s = server.a2.iter().filter_map(|a2| world.source_server(source, a2));
        a2s.any(untied)
            || server.a2.len() > 1
            || lost_original(world, index)
            || world.serving(index).is_none_or(|serving| !serving.running)
    })
}

/// Reports whether A1 lives and nothing identifies it: B1 protects another instance, and no A2 exists.
fn lost_original(world: &World, index: usize) -> bool {
    let (source, recovery) = world.region_pair();
    let server = &world.fleet()[index];
    let protected = world.source_server(recovery, &server.b1).map(|b1| &b1.source);
    let a2 = server.a2.iter().any(|a2| world.source_server(source, a2).is_some());
    let lives = world.instance(source, &server.a1).is_some_and(|a1| a1.state.is_live());
    lives && !a2 && protected != Some(&server.a1)
}

/// Returns the labels that a procedure leaves of each server.
pub(super) fn labels(
    procedure: Procedure,
    plan: &Plan,
    scenario: Scenario,
    into_source: bool,
) -> BTreeSet<&'static str> {
    match procedure {
        Procedure::Drill if plan.drill.keep_recovered_servers && scenario != Scenario::Steady => {
            BTreeSet::from(["A1", "A2", "B1", "B2", "B3"])
        }
        Procedure::Drill => BTreeSet::from(["A1", "B1"]),
        Procedure::Failback if plan.cleanup.terminate_originals || into_source => {
            BTreeSet::from(["A4", "B1"])
        }
        Procedure::Failback => BTreeSet::from(["A1", "A4", "B1"]),
    }
}

/// Returns the difference between a server and the end state that the procedure must reach.
pub(super) fn differs(
    world: &World,
    server: usize,
    procedure: Procedure,
    plan: &Plan,
    scenario: Scenario,
) -> Option<String> {
    let entry = &world.fleet()[server];
    let name = &entry.name;
    let into_source = entry.a4.contains(&entry.a1);
    let mut wanted = labels(procedure, plan, scenario, into_source);
    let (source, recovery) = world.region_pair();
    let lives =
        |id: &InstanceId| world.instance(recovery, id).is_some_and(|existing| existing.state.is_live());
    let is_left = |id: &InstanceId| entry.b3.contains(id) && lives(id);
    if procedure == Procedure::Failback && entry.existing.as_ref().is_some_and(is_left) {
        // It existed before B1 was launched into it, and is somebody's. A person may have terminated it.
        wanted.extend(["B2", "B3"]);
    }
    let Some(serving) = world.serving(server) else { return Some(format!("{name}: nothing serves")) };
    // After a completed failback, the A4 that serves is A1 for a drill.
    let next_cycle = procedure == Procedure::Drill && entry.a4.contains(&serving.instance);
    let label = |left: Left| match left.label {
        "A4" if next_cycle && left.id == serving.instance.as_str() => Some("A1"),
        "A1" if next_cycle => None,
        label => Some(label),
    };
    let left: BTreeSet<&str> = world.left_of(server).into_iter().filter_map(label).collect();
    if left != wanted {
        return Some(format!("{name}: {left:?} is left instead of {wanted:?}"));
    }
    let recovered = procedure == Procedure::Drill && scenario == Scenario::Recovered;
    let should_serve = match procedure {
        Procedure::Failback => entry.a4.contains(&serving.instance) && serving.region == source,
        Procedure::Drill if recovered => entry.b3.contains(&serving.instance) && serving.region == recovery,
        Procedure::Drill => (serving.instance == entry.a1 || next_cycle) && serving.region == source,
    };
    if !should_serve || !serving.running {
        return Some(format!(
            "{name}: {} in {} serves, running: {}",
            serving.instance, serving.region, serving.running
        ));
    }
    let Some(b1) = world.source_server(recovery, &entry.b1) else {
        return Some(format!("{name}: B1 is gone"));
    };
    let state = b1.replication.phase(world.now_ms()).state();
    if !recovered && (b1.source != serving.instance || state != ReplicationState::Continuous) {
        return Some(format!(
            "{name}: B1 replicates {} and is {state:?}, and {} serves",
            b1.source, serving.instance
        ));
    }
    None
}
