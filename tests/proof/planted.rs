use failback_campaign::{Broken, Case};
use failback_core::procedure::Procedure;
use failback_core::rule::SafetyRule;
use failback_rehearsal::machines;
use failback_rehearsal::program::Program;
use serde_json::{Value, json};

use crate::bug::{Bug, Bugged};
use crate::bugs;

/// Returns the worlds in which every bug must be detected, those without faults first.
fn worlds() -> impl Iterator<Item = Case> {
    let undisturbed =
        failback_campaign::grid().into_iter().filter(|case| case.acts.len() == 2 && case.servers < 100);
    let at_gates =
        failback_campaign::grid().into_iter().filter(|case| case.to_string().contains("run failback no"));
    undisturbed.chain(at_gates).chain((1..=150).map(failback_campaign::random))
}

/// Returns the violations of the first world that has any, with its case.
fn caught(program: &Program) -> Option<(Vec<Broken>, String)> {
    worlds().find_map(|case| {
        let broken = broken_by(program, &case);
        (!broken.is_empty()).then(|| (broken, case.to_string()))
    })
}

fn broken_by(program: &Program, case: &Case) -> Vec<Broken> {
    let played = failback_campaign::play_with(program, case).expect("a case");
    played.violations.iter().map(|violation| violation.broken).collect()
}

/// Asserts that the rule which is meant to catch the bug catches it in some world. Others may catch it in others.
fn assert_caught(program: &Program, by: Broken) {
    let mut others = Vec::new();
    let is_caught = worlds().any(|case| {
        let broken = broken_by(program, &case);
        let by_it = broken.contains(&by);
        others.extend(broken);
        by_it
    });
    others.dedup();
    assert!(is_caught, "{by} has not caught it; caught by {others:?}");
}

fn assert_bug_caught(bug: impl Bug + 'static, by: Broken) {
    assert_caught(&Program::deployed().expect("the machines").performed_by(Bugged(bug)), by);
}

/// Returns the deployed machines with a change to one of them.
pub(crate) fn with(procedure: Procedure, change: impl Fn(&mut Value)) -> Program {
    let mut machine: Value = serde_json::from_str(machines::text(procedure)).expect("JSON");
    change(&mut machine["States"]);
    let text = machine.to_string();
    let program = match procedure {
        Procedure::Drill => Program::of(&text, machines::FAILBACK),
        Procedure::Failback => Program::of(machines::DRILL, &text),
    };
    program.unwrap_or_else(|problems| panic!("the changed machine cannot be read: {problems}"))
}

/// The control without a bug: a check that finds bugs where there are none proves nothing.
#[test]
fn without_a_bug_the_same_worlds_hold() {
    let found = caught(&Program::deployed().expect("the machines"));
    assert!(found.is_none(), "{found:?}");
}

#[test]
fn clean_up_order_swapped() {
    // B3 would be terminated while A2 still replicates it.
    let program = with(Procedure::Failback, |states| {
        states["Clean Up"]["Next"] = json!("Terminate Recovered Servers");
        states["Recovered Servers Terminated?"]["Choices"][0]["Next"] = json!("Stop Reversed Replication");
        states["Reversed Replication Stopped?"]["Choices"][0]["Next"] = json!("Terminate Originals?");
    });
    assert_caught(&program, Broken::Eventually);
}

#[test]
fn terminate_before_redirect() {
    let program = with(Procedure::Failback, |states| {
        states["Another Wave?"]["Default"] = json!("Clean Up");
        states["Source Servers Removed?"]["Choices"][0]["Next"] = json!("Ask Before Redirect?");
        states["Ask Before Clean Up?"]["Default"] = json!("Write Report");
        states["Clean Up Approved?"]["Choices"][0]["Next"] = json!("Write Report");
    });
    assert_caught(&program, Broken::Eventually);
}

#[test]
fn a_failed_drill_does_not_clean_up() {
    let program = with(Procedure::Drill, |states| {
        states["Validate Failed Back Servers"]["Catch"][0]["Next"] = json!("Write Report");
        states["Launch For Failback"]["Catch"][0]["Next"] = json!("Write Report");
        states["Hold For Tests?"]["Default"] = json!("Write Report");
    });
    assert_caught(&program, Broken::Rule(SafetyRule::NothingLeftUnreported));
}

#[test]
fn one_refusal_ends_the_clean_up_of_a_drill() {
    let program = with(Procedure::Drill, |states| {
        for state in ["Stop Reversed Replication", "Terminate Drill Servers", "Terminate Recovered Servers"] {
            states[state]["Catch"][0]["Next"] = json!("Write Report");
        }
    });
    let program = program.performed_by(Bugged(bugs::TwoA2OfOneB3::default()));
    let case: Case = "steady, 3 servers, seed 1: run drill".parse().expect("a case");
    let played = failback_campaign::play_with(&program, &case).expect("a case");
    let s6 = Broken::Rule(SafetyRule::NothingLeftUnreported);
    let found = played.violations.iter().find(|violation| violation.broken == s6);
    assert!(
        found.is_some_and(|found| found.what.contains("because another server")),
        "{:#?}",
        played.violations
    );
}

#[test]
fn a_refusal_at_the_gate_is_taken_for_a_yes() {
    let program = with(Procedure::Failback, |states| {
        let refused = &mut states["Redirect Refused"];
        refused["Next"] = json!("Redirect By Hand?");
        refused.as_object_mut().expect("a state").remove("Assign");
        let caught = &mut states["Ask Before Redirect"]["Catch"][0];
        caught["Next"] = json!("Redirect Refused");
        caught.as_object_mut().expect("a catcher").remove("Assign");
    });
    assert_caught(&program, Broken::Refusal);
}

#[test]
fn a_loop_without_an_end() {
    // Polls are not counted, so a stalled replication is polled without end.
    let program = with(Procedure::Failback, |states| {
        states["Check Launch State"]["Assign"]["polls"] = json!(0);
        states["Check Launch State"]["Assign"]["wait"] = Value::Null;
    });
    assert_caught(&program, Broken::Rule(SafetyRule::BoundedWaits));
}

#[test]
fn drill_with_a_production_permit() {
    assert_bug_caught(bugs::ProductionPermit, Broken::Rule(SafetyRule::ProductionUntouchedByDrill));
}

#[test]
fn ownership_by_region_instead_of_chain() {
    assert_bug_caught(bugs::OwnedByRegion, Broken::Rule(SafetyRule::OwnFleetOnly));
}

#[test]
fn continuous_taken_for_healthy() {
    // A B1 that is only compared with A4 is healthy before the step has looked twice; a stopped one is copied in full.
    let case = "recovered, 3 servers, seed 1, stop-b1: hand stop-b1; hand reverse; hand sync; hand prepare; \
                hand launch; run failback";
    let program = Program::deployed().expect("the machines").performed_by(Bugged(bugs::ContinuousIsHealthy));
    let played = failback_campaign::play_with(&program, &case.parse().expect("a case")).expect("a case");
    let broken: Vec<Broken> = played.violations.iter().map(|violation| violation.broken).collect();
    assert!(broken.contains(&Broken::Rule(SafetyRule::ProductionRuns)), "{:#?}", played.violations);
}

#[test]
fn old_data_taken_for_fresh() {
    assert_bug_caught(bugs::OldIsFresh, Broken::Rule(SafetyRule::DataYoungEnough));
}

#[test]
fn an_a4_of_an_earlier_cycle_taken_for_this_ones() {
    // A person did the first failback, so no tag shows that its A2 is left.
    let case = "recovered, 1 servers, seed 1, keep-originals, reverse_repoints_a2: \
                hand reverse; hand sync; hand prepare; hand launch; hand redirect; hand protect; hand recover; \
                wait 172800; run failback";
    let program = Program::deployed().expect("the machines").performed_by(Bugged(bugs::OldIsFresh));
    let played = failback_campaign::play_with(&program, &case.parse().expect("a case")).expect("a case");
    let broken: Vec<Broken> = played.violations.iter().map(|violation| violation.broken).collect();
    for rule in [SafetyRule::ProductionRuns, SafetyRule::DataYoungEnough] {
        assert!(broken.contains(&Broken::Rule(rule)), "{:#?}", played.violations);
    }
}

#[test]
fn b3_taken_for_what_serves() {
    // Only in this world a person has moved traffic to an A4 that fails its checks.
    let case = "recovered, 1 servers, seed 1: \
                fail boot:web-1; hand reverse; hand prepare; hand launch; hand redirect; run failback";
    let program = Program::deployed().expect("the machines").performed_by(Bugged(bugs::B3AlwaysServes));
    let played = failback_campaign::play_with(&program, &case.parse().expect("a case")).expect("a case");
    let broken: Vec<Broken> = played.violations.iter().map(|violation| violation.broken).collect();
    assert!(broken.contains(&Broken::Rule(SafetyRule::ServingUntouched)), "{:#?}", played.violations);
}

#[test]
fn failed_launch_read_as_success() {
    assert_bug_caught(bugs::FailedIsLaunched, Broken::Eventually);
}

#[test]
fn blind_retry_of_start_recovery() {
    assert_bug_caught(bugs::BlindRetry, Broken::Rule(SafetyRule::LaunchedOnce));
}

#[test]
fn the_new_production_is_terminated_as_the_original() {
    assert_bug_caught(bugs::TerminatesA4, Broken::Rule(SafetyRule::OriginalsEndOnRequest));
}

#[test]
fn originals_are_terminated_unasked() {
    assert_bug_caught(bugs::TerminatesA1Unasked, Broken::Rule(SafetyRule::OriginalsEndOnRequest));
}

#[test]
fn clean_up_before_the_servers_are_protected() {
    assert_bug_caught(bugs::StopsBeforeRedirect, Broken::Rule(SafetyRule::ProductionRuns));
}

#[test]
fn clean_up_deletes_what_still_replicates() {
    assert_bug_caught(bugs::DisconnectsEarly, Broken::Rule(SafetyRule::ServingUntouched));
}

#[test]
fn a_drill_moves_traffic() {
    assert_bug_caught(bugs::RedirectsInDrill, Broken::Rule(SafetyRule::ProductionUntouchedByDrill));
}

#[test]
fn an_upsert_instead_of_delete_and_create() {
    assert_bug_caught(bugs::OverwritesRecords, Broken::Rule(SafetyRule::ProductionRuns));
}

#[test]
fn records_are_changed_before_they_are_kept() {
    let program = with(Procedure::Failback, |states| {
        states["Keep Previous Records"] = json!({ "Type": "Pass", "Next": "Redirect Traffic" });
    });
    assert_caught(&program, Broken::Rule(SafetyRule::ProductionRuns));
}

#[test]
fn launch_settings_are_changed_before_they_are_kept() {
    for procedure in [Procedure::Drill, Procedure::Failback] {
        let program = with(procedure, |states| {
            states["Keep Previous Settings"] = json!({ "Type": "Pass", "Next": "Prepare Launch" });
        });
        assert_caught(&program, Broken::Rule(SafetyRule::OwnFleetOnly));
    }
}

#[test]
fn the_old_ttl_is_not_waited_for() {
    // In a world with short TTLs, only the reported loss is wrong.
    assert_bug_caught(bugs::ForgetsOldTtl, Broken::Rule(SafetyRule::LossReported));
    let case: Case = "recovered, 1 servers, seed 1: hand long-ttl; run failback".parse().expect("a case");
    let program = Program::deployed().expect("the machines").performed_by(Bugged(bugs::ForgetsOldTtl));
    let played = failback_campaign::play_with(&program, &case).expect("a case");
    let s2 = Broken::Rule(SafetyRule::ProductionRuns);
    let found = played.violations.iter().any(|violation| violation.broken == s2);
    assert!(found, "B3 is terminated while clients use it: {:#?}", played.violations);
}

#[test]
fn counters_of_an_earlier_rescan_taken_for_this_ones() {
    let case = "recovered, 1 servers, seed 1, by-hand, keep-originals, repoint_shows_late: \
                hand reverse; hand prepare; hand launch; hand redirect; hand protect; hand recover; hand reverse; \
                hand sync; hand prepare; hand launch; hand redirect; hand tag-a1; hand protect-and-leave; \
                run failback";
    assert_caught_in(case, bugs::LooksOnce, Broken::Rule(SafetyRule::ProductionRuns));
}

#[test]
fn a_recovery_as_a_drill_taken_for_a_drills_copy() {
    let case = "drilled, 1 servers, seed 1, drill-recovered, by-hand: hand use-b3; run drill";
    let program = Program::deployed().expect("the machines").performed_by(Bugged(bugs::EveryB2IsADrills));
    let played = failback_campaign::play_with(&program, &case.parse().expect("a case")).expect("a case");
    let broken: Vec<Broken> = played.violations.iter().map(|violation| violation.broken).collect();
    for rule in [SafetyRule::ProductionRuns, SafetyRule::ServingUntouched] {
        assert!(broken.contains(&Broken::Rule(rule)), "{:#?}", played.violations);
    }
}

#[test]
fn an_instance_that_existed_before_taken_for_drs_own() {
    assert_bug_caught(bugs::ExistingIsDrsOwn, Broken::Rule(SafetyRule::OwnFleetOnly));
    for case in [
        "steady, 1 servers, seed 1, launch_into_existing: run drill",
        "recovered, 1 servers, seed 1, launch_into_existing: run failback",
    ] {
        let program = Program::deployed().expect("the machines").performed_by(Bugged(bugs::ExistingIsDrsOwn));
        let broken = broken_by(&program, &case.parse().expect("a case"));
        assert!(broken.contains(&Broken::Rule(SafetyRule::OwnFleetOnly)), "{case}: {broken:?}");
    }
}

#[test]
fn the_report_says_that_nothing_is_left() {
    assert_bug_caught(bugs::NothingLeft, Broken::Rule(SafetyRule::NothingLeftUnreported));
}

#[test]
fn the_report_says_that_production_is_served_where_it_was() {
    assert_bug_caught(bugs::ServedWhereItWas, Broken::Rule(SafetyRule::NothingLeftUnreported));
}

#[test]
fn the_report_says_that_nothing_was_lost() {
    assert_bug_caught(bugs::NothingLost, Broken::Rule(SafetyRule::LossReported));
}

#[test]
fn a_wait_that_does_not_say_why() {
    assert_bug_caught(bugs::SilentWait, Broken::Rule(SafetyRule::BoundedWaits));
}

#[test]
fn two_executions_that_do_not_see_each_other() {
    let deployed = Program::deployed().expect("the machines");
    let bugged = deployed.clone().performed_by(Bugged(bugs::AloneInTheWorld));
    let mut caught = 0;
    for after in (600..=1_800).step_by(100) {
        let case = format!("recovered, 3 servers, seed 1: together failback failback {after}");
        let case: Case = case.parse().expect("a case");
        assert_eq!(broken_by(&deployed, &case), [], "{case}");
        caught += usize::from(broken_by(&bugged, &case).contains(&Broken::OnlyOne));
    }
    assert!(caught > 0, "caught at no moment");
}

/// Asserts that a bug is caught in this world, and that nothing is without it.
pub(crate) fn assert_caught_in(case: &str, bug: impl Bug + 'static, by: Broken) {
    let case: Case = case.parse().expect("a case");
    let deployed = Program::deployed().expect("the machines");
    assert_eq!(broken_by(&deployed, &case), []);
    let broken = broken_by(&deployed.performed_by(Bugged(bug)), &case);
    assert!(broken.contains(&by), "caught by {broken:?}");
}

/// Asserts that a program is caught in one of these worlds at least, and that nothing is without its bug.
pub(crate) fn assert_caught_in_some(cases: impl Iterator<Item = String>, program: &Program, by: Broken) {
    let deployed = Program::deployed().expect("the machines");
    let mut is_caught = false;
    for case in cases {
        let case: Case = case.parse().expect("a case");
        assert_eq!(broken_by(&deployed, &case), [], "{case}");
        is_caught |= broken_by(program, &case).contains(&by);
    }
    assert!(is_caught, "caught in none of them");
}

#[test]
fn no_lag_taken_for_nothing_on_its_way() {
    let cases = (1..=6).map(|seed| {
        format!("recovered, 3 servers, seed {seed}, freeze-by-hand, one-wave, writes_in_flight: run failback")
    });
    let program = Program::deployed().expect("the machines").performed_by(Bugged(bugs::NothingIsOnItsWay));
    assert_caught_in_some(cases, &program, Broken::Rule(SafetyRule::DataYoungEnough));
}

#[test]
fn a_freeze_taken_to_outlast_its_execution() {
    // Whoever sees the execution stopped lets writes go on; then it is redriven.
    let cases = (30..120).step_by(3).map(|turns| {
        format!("recovered, 1 servers, seed 1, freeze-by-hand, one-wave: redrive failback {turns} drill 30")
    });
    let program = with(Procedure::Failback, |states| {
        states["Redirect Traffic"]["Arguments"]["Payload"]["run"] = json!("{% $run %}");
    });
    assert_caught_in_some(cases, &program, Broken::Rule(SafetyRule::DataYoungEnough));
}

#[test]
fn a_lease_taken_to_outlast_its_end() {
    // The execution goes on for hours, and its freeze is lifted meanwhile.
    let case = "recovered, 1 servers, seed 1, freeze-by-hook, one-wave, short-lease, slow-limits: \
                fail late:validate-failed-back-servers=Failback.Unavailablex50; run failback";
    assert_caught_in(case, bugs::LeaseForEver::default(), Broken::Rule(SafetyRule::DataYoungEnough));
}

#[test]
fn a_freeze_lifted_beside_what_clients_use() {
    let case = "recovered, 1 servers, seed 1, freeze-by-hook, one-wave, short-lease: \
                fail late:protect-failed-back-servers=Failback.Unavailablex50; run failback";
    assert_caught_in(case, bugs::SecondPartySeesB3::default(), Broken::Rule(SafetyRule::ProductionRuns));
}

#[test]
fn a_freeze_that_nobody_lifts() {
    let case = "recovered, 2 servers, seed 1, freeze-by-hook, one-wave, short-lease: \
                fail task:redirect-traffic=Failback.AccessDenied; run failback; wait 7200";
    assert_caught_in(case, bugs::NobodyLifts::default(), Broken::Rule(SafetyRule::ProductionRuns));
}

#[test]
fn a_claim_that_is_not_read_again() {
    let case = "recovered, 2 servers, seed 1: redrive failback 7 failback 26; try failback";
    assert_caught_in(case, bugs::ClaimsForEver, Broken::Rule(SafetyRule::OthersUntouched));
}

#[test]
fn an_owner_that_cannot_be_seen_taken_for_one_that_has_ended() {
    let case = "recovered, 2 servers, seed 1: together failback failback 3000 two-stacks; try failback";
    assert_caught_in(case, bugs::OthersHaveEnded, Broken::OnlyOne);
}

#[test]
fn an_a4_of_a_person_taken_for_a_runs() {
    let case = "recovered, 1 servers, seed 1, ask-nobody: \
                hand reverse; hand sync; hand prepare; hand launch; try failback";
    assert_caught_in(case, bugs::EveryLaunchIsARuns, Broken::Rule(SafetyRule::OthersUntouched));
}

#[test]
fn a_refusal_that_comes_too_late() {
    assert_bug_caught(bugs::TagsBeforeItRefuses, Broken::Refusal);
}

/// A world in which a person has launched A4, before somebody aborts.
const OF_A_PERSON: &str =
    "recovered, 1 servers, seed 1: hand reverse; hand sync; hand prepare; hand launch; run failback";

/// A world in which a person has moved traffic to the A4 of a run that is held, before another one asks.
const MOVED: &str = "recovered, 1 servers, seed 1: run failback no; hand redirect; run failback";

#[test]
fn an_abort_ends_the_a4_of_a_person() {
    let case = format!("{OF_A_PERSON} abort");
    assert_caught_in(&case, bugs::EveryLaunchIsAFailbacks, Broken::Rule(SafetyRule::OthersUntouched));
}

#[test]
fn an_abort_ends_what_serves() {
    let case = format!("{MOVED} abort");
    assert_caught_in(&case, bugs::B3AlwaysServes, Broken::Rule(SafetyRule::ServingUntouched));
}

#[test]
fn what_serves_is_launched_again_on_request() {
    let case = format!("{MOVED} launch-again");
    assert_caught_in(&case, bugs::B3AlwaysServes, Broken::Rule(SafetyRule::ServingUntouched));
}

#[test]
fn an_abort_is_taken_for_a_yes() {
    let program = with(Procedure::Failback, |states| {
        states["Redirect Approved?"]["Choices"][2]["Next"] = json!("Redirect By Hand?");
    });
    let case = "recovered, 1 servers, seed 1: run failback abort".to_owned();
    assert_caught_in_some(std::iter::once(case), &program, Broken::Refusal);
}

#[test]
fn an_abort_that_leaves_a4() {
    let case = "recovered, 1 servers, seed 1: run failback abort";
    assert_caught_in(case, bugs::AbortKeepsA4, Broken::Rule(SafetyRule::NothingLeftUnreported));
}
