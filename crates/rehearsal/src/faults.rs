//! The names that the faults of `--fail` may use.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use failback_asl::StateKind;
use failback_core::ErrorName;
use failback_core::procedure::Procedure;

use crate::program::Program;
use crate::steps::{STEPS as ALL, StepEntry};

/// Errors of Step Functions and of Lambda that can end a Task, in addition to those that the machines retry.
const OTHERS: &[&str] = &[
    "Failback.Refused",
    "Lambda.ResourceNotFoundException",
    "States.HeartbeatTimeout",
    "States.Permissions",
    "States.TaskFailed",
    "States.Timeout",
];

/// The names of the steps and gates.
pub static STEPS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut names: BTreeSet<String> = ALL.iter().map(|step| step.name.to_owned()).collect();
    names.extend([Procedure::Drill, Procedure::Failback].into_iter().flat_map(tasks));
    names.into_iter().collect()
});

/// The names of all errors that can end a step, as Step Functions reports them.
pub static ERRORS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut names: BTreeSet<String> = ErrorName::ALL.iter().map(|name| name.as_str().to_owned()).collect();
    names.extend(OTHERS.iter().map(|name| (*name).to_owned()));
    for procedure in [Procedure::Drill, Procedure::Failback] {
        for retrier in task_states(procedure).iter().flat_map(|task| &task.retry) {
            names.extend(retrier.error_equals.iter().cloned());
        }
    }
    names.into_iter().collect()
});

fn task_states(procedure: Procedure) -> Vec<failback_asl::Task> {
    let Ok(program) = Program::deployed() else { return Vec::new() };
    let kinds = program.machine(procedure).states().map(|(_, state)| state.kind.clone());
    kinds.filter_map(|kind| if let StateKind::Task(task) = kind { Some(*task) } else { None }).collect()
}

/// Returns the steps and gates that a procedure's machine calls, in the order of the file.
pub fn tasks(procedure: Procedure) -> Vec<String> {
    let Ok(program) = Program::deployed() else { return Vec::new() };
    let states = program.machine(procedure).states().filter(|(_, state)| state.task().is_some());
    states.map(|(name, _)| StepEntry::name_of(name)).collect()
}
