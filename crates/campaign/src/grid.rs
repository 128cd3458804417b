//! Every failure at every state: once, often enough to exhaust the retries, and for good. Also every pair of failures.

use std::collections::BTreeMap;

use failback_core::procedure::Procedure;
use failback_sim::{Access, ERROR_CODES, OPERATIONS, Scenario};

use crate::case::{Act, Case, abort, again, no};
use crate::operator::ManualStep;
use crate::options::{PlanOption, Switch};
use failback_rehearsal::faults;
use failback_rehearsal::program::Program;
use failback_rehearsal::runner::GateAnswer;
use failback_rehearsal::steps::StepEntry;

/// The repetitions of a fault: once, one more time than any retrier retries, and for good.
const TIMES: [&str; 3] = ["", "x61", "x*"];

/// The size of a fleet for which a step needs several calls.
const LARGE: usize = 500;

const DRILL: Procedure = Procedure::Drill;

const BOTH: [Procedure; 2] = [Procedure::Drill, Procedure::Failback];

/// Returns a case with these faults in an otherwise undisturbed run.
fn case(procedure: Procedure, rules: &[&str]) -> Case {
    let mut acts: Vec<Act> = rules.iter().map(|rule| Act::Fail((*rule).to_owned())).collect();
    // Only an abort reaches this state.
    let is_aborted = rules.iter().any(|rule| rule.contains("terminate-failed-back-servers"));
    acts.push(Act::Run(procedure, if is_aborted { abort() } else { GateAnswer::Yes }));
    acts.push(Act::Settle(procedure));
    let mut case = Case::of(procedure, 1, acts);
    // Only some plans reach this state.
    let stops_b1 = ["stop-original-replication", "ask-before-stop", "StopReplication"];
    if rules.iter().any(|rule| stops_b1.iter().any(|place| rule.contains(place))) {
        case.plan.extend(PlanOption::find("stop-b1"));
    }
    let by_hook = ["freeze-writes", "InvokeFunction"];
    if rules.iter().any(|rule| by_hook.iter().any(|place| rule.contains(place))) {
        case.plan.extend(PlanOption::find("freeze-by-hook"));
    } else if rules.iter().any(|rule| rule.contains("drain-replication")) {
        case.plan.extend(PlanOption::find("freeze-by-hand"));
    } else if rules.iter().any(|rule| rule.contains("ask-before-launch")) {
        case.plan.extend(PlanOption::find("ask-before-launch"));
    }
    if procedure == Procedure::Drill
        && rules
            .iter()
            .any(|rule| rule.contains("ask-before-clean-up") || rule.contains("ask-before-hold-ends"))
    {
        case.plan.extend(PlanOption::find("hold"));
    }
    case
}

/// Returns a case for every failure of a Task, of a step's process and of an AWS call.
pub fn grid() -> Vec<Case> {
    let mut cases = Vec::new();
    for procedure in BOTH {
        cases.push(case(procedure, &[]));
        // A fleet that a step cannot process in one call.
        cases.push(Case { servers: LARGE, ..case(procedure, &[]) });
        // The clean-up has to wait, and only there: the plan's options are left out.
        for operation in ["drs:StopReplication", "drs:DeleteRecoveryInstance"] {
            let refused = format!("error:{operation}=ConflictException");
            cases.push(Case { plan: Vec::new(), ..case(procedure, &[&refused]) });
        }
        let mut rules = Vec::new();
        for task in faults::tasks(procedure) {
            for error in faults::ERRORS.iter() {
                rules.extend([format!("task:{task}={error}"), format!("late:{task}={error}")]);
            }
            rules.extend([format!("crash:{task}"), format!("odd:{task}")]);
        }
        for operation in OPERATIONS {
            let refused = ERROR_CODES.iter().map(|code| format!("error:{}={code}", operation.action()));
            rules.extend(refused);
            rules.push(format!("lost:{}", operation.action()));
        }
        for rule in &rules {
            cases.extend(TIMES.iter().map(|times| case(procedure, &[&format!("{rule}{times}")])));
        }
    }
    // The first wave's data grows too old while later waves are launched again, so it is launched again too.
    cases.push(case(Procedure::Failback, &["boot:app-1x1", "boot:web-1x2"]));
    // A no, and the same plan three days later: A4 does not follow B3.
    let (failback, days) = (Procedure::Failback, 3 * 86_400);
    let acts = vec![Act::Run(failback, no()), Act::Wait(days), Act::Settle(failback)];
    cases.push(Case::of(failback, 1, acts));
    cases.extend(gates());
    cases.extend(freezes());
    cases.extend(holds());
    cases.extend(ready());
    cases.extend(refusals());
    cases.extend(claims_in_vain());
    cases
}

/// Returns drills of servers that a person has launched, which cannot claim them, or not all.
fn claims_in_vain() -> impl Iterator<Item = Case> {
    let drill = Procedure::Drill;
    let errors =
        classes(drill, "claim-servers").into_iter().map(|error| format!("task:claim-servers={error}"));
    let rules = errors.chain(["crash", "odd"].map(|fault| format!("{fault}:claim-servers")));
    rules.flat_map(|rule| TIMES.map(|times| format!("{rule}{times}"))).map(move |rule| {
        let plan = PlanOption::find("drill-recovered").into_iter().collect();
        // More servers than a Task has attempts, each of which claims one.
        Case { scenario: Scenario::DrilledRecovered, servers: 20, plan, ..case(drill, &[&rule]) }
    })
}

/// Returns a case for every answer at each gate.
fn gates() -> impl Iterator<Item = Case> {
    let answers = [no(), GateAnswer::not_approved(), GateAnswer::Silence, again(), abort()];
    ["", "stop-b1", "ask-before-launch", "ask-before-cleanup"].into_iter().flat_map(move |gate| {
        answers.clone().into_iter().map(move |answer| {
            let failback = Procedure::Failback;
            let acts = vec![Act::Run(failback, answer), Act::Settle(failback)];
            Case { plan: PlanOption::find(gate).into_iter().collect(), ..Case::of(failback, 1, acts) }
        })
    })
}

/// Returns failbacks whose hook freezes B3, stopped at any turn and continued: at once, and after the second party came. Also
/// redriven ones, and each failure of a Task under a freeze.
fn freezes() -> impl Iterator<Item = Case> {
    let failback = Procedure::Failback;
    let by_hook = move |acts, switches: &[&str]| {
        let plan = ["freeze-by-hook", "waves-beside"].into_iter().filter_map(PlanOption::find).collect();
        let switches = switches.iter().filter_map(|name| Switch::find(name)).collect();
        Case { plan, switches, ..Case::of(failback, 1, acts) }
    };
    let stopped = (1..160).step_by(3).flat_map(move |turns| {
        let meanwhile = [vec![], vec![Act::Wait(150)], vec![Act::Wait(3_600)]];
        meanwhile.into_iter().map(move |waits| {
            let acts = [vec![Act::Cut(failback, turns)], waits, vec![Act::Settle(failback)]].concat();
            by_hook(acts, if turns % 2 == 0 { &["hook_is_slow"] } else { &["tags_show_late"] })
        })
    });
    let redriven = (40..130).step_by(6).map(move |turns| {
        let acts = vec![Act::Redrive((failback, turns), (DRILL, 1)), Act::Settle(failback)];
        by_hook(acts, &["executions_show_late"])
    });
    let tasks = ["freeze-writes", "drain-replication", "launch-for-failback", "redirect-traffic"];
    let failed = tasks.into_iter().flat_map(move |task| {
        let errors = classes(failback, task).into_iter();
        errors.flat_map(move |error| {
            ["task", "late"].map(|when| {
                let acts = vec![
                    Act::Fail(format!("{when}:{task}={error}x*")),
                    Act::Run(failback, GateAnswer::Yes),
                    Act::Settle(failback),
                ];
                by_hook(acts, &[])
            })
        })
    });
    let refused = [no(), GateAnswer::not_approved(), GateAnswer::Silence]
        .map(move |answer| by_hook(vec![Act::Run(failback, answer), Act::Settle(failback)], &[]));
    // A hook that says what is not so: nothing is lost, or the failback is held.
    let odd = ["hook_leaks", "hook_acknowledges_early", "hook_does_not_flush", "hook_fails", "no_hook"];
    let odd = odd
        .map(move |switch| by_hook(vec![Act::Run(failback, GateAnswer::Yes), Act::Wait(3_600)], &[switch]));
    stopped.chain(redriven).chain(failed).chain(refused).chain(odd)
}

/// Returns drills that people test in: with every answer, to the first message or to the reminder, and with reminders that
/// fail.
fn holds() -> impl Iterator<Item = Case> {
    let held =
        |acts| Case { plan: PlanOption::find("hold").into_iter().collect(), ..Case::of(DRILL, 1, acts) };
    let first_part_is_over = || Act::Fail("task:ask-before-clean-up=States.Timeout".to_owned());
    let answers = [GateAnswer::Yes, no(), GateAnswer::not_approved(), GateAnswer::Silence];
    let answered = answers.into_iter().flat_map(move |answer| {
        [vec![], vec![first_part_is_over()]].map(move |mut acts: Vec<Act>| {
            acts.extend([Act::Run(DRILL, answer.clone()), Act::Settle(DRILL)]);
            held(acts)
        })
    });
    let reminders = classes(DRILL, "ask-before-hold-ends").into_iter().flat_map(move |error| {
        TIMES.map(|times| {
            let fails = Act::Fail(format!("task:ask-before-hold-ends={error}{times}"));
            held(vec![first_part_is_over(), fails, Act::Run(DRILL, GateAnswer::Yes), Act::Settle(DRILL)])
        })
    });
    answered.chain(reminders)
}

/// Returns failbacks that end as ready to go home, and go home weeks later, whatever happened to B3 and A2 meanwhile.
fn ready() -> impl Iterator<Item = Case> {
    let (failback, weeks) = (Procedure::Failback, 3 * 7 * 86_400);
    let run = move || Act::Run(failback, GateAnswer::Yes);
    let meanwhile = [
        vec![],
        vec![run()],
        vec![Act::Hand(ManualStep::StopB3), Act::Wait(3_600), Act::Hand(ManualStep::StartB3)],
        vec![Act::Hand(ManualStep::StopA2), Act::Hand(ManualStep::StartA2)],
        vec![Act::Run(failback, no())],
    ];
    let plans =
        [vec!["end-when-ready"], vec!["end-when-ready", "stop-b1"], vec!["end-when-ready", "one-wave"]];
    plans.into_iter().flat_map(move |plan| {
        meanwhile.clone().map(|happens| {
            let acts = [vec![run()], happens, vec![Act::Wait(weeks), Act::Settle(failback)]].concat();
            let plan = plan.iter().filter_map(|option| PlanOption::find(option)).collect();
            Case { plan, ..Case::of(failback, 1, acts) }
        })
    })
}

/// Returns starts that are refused and whose evidence cannot be written, or not at the first attempt.
fn refusals() -> impl Iterator<Item = Case> {
    let errors = classes(Procedure::Drill, "keep-refusal").into_iter();
    let failures: Vec<String> = errors.map(|error| format!("task:keep-refusal={error}")).collect();
    BOTH.into_iter().flat_map(move |procedure| {
        let rules = failures.clone().into_iter().flat_map(|rule| TIMES.map(|times| format!("{rule}{times}")));
        rules
            .map(move |rule| case(procedure, &["task:check-readiness=Failback.Refused", &rule]))
            .collect::<Vec<_>>()
    })
}

/// Returns one error of each class that a Task retries and catches alike. Within a class, the machine behaves the
/// same.
pub fn classes(procedure: Procedure, task: &str) -> Vec<String> {
    let Ok(program) = Program::deployed() else { return Vec::new() };
    let machine = program.machine(procedure);
    let named_so = machine.states().find(|(name, _)| StepEntry::name_of(name) == task);
    let Some(task) = named_so.and_then(|(_, state)| state.task()) else { return Vec::new() };
    let mut classes = BTreeMap::new();
    for error in faults::ERRORS.iter() {
        let named = |names: &[String]| {
            names.contains(error)
                || names.iter().any(|name| name == "States.ALL")
                || (error != "States.Timeout" && names.iter().any(|name| name == "States.TaskFailed"))
        };
        let retrier = task.retry.iter().position(|retrier| named(&retrier.error_equals));
        let catcher = task.catch.iter().position(|catcher| named(&catcher.error_equals));
        classes.entry((retrier, catcher)).or_insert_with(|| error.clone());
    }
    classes.into_values().collect()
}

/// Returns a case for every pair of failures in one run, each once, with one error of each class.
pub fn pairs() -> Vec<Case> {
    let mut cases = Vec::new();
    for procedure in BOTH {
        let mut rules = Vec::new();
        for task in faults::tasks(procedure) {
            for error in classes(procedure, &task) {
                rules.extend([format!("task:{task}={error}"), format!("late:{task}={error}")]);
            }
            rules.extend([format!("crash:{task}"), format!("odd:{task}")]);
        }
        let writes = OPERATIONS.iter().filter(|operation| operation.kind == Access::Write);
        rules.extend(writes.map(|operation| format!("lost:{}", operation.action())));
        for (i, first) in rules.iter().enumerate() {
            cases.extend(rules[i..].iter().map(|second| case(procedure, &[first, second])));
        }
    }
    cases
}
