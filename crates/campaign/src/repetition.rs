//! Everything twice: each step repeated, each run cut off at every turn and started again, two executions at once.

use failback_core::procedure::Procedure;
use failback_sim::Stack;

use crate::case::{Act, Case};
use crate::options::{self, PlanOption, Switch};
use failback_rehearsal::rehearsal::{Always, Rehearsal, Setting};
use failback_rehearsal::runner::GateAnswer;

/// The number of moments at which a second execution starts beside the first.
const MOMENTS: u64 = 40;

/// Returns every case.
pub fn repetitions() -> Vec<Case> {
    let mut cases = Vec::new();
    let together = |first, second, after| Act::Together(first, second, after, Stack::First);
    for (procedure, other) in
        [(Procedure::Drill, Procedure::Failback), (Procedure::Failback, Procedure::Drill)]
    {
        let of = |acts| Case::of(procedure, 1, acts);
        let settle = || Act::Settle(procedure);
        for option in PlanOption::all().filter(|option| suits(*option, procedure)) {
            let case = of(vec![Act::Twice(procedure), settle()]);
            cases.push(Case { plan: vec![option], ..case });
        }
        let (turns, seconds) = size(procedure);
        for turn in 1..turns {
            let cut = || Act::Cut(procedure, turn);
            cases.push(of(vec![cut(), settle()]));
            cases.push(of(vec![cut(), Act::Run(other, GateAnswer::Yes), settle()]));
            cases.push(of(vec![cut(), Act::Twice(procedure), settle()]));
            if procedure == Procedure::Failback {
                cases.push(of(vec![cut(), Act::LeadBack, settle()]));
            }
        }
        // What both do not see of each other: a list of executions that is a minute old, two stacks, a redrive.
        for moment in 0..MOMENTS {
            let late = Switch::find("executions_show_late").into_iter().chain(Switch::find("tags_show_late"));
            let blind = |acts| Case { switches: late.clone().collect(), ..of(acts) };
            for second in [procedure, other] {
                cases.push(blind(vec![together(procedure, second, moment * 3), Act::Try(procedure)]));
                let two_stacks = Act::Together(procedure, second, moment * seconds / MOMENTS, Stack::Second);
                cases.push(of(vec![two_stacks, Act::Try(procedure)]));
                let turn = turns * usize::try_from(moment).unwrap_or(0) / 40;
                for after in [3, 7, 20] {
                    let redrive = Act::Redrive((procedure, turn), (second, after));
                    cases.push(blind(vec![redrive, Act::Try(procedure)]));
                }
            }
        }
        for moment in 0..MOMENTS {
            let after = seconds * moment / MOMENTS;
            cases.push(of(vec![together(procedure, procedure, after), settle()]));
            cases.push(of(vec![together(procedure, other, after), settle()]));
            cases.push(of(vec![together(other, procedure, after), settle()]));
        }
    }
    cases
}

/// Reports whether the procedure reaches its usual end from its usual start with this option.
fn suits(option: PlanOption, procedure: Procedure) -> bool {
    let others = ["drill-recovered", "keep-recovered", "tight-limits", "into-source", "unnamed-subnet"];
    // They belong to a plan by hand, or to one without gates.
    !["originals-may-run", "ask-before-redirect", "as-recovery", "launch-recovered", "lead-back"]
        .contains(&option.name())
        && (procedure == Procedure::Failback || !others.contains(&option.name()))
}

/// Returns the turns and the seconds of an undisturbed run.
fn size(procedure: Procedure) -> (usize, u64) {
    let case = Case::of(procedure, 1, Vec::new());
    let input = options::plan(&[]);
    let Ok(plan) = failback_core::plan::Plan::read(&input) else { return (0, 0) };
    let setting = Setting {
        scenario: case.scenario,
        ..Setting::usual(procedure, input, plan, case.servers, case.seed)
    };
    let seconds =
        Rehearsal::new(setting.clone()).run(procedure, &mut Always(GateAnswer::Yes)).virtual_seconds;
    let turns = Rehearsal::new(setting).cut(procedure, usize::MAX, &mut Always(GateAnswer::Yes));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A few weeks in seconds, above 0.
    (turns.unwrap_or(0), seconds as u64)
}
