//! Checks the transitions: each leads to a state, each state can be reached, and each can reach an end.

use std::collections::BTreeSet;

use crate::machine::{Machine, State, Via};
use crate::problem::{DefinitionProblem, Problems, state_path};

pub(crate) fn check(machine: &Machine, problems: &mut Problems) {
    let count_before = problems.len();
    check_targets(machine, problems);
    if problems.len() > count_before {
        // With a wrong target, states behind it would be reported as unreachable.
        return;
    }
    let reachable = reachable(machine);
    let can_end = can_end(machine);
    for (index, state) in machine.states.iter().enumerate() {
        let path = state_path(&state.name);
        if !reachable.contains(&index) {
            problems.push(DefinitionProblem::new(path, "cannot be reached"));
        } else if !can_end.contains(&index) {
            problems.push(DefinitionProblem::new(path, "no end can be reached from here"));
        }
    }
}

fn check_targets(machine: &Machine, problems: &mut Problems) {
    for state in &machine.states {
        for edge in state.edges() {
            if machine.state(edge.to).is_none() {
                let message = format!("there is no state `{}`", edge.to);
                problems.push(DefinitionProblem::new(edge_path(state, edge.via), message));
            }
        }
    }
}

fn edge_path(state: &State, via: Via) -> String {
    let path = state_path(&state.name);
    match via {
        Via::Next => format!("{path}.Next"),
        Via::Rule(index) => format!("{path}.Choices[{index}].Next"),
        Via::Default => format!("{path}.Default"),
        Via::Catch(index) => format!("{path}.Catch[{index}].Next"),
    }
}

/// Returns the indexes of the states that can be reached from the first one.
fn reachable(machine: &Machine) -> BTreeSet<usize> {
    let mut targets = Vec::new();
    for state in &machine.states {
        targets.push(target_indexes(machine, state));
    }
    closure(vec![machine.start_index], &targets)
}

/// Returns the indexes of the states from which an end can be reached, found backwards from the ends.
fn can_end(machine: &Machine) -> BTreeSet<usize> {
    let mut sources = vec![Vec::new(); machine.states.len()];
    let mut ends = Vec::new();
    for (index, state) in machine.states.iter().enumerate() {
        for target in target_indexes(machine, state) {
            sources[target].push(index);
        }
        if state.is_end() {
            ends.push(index);
        }
    }
    closure(ends, &sources)
}

fn target_indexes(machine: &Machine, state: &State) -> Vec<usize> {
    state.edges().iter().filter_map(|edge| machine.index_of.get(edge.to).copied()).collect()
}

/// Returns the indexes that are found from the first ones by following `neighbors` again and again.
fn closure(mut pending: Vec<usize>, neighbors: &[Vec<usize>]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    while let Some(index) = pending.pop() {
        if found.insert(index) {
            pending.extend(&neighbors[index]);
        }
    }
    found
}
