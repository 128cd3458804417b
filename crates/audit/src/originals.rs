//! The originals of the servers. Each failback ends a cycle: the A4 that B1 then protects is the A1 of the next cycle.

use std::collections::BTreeSet;

use failback_core::id::InstanceId;
use failback_sim::World;
use failback_sim::objects::SourceServer;

/// Returns the original of each server at the start of a run. `before` has those of the run before.
pub(crate) fn originals(world: &World, before: &[InstanceId]) -> Vec<InstanceId> {
    let (source, recovery) = world.region_pair();
    let original = |(index, server): (usize, &failback_sim::FleetServer)| {
        let before = before.get(index).unwrap_or(&server.a1).clone();
        let is_tied = |a2: &SourceServer| {
            world.instance(recovery, &a2.source).is_some_and(|b3| b3.state.is_live())
                || world.recovery_instances(source).any(|a3| a3.source_server == a2.id)
                || a2.tags.contains_key("drs-failback:b1")
        };
        let in_cycle = server.a2.iter().filter_map(|a2| world.source_server(source, a2)).any(is_tied);
        let protected = world.source_server(recovery, &server.b1).map(|b1| b1.source.clone());
        match protected.filter(|id| !in_cycle && server.a4.contains(id)) {
            Some(failed_back) => failed_back,
            None => before,
        }
    };
    world.fleet().iter().enumerate().map(original).collect()
}

/// Returns the labels of a server's objects in this cycle. An original of an earlier cycle is not among them.
pub(crate) fn left(world: &World, server: usize, original: &InstanceId) -> BTreeSet<&'static str> {
    let left = world.left_of(server).into_iter();
    let a4_is_a1 = world.fleet()[server].a1 == *original;
    left.filter_map(|left| match left.label {
        "A4" if left.id == original.as_str() && !a4_is_a1 => Some("A1"),
        "A1" if left.id != original.as_str() => None,
        label => Some(label),
    })
    .collect()
}
