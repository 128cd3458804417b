//! Half-manual starts: a person has done a prefix of the page by hand, has left out a line, or has done lines out of
//! order. The run adopts what is right, and stops with a remedy at what is not.

use failback_core::procedure::Procedure;
use failback_sim::Scenario;

use crate::case::{Act, Case, no};
use crate::operator::ManualStep;
use crate::options::{PlanOption, Switch};
use failback_rehearsal::runner::GateAnswer;

/// Returns every case.
pub fn manual_starts() -> Vec<Case> {
    let mut cases = Vec::new();
    for procedure in [Procedure::Failback, Procedure::Drill] {
        let page = ManualStep::page(procedure);
        for prefix in 0..=page.len() {
            cases.push(case(procedure, &page[..prefix]));
            for left_out in 0..prefix.saturating_sub(1) {
                let mut moves = page[..prefix].to_vec();
                moves.remove(left_out);
                cases.push(case(procedure, &moves));
            }
        }
        // With the remedy that Check Readiness names, the run continues from any line before A3 is deleted.
        let before = page.iter().position(|by_hand| *by_hand == ManualStep::DeleteA3).unwrap_or(0);
        for prefix in 0..=before {
            if procedure == Procedure::Failback {
                let mut moves = page[..prefix].to_vec();
                moves.push(ManualStep::TagA1);
                let mut case = case(procedure, &moves);
                case.acts.pop();
                case.acts.push(Act::Settle(procedure));
                cases.push(case);
            }
        }
        for first in ManualStep::of(procedure) {
            cases.push(case(procedure, &[first]));
            for second in ManualStep::of(procedure) {
                cases.push(case(procedure, &[ManualStep::Reverse, ManualStep::Sync, first, second]));
                cases.push(case(procedure, &[first, second]));
            }
        }
    }
    cases.extend(refusals());
    cases.extend(second_cycles());
    cases
}

/// Returns worlds in which the source Region fails again before a failback was cleaned up, so that an A2, an A3 and
/// an A4 of the first failback are left.
fn second_cycles() -> Vec<Case> {
    let failback = Procedure::Failback;
    let clean_up_refused =
        || vec![Act::Run(failback, no()), Act::Hand(ManualStep::Recover), Act::Wait(172_800)];
    let by_hand = || {
        let page = ManualStep::page(failback);
        let protected = page.iter().position(|by_hand| *by_hand == ManualStep::StopA2).unwrap_or(0);
        let mut acts: Vec<Act> = page[..protected].iter().map(|by_hand| Act::Hand(*by_hand)).collect();
        acts.push(Act::Hand(ManualStep::Recover));
        acts
    };
    let mut cases = Vec::new();
    for switches in [&[][..], &["reverse_repoints_a2"], &["reverse_repoints_a2", "repoint_shows_late"]] {
        // The A4 of the first cycle is the original of the second, and runs.
        let gates = [
            (&["ask-before-cleanup"][..], clean_up_refused()),
            (&["by-hand", "originals-may-run"], by_hand()),
        ];
        for (gates, began) in gates {
            for ends in [vec![Act::Run(failback, GateAnswer::Yes)], vec![Act::Cut(failback, 90)]] {
                let acts = began.iter().cloned().chain(ends).chain([Act::Run(failback, GateAnswer::Yes)]);
                cases.push(Case {
                    plan: gates
                        .iter()
                        .chain(&["keep-originals"])
                        .filter_map(|name| PlanOption::find(name))
                        .collect(),
                    switches: switches.iter().filter_map(|name| Switch::find(name)).collect(),
                    ..Case::of(failback, 1, acts.collect())
                });
            }
        }
    }
    cases
}

/// The turns of a run at which a person takes a step.
const TURNS: std::ops::Range<usize> = 1..260;

/// The distance between two such turns.
const TURNS_APART: usize = 6;

/// Returns every case in which a person takes a step, or two, during a run.
pub fn people() -> Vec<Case> {
    let mut cases = Vec::new();
    for procedure in [Procedure::Failback, Procedure::Drill] {
        for (index, by_hand) in ManualStep::any().enumerate() {
            for turn in TURNS.skip(index % TURNS_APART).step_by(TURNS_APART) {
                let acts = vec![Act::During(procedure, vec![(turn, by_hand)]), Act::Try(procedure)];
                cases.push(Case::of(procedure, 1, acts));
            }
        }
    }
    cases
}

/// Returns worlds in which a procedure must be refused, because it would take production for something else.
fn refusals() -> Vec<Case> {
    let of = |scenario, plan: &[&str], switches: &[&str], procedure| Case {
        scenario,
        plan: plan.iter().filter_map(|name| PlanOption::find(name)).collect(),
        switches: switches.iter().filter_map(|name| Switch::find(name)).collect(),
        ..Case::of(procedure, 1, vec![Act::Refuse(procedure), Act::Refuse(procedure)])
    };
    let (drill, failback) = (Procedure::Drill, Procedure::Failback);
    vec![
        // B3 is production.
        of(Scenario::Recovered, &[], &[], drill),
        of(Scenario::Recovered, &["drill-recovered"], &[], drill),
        of(Scenario::Recovered, &["drill-recovered", "disposable"], &[], drill),
        of(Scenario::Recovered, &["drill-recovered", "by-hand"], &[], drill),
        // No recovered servers exist.
        of(Scenario::Steady, &["drill-recovered"], &[], drill),
        // A launch would terminate the recovered servers.
        of(Scenario::DrilledRecovered, &[], &[], drill),
        // B3 belongs to a drill.
        of(Scenario::DrilledRecovered, &[], &[], failback),
        // A4 would be A1.
        of(Scenario::Steady, &[], &["launch_into_source"], drill),
        of(Scenario::Recovered, &[], &["launch_into_source"], failback),
        // B3 would start in a network that the plan does not name.
        of(Scenario::Steady, &["unnamed-subnet"], &[], drill),
        // B3 would be, or is, an instance that existed before.
        of(Scenario::Steady, &[], &["launch_into_existing"], drill),
        of(Scenario::DrilledRecovered, &["drill-recovered"], &["launch_into_existing"], drill),
    ]
}

fn case(procedure: Procedure, moves: &[ManualStep]) -> Case {
    let mut acts: Vec<Act> = moves.iter().map(|by_hand| Act::Hand(*by_hand)).collect();
    acts.push(Act::Try(procedure));
    let case = Case::of(procedure, 1, acts);
    match procedure {
        Procedure::Failback => case,
        // The recovered servers were launched as a drill.
        Procedure::Drill => {
            let plan = PlanOption::find("drill-recovered").into_iter().collect();
            Case { scenario: Scenario::DrilledRecovered, plan, ..case }
        }
    }
}
