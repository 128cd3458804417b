//! Where the states lead: to states that exist, from the first to each, and from each to an end.

use std::collections::BTreeSet;

use crate::machine::{Edge, Machine, State, Via};
use crate::problem::{DefinitionProblem, keyed};

pub(crate) fn graph(machine: &Machine, problems: &mut Vec<DefinitionProblem>) {
    let before = problems.len();
    dangling(machine, problems);
    if problems.len() > before {
        // What can be reached means little while some edges lead nowhere.
        return;
    }
    let reached = reach(machine);
    let ending = ending(machine);
    for (i, state) in machine.states.iter().enumerate() {
        let path = keyed("$.States", &state.name);
        if !reached.contains(&i) {
            problems.push(DefinitionProblem::new(path, "cannot be reached"));
        } else if !ending.contains(&i) {
            problems.push(DefinitionProblem::new(path, "no end can be reached from here"));
        }
    }
}

fn dangling(machine: &Machine, problems: &mut Vec<DefinitionProblem>) {
    for state in &machine.states {
        for edge in state.edges() {
            if machine.state(edge.to).is_none() {
                problems.push(DefinitionProblem::new(
                    place(state, edge.via),
                    format!("there is no state `{}`", edge.to),
                ));
            }
        }
    }
}

fn place(state: &State, via: Via) -> String {
    let state = keyed("$.States", &state.name);
    match via {
        Via::Next => format!("{state}.Next"),
        Via::Rule(i) => format!("{state}.Choices[{i}].Next"),
        Via::Default => format!("{state}.Default"),
        Via::Catch(i) => format!("{state}.Catch[{i}].Next"),
    }
}

fn reach(machine: &Machine) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut todo = vec![machine.start];
    while let Some(i) = todo.pop() {
        if reached.insert(i) {
            todo.extend(targets(machine, &machine.states[i]));
        }
    }
    reached
}

/// The states from which an end can be reached, found backwards from the ends.
fn ending(machine: &Machine) -> BTreeSet<usize> {
    let mut sources = vec![Vec::new(); machine.states.len()];
    for (i, state) in machine.states.iter().enumerate() {
        targets(machine, state).for_each(|t| sources[t].push(i));
    }
    let mut ending = BTreeSet::new();
    let mut todo: Vec<usize> = (0..machine.states.len()).filter(|i| machine.states[*i].is_end()).collect();
    while let Some(i) = todo.pop() {
        if ending.insert(i) {
            todo.extend(&sources[i]);
        }
    }
    ending
}

fn targets<'m>(machine: &'m Machine, state: &'m State) -> impl Iterator<Item = usize> + 'm {
    state.edges().into_iter().filter_map(|Edge { to, .. }| machine.places.get(to).copied())
}
