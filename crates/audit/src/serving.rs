//! What a report says of the instances that serve, judged by where the simulated clients' writes go.

use std::collections::BTreeSet;

use failback_core::fleet::Serving;
use failback_core::id::InstanceId;
use failback_core::report::{Report, ServerOutcome, ServerReport};
use failback_core::rule::SafetyRule;
use failback_sim::{FleetServer, World};

use crate::observations::{Observations, WatchedRun};

/// Judges S6: the report names the instance that serves each server's clients. It may leave that open only where the
/// plan has no record of the server, the records lead to no single instance of it, or an object is ambiguous.
pub(crate) fn check(observations: &mut Observations, world: &World, run: &WatchedRun, report: &Report) {
    for (index, server) in world.fleet().iter().enumerate() {
        let Some(told) = report.servers.iter().find(|told| server.has_b1(told.b1.as_str())) else { continue };
        let label = |id: &InstanceId| label(run, index, server, told, id);
        let recorded = recorded(world, run, server);
        let labels: BTreeSet<&str> = recorded.iter().map(|id| id.as_ref().map_or("", label)).collect();
        let in_use = world.serving(index).map(|serving| serving.instance);
        let is_shown = labels.len() == 1 && !labels.contains("");
        let true_to_world = match said(told.serves) {
            None => told.problem.is_some() || !is_shown,
            // Until the old TTL has passed, clients still use what the records held before.
            Some(said) if is_shown => labels.contains(said),
            Some(said) => in_use.as_ref().map(label) == Some(said),
        };
        if !true_to_world {
            let in_use = in_use.map_or("nothing".to_owned(), |id| format!("{} {id}", label(&id)));
            let what = format!(
                "{}: the report says that {} serves, and clients use {in_use}",
                server.name,
                said(told.serves).unwrap_or("an unknown instance")
            );
            observations.violated(SafetyRule::NothingLeftUnreported, world.now_ms(), what);
        }
    }
}

fn said(serves: Serving) -> Option<&'static str> {
    match serves {
        Serving::A1 => Some("A1"),
        Serving::B3 => Some("B3"),
        Serving::A4 => Some("A4"),
        Serving::Unknown => None,
    }
}

/// Returns the owner of each address in the plan's records of a server.
fn recorded(world: &World, run: &WatchedRun, server: &FleetServer) -> Vec<Option<InstanceId>> {
    let own = |of: &str| of == server.name || server.has_b1(of);
    let mut owners = Vec::new();
    for record in run.plan.redirect.records().iter().filter(|record| own(&record.server)) {
        let sets = world.list_record_sets(&record.zone_id, &record.name, "A").unwrap_or_default();
        let values = sets.into_iter().flat_map(|set| &set.values);
        owners.extend(values.map(|value| world.owner_of(value).map(|(_, id)| id.clone())));
    }
    owners
}

/// Returns the label of an instance of the server in this cycle; empty if it is not the server's.
fn label(
    run: &WatchedRun,
    index: usize,
    server: &FleetServer,
    told: &ServerReport,
    id: &InstanceId,
) -> &'static str {
    let into_source = *id == server.a1 && server.a4.contains(id);
    if told.outcome == ServerOutcome::AlreadyFailedBack && (server.a4.contains(id) || *id == server.a1) {
        // What was A4 is the original of the next cycle.
        return "A1";
    }
    if run.is_a4(index, server, id) || into_source {
        "A4"
    } else if server.b3.contains(id) {
        "B3"
    } else if *id == server.a1 || run.originals.get(index) == Some(id) {
        "A1"
    } else {
        ""
    }
}
