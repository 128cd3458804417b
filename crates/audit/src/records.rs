//! The rule for changes of production DNS, by what each record held before.

use failback_core::procedure::Procedure;
use failback_core::rule::SafetyRule;
use failback_sim::{Call, Changed, FleetServer, World};

use crate::observations::{Observations, WatchedRun};

/// Judges S2: a failback replaces only an address of B3 or A4. Whatever else a record held may have been production.
pub(crate) fn check(observations: &mut Observations, world: &World, run: &WatchedRun, call: &Call) {
    if run.procedure != Procedure::Failback {
        return;
    }
    for changed in &call.changed {
        let Changed::Change(id) = changed else { continue };
        for (name, held) in world.change(id).into_iter().flat_map(|change| &change.replaced) {
            let server = server_of(world, run, name);
            let own = |value: &String| server.is_some_and(|server| is_own(world, server, value));
            if !is_kept(world, name, held) {
                let what = format!("{name} was changed, and what it held before is not kept as evidence");
                observations.violated(SafetyRule::ProductionRuns, call.at_ms, what);
            }
            if held.is_empty() || !held.iter().all(own) {
                let held = held.join(", ");
                let what = format!("{name} held `{held}`, not an address of B3 or A4, and was overwritten");
                observations.violated(SafetyRule::ProductionRuns, call.at_ms, what);
            }
        }
    }
}

/// Returns true when the bucket for evidence has an object with this name and these values, from which they can be put
/// back.
fn is_kept(world: &World, name: &str, held: &[String]) -> bool {
    let quoted = |text: &str| format!("\"{text}\"");
    world.evidence().filter(|(key, _)| key.ends_with("-records.json")).any(|(_, body)| {
        body.contains(&quoted(name)) && held.iter().all(|value| body.contains(&quoted(value)))
    })
}

/// Returns the server whose record of the plan has this name.
fn server_of<'w>(world: &'w World, run: &WatchedRun, name: &str) -> Option<&'w FleetServer> {
    let plain = |name: &str| name.trim_end_matches('.').to_ascii_lowercase();
    let record = run.plan.redirect.records().iter().find(|record| plain(&record.name) == plain(name))?;
    world.fleet().get(world.index_of(&record.server)?)
}

/// Returns true when an address belongs to a B3 or A4 of a server.
fn is_own(world: &World, server: &FleetServer, address: &str) -> bool {
    let owner = world.owner_of(address);
    owner.is_some_and(|(_, id)| server.b3.contains(id) || server.a4.contains(id))
}
