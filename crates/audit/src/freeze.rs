//! S2: no B3 that serves stays frozen longer than its lease, and none takes writes again beside the A4 that clients use.

use std::collections::BTreeSet;

use failback_core::id::InstanceId;
use failback_core::rule::SafetyRule;
use failback_sim::{CallOutcome, FleetServer, Occurrence, World};

use crate::observations::Observations;

/// The name under which the second party calls AWS.
const SECOND_PARTY: &str = "lift-freezes";

/// The last part of a lease, in milliseconds, in which the second party lifts it. Whoever refuses it that, or loses its
/// calls, is the cause of a longer freeze.
const LIFT_MS: i64 = 600_000;

/// Judges the freezes after a call or an event that a person did not cause.
pub(crate) fn check(observations: &mut Observations, world: &World, what: &Occurrence<'_>) {
    lifted(observations, world);
    let Some(actor) = what.actor() else { return };
    if let Occurrence::Call(call) = what
        && actor == SECOND_PARTY
        && call.outcome != CallOutcome::Ok
    {
        observations.second_party_refused_ms = Some(world.now_ms());
    }
    let now = world.now_ms();
    if observations.second_party_refused_ms.is_some_and(|at| now - at < 2 * LIFT_MS) {
        return;
    }
    for (index, server) in world.fleet().iter().enumerate() {
        let Some(b3) = server.b3.last() else { continue };
        let Some(until) = world.frozen_by_hook_until_ms(b3) else { continue };
        let serves = world.serving(index).is_some_and(|serving| serving.running && serving.instance == *b3);
        if serves && now > until {
            let what = format!("{}: B3 serves, and is frozen longer than its lease", server.name);
            observations.violated(SafetyRule::ProductionRuns, now, what);
        }
    }
}

/// Judges a freeze that was lifted.
fn lifted(observations: &mut Observations, world: &World) {
    let (_, recovery) = world.region_pair();
    let frozen = |id: &InstanceId| world.frozen_by_hook_until_ms(id).is_some();
    let b3s = world.fleet().iter().filter_map(|server| server.b3.last());
    let now: BTreeSet<InstanceId> = b3s.filter(|b3| frozen(b3)).cloned().collect();
    let before = std::mem::replace(&mut observations.frozen, now);
    for b3 in before.difference(&observations.frozen.clone()) {
        let runs = world.instance(recovery, b3).is_some_and(|b3| b3.state.is_live());
        let moved = |(index, server): (usize, &FleetServer)| {
            world
                .serving(index)
                .is_some_and(|serving| serving.running && server.a4.contains(&serving.instance))
        };
        if runs && world.fleet().iter().enumerate().any(moved) {
            let what = format!("{b3} takes writes again, and clients use A4");
            observations.violated(SafetyRule::ProductionRuns, world.now_ms(), what);
        }
    }
}
