//! The reduction of a failing case to a smaller one that breaks the same rule.

use crate::case::{Act, Case};
use crate::verdict::Broken;

/// The maximum number of attempts.
const ATTEMPTS_MAX: usize = 300;

/// Returns the smallest case found that still breaks the rule, as `breaks` reports.
pub fn shrink(case: &Case, broken: Broken, breaks: impl Fn(&Case, Broken) -> bool) -> Case {
    let mut smallest = case.clone();
    let mut attempts = 0;
    loop {
        let smaller = smaller(&smallest).into_iter().find(|candidate| {
            attempts += 1;
            attempts <= ATTEMPTS_MAX && breaks(candidate, broken)
        });
        match smaller {
            Some(smaller) => smallest = smaller,
            None => return smallest,
        }
    }
}

/// Returns every case that is smaller by one element.
fn smaller(case: &Case) -> Vec<Case> {
    let mut all = Vec::new();
    for i in 0..case.acts.len() {
        let mut less = case.clone();
        less.acts.remove(i);
        all.push(less);
    }
    // Options that fit the plan to the scenario stay.
    let fits = ["drill-recovered", "keep-recovered", "into-source", "launch_into_source"];
    for i in (0..case.plan.len()).filter(|i| !fits.contains(&case.plan[*i].name())) {
        let mut less = case.clone();
        less.plan.remove(i);
        all.push(less);
    }
    for i in (0..case.switches.len()).filter(|i| !fits.contains(&case.switches[*i].name())) {
        let mut less = case.clone();
        less.switches.remove(i);
        all.push(less);
    }
    if case.servers > 1 {
        all.push(Case { servers: 1, ..case.clone() });
        all.push(Case { servers: case.servers - 1, ..case.clone() });
    }
    for (i, act) in case.acts.iter().enumerate() {
        let simpler = match act {
            Act::Fail(rule) => rule.rsplit_once('x').map(|(once, _)| Act::Fail(once.to_owned())),
            Act::Cut(procedure, turns) if *turns > 1 => Some(Act::Cut(*procedure, turns / 2)),
            _ => None,
        };
        if let Act::During(procedure, people) = act {
            for gone in (0..people.len()).filter(|_| people.len() > 1) {
                let mut less = case.clone();
                let mut people = people.clone();
                people.remove(gone);
                less.acts[i] = Act::During(*procedure, people);
                all.push(less);
            }
        }
        if let Some(simpler) = simpler {
            let mut less = case.clone();
            less.acts[i] = simpler;
            all.push(less);
        }
    }
    all
}
