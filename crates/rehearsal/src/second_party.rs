//! The second party, which lifts freezes of B3: called every minute, and when a failback ends without success.

use failback_core::cloud::Clock;
use failback_core::region::Region;
use failback_sim::Simulation;
use serde_json::json;

use crate::program::Performer;
use crate::steps::LIFT_FREEZES;

/// The schedule's interval, in milliseconds.
const EVERY_MS: i64 = 60_000;

/// The time that a function may run, in seconds.
const DEADLINE_SECONDS: u64 = 55;

/// The number of calls after which nothing more is expected of the second party.
const CALLS_MAX: usize = 60;

/// Lets time pass up to a moment, with every call that is due by then. Without a lease that is not lifted, a call would find
/// nothing, and none is made; while no frozen B3 would serve, every fifteenth is.
pub(crate) fn pass(simulation: &Simulation, performer: &dyn Performer, until_ms: i64) {
    loop {
        let now = simulation.now().millis();
        let every = {
            let world = simulation.world();
            if !world.has_lease() {
                break;
            }
            if world.has_frozen_production() { EVERY_MS } else { 15 * EVERY_MS }
        };
        let due = (now.div_euclid(every) + 1) * every;
        if due >= until_ms {
            break;
        }
        simulation.world().advance_to(due);
        call(simulation, performer);
    }
    simulation.world().advance_to(until_ms);
}

/// Calls the second party, as EventBridge does when a failback has ended without success.
pub(crate) fn call(simulation: &Simulation, performer: &dyn Performer) {
    if !simulation.world().has_lease() {
        return;
    }
    let recovery: Region = simulation.world().region_pair().1;
    simulation.world().enter_step(Some(LIFT_FREEZES.name), Some(LIFT_FREEZES.name));
    let deadline = simulation.now().plus_seconds(DEADLINE_SECONDS);
    let hook = simulation.world().hook_arn();
    let payload = json!({ "recovery": recovery, "hook": hook.unwrap_or_default() });
    // A call that fails is made again a minute later.
    performer.perform(simulation, LIFT_FREEZES, &payload, deadline);
    simulation.world().enter_step(None, None);
}

/// Lets time pass until no B3 that would serve is frozen any more, or nothing more is to be expected.
pub(crate) fn finish(simulation: &Simulation, performer: &dyn Performer) {
    for _ in 0..CALLS_MAX {
        if !simulation.world().has_frozen_production() {
            return;
        }
        let next = simulation.now().millis() + EVERY_MS + 1;
        pass(simulation, performer, next);
    }
}
