//! An abort: it leads back, ends only what runs of the failback launched, and only while no traffic has moved.

use failback_core::id::InstanceId;
use failback_core::plan::OnAbort;
use failback_core::procedure::Procedure;
use failback_core::report::{Outcome, Report};
use failback_core::rule::SafetyRule;
use failback_sim::{Call, World};

use crate::observations::{Observations, WatchedRun};
use crate::verdict::written;

/// What an execution may have called that ends as aborted: what leads to the launch, and the end of A4.
const BEFORE_THE_REDIRECT: &[&str] = &[
    "TagResource",
    "ReverseReplication",
    "UpdateLaunchConfiguration",
    "CreateLaunchTemplateVersion",
    "ModifyLaunchTemplate",
    "PutObject",
    "StopReplication",
    "StartRecovery",
    "TerminateRecoveryInstances",
];

/// Returns true for a failback that a person has aborted, at a gate or by the plan.
pub(crate) fn is_aborted(world: &World, run: &WatchedRun, execution: Option<&str>) -> bool {
    run.procedure == Procedure::Failback
        && (run.plan.abort.is_some() || execution.is_some_and(|execution| world.is_aborted(execution)))
}

/// Judges the termination of an A3 by a failback, which nothing but an abort asks for.
pub(crate) fn terminated(
    observations: &mut Observations,
    world: &World,
    run: &WatchedRun,
    index: usize,
    call: &Call,
) {
    let name = &world.fleet()[index].name;
    if !is_aborted(world, run, call.actor.as_deref()) {
        let what = format!("{name}: a failback terminated A3");
        observations.violated(SafetyRule::PageOrder, call.at_ms, what);
        return;
    }
    if run.plan.cutover.on_abort == OnAbort::Keep {
        let what = format!("{name}: an abort ended an A4 that the plan keeps");
        observations.violated(SafetyRule::OwnFleetOnly, call.at_ms, what);
    }
    for (server, other) in world.fleet().iter().enumerate() {
        let has_moved =
            world.serving(server).is_some_and(|serving| run.is_a4(server, other, &serving.instance));
        if has_moved {
            let what = format!("{name}: an abort ended A4, and clients of {} use theirs", other.name);
            observations.violated(SafetyRule::ServingUntouched, call.at_ms, what);
        }
    }
    let ended: Vec<InstanceId> = world.fleet()[index]
        .a4
        .iter()
        .filter(|a4| call.targets.iter().any(|target| target == a4.as_str()))
        .cloned()
        .collect();
    for a4 in ended {
        if observations.launched_by_hand.contains_key(&a4) {
            let what = format!("{name}: an abort ended {a4}, which a person launched");
            observations.violated(SafetyRule::OthersUntouched, call.at_ms, what);
        }
        observations.ended_by_abort.insert(a4);
    }
}

/// Judges a failback that ended as aborted: somebody asked for it, it did nothing beyond the launch, and no A4 is left that a
/// run of this program launched, unless the plan keeps it.
pub(crate) fn led_back(
    observations: &mut Observations,
    world: &World,
    execution: &str,
    run: &WatchedRun,
    report: &Report,
) {
    if report.outcome != Outcome::Aborted {
        return;
    }
    if !is_aborted(world, run, Some(execution)) {
        let what = "a failback ended as aborted, and nobody had aborted it";
        observations.violated(SafetyRule::NothingLeftUnreported, world.now_ms(), what);
    }
    let beyond = |call: &&Call| !BEFORE_THE_REDIRECT.contains(&call.operation);
    if let Some(call) = written(world, execution).find(beyond) {
        let what = format!("{} by a failback that ended as aborted", call.operation);
        observations.violated(SafetyRule::PageOrder, call.at_ms, what);
    }
    if run.plan.cutover.on_abort == OnAbort::Keep {
        return;
    }
    let (source, _) = world.region_pair();
    for (index, server) in world.fleet().iter().enumerate() {
        let lives = |id: &&InstanceId| world.instance(source, id).is_some_and(|a4| a4.state.is_live());
        let is_ours = |id: &&InstanceId| {
            run.originals[index] != **id
                && server.a1 != **id
                && !observations.launched_by_hand.contains_key(*id)
        };
        let left = server.a4.last().filter(lives).filter(is_ours).cloned();
        if let Some(a4) = left.filter(|_| !run.began_home[index]) {
            let what = format!("{}: {a4} is left after an abort", server.name);
            observations.violated(SafetyRule::NothingLeftUnreported, world.now_ms(), what);
        }
    }
}
