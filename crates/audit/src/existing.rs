//! The instances of the recovery Region that B1 launches into. They existed before, and are somebody's.

use failback_core::id::InstanceId;
use failback_core::rule::SafetyRule;
use failback_sim::{Call, FleetServer, World};

use crate::observations::Observations;

/// Judges S5: no run has DRS exchange the volumes of an instance that existed before, or end it.
pub(crate) fn check_call(observations: &mut Observations, world: &World, call: &Call) {
    let (_, recovery) = world.region_pair();
    if call.region != Some(recovery) {
        return;
    }
    let named = |id: &str| call.targets.iter().any(|target| target == id);
    for server in world.fleet() {
        let Some(existing) = &server.existing else { continue };
        let launch_into =
            world.source_server(recovery, &server.b1).and_then(|b1| b1.launch.launch_into.as_ref());
        let what = match call.operation {
            "StartRecovery" if named(server.b1.as_str()) && launch_into == Some(existing) => {
                "launched B1 into"
            }
            "TerminateRecoveryInstances" | "TerminateInstances" if named(existing.as_str()) => "ended",
            _ => continue,
        };
        let what = format!("{}: {} {what} {existing}, which existed before", server.name, call.operation);
        observations.violated(SafetyRule::OwnFleetOnly, call.at_ms, what);
    }
}

/// Judges S5: an instance that existed before is not terminated, by whatever DRS does for a run.
pub(crate) fn check_server(observations: &mut Observations, world: &World, server: &FleetServer) {
    let (_, recovery) = world.region_pair();
    let Some(existing) = &server.existing else { return };
    let lives = world.instance(recovery, existing).is_some_and(|found| found.state.is_live());
    if !lives && !observations.down.contains(existing) {
        let what = format!("{}: {existing}, which existed before, is terminated", server.name);
        observations.violated(SafetyRule::OwnFleetOnly, world.now_ms(), what);
    }
}

/// Returns the instance that existed before, if it is this server's B3: it outlives the failback.
pub(crate) fn b3(server: &FleetServer) -> Option<&InstanceId> {
    server.existing.as_ref().filter(|existing| server.b3.contains(existing))
}

/// Returns true while a B3 that a failback terminates lives.
pub(crate) fn has_b3_to_end(world: &World, server: &FleetServer) -> bool {
    let (_, recovery) = world.region_pair();
    let mut ended = server.b3.iter().filter(|id| server.existing.as_ref() != Some(*id));
    ended.any(|id| world.instance(recovery, id).is_some_and(|found| found.state.is_live()))
}
