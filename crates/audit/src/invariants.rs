//! The rules that hold at every moment, whoever makes a change.

use std::collections::BTreeSet;

use failback_core::cloud::{InstanceState, JobKind};
use failback_core::id::InstanceId;
use failback_core::procedure::Procedure;
use failback_sim::objects::{Instance, StateReason};
use failback_sim::{Changed, World};

use crate::existing;
use crate::observations::Observations;
use failback_core::rule::SafetyRule;

/// Judges the objects that have just changed.
pub(crate) fn check(observations: &mut Observations, world: &World, changed: &[Changed]) {
    let mut servers = BTreeSet::new();
    for object in changed {
        match object {
            Changed::Instance(region, id) => {
                servers.extend(world.instance(*region, id).and_then(|instance| instance.server));
            }
            Changed::Record { .. } | Changed::Change(_) => servers.extend(0..world.fleet().len()),
            _ => {}
        }
    }
    for server in servers {
        check_server(observations, world, server);
    }
}

/// Judges every server.
pub(crate) fn check_all(observations: &mut Observations, world: &World) {
    for server in 0..world.fleet().len() {
        check_server(observations, world, server);
    }
}

fn check_server(observations: &mut Observations, world: &World, server: usize) {
    production(observations, world, server);
    originals(observations, world, server);
    failed_back(observations, world, server);
    existing::check_server(observations, world, &world.fleet()[server]);
}

/// Judges S2: traffic goes to a running instance.
fn production(observations: &mut Observations, world: &World, index: usize) {
    let name = &world.fleet()[index].name;
    match world.serving(index) {
        Some(serving) if serving.running || observations.down.contains(&serving.instance) => {}
        Some(serving) => {
            let what = format!("{name}: traffic goes to {}, which does not run", serving.instance);
            observations.violated(SafetyRule::ProductionRuns, world.now_ms(), what);
        }
        None => observations.violated(
            SafetyRule::ProductionRuns,
            world.now_ms(),
            format!("{name}: traffic goes nowhere"),
        ),
    }
}

/// Judges S1: while only drills run, A1 stays as it was and A4 is another instance.
fn originals(observations: &mut Observations, world: &World, index: usize) {
    let only_drills = observations.runs.values().all(|run| run.procedure == Procedure::Drill);
    if observations.runs.is_empty() || !only_drills {
        return;
    }
    let (source, _) = world.region_pair();
    let server = &world.fleet()[index];
    let began =
        observations.runs.values().any(|run| run.began_with.get(index).is_some_and(|had| had.contains("A1")));
    let original = &observations.originals[index];
    let lives = world.instance(source, original).is_some_and(|a1| a1.state.is_live());
    if began && !lives {
        observations.violated(
            SafetyRule::ProductionUntouchedByDrill,
            world.now_ms(),
            format!("{}: A1 did not survive a drill", server.name),
        );
    }
    if server.a4.contains(&server.a1) {
        observations.violated(
            SafetyRule::ProductionUntouchedByDrill,
            world.now_ms(),
            format!("{}: a drill launched into A1", server.name),
        );
    }
}

/// Returns the B3 whose replica an A4 was launched from, while DRS shows that.
fn replicated_by<'w>(world: &'w World, a4: &InstanceId) -> Option<&'w InstanceId> {
    let (source, _) = world.region_pair();
    let a3 = world.recovery_instance(source, &a4.recovery_instance())?;
    Some(&world.source_server(source, &a3.source_server)?.source)
}

/// Judges S2, by which a failback terminates an A4 only when its successor was requested, and S7: one A4 at a time.
fn failed_back(observations: &mut Observations, world: &World, index: usize) {
    let (source, _) = world.region_pair();
    let server = &world.fleet()[index];
    let running = |id| world.instance(source, id).is_some_and(|i| i.state == InstanceState::Running);
    let original = observations.originals.get(index).cloned();
    let this_cycle = |id: &&InstanceId| original.as_ref() != Some(*id);
    let alive: Vec<_> = server.a4.iter().filter(this_cycle).filter(|id| running(id)).collect();
    // What a person launched of another B3 is of no cycle of the program's, and nothing leads from B1 to it.
    let of_last = |id: &&&InstanceId| {
        let by_a_person = observations.launched_by_hand.contains_key(**id);
        !by_a_person || replicated_by(world, id).is_none_or(|b3| server.b3.last() == Some(b3))
    };
    if alive.iter().filter(of_last).count() > 1 {
        observations.violated(
            SafetyRule::LaunchedOnce,
            world.now_ms(),
            format!("{}: two A4 run", server.name),
        );
    }
    let failback = observations.runs.values().any(|run| run.procedure == Procedure::Failback);
    let drill = observations.runs.values().any(|run| run.procedure == Procedure::Drill);
    let going = |id| {
        let by_a_person = observations.down.contains(id) || observations.ended_by_abort.contains(id);
        let shuts_down = |i: &Instance| {
            // EC2 gives another reason for what it ends by itself.
            i.state == InstanceState::ShuttingDown && i.state_reason == Some(StateReason::BY_USER)
        };
        !by_a_person && world.instance(source, id).is_some_and(shuts_down)
    };
    if failback && !drill && server.a4.iter().filter(this_cycle).any(going) {
        let mut jobs = world.active_jobs(source).filter(|job| job.kind == JobKind::Launch);
        if !jobs.any(|job| job.parts.iter().any(|part| server.a2.contains(&part.server))) {
            observations.violated(
                SafetyRule::ProductionRuns,
                world.now_ms(),
                format!("{}: A4 was taken down without successor", server.name),
            );
        }
    }
}
