use failback_core::cloud::Clock as _;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::report::{Outcome, Protection, ServerOutcome};
use failback_core::step;
use failback_rehearsal::rehearsal::{Rehearsal, RunResult};
use failback_rehearsal::runner::GateAnswer;
use serde_json::{Value, json};
use watch_replication::{WatchReplication, Watched};

use crate::support::{
    assert_done, assert_left, calls, cause, failure, rest, run, run_with, setting, three_tier,
};

const FAILBACK: Procedure = Procedure::Failback;
const DAY_MS: i64 = 86_400_000;

/// What a failback that is ready to go home leaves: it has launched nothing, and ended nothing.
const READY: &[&str] = &["A1", "A2", "B1", "B2", "B3"];

/// Returns a world that was recovered an hour ago, and a plan that ends as ready to go home.
fn recovered(change: impl FnOnce(&mut Value)) -> Rehearsal {
    let plan = three_tier(|plan| {
        plan["endWhenReady"] = json!(true);
        change(plan);
    });
    Rehearsal::new(setting(FAILBACK, plan, 3, 1))
}

/// Lets days pass.
fn wait(rehearsal: &Rehearsal, days: i64) {
    rehearsal.simulation.world().advance_by(days * DAY_MS);
}

fn replan(rehearsal: &mut Rehearsal, change: impl FnOnce(&mut Value)) {
    let input = three_tier(change);
    let plan = Plan::read(&input).unwrap_or_else(|problems| panic!("{problems}"));
    rehearsal.replan(input, plan);
}

fn assert_ready(run: &RunResult) {
    assert_eq!((run.outcome, &run.failure), (Outcome::Ready, &None));
    let report = run.report.as_ref().expect("a report");
    assert_eq!((report.rto_seconds, report.loss), (None, None));
    assert!(report.summary.ends_with("is ready to go home"), "{}", report.summary);
    assert!(report.next.contains("without endWhenReady"), "{}", report.next);
}

#[test]
fn a_failback_ends_as_ready_to_go_home_and_launches_nothing() {
    let mut rehearsal = recovered(|_| ());
    let ready = run_with(&mut rehearsal, FAILBACK, GateAnswer::No("nobody is asked".to_owned()));
    assert_ready(&ready);
    assert_left(&rehearsal, READY);
    for operation in ["StartRecovery", "ChangeResourceRecordSets", "StopReplication"] {
        assert_eq!(calls(&rehearsal, operation), 0, "{operation}");
    }
    for server in ready.report.expect("a report").servers {
        assert_eq!((server.outcome, server.a3), (ServerOutcome::Ready, None));
        assert_eq!(server.seconds_from_start.launched, None);
        assert!(matches!(server.protection, Protection::Healthy | Protection::Unknown), "{}", server.name);
    }
}

/// The claim of a run that has ended blocks nobody.
#[test]
fn weeks_later_the_same_plan_without_it_goes_home() {
    let mut rehearsal = recovered(|_| ());
    assert_ready(&run(&mut rehearsal, FAILBACK));
    wait(&rehearsal, 21);
    assert_ready(&run(&mut rehearsal, FAILBACK));
    wait(&rehearsal, 21);
    replan(&mut rehearsal, |_| ());
    let home = run(&mut rehearsal, FAILBACK);
    assert_done(&rehearsal, &home, rest(FAILBACK));
    assert!(home.virtual_seconds < 6.0 * 3_600.0, "A2 has followed B3: {}", home.virtual_seconds);
}

/// The servers of the shop go home together, so here the others only become ready too.
#[test]
fn drills_and_failbacks_of_others_are_not_blocked_meanwhile() {
    let only = |tier: &'static str| {
        move |plan: &mut Value| {
            plan["servers"] = json!({ "tags": { "app": "shop", "tier": tier } });
            plan["waves"] = json!([]);
            plan["launch"]["dataAgeSecondsMax"] = json!(18_000);
            plan["redirect"] = json!({ "byHand": true });
            plan["endWhenReady"] = json!(true);
        }
    };
    let mut rehearsal = recovered(|_| ());
    replan(&mut rehearsal, only("db"));
    assert_ready(&run(&mut rehearsal, FAILBACK));
    replan(&mut rehearsal, |plan| {
        only("app")(plan);
        plan["drill"]["launchRecoveredServers"] = json!(false);
        plan["drill"]["keepRecoveredServers"] = json!(true);
    });
    let drill = run(&mut rehearsal, Procedure::Drill);
    assert_eq!(drill.outcome, Outcome::Succeeded, "{:?}", drill.failure);
    replan(&mut rehearsal, only("web"));
    assert_ready(&run(&mut rehearsal, FAILBACK));
    replan(&mut rehearsal, only("db"));
    assert_ready(&run(&mut rehearsal, FAILBACK));
}

#[test]
fn what_is_not_ready_in_time_is_held_as_ever() {
    let mut rehearsal = recovered(|plan| plan["limits"] = json!({ "replicationHours": 1 }));
    rehearsal.fail("stall:db-1=600").expect("a rule");
    let held = run(&mut rehearsal, FAILBACK);
    assert_eq!((held.outcome, failure(&held)), (Outcome::Held, ("Check Launch State", "Failback.TimedOut")));
    assert!(cause(&held).contains("db-1"), "{}", cause(&held));
    rehearsal.mend();
    wait(&rehearsal, 1);
    assert_ready(&run(&mut rehearsal, FAILBACK));
}

#[test]
fn a_drill_does_not_read_it() {
    let plan = three_tier(|plan| plan["endWhenReady"] = json!(true));
    let mut rehearsal = Rehearsal::new(setting(Procedure::Drill, plan, 3, 1));
    let done = run(&mut rehearsal, Procedure::Drill);
    assert_done(&rehearsal, &done, rest(Procedure::Drill));
}

/// Returns how many A2 the watch of the stack finds in trouble, and what it says.
fn watch(rehearsal: &Rehearsal) -> (usize, String) {
    let simulation = &rehearsal.simulation;
    let payload = json!({ "source": "us-east-1", "lagSecondsMax": 900 });
    let call = step::call::<WatchReplication>(simulation, payload, simulation.now().plus_seconds(60));
    let answer = simulation.run(call).expect("it has not died").expect("an answer");
    let watched: Watched = serde_json::from_value(answer).expect("an answer of the watch");
    assert_eq!(watched.watched, 3);
    (watched.in_trouble, watched.answer.why)
}

#[test]
fn the_watch_tells_of_an_a2_that_stalls_until_it_is_mended() {
    let mut rehearsal = recovered(|_| ());
    assert_ready(&run(&mut rehearsal, FAILBACK));
    wait(&rehearsal, 7);
    assert_eq!(watch(&rehearsal), (0, "3 source servers (A2) in order".to_owned()));
    let b3 = {
        let mut world = rehearsal.simulation.world();
        let (_, recovery) = world.region_pair();
        let b3 = world.fleet()[0].b3[0].clone();
        world.stop_instances(recovery, std::slice::from_ref(&b3)).expect("it runs");
        world.advance_by(3_600_000);
        b3
    };
    let (number, why) = watch(&rehearsal);
    assert_eq!(number, 1, "{why}");
    assert!(why.contains("STALLED (AGENT_NOT_SEEN): check that the instance runs"), "{why}");
    {
        let mut world = rehearsal.simulation.world();
        let (_, recovery) = world.region_pair();
        world.start_instances(recovery, &[b3]).expect("it is stopped");
        world.advance_by(3_600_000);
    }
    assert_eq!(watch(&rehearsal), (0, "3 source servers (A2) in order".to_owned()));
}
