//! Shorthands for worlds, plans and runs.

use std::collections::BTreeSet;

use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_rehearsal::plans;
use failback_rehearsal::rehearsal::{Always, Rehearsal, RunResult, Setting};
use failback_rehearsal::runner::GateAnswer;
use serde_json::{Value, json};

/// Returns the three-tier example with one change. It accepts the loss, so that nobody is asked before the launch.
pub(crate) fn three_tier(change: impl FnOnce(&mut Value)) -> Value {
    let mut plan = example();
    plan["cutover"] = json!({ "acceptLossSeconds": 14 * 86_400 });
    change(&mut plan);
    plan
}

/// Returns the three-tier example.
pub(crate) fn example() -> Value {
    serde_json::from_str(plans::THREE_TIER).expect("the example is JSON")
}

/// Returns the setting that a procedure usually finds.
pub(crate) fn setting(procedure: Procedure, input: Value, servers: usize, seed: u64) -> Setting {
    let plan = Plan::read(&input).unwrap_or_else(|problems| panic!("{problems}"));
    Setting::usual(procedure, input, plan, servers, seed)
}

/// Returns a rehearsal of the three-tier example.
pub(crate) fn rehearsal(procedure: Procedure, servers: usize, seed: u64) -> Rehearsal {
    Rehearsal::new(setting(procedure, three_tier(|_| ()), servers, seed))
}

/// Runs a procedure, and approves at every gate.
pub(crate) fn run(rehearsal: &mut Rehearsal, procedure: Procedure) -> RunResult {
    run_with(rehearsal, procedure, GateAnswer::Yes)
}

/// Runs a procedure, and answers every gate alike.
pub(crate) fn run_with(rehearsal: &mut Rehearsal, procedure: Procedure, answer: GateAnswer) -> RunResult {
    let run = rehearsal.run(procedure, &mut Always(answer));
    assert_safe(rehearsal, &run);
    run
}

/// Asserts that every safety rule held.
pub(crate) fn assert_safe(rehearsal: &Rehearsal, run: &RunResult) {
    let broken: Vec<_> = run.verdicts.iter().flat_map(|verdict| &verdict.violations).collect();
    assert!(broken.is_empty(), "seed {}: {broken:#?}\n{:?}", rehearsal.setting().seed, run.failure);
}

/// Returns the labels of everything that is left, per server.
pub(crate) fn left(rehearsal: &Rehearsal) -> Vec<BTreeSet<&'static str>> {
    let world = rehearsal.simulation.world();
    let labels = |server| world.left_of(server).into_iter().map(|left| left.label).collect();
    (0..world.fleet().len()).map(labels).collect()
}

/// Asserts that the run is done and left exactly these labels of every server.
pub(crate) fn assert_done(rehearsal: &Rehearsal, run: &RunResult, labels: &[&str]) {
    let (outcome, seed) = (run.outcome.as_str(), rehearsal.setting().seed);
    assert!(run.outcome.is_done(), "seed {seed}: {outcome}: {:?}", run.failure);
    assert_left(rehearsal, labels);
}

/// Asserts that exactly these labels are left of every server.
pub(crate) fn assert_left(rehearsal: &Rehearsal, labels: &[&str]) {
    let wanted: BTreeSet<&str> = labels.iter().copied().collect();
    for (server, left) in left(rehearsal).into_iter().enumerate() {
        assert_eq!(left, wanted, "seed {}, server {server}", rehearsal.setting().seed);
    }
}

/// Returns the labels that a drill leaves, and a failback that terminates the originals.
pub(crate) fn rest(procedure: Procedure) -> &'static [&'static str] {
    match procedure {
        Procedure::Drill => &["A1", "B1"],
        Procedure::Failback => &["A4", "B1"],
    }
}

/// Both procedures.
pub(crate) const BOTH: [Procedure; 2] = [Procedure::Drill, Procedure::Failback];

/// Returns the state and the error of a failed run.
pub(crate) fn failure(run: &RunResult) -> (&str, &str) {
    let failure = run.failure.as_ref().unwrap_or_else(|| panic!("the run succeeded"));
    (&failure.step, &failure.error)
}

/// Returns the cause of a failed run.
pub(crate) fn cause(run: &RunResult) -> &str {
    run.failure.as_ref().map_or("", |failure| &failure.cause)
}

/// Returns the number of calls of an operation that took effect.
pub(crate) fn calls(rehearsal: &Rehearsal, operation: &str) -> usize {
    let world = rehearsal.simulation.world();
    let took_effect = |call: &&failback_sim::Call| {
        !matches!(call.outcome, failback_sim::CallOutcome::Err(_)) && call.operation == operation
    };
    world.calls().iter().filter(took_effect).count()
}

/// Returns the number of writing calls that took effect, without the evidence of the run.
pub(crate) fn writes(rehearsal: &Rehearsal) -> usize {
    rehearsal.simulation.world().calls().iter().filter(|call| call.has_changed()).count()
}
