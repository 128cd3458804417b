//! Failbacks that have the hook stop writes to B3: under a lease, which a second party ends.

use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_core::rule::SafetyRule;
use failback_rehearsal::rehearsal::{Rehearsal, RunResult};
use failback_rehearsal::runner::GateAnswer;
use failback_sim::Switches;
use serde_json::json;

use crate::support::{assert_done, assert_safe, cause, example, failure, rest, run, run_with, setting};

fn rehearsal(switches: Switches, servers: usize, seed: u64) -> Rehearsal {
    let mut plan = example();
    plan["cutover"] = json!({ "freeze": "byHook", "freezeMinutesMax": 120 });
    let mut setting = setting(Procedure::Failback, plan, servers, seed);
    setting.switches = switches;
    Rehearsal::new(setting)
}

fn one_wave() -> Rehearsal {
    let mut plan = example();
    plan["cutover"] = json!({ "freeze": "byHook" });
    plan["waves"] = json!([]);
    plan["launch"]["dataAgeSecondsMax"] = json!(36_000);
    plan["redirect"]["records"][0]["server"] = json!("all-1");
    Rehearsal::new(setting(Procedure::Failback, plan, 2, 1))
}

fn lost(rehearsal: &Rehearsal) -> u64 {
    let world = rehearsal.simulation.world();
    let lost = (0..world.fleet().len()).filter_map(|server| world.lost(server));
    lost.map(|lost| lost.records).sum()
}

/// Returns true while a B3 that serves is frozen.
fn is_frozen(rehearsal: &Rehearsal) -> bool {
    rehearsal.simulation.world().has_frozen_production()
}

#[test]
fn nothing_is_lost_whatever_hides_what_is_on_its_way() {
    let slow = Switches { hook_is_slow: true, writes_in_flight: true, ..Switches::default() };
    let late = Switches { tags_show_late: true, executions_show_late: true, ..Switches::default() };
    for seed in 1..=8 {
        for switches in [Switches::default(), slow, late] {
            let mut rehearsal = rehearsal(switches, 3, seed);
            let done = run(&mut rehearsal, Procedure::Failback);
            assert_done(&rehearsal, &done, rest(Procedure::Failback));
            assert_eq!(lost(&rehearsal), 0, "seed {seed}");
            let report = done.report.expect("a report");
            assert!(report.loss.is_none() && report.freeze.is_some());
        }
    }
}

#[test]
fn a_stack_without_a_hook_is_refused_before_anything_changes() {
    let mut rehearsal = rehearsal(Switches { no_hook: true, ..Switches::default() }, 2, 1);
    let refused = run(&mut rehearsal, Procedure::Failback);
    assert!(
        cause(&refused).contains("this stack has none. Deploy the stack with FreezeHookArn"),
        "{refused:?}"
    );
}

#[test]
fn a_hook_that_fails_holds_the_failback_and_says_what_to_look_at() {
    let mut rehearsal = rehearsal(Switches { hook_fails: true, ..Switches::default() }, 2, 1);
    let held = run(&mut rehearsal, Procedure::Failback);
    assert_eq!((held.outcome, failure(&held)), (Outcome::Held, ("Freeze Writes", "Failback.Rejected")));
    assert!(cause(&held).contains("the hook cannot reach the application"), "{held:?}");
    assert!(!is_frozen(&rehearsal));
}

/// A freeze that does not hold is found before traffic moves, if the hook can see that, and then nothing is lost.
#[test]
fn a_freeze_that_does_not_hold_loses_nothing_or_is_told_before_the_redirect() {
    let leaks = Switches { hook_leaks: true, ..Switches::default() };
    let early = Switches { hook_acknowledges_early: true, ..Switches::default() };
    let unflushed = Switches { hook_does_not_flush: true, ..Switches::default() };
    let mut told = [0; 3];
    for seed in 1..=6 {
        for (number, switches) in [leaks, early, unflushed].into_iter().enumerate() {
            let mut rehearsal = rehearsal(switches, 3, seed);
            let ended = run(&mut rehearsal, Procedure::Failback);
            assert_safe(&rehearsal, &ended);
            if ended.outcome != Outcome::Succeeded {
                assert_eq!(failure(&ended), ("Redirect Traffic", "Failback.Guard"), "{ended:?}");
                assert!(cause(&ended).contains("the hook says that A4 lacks what B3 has accepted"));
                told[number] += 1;
            }
            rehearsal.finish_freezes();
            assert!(!is_frozen(&rehearsal));
            assert_eq!(lost(&rehearsal), 0, "seed {seed}");
        }
    }
    assert!(told[0] == 6 && told[2] == 6, "{told:?}");
}

#[test]
fn a_no_before_the_redirect_ends_the_freeze_and_the_next_start_freezes_again() {
    let mut rehearsal = rehearsal(Switches::default(), 3, 1);
    rehearsal.fail("task:ask-before-redirect=Failback.Refused").expect("a fault");
    let held = run(&mut rehearsal, Procedure::Failback);
    assert_eq!((held.outcome, failure(&held).0), (Outcome::Held, "Ask Before Redirect"));
    assert!(is_frozen(&rehearsal), "the second party comes after the end");
    let next = held.report.as_ref().expect("a report").next.clone();
    assert!(next.contains("Writes to B3") && next.contains("within minutes"), "{next}");
    rehearsal.pass(300);
    assert!(!is_frozen(&rehearsal), "within five minutes");
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
    assert_eq!(lost(&rehearsal), 0);
}

/// Stops an execution after every number of turns. The freeze is over within its lease, whatever was under way.
#[test]
fn an_execution_that_is_stopped_at_any_turn_leaves_no_frozen_b3() {
    let mut frozen = 0;
    for switches in
        [Switches::default(), Switches { tags_show_late: true, hook_is_slow: true, ..Switches::default() }]
    {
        for turns in (1..220).step_by(3) {
            let mut rehearsal = rehearsal(switches, 2, 1);
            let mut yes = failback_rehearsal::rehearsal::Always(GateAnswer::Yes);
            if rehearsal.cut(Procedure::Failback, turns, &mut yes).is_some() {
                break;
            }
            frozen += u32::from(is_frozen(&rehearsal));
            rehearsal.pass(600);
            assert!(!is_frozen(&rehearsal), "after {turns} turns");
            let done: RunResult = run(&mut rehearsal, Procedure::Failback);
            assert_done(&rehearsal, &done, rest(Procedure::Failback));
            assert_eq!(lost(&rehearsal), 0, "after {turns} turns");
        }
    }
    assert!(frozen > 5, "{frozen} times");
}

/// Nobody answers at the gate, so that the execution outlives the lease: the freeze does not.
#[test]
fn a_lease_ends_while_its_execution_waits() {
    let mut rehearsal = rehearsal(Switches::default(), 2, 1);
    let held = {
        let mut answers = Answers(vec![GateAnswer::Yes, GateAnswer::Silence]);
        rehearsal.run(Procedure::Failback, &mut answers)
    };
    assert_safe(&rehearsal, &held);
    assert_eq!(failure(&held), ("Ask Before Redirect", "States.Timeout"));
    assert!(!is_frozen(&rehearsal));
}

/// A redirect that comes after the lease is over moves no traffic.
#[test]
fn a_late_redirect_is_refused() {
    let mut rehearsal = one_wave();
    rehearsal.fail("late:validate-failed-back-servers=Failback.Unavailablex50").expect("a fault");
    let held = run(&mut rehearsal, Procedure::Failback);
    assert_safe(&rehearsal, &held);
    assert_eq!((held.outcome, failure(&held)), (Outcome::Held, ("Redirect Traffic", "Failback.Guard")));
    assert!(cause(&held).contains("cutover.freezeMinutesMax"), "{held:?}");
    assert!(!is_frozen(&rehearsal), "it is lifted while the execution goes on");
    rehearsal.mend();
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
    assert_eq!(lost(&rehearsal), 0);
    assert!(done.verdicts.iter().any(|verdict| verdict.rule == SafetyRule::ProductionRuns));
}

/// Answers in turn, the last one to all further questions.
struct Answers(Vec<GateAnswer>);

impl failback_rehearsal::runner::Watcher for Answers {
    fn event(&mut self, _: &failback_sim::World, _: &failback_asl::Event) {}

    fn gate(&mut self, _: &str) -> GateAnswer {
        if self.0.len() > 1 { self.0.remove(0) } else { self.0[0].clone() }
    }
}

#[test]
fn without_an_answer_nothing_is_frozen() {
    let mut rehearsal = rehearsal(Switches::default(), 3, 1);
    let held = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::Silence);
    assert_eq!(failure(&held), ("Ask Before Launch", "States.Timeout"));
    assert!(!is_frozen(&rehearsal));
}
