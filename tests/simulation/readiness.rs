use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_rehearsal::rehearsal::{Rehearsal, RunResult, Setting};
use failback_sim::Scenario;
use serde_json::{Value, json};

use crate::support::{cause, failure, rehearsal, run, setting, three_tier, writes};

/// Asserts that the run stopped before anything changed, and reported all of this.
fn assert_stopped(rehearsal: &Rehearsal, run: &RunResult, said: &[&str]) {
    assert_eq!((run.outcome, failure(run).0), (Outcome::Failed, "Check Readiness"), "{:?}", run.failure);
    assert_eq!(writes(rehearsal), 0, "something was changed");
    for text in said {
        assert!(cause(run).contains(text), "{text} is not in:\n{}", cause(run));
    }
}

fn stopped(setting: Setting, procedure: Procedure, said: &[&str]) {
    let mut rehearsal = Rehearsal::new(setting);
    let run = run(&mut rehearsal, procedure);
    assert_stopped(&rehearsal, &run, said);
}

fn in_scenario(procedure: Procedure, scenario: Scenario, input: Value) -> Setting {
    Setting { scenario, ..setting(procedure, input, 3, 1) }
}

#[test]
fn a_plan_that_is_wrong_stops_with_every_problem() {
    let good = setting(Procedure::Drill, three_tier(|_| ()), 3, 1);
    let input = three_tier(|plan| {
        plan["colour"] = json!("blue");
        plan["limits"] = json!({ "launchMinutes": 0 });
    });
    stopped(Setting { input, ..good }, Procedure::Drill, &["$.colour", "$.limits.launchMinutes"]);
}

#[test]
fn everything_that_stands_in_the_way_is_told_at_once() {
    let input = three_tier(|plan| {
        plan["waves"] = json!([{ "name": "db", "tags": { "tier": "db" } }]);
        plan["redirect"]["records"][0]["server"] = json!("nobody");
        plan["launch"]["network"] =
            json!({ "subnetId": "subnet-00000000000000001", "securityGroupIds": ["sg-00000000000000001"] });
    });
    // The world fits another plan, so the names of this one do not exist in it.
    let world = setting(Procedure::Failback, three_tier(|_| ()), 3, 1);
    let told = &[
        "no wave of the plan",
        "this is not a server of the plan",
        "subnet-00000000000000001 does not exist",
    ];
    stopped(Setting { input, ..world }, Procedure::Failback, told);
}

#[test]
fn drs_must_be_initialised_in_both_regions() {
    for region in ["us-east-1", "us-east-2"] {
        let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
        rehearsal.simulation.world().uninitialize(region.parse().expect("a Region"));
        let run = run(&mut rehearsal, Procedure::Failback);
        assert_stopped(&rehearsal, &run, &[region, "not initialised"]);
    }
}

#[test]
fn a_quota_that_is_used_up_is_told_before_it_is_met() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    let home = rehearsal.setting().plan.regions.source();
    rehearsal.simulation.world().set_replicating_quota(home, 2);
    let run = run(&mut rehearsal, Procedure::Failback);
    assert_stopped(&rehearsal, &run, &["L-C1D14A2B"]);
}

#[test]
fn a_failback_needs_addresses_beside_the_originals() {
    let mut rehearsal = rehearsal(Procedure::Failback, 6, 1);
    let home = rehearsal.setting().plan.regions.source();
    let a1 = rehearsal.simulation.world().fleet()[0].a1.clone();
    rehearsal.simulation.world().set_free_addresses_beside(home, &a1, 1);
    let run = run(&mut rehearsal, Procedure::Failback);
    assert_stopped(&rehearsal, &run, &["has 1 free address for 2 servers", "$.launch.network"]);
}

#[test]
fn a_drill_does_not_launch_over_recovered_servers() {
    let input = three_tier(|_| ());
    stopped(
        in_scenario(Procedure::Drill, Scenario::Recovered, input),
        Procedure::Drill,
        &["which DRS would terminate"],
    );
}

#[test]
fn a_drill_does_not_take_down_what_may_be_production() {
    let input = three_tier(|plan| plan["drill"]["launchRecoveredServers"] = json!(false));
    let told = &["A1 does not run", "a record of the plan points at B3", "not launched as a drill"];
    stopped(in_scenario(Procedure::Drill, Scenario::Recovered, input), Procedure::Drill, told);
}

#[test]
fn a_drill_needs_an_isolated_network_and_recovered_servers() {
    let input = three_tier(|plan| plan["drill"] = json!({}));
    let told = &["$.drill.network", "no recovered server (B2)"];
    stopped(in_scenario(Procedure::Drill, Scenario::Steady, input), Procedure::Drill, told);
}

#[test]
fn a_drill_where_drs_launches_into_the_source_is_refused() {
    let mut setting = setting(Procedure::Drill, three_tier(|_| ()), 3, 1);
    setting.switches.launch_into_source = true;
    stopped(setting, Procedure::Drill, &["launches into the source instance"]);
}

#[test]
fn a_failback_does_not_make_a_drill_copy_production() {
    let input = three_tier(|_| ());
    stopped(
        in_scenario(Procedure::Failback, Scenario::DrilledRecovered, input),
        Procedure::Failback,
        &["launched by a drill"],
    );
}

#[test]
fn an_original_that_is_gone_cannot_be_copied() {
    let mut rehearsal = rehearsal(Procedure::Failback, 1, 1);
    {
        let mut world = rehearsal.simulation.world();
        let (home, _) = world.region_pair();
        let a1 = world.fleet()[0].a1.clone();
        world.terminate_instances(home, &[a1]).expect("A1 can be terminated");
        world.advance_by(3_600_000);
    }
    let run = run(&mut rehearsal, Procedure::Failback);
    assert_stopped(&rehearsal, &run, &["shows no subnet", "$.launch"]);
}

#[test]
fn an_original_is_terminated_only_where_its_owner_has_tagged_it() {
    let untagged = |terminates: bool| {
        let input = three_tier(|plan| plan["cleanup"]["terminateOriginals"] = json!(terminates));
        let mut setting = setting(Procedure::Failback, input, 3, 1);
        setting.switches.originals_lack_tag = true;
        setting
    };
    let told = &["has not tagged it", "drs-failback:original=may-be-terminated"];
    stopped(untagged(true), Procedure::Failback, told);
    let mut rehearsal = Rehearsal::new(untagged(false));
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_eq!(done.outcome, Outcome::Succeeded, "{:?}", done.failure);
}
