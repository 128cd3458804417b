use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_rehearsal::rehearsal::{Rehearsal, Setting};
use failback_sim::Scenario;
use serde_json::{Value, json};

use crate::support::{assert_done, assert_left, rest, run, setting, three_tier};

fn kept() -> Value {
    three_tier(|plan| {
        plan["drill"]["launchRecoveredServers"] = json!(false);
        plan["drill"]["keepRecoveredServers"] = json!(true);
    })
}

#[test]
fn a_drill_from_the_recovery_region_keeps_production_there() {
    for seed in 1..=5 {
        let mut rehearsal = Rehearsal::new(setting(Procedure::Drill, kept(), 3, seed));
        let drill = run(&mut rehearsal, Procedure::Drill);
        assert_done(&rehearsal, &drill, &["A1", "A2", "B1", "B2", "B3"]);
    }
}

#[test]
fn such_a_drill_that_fails_keeps_production_too() {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Drill, kept(), 3, 1));
    rehearsal.fail("launch:db-1x9").expect("a rule");
    let drill = run(&mut rehearsal, Procedure::Drill);
    assert_eq!(drill.outcome, Outcome::Failed);
    assert_left(&rehearsal, &["A1", "A2", "B1", "B2", "B3"]);
}

#[test]
fn the_failback_follows_such_a_drill() {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Drill, kept(), 3, 1));
    run(&mut rehearsal, Procedure::Drill);
    let failback = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &failback, rest(Procedure::Failback));
}

/// A disconnect of A2 would have the agent on B3 uninstall itself.
#[test]
fn b3_can_be_failed_back_weeks_after_such_a_drill() {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Drill, kept(), 3, 1));
    run(&mut rehearsal, Procedure::Drill);
    rehearsal.simulation.world().advance_by(30 * 86_400_000);
    let failback = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &failback, rest(Procedure::Failback));
}

#[test]
fn servers_that_were_launched_as_a_drill_are_used_and_taken_down() {
    let plan = three_tier(|plan| plan["drill"]["launchRecoveredServers"] = json!(false));
    let setting = Setting { scenario: Scenario::DrilledRecovered, ..setting(Procedure::Drill, plan, 3, 1) };
    let mut rehearsal = Rehearsal::new(setting);
    let drill = run(&mut rehearsal, Procedure::Drill);
    assert_done(&rehearsal, &drill, rest(Procedure::Drill));
}
