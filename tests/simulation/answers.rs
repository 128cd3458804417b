//! Answers at a gate that are neither a yes nor a no: another launch, and an abort.

use failback_asl::Event;
use failback_audit::Auditor;
use failback_core::plan::{Address, Record};
use failback_core::procedure::Procedure;
use failback_core::report::{Outcome, Report};
use failback_rehearsal::rehearsal::{Rehearsal, RunResult};
use failback_rehearsal::runner::{GateAnswer, Watcher};
use failback_sim::{ChangeAction, RecordChange, Simulation, World};
use serde_json::{Value, json};

use crate::support::{
    assert_done, assert_left, assert_safe, calls, example, failure, rest, run, setting, three_tier,
};

const FAILBACK: Procedure = Procedure::Failback;

/// What is there before the first launch, and after an abort.
const BEFORE: &[&str] = &["A1", "A2", "B1", "B2", "B3"];

/// The answers at the gates in turn, the last one also at those that follow, and the questions.
struct Answers(Vec<GateAnswer>, Vec<String>);

impl Watcher for Answers {
    fn event(&mut self, _: &World, _: &Event) {}

    fn gate(&mut self, message: &str) -> GateAnswer {
        self.1.push(message.to_owned());
        if self.0.len() > 1 { self.0.remove(0) } else { self.0[0].clone() }
    }
}

fn answered(rehearsal: &mut Rehearsal, answers: &[GateAnswer]) -> (RunResult, Vec<String>) {
    let mut answers = Answers(answers.to_vec(), Vec::new());
    let run = rehearsal.run(FAILBACK, &mut answers);
    assert_safe(rehearsal, &run);
    (run, answers.1)
}

fn again(names: &[&str]) -> GateAnswer {
    GateAnswer::LaunchAgain(names.iter().map(|name| (*name).to_owned()).collect())
}

fn abort() -> GateAnswer {
    GateAnswer::Abort("the shop stays open".to_owned())
}

fn of(input: Value, seed: u64) -> Rehearsal {
    Rehearsal::new(setting(FAILBACK, input, 3, seed))
}

/// Returns the number of A4 that were launched of each server, by name.
fn launched(rehearsal: &Rehearsal) -> Vec<(String, usize)> {
    let world = rehearsal.simulation.world();
    let mut all: Vec<_> = world.fleet().iter().map(|server| (server.name.clone(), server.a4.len())).collect();
    all.sort();
    all
}

fn report(run: RunResult) -> Report {
    run.report.expect("a report")
}

#[test]
fn one_server_is_launched_again_and_the_gate_asks_once_more() {
    for seed in 1..=10 {
        let mut rehearsal = of(three_tier(|_| ()), seed);
        let (done, asked) = answered(&mut rehearsal, &[again(&["web-1"]), GateAnswer::Yes]);
        assert_done(&rehearsal, &done, rest(FAILBACK));
        let counts: Vec<usize> = launched(&rehearsal).into_iter().map(|(_, count)| count).collect();
        assert_eq!(counts, [1, 1, 2], "seed {seed}: only web-1");
        assert!(asked[0].contains("Launch again:") && asked[0].contains(r#"'{"launchAgain":"all"}'"#));
        let redirect = asked.iter().filter(|question| question.contains("passed validation")).count();
        assert_eq!(redirect, 2, "{asked:?}");
        let approvals = report(done).approvals;
        let wanted = serde_json::to_value(&approvals[0]).expect("JSON");
        assert_eq!((&wanted["launchAgain"], &wanted["by"]), (&json!(["web-1"]), &json!("the rehearsal")));
        assert!(approvals[1].launch_again.is_none(), "{approvals:?}");
    }
}

/// What a person wants does not count against what the program may do by itself.
#[test]
fn a_person_may_ask_more_often_than_the_plan_launches_again() {
    let mut rehearsal = of(three_tier(|plan| plan["launch"]["relaunchesMax"] = json!(0)), 1);
    let answers = [again(&[]), again(&["db-1"]), again(&[]), GateAnswer::Yes];
    let (done, _) = answered(&mut rehearsal, &answers);
    assert_done(&rehearsal, &done, rest(FAILBACK));
    let counts: Vec<usize> = launched(&rehearsal).into_iter().map(|(_, count)| count).collect();
    assert_eq!(counts, [3, 4, 3]);
}

#[test]
fn an_answer_that_names_no_server_is_told_and_the_gate_asks_again() {
    let mut rehearsal = of(three_tier(|_| ()), 1);
    let (done, asked) = answered(&mut rehearsal, &[again(&["web-1", "web-9"]), GateAnswer::Yes]);
    assert_done(&rehearsal, &done, rest(FAILBACK));
    assert!(launched(&rehearsal).iter().all(|(_, count)| *count == 1));
    let told = "Nothing was launched again: launchAgain: `web-9` is no server of the plan.";
    assert!(asked[1].contains(told), "{}", asked[1]);
}

/// An answer that says two things, or one that this program does not know, is a no: nobody gets what they did not mean.
#[test]
fn an_answer_that_is_not_clear_is_a_no() {
    for unclear in [
        json!({ "launchAgain": "all", "approved": true }),
        json!({ "launchAgain": "all", "approved": false }),
        json!({ "launchAgain": ["web-1"], "abort": true }),
        json!({ "abort": true, "approved": true }),
        json!({ "launchAgain": "all", "pointInTime": "2026-11-02T08:00:00Z", "comment": "before the mistake" }),
        json!({ "launchAgain": null }),
        json!({ "launchAgain": "web-1" }),
        json!({ "launchAgain": [] }),
        json!({ "launchAgain": 7 }),
        json!({ "launchAgain": ["web-1", 7] }),
        json!({ "abort": "yes" }),
        json!("yes"),
        json!(true),
        json!(null),
    ] {
        let answer = GateAnswer::Other(unclear.clone());
        for (gate, answers) in [
            ("Ask Before Redirect", vec![answer.clone()]),
            ("Ask Before Clean Up", vec![GateAnswer::Yes, answer]),
        ] {
            let mut rehearsal = of(three_tier(|_| ()), 1);
            let (held, _) = answered(&mut rehearsal, &answers);
            assert_eq!(failure(&held), (gate, "Failback.Refused"), "{unclear}: {:?}", held.failure);
            let why = held.failure.expect("a failure").cause;
            assert_eq!(
                (held.outcome, why.as_str()),
                (Outcome::Held, "the answer was not a yes"),
                "{unclear}"
            );
            assert!(launched(&rehearsal).iter().all(|(_, count)| *count == 1), "{gate}: {unclear}");
        }
    }
}

/// A person moves traffic while the gate is open, and then asks for another launch by mistake.
struct Mover<'a> {
    simulation: &'a Simulation,
    auditor: Auditor,
    record: Record,
    answers: Vec<GateAnswer>,
    asked: Vec<String>,
}

impl Watcher for Mover<'_> {
    fn event(&mut self, _: &World, _: &Event) {}

    fn gate(&mut self, message: &str) -> GateAnswer {
        if self.asked.is_empty() {
            self.auditor.let_act(&mut self.simulation.world(), |world| point_at_a4(world, &self.record));
        }
        self.asked.push(message.to_owned());
        self.answers.remove(0)
    }
}

fn point_at_a4(world: &mut World, record: &Record) {
    let server = world.index_of(&record.server).expect("a server");
    let a4 = world.labels(server).a4.expect("an A4");
    let (source, _) = world.region_pair();
    let instance = world.instance(source, &a4).expect("an instance");
    let address = match record.address {
        Address::Private => instance.private_ip.clone(),
        Address::Public => instance.public_ip.clone(),
    };
    let change = RecordChange::of_simple(ChangeAction::Upsert, &record.name, 60, vec![address]);
    world.change_record_sets(&record.zone_id, &[change]).expect("a change");
}

#[test]
fn an_a4_that_serves_is_neither_launched_again_nor_ended() {
    let mut rehearsal = of(three_tier(|_| ()), 1);
    let simulation = rehearsal.simulation.clone();
    let answers = vec![again(&[]), abort()];
    let record = rehearsal.setting().plan.redirect.records()[0].clone();
    let auditor = rehearsal.auditor.clone();
    let mut mover = Mover { simulation: &simulation, auditor, record, answers, asked: Vec::new() };
    let held = rehearsal.run(FAILBACK, &mut mover);
    assert_safe(&rehearsal, &held);
    assert!(mover.asked[1].contains("is not launched again: clients use it (S10:"), "{}", mover.asked[1]);
    assert_eq!(held.outcome, Outcome::Held);
    assert!(held.failure.expect("a failure").cause.contains("traffic has moved to A4, or some of it"));
    assert_eq!(calls(&rehearsal, "TerminateRecoveryInstances"), 0);
}

#[test]
fn an_abort_at_each_gate_leads_back() {
    let stop = |plan: &mut Value| {
        plan["stopOriginalReplication"] = json!(true);
        plan["gates"]["beforeStop"] = json!({ "timeoutMinutes": 60 });
    };
    let plans = [
        (three_tier(stop), vec![abort()], "Ask Before Stop"),
        (example(), vec![abort()], "Ask Before Launch"),
        (example(), vec![GateAnswer::Yes, abort()], "Ask Before Redirect"),
        (three_tier(|_| ()), vec![again(&["app-1"]), abort()], "Ask Before Redirect"),
    ];
    for (input, answers, gate) in plans {
        let mut rehearsal = of(input, 1);
        let (aborted, asked) = answered(&mut rehearsal, &answers);
        assert_eq!((aborted.outcome, failure(&aborted)), (Outcome::Aborted, (gate, "Failback.Aborted")));
        assert!(asked.last().is_some_and(|question| question.contains("Abort: A4 that this failback")));
        assert_left(&rehearsal, BEFORE);
        assert_eq!(calls(&rehearsal, "ChangeResourceRecordSets"), 0);
        let who = report(aborted).aborted.expect("an abort");
        assert_eq!((who.gate.as_deref(), who.by.as_deref()), (Some(gate), Some("the rehearsal")));
        assert_eq!(who.comment.as_deref(), Some("the shop stays open"));
        // The same plan goes home later.
        rehearsal.simulation.world().advance_by(86_400_000);
        let done = run(&mut rehearsal, FAILBACK);
        assert_done(&rehearsal, &done, rest(FAILBACK));
    }
}

#[test]
fn the_plan_may_keep_a4_of_an_aborted_failback() {
    let mut rehearsal = of(three_tier(|plan| plan["cutover"]["onAbort"] = json!("keep")), 1);
    let (aborted, _) = answered(&mut rehearsal, &[abort()]);
    assert_eq!(aborted.outcome, Outcome::Aborted);
    assert_left(&rehearsal, &["A1", "A2", "A3", "A4", "B1", "B2", "B3"]);
    assert!(report(aborted).next.contains("A4 of db-1, app-1, web-1 is left, and billed"));
    let done = run(&mut rehearsal, FAILBACK);
    assert_done(&rehearsal, &done, rest(FAILBACK));
}

#[test]
fn an_abort_under_a_freeze_has_people_let_writes_go_on() {
    let mut input = example();
    input["cutover"] = json!({ "freeze": "byHand" });
    let mut rehearsal = of(input, 1);
    let (aborted, _) = answered(&mut rehearsal, &[GateAnswer::Yes, abort()]);
    assert_eq!(aborted.outcome, Outcome::Aborted);
    let next = report(aborted).next;
    assert!(next.contains("Writes to B3") && next.contains("let them go on"), "{next}");
    assert_left(&rehearsal, BEFORE);
    let world = rehearsal.simulation.world();
    assert!(world.fleet().iter().all(|server| server.b3.last().is_some_and(|b3| !world.is_frozen(b3))));
}

/// Returns the state and error of an abort by a start with the plan's `abort`, after a run that was stopped.
fn aborted_after(turns: usize, seed: u64) -> (Rehearsal, RunResult) {
    let mut rehearsal = of(three_tier(|_| ()), seed);
    rehearsal.cut(FAILBACK, turns, &mut Answers(vec![GateAnswer::No("not yet".to_owned())], Vec::new()));
    let input = three_tier(|plan| plan["abort"] = json!("the shop stays open"));
    let plan = failback_core::plan::Plan::read(&input).expect("a plan");
    rehearsal.replan(input, plan);
    let run = run(&mut rehearsal, FAILBACK);
    (rehearsal, run)
}

#[test]
fn a_start_with_abort_leads_back_from_every_state_before_the_redirect() {
    for turns in 1..=60 {
        let (mut rehearsal, aborted) = aborted_after(turns, 1);
        let told = (aborted.outcome, failure(&aborted));
        assert_eq!(told, (Outcome::Aborted, ("Check Readiness", "Failback.Aborted")), "turn {turns}");
        for left in crate::support::left(&rehearsal) {
            assert!(!left.contains("A3") && !left.contains("A4"), "turn {turns}: {left:?}");
            assert!(["A1", "B1", "B2", "B3"].iter().all(|label| left.contains(label)), "{turns}: {left:?}");
        }
        let input = three_tier(|_| ());
        let plan = failback_core::plan::Plan::read(&input).expect("a plan");
        rehearsal.replan(input, plan);
        let done = run(&mut rehearsal, FAILBACK);
        assert_done(&rehearsal, &done, rest(FAILBACK));
    }
}

/// Where jobs do not say what they launched, the next launch must still know that nothing of the last one runs.
#[test]
fn the_next_launch_after_an_abort_knows_the_fate_of_the_last_one() {
    let mut setting = setting(FAILBACK, three_tier(|_| ()), 3, 1);
    setting.switches.participants_lack_instances = true;
    let mut rehearsal = Rehearsal::new(setting);
    let (aborted, _) = answered(&mut rehearsal, &[abort()]);
    assert_eq!(aborted.outcome, Outcome::Aborted);
    rehearsal.simulation.world().advance_by(86_400_000);
    let done = run(&mut rehearsal, FAILBACK);
    assert_done(&rehearsal, &done, rest(FAILBACK));
}
