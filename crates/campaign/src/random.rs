//! Random worlds: fleets, plans, bystanders, open questions, faults and interruptions, all drawn from one seed.

use failback_core::procedure::Procedure;
use failback_sim::{ERROR_CODES, OPERATIONS, Scenario, Stack};
use fastrand::Rng;

use crate::case::{Act, Case, abort, again, no};
use crate::operator::ManualStep;
use crate::options::{PlanOption, Switch};
use failback_rehearsal::faults;
use failback_rehearsal::runner::GateAnswer;

/// Returns the case of a seed.
pub fn random(seed: u64) -> Case {
    // Consecutive seeds must not draw alike.
    let mut rng = Rng::with_seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x0D85_FA11);
    let procedure = if rng.bool() { Procedure::Drill } else { Procedure::Failback };
    let mut case = Case::of(procedure, seed, Vec::new());
    case.servers = if rng.u8(..50) == 0 { rng.usize(20..=60) } else { rng.usize(1..=6) };
    case.plan = plan(&mut rng, procedure);
    case.switches = Switch::harmless().filter(|switch| !is_late(*switch) && rng.u8(..3) == 0).collect();
    scenario(&mut rng, &mut case, procedure);
    let mut may_stop = case.plan.iter().any(|option| option.name() == "tight-limits")
        || case.switches.iter().any(|switch| switch.name() == "refuses_to_reverse_drills")
        // A failed launch into A1 leaves it running, and a person must stop it.
        || case.plan.iter().any(|option| option.name() == "into-source");
    if rng.u8(..4) == 0 {
        let page = ManualStep::page(procedure);
        let done = rng.usize(..=page.len());
        case.acts.extend(page[..done].iter().map(|by_hand| Act::Hand(*by_hand)));
        // A person who terminates A1 by hand does not plan to keep it.
        if page[..done].iter().any(|by_hand| by_hand.to_string() == "terminate-a1") {
            case.plan.retain(|option| option.name() != "keep-originals");
        }
        may_stop = true;
    }
    // People during a run may leave what only they can repair.
    let among_people = rng.u8(..4) == 0;
    may_stop |= among_people;
    for _ in 0..rng.usize(..=3) {
        let fault = rule(&mut rng, procedure, &case);
        // Where people redirect by hand, an A4 that does not boot may serve clients all the same.
        may_stop |= fault.starts_with("boot:") && case.plan.iter().any(|option| option.name() == "by-hand");
        case.acts.push(Act::Fail(fault));
    }
    case.acts.push(if among_people { people(&mut rng, procedure) } else { disturbed(&mut rng, procedure) });
    if rng.u8(..4) == 0 {
        case.acts.push(disturbed(&mut rng, procedure));
    }
    // A failback in between leaves nothing to drill with, unless the plan launches it.
    let goes_home = |act: &Act| {
        matches!(act, Act::Run(Procedure::Failback, _) | Act::Cut(Procedure::Failback, _))
            || matches!(act, Act::Together(first, second, ..) if [*first, *second].contains(&Procedure::Failback))
    };
    may_stop |=
        procedure == Procedure::Drill && case.scenario != Scenario::Steady && case.acts.iter().any(goes_home);
    // Where people redirect by hand, an A4 that grows old while another execution goes on may serve, and only they know.
    may_stop |= case.plan.iter().any(|option| option.name() == "by-hand")
        && case.acts.iter().any(|act| matches!(act, Act::Together(..)));
    case.acts.push(if may_stop { Act::Try(procedure) } else { Act::Settle(procedure) });
    case.switches.extend(Switch::harmless().filter(|switch| is_late(*switch) && rng.u8(..3) == 0));
    if rng.u8(..10) == 0 {
        into_existing(&mut case);
    }
    match rng.u8(..6) {
        0 => case.plan.extend(PlanOption::find("waves-beside")),
        1 => case.plan.extend(PlanOption::find("waves-overlap")),
        _ => {}
    }
    match rng.u8(..6) {
        // Where people move traffic, no plan has a hook.
        4 if !case.plan.iter().any(|option| option.name() == "by-hand") => {
            case.plan.extend(PlanOption::find("freeze-by-hook"));
            if rng.bool() {
                case.switches.extend(Switch::find("hook_is_slow"));
            }
        }
        0 | 1 => case.plan.extend(PlanOption::find("ask-before-launch")),
        2 | 3 => {
            case.plan.extend(PlanOption::find("freeze-by-hand"));
            // Where people move traffic, only they know whether it has moved to an A4 of before.
            if case.plan.iter().any(|option| option.name() == "by-hand")
                && let Some(Act::Settle(procedure)) = case.acts.last().cloned()
            {
                case.acts.pop();
                case.acts.push(Act::Try(procedure));
            }
            if rng.bool() {
                case.switches.extend(Switch::find("writes_in_flight"));
            }
        }
        _ => {}
    }
    if procedure == Procedure::Failback && rng.u8(..10) == 0 {
        another_b1(&mut case);
    }
    if procedure == Procedure::Drill && rng.u8(..4) == 0 {
        case.plan.extend(PlanOption::find("hold"));
    }
    if procedure == Procedure::Failback && rng.u8(..6) == 0 {
        case.plan.extend(PlanOption::find("end-when-ready"));
    }
    if procedure == Procedure::Failback {
        answers(&mut rng, &mut case);
    }
    case
}

/// Has people abort, at a gate or by another start, or want servers launched again.
fn answers(rng: &mut Rng, case: &mut Case) {
    for act in &mut case.acts {
        if let Act::Run(Procedure::Failback, answer @ GateAnswer::Yes) = act {
            match rng.u8(..6) {
                0 => *answer = abort(),
                1 => *answer = again(),
                _ => {}
            }
        }
    }
    if rng.u8(..6) == 0 {
        case.acts.insert(case.acts.len().saturating_sub(1), Act::LeadBack);
    }
    if rng.u8(..6) == 0 {
        case.plan.extend(PlanOption::find("keep-a4"));
    }
}

/// Has DRS make another B1. A person must name it in the plan before anything else is done with the server.
fn another_b1(case: &mut Case) {
    case.switches.extend(Switch::find("reverse_makes_b1"));
    if let Some(last @ Act::Settle(_)) = case.acts.last_mut() {
        *last = Act::Try(Procedure::Failback);
    }
}

/// Has B1 launch into instances that exist. A drill that would change them is refused, and the next recovery is refused by
/// DRS while they run, so what a person must do may come first.
fn into_existing(case: &mut Case) {
    case.switches.extend(Switch::find("launch_into_existing"));
    if let Some(Act::Settle(procedure)) = case.acts.last().cloned()
        && procedure == Procedure::Drill
    {
        case.acts.pop();
        case.acts.push(Act::Try(procedure));
    }
}

/// Returns true for a switch that is drawn last, so that it changes nothing else of a seed's case.
fn is_late(switch: Switch) -> bool {
    ["reverse_repoints_a2", "repoint_shows_late", "executions_show_late", "tags_show_late"]
        .contains(&switch.name())
}

fn plan(rng: &mut Rng, procedure: Procedure) -> Vec<PlanOption> {
    let draws = |option: &PlanOption| match option.name() {
        // Decided with the scenario, or refused in any world.
        "drill-recovered"
        | "keep-recovered"
        | "into-source"
        | "as-drill"
        | "originals-may-run"
        | "unnamed-subnet"
        | "ask-before-launch"
        | "freeze-by-hand"
        | "freeze-by-hook"
        | "waves-beside"
        | "waves-overlap"
        | "ask-before-redirect"
        | "as-recovery"
        | "ten-waves"
        | "short-lease"
        | "slow-limits"
        | "hold"
        | "end-when-ready"
        | "keep-a4"
        | "lead-back"
        | "launch-recovered" => false,
        "tight-limits" => rng.u8(..12) == 0,
        "stop-b1" => procedure == Procedure::Failback && rng.u8(..4) == 0,
        _ => rng.u8(..5) == 0,
    };
    let mut drawn: Vec<PlanOption> = PlanOption::all().filter(draws).collect();
    // Traffic moves by hand or by records, and a person confirms that it has moved.
    if drawn.iter().any(|option| option.name() == "by-hand") {
        drawn.retain(|option| {
            !["ask-nobody", "ask-before-cleanup", "disposable", "two-records", "private-record"]
                .contains(&option.name())
        });
    }
    drawn
}

/// Draws the scenario, and the plan's options for it.
fn scenario(rng: &mut Rng, case: &mut Case, procedure: Procedure) {
    let by_hand = case.plan.iter().any(|option| option.name() == "by-hand");
    let mut also = |name| case.plan.extend(PlanOption::find(name));
    if procedure == Procedure::Failback {
        if rng.u8(..10) == 0 {
            also("into-source");
            case.switches.extend(Switch::find("launch_into_source"));
        }
        return;
    }
    match rng.u8(..4) {
        0 => {
            also("keep-recovered");
            case.scenario = Scenario::Recovered;
        }
        1 => {
            also(if by_hand { "keep-recovered" } else { "drill-recovered" });
            case.scenario = Scenario::DrilledRecovered;
        }
        2 => {
            also("as-drill");
            if rng.bool() {
                case.switches.extend(Switch::find("refuses_to_reverse_drills"));
            }
        }
        _ => {}
    }
}

/// Returns the name of a server that exists in every fleet of this kind.
fn server(rng: &mut Rng, case: &Case) -> &'static str {
    let one_wave = case.plan.iter().any(|option| option.name() == "one-wave");
    let by_hand = case.plan.iter().any(|option| option.name() == "by-hand");
    match (one_wave, by_hand) {
        (true, true) => "all-1",
        (false, true) => "db-1",
        (false, false) if case.servers > 1 && rng.bool() => "db-1",
        (_, false) => "web-1",
    }
}

fn times(rng: &mut Rng) -> String {
    match rng.u8(..8) {
        0..=3 => String::new(),
        4..=5 => format!("x{}", rng.u8(2..=4)),
        6 => format!("x{}", rng.u8(5..=30)),
        _ => "x*".to_owned(),
    }
}

fn rule(rng: &mut Rng, procedure: Procedure, case: &Case) -> String {
    fn one<'a, T>(rng: &mut Rng, all: &'a [T]) -> &'a T {
        &all[rng.usize(..all.len())]
    }
    let tasks = faults::tasks(procedure);
    let times = times(rng);
    match rng.u8(..9) {
        0 | 1 => format!("error:{}={}{times}", one(rng, OPERATIONS).action(), one(rng, ERROR_CODES)),
        2 => format!("lost:{}{times}", one(rng, OPERATIONS).action()),
        3 => format!("crash:{}{times}", one(rng, &tasks)),
        4 => format!("task:{}={}{times}", one(rng, &tasks), one(rng, &faults::ERRORS)),
        5 => format!("late:{}={}{times}", one(rng, &tasks), one(rng, &faults::ERRORS)),
        6 => format!("stall:{}={}", server(rng, case), rng.u32(5..=600)),
        7 => format!("launch:{}x{}", server(rng, case), rng.u8(1..=4)),
        _ => format!("boot:{}x{}", server(rng, case), rng.u8(1..=4)),
    }
}

/// Returns a run among people, who take up to three steps at any turn.
fn people(rng: &mut Rng, procedure: Procedure) -> Act {
    let all: Vec<ManualStep> = ManualStep::any().collect();
    let mut steps: Vec<(usize, ManualStep)> =
        (0..rng.usize(1..=3)).map(|_| (rng.usize(1..300), all[rng.usize(..all.len())])).collect();
    steps.sort_by_key(|(turn, _)| *turn);
    Act::During(procedure, steps)
}

fn disturbed(rng: &mut Rng, procedure: Procedure) -> Act {
    let other = if procedure == Procedure::Drill { Procedure::Failback } else { Procedure::Drill };
    match rng.u8(..16) {
        0..=7 => Act::Run(procedure, GateAnswer::Yes),
        8 => Act::Run(procedure, no()),
        9 => Act::Run(procedure, GateAnswer::Silence),
        10 | 11 => Act::Cut(procedure, rng.usize(1..300)),
        12 => Act::Twice(procedure),
        13 => Act::Together(procedure, procedure, rng.u64(..12_000), Stack::First),
        14 => Act::Together(procedure, other, rng.u64(..12_000), Stack::First),
        _ => Act::Together(other, procedure, rng.u64(..12_000), Stack::First),
    }
}
