//! The originals of the servers. Each failback ends a cycle: the A4 that B1 then protects is the A1 of the next
//! cycle. So does a new recovery, even if the failback before it was never cleaned up.

use std::collections::BTreeSet;

use failback_core::id::InstanceId;
use failback_sim::objects::SourceServer;
use failback_sim::{FleetServer, World};

/// Returns the original of each server at the start of a run. `before` has those of the run before.
pub(crate) fn originals(world: &World, before: &[InstanceId]) -> Vec<InstanceId> {
    let (source, recovery) = world.region_pair();
    let original = |(index, server): (usize, &FleetServer)| {
        let before = before.get(index).unwrap_or(&server.a1).clone();
        let is_tied = |a2: &SourceServer| {
            world.instance(recovery, &a2.source).is_some_and(|b3| b3.state.is_live())
                || world.recovery_instances(source).any(|a3| a3.source_server == a2.id)
                || a2.tags.contains_key("drs-failback:b1")
        };
        let in_cycle = server.a2.iter().filter_map(|a2| world.source_server(source, a2)).any(is_tied);
        let protected = world.source_server(recovery, &server.b1).map(|b1| b1.source.clone());
        let is_earlier = |id: &InstanceId| is_of_earlier_cycle(world, server, id);
        match protected.filter(|id| server.a4.contains(id) && (!in_cycle || is_earlier(id))) {
            Some(failed_back) => failed_back,
            None => before,
        }
    };
    world.fleet().iter().enumerate().map(original).collect()
}

/// Reports whether an A4 was launched before the B3 that was launched last: A4 is older than the disaster.
fn is_of_earlier_cycle(world: &World, server: &FleetServer, a4: &InstanceId) -> bool {
    let (source, recovery) = world.region_pair();
    let b3 = server.b3.last().and_then(|b3| world.instance(recovery, b3));
    let launched = world.instance(source, a4).map(|a4| a4.launched_ms);
    *a4 != server.a1 && b3.zip(launched).is_some_and(|(b3, launched_ms)| launched_ms < b3.launched_ms)
}

/// Returns the labels of a server's objects in this cycle. An original of an earlier cycle is not among them.
pub(crate) fn left(world: &World, server: usize, original: &InstanceId) -> BTreeSet<&'static str> {
    let left = world.left_of(server).into_iter();
    let (source, _) = world.region_pair();
    let entry = &world.fleet()[server];
    let a4_is_a1 = entry.a1 == *original;
    // What launched the original is of an earlier cycle, unless DRS uses its A2 again.
    let is_earlier = |a2: &str| {
        let mut a2s = world.source_servers(source).filter(|server| server.id.as_str() == a2);
        a2s.any(|a2| a2.launched.contains(original) && entry.b3.last() != Some(&a2.source))
    };
    let launched_earlier = |a3: &str| {
        let mut a3s = world.recovery_instances(source).filter(|found| found.id.as_str() == a3);
        a3s.any(|a3| is_earlier(a3.source_server.as_str()))
    };
    left.filter_map(|left| match left.label {
        "A4" if left.id == original.as_str() && !a4_is_a1 => Some("A1"),
        "A1" if left.id != original.as_str() => None,
        "A3" if !a4_is_a1 && launched_earlier(&left.id) => None,
        "A2" if !a4_is_a1 && is_earlier(&left.id) => None,
        label => Some(label),
    })
    .collect()
}
