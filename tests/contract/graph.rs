//! The paths between the states of a machine.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::repo::states;

/// A transition from a state to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge<'a> {
    /// The state it leaves.
    pub(crate) from: &'a str,
    /// The state it leads to.
    pub(crate) to: &'a str,
    /// The condition of the transition, if it is a rule of a Choice.
    pub(crate) condition: Option<&'a str>,
}

/// Returns every transition, including catchers and defaults.
pub(crate) fn edges(machine: &Value) -> Vec<Edge<'_>> {
    states(machine).flat_map(|(name, state)| ways(name, state)).collect()
}

fn ways<'a>(from: &'a str, state: &'a Value) -> Vec<Edge<'a>> {
    let plain =
        [&state["Next"], &state["Default"]].into_iter().chain(items(&state["Catch"]).map(|c| &c["Next"]));
    let plain = plain.filter_map(Value::as_str).map(|to| Edge { from, to, condition: None });
    let rules = items(&state["Choices"]).filter_map(|rule| {
        Some(Edge { from, to: rule["Next"].as_str()?, condition: rule["Condition"].as_str() })
    });
    rules.chain(plain).collect()
}

/// Returns the items of an array, and none of any other value.
pub(crate) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Returns the states that can come after a state.
pub(crate) fn after<'a>(edges: &[Edge<'a>], state: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut todo = vec![state];
    while let Some(from) = todo.pop() {
        for edge in edges.iter().filter(|edge| edge.from == from) {
            if reached.insert(edge.to) {
                todo.push(edge.to);
            }
        }
    }
    reached
}

/// Returns the states that can come after themselves.
pub(crate) fn looping<'a>(edges: &[Edge<'a>]) -> BTreeSet<&'a str> {
    edges.iter().map(|edge| edge.from).filter(|state| after(edges, state).contains(state)).collect()
}

/// Returns the edges that neither leave nor enter the given states.
pub(crate) fn without<'a>(edges: &[Edge<'a>], states: &[&str]) -> Vec<Edge<'a>> {
    let kept = |edge: &&Edge<'_>| !states.contains(&edge.from) && !states.contains(&edge.to);
    edges.iter().filter(kept).copied().collect()
}
