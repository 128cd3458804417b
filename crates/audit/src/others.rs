//! S12: nothing is changed that another run, or a person, works on.

use failback_core::id::{InstanceId, SourceServerId};
use failback_sim::{Call, Changed, FleetServer, World};

use crate::observations::{Observations, WatchedRun, Written};
use failback_core::rule::SafetyRule;

/// Judges a writing call of a run: no run changes a server that another one has changed and still works on, and none
/// ends what a person has launched since it started.
pub(crate) fn check(observations: &mut Observations, world: &World, run: &WatchedRun, call: &Call) {
    // A tag changes nothing that runs; by tags, runs say which servers they work on.
    let Some(actor) = call.actor.as_deref().filter(|_| call.operation != "TagResource") else { return };
    for (index, server) in world.fleet().iter().enumerate() {
        if !concerns(world, server, call) {
            continue;
        }
        let last = observations.written.get(&index);
        if let Some(last) = last.filter(|last| last.by != actor && world.has_run_since(&last.by, last.at_ms))
            && !run.plan.take_over.contains(&last.by)
        {
            let what =
                format!("{}: {} by {actor}, while {} works on it", server.name, call.operation, last.by);
            observations.violated(SafetyRule::OthersUntouched, call.at_ms, what);
        }
        observations.written.insert(index, Written { by: actor.to_owned(), at_ms: call.at_ms });
        begun_by_people(observations, server, run, call);
    }
}

/// Returns true for a server that another execution has changed, and may change between the report and its judgment.
pub(crate) fn is_at_work(observations: &Observations, world: &World, index: usize, execution: &str) -> bool {
    let last = observations.written.get(&index).filter(|last| last.by != execution);
    last.is_some_and(|last| world.has_run_since(&last.by, last.at_ms))
}

fn begun_by_people(observations: &mut Observations, server: &FleetServer, run: &WatchedRun, call: &Call) {
    if !["TerminateRecoveryInstances", "TerminateInstances"].contains(&call.operation) {
        return;
    }
    let begun = |id: &&InstanceId| {
        let since = observations.launched_by_hand.get(*id);
        since.is_some_and(|since| *since > run.began_ms) && named(call, id.as_str())
    };
    if let Some(id) = server.a4.iter().chain(&server.b3).find(begun) {
        let what = format!("{}: {} of {id}, which a person launched meanwhile", server.name, call.operation);
        observations.violated(SafetyRule::OthersUntouched, call.at_ms, what);
    }
}

/// Judges a change of records: clients come to use what a person has launched only after a person was asked.
pub(crate) fn asked_first(observations: &mut Observations, world: &World, run: &WatchedRun, call: &Call) {
    if call.changed.is_empty() || run.plan.gates.before_redirect.is_some() {
        return;
    }
    for server in world.fleet() {
        // Servers without a record follow those that have one.
        let Some(a4) = server.a4.last().filter(|a4| observations.launched_by_hand.contains_key(*a4)) else {
            continue;
        };
        let what =
            format!("{}: traffic moves to {a4}, which a person launched, and nobody was asked", server.name);
        observations.violated(SafetyRule::OthersUntouched, call.at_ms, what);
    }
}

/// Notes the instances that a person launches.
pub(crate) fn note(observations: &mut Observations, world: &World, changed: &[Changed]) {
    let mut new = Vec::new();
    for object in changed {
        if let Changed::Instance(region, id) = object
            && world.instance(*region, id).is_some_and(|instance| instance.server.is_some())
            && !observations.instances.contains(id)
        {
            new.push(id.clone());
        }
    }
    if observations.by_a_person {
        observations.launched_by_hand.extend(new.iter().map(|id| (id.clone(), world.now_ms())));
    }
    observations.instances.extend(new);
}

/// Returns true for a call that names an object of the server, or changes a record.
fn concerns(world: &World, server: &FleetServer, call: &Call) -> bool {
    let (source, _) = world.region_pair();
    let template = |id: &SourceServerId| {
        world.source_server(source, id).is_some_and(|a2| named(call, a2.launch.template.as_str()))
    };
    call.operation == "ChangeResourceRecordSets"
        || call.targets.iter().any(|target| server.has_b1(target))
        || named(call, server.a1.as_str())
        || server.a2.iter().any(|id| named(call, id.as_str()))
        || server.a4.iter().chain(&server.b3).any(|id| named(call, id.as_str()))
        || server.a2.iter().any(template)
}

fn named(call: &Call, id: &str) -> bool {
    call.targets.iter().any(|target| target == id)
}
