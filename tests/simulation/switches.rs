use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_rehearsal::rehearsal::Rehearsal;
use failback_sim::Switches;
use serde_json::json;

use crate::support::{BOTH, assert_done, assert_left, failure, rest, run, setting, three_tier};

/// Returns each switch on its own, flipped.
fn flipped() -> Vec<(&'static str, Switches)> {
    let usual = Switches::default();
    vec![
        ("not ready at first", Switches { not_ready_for_launch_at_first: true, ..usual }),
        ("never reports ready", Switches { reports_ready_for_launch: false, ..usual }),
        ("second reverse answers", Switches { second_reverse_answers_arn: true, ..usual }),
        ("refuses to reverse drills", Switches { refuses_to_reverse_drills: true, ..usual }),
        ("stopped B1 rescans", Switches { stopped_b1_full_sync: false, ..usual }),
        ("full sync is no rescan", Switches { full_sync_counts_as_rescan: false, ..usual }),
        ("participants lack instances", Switches { participants_lack_instances: true, ..usual }),
        ("lag comes and goes", Switches { lag_blips: true, ..usual }),
        ("post-launch actions", Switches { post_launch: true, ..usual }),
        ("no right-sizing", Switches { basic_right_sizing: false, ..usual }),
    ]
}

#[test]
fn either_answer_to_every_open_question_ends_well() {
    for procedure in BOTH {
        for stop_originals in [false, true] {
            for (name, switches) in flipped() {
                let plan = three_tier(|plan| {
                    plan["stopOriginalReplication"] = json!(stop_originals);
                    plan["gates"]["beforeStop"] = json!({ "timeoutMinutes": 60 });
                });
                let mut setting = setting(procedure, plan, 3, 11);
                setting.switches = switches;
                let mut rehearsal = Rehearsal::new(setting);
                let done = run(&mut rehearsal, procedure);
                assert_eq!(done.outcome, Outcome::Succeeded, "{name}: {:?}", done.failure);
                assert_done(&rehearsal, &done, rest(procedure));
            }
        }
    }
}

#[test]
fn a_drill_launched_as_a_drill_needs_drs_to_reverse_it() {
    let plan = || three_tier(|plan| plan["drill"]["launchAs"] = json!("drill"));
    let mut rehearsal = Rehearsal::new(setting(Procedure::Drill, plan(), 3, 1));
    let done = run(&mut rehearsal, Procedure::Drill);
    assert_done(&rehearsal, &done, rest(Procedure::Drill));

    let mut setting = setting(Procedure::Drill, plan(), 3, 1);
    setting.switches.refuses_to_reverse_drills = true;
    let mut rehearsal = Rehearsal::new(setting);
    let failed = run(&mut rehearsal, Procedure::Drill);
    assert_eq!(failed.outcome, Outcome::Failed, "{:?}", failure(&failed));
    assert_left(&rehearsal, rest(Procedure::Drill));
}

#[test]
fn launching_into_the_source_is_wanted_or_refused() {
    let mut refused = setting(Procedure::Failback, three_tier(|_| ()), 3, 1);
    refused.switches.launch_into_source = true;
    let mut rehearsal = Rehearsal::new(refused);
    let run_refused = run(&mut rehearsal, Procedure::Failback);
    assert_eq!(failure(&run_refused).0, "Check Readiness");

    let plan = three_tier(|plan| plan["launch"]["intoSource"] = json!(true));
    let mut wanted = setting(Procedure::Failback, plan, 3, 1);
    wanted.switches.launch_into_source = true;
    let mut rehearsal = Rehearsal::new(wanted);
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
    let world = rehearsal.simulation.world();
    assert!(world.fleet().iter().all(|server| server.a4 == [server.a1.clone()]), "A4 is A1, and lives");
}
