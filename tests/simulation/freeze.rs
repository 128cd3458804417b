//! Failbacks that have writes to B3 stopped before the launch.

use failback_asl::Event;
use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_rehearsal::rehearsal::Rehearsal;
use failback_rehearsal::runner::{GateAnswer, Watcher};
use failback_sim::{Switches, World};
use serde_json::{Value, json};

use crate::support::{assert_done, assert_left, example, failure, rest, run, run_with, setting};

fn plan(change: impl FnOnce(&mut Value)) -> Value {
    let mut plan = example();
    plan["cutover"] = json!({ "freeze": "byHand" });
    change(&mut plan);
    plan
}

/// Every answer of DRS may be late or wrong in a way that hides writes which are on their way.
fn hiding() -> Switches {
    Switches { writes_in_flight: true, lag_blips: true, ..Switches::default() }
}

fn rehearsal(switches: Switches, servers: usize, seed: u64) -> Rehearsal {
    let mut setting = setting(Procedure::Failback, plan(|_| ()), servers, seed);
    setting.switches = switches;
    Rehearsal::new(setting)
}

fn lost(rehearsal: &Rehearsal) -> u64 {
    let world = rehearsal.simulation.world();
    let lost = (0..world.fleet().len()).filter_map(|server| world.lost(server));
    lost.map(|lost| lost.records).sum()
}

#[test]
fn nothing_is_lost_and_the_report_says_how_long_writes_waited() {
    for seed in 1..=20 {
        for switches in [Switches::default(), hiding()] {
            let mut rehearsal = rehearsal(switches, 3, seed);
            let done = run(&mut rehearsal, Procedure::Failback);
            assert_done(&rehearsal, &done, rest(Procedure::Failback));
            assert_eq!(lost(&rehearsal), 0, "seed {seed}");
            let report = done.report.expect("a report");
            assert_eq!(report.loss, None);
            let freeze = report.freeze.expect("a freeze");
            let waited = freeze.until.expect("traffic was redirected").seconds_since(freeze.since);
            assert!((600..7_200).contains(&waited), "{waited} s");
        }
    }
}

/// The questions at the gates, which are answered in turn.
struct Answers(Vec<GateAnswer>, Vec<String>);

impl Watcher for Answers {
    fn event(&mut self, _: &World, _: &Event) {}

    fn gate(&mut self, message: &str) -> GateAnswer {
        self.1.push(message.to_owned());
        if self.0.len() > 1 { self.0.remove(0) } else { self.0[0].clone() }
    }
}

#[test]
fn a_no_before_the_redirect_has_people_let_writes_go_on() {
    let mut rehearsal = rehearsal(Switches::default(), 3, 1);
    let mut answers = Answers(vec![GateAnswer::Yes, GateAnswer::No("not tonight".to_owned())], Vec::new());
    let held = rehearsal.run(Procedure::Failback, &mut answers);
    assert_eq!((held.outcome, failure(&held).0), (Outcome::Held, "Ask Before Redirect"));
    assert!(answers.1[0].contains("stop whatever writes to B3"), "{}", answers.1[0]);
    assert!(answers.1[1].contains("nothing is lost with a yes"), "{}", answers.1[1]);
    let next = held.report.expect("a report").next;
    assert!(next.contains("Writes to B3") && next.contains("let them go on"), "{next}");
    // A4 lacks what B3 accepts from now on: it is launched again, after another freeze.
    rehearsal.simulation.world().advance_by(600_000);
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
    assert_eq!(lost(&rehearsal), 0);
    let world = rehearsal.simulation.world();
    assert!(world.fleet().iter().all(|server| server.a4.len() == 2), "each is launched twice");
}

/// Whoever sees an execution stopped lets writes go on. Redriven, it must not send clients to an A4 that lacks them.
#[test]
fn a_redriven_execution_does_not_redirect_under_a_freeze_that_may_be_over() {
    let mut told = 0;
    for turns in (60..130).step_by(4) {
        let mut rehearsal = rehearsal(Switches::default(), 3, 1);
        let failback = Procedure::Failback;
        let mut yes = Answers(vec![GateAnswer::Yes], Vec::new());
        let [first, _] = rehearsal.redriven((failback, turns), (Procedure::Drill, 1), &mut yes);
        crate::support::assert_safe(&rehearsal, &first);
        if first.outcome == Outcome::Held && failure(&first).0 == "Redirect Traffic" {
            told += 1;
            assert!(crate::support::cause(&first).contains("asks for another freeze"), "{:?}", first.failure);
        }
    }
    assert!(told > 0, "no turn was between freeze and redirect");
}

#[test]
fn without_an_answer_nothing_is_stopped() {
    let mut rehearsal = rehearsal(Switches::default(), 3, 1);
    let held = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::Silence);
    assert_eq!(failure(&held), ("Ask Before Launch", "States.Timeout"));
    assert_left(&rehearsal, &["A1", "A2", "B1", "B2", "B3"]);
    let world = rehearsal.simulation.world();
    assert!(world.fleet().iter().all(|server| server.b3.last().is_some_and(|b3| !world.is_frozen(b3))));
}

/// Ten waves that need not wait for each other, in a failback or a drill.
fn ten_waves(waits_for: &str) -> Value {
    plan(|plan| {
        let wave = |number: usize| {
            let mut wave =
                json!({ "name": format!("wave-{number}"), "tags": { "wave": number.to_string() } });
            if number > 1 {
                wave["waitsFor"] = json!(waits_for);
            }
            wave
        };
        plan["waves"] = (1..=10).map(wave).collect();
        plan["launch"]["dataAgeSecondsMax"] = json!(18_000);
    })
}

/// Returns the seconds for which clients could not write, and the longest launch of a server.
fn waited(waits_for: &str, seed: u64) -> (u64, u64) {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, ten_waves(waits_for), 10, seed));
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
    assert_eq!(lost(&rehearsal), 0, "seed {seed}");
    let world = rehearsal.simulation.world();
    assert!(world.fleet().iter().all(|server| server.a4.len() == 1), "each is launched once");
    let (source, _) = world.region_pair();
    let job_ms = |job: &failback_sim::objects::Job| job.ended_ms.unwrap_or_default() - job.created_ms;
    let launches = world.jobs(source).filter(|job| job.kind == failback_core::cloud::JobKind::Launch);
    let longest = launches.map(job_ms).max().unwrap_or_default();
    let freeze = done.report.and_then(|report| report.freeze).expect("a freeze");
    let until = freeze.until.expect("traffic was redirected");
    (until.seconds_since(freeze.since), u64::try_from(longest / 1_000).unwrap_or_default())
}

#[test]
fn ten_waves_beside_each_other_take_one_launch() {
    for seed in 1..=5 {
        let (line, _) = waited("validation", seed);
        let (overlap, _) = waited("launch", seed);
        let (beside, launch) = waited("nothing", seed);
        assert!(beside < overlap && overlap < line, "seed {seed}: {beside}, {overlap}, {line} s");
        // Two contacts of the agent, one launch, one boot, Route 53 and the old TTL.
        assert!(
            beside < launch + 150 + 180 + 60 + 60 + 60,
            "seed {seed}: {beside} s, of which a launch {launch} s"
        );
    }
}
