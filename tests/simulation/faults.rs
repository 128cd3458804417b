use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_rehearsal::rehearsal::Rehearsal;
use failback_rehearsal::steps::STEPS;
use failback_sim::Switches;
use serde_json::json;

use crate::support::{
    BOTH, assert_done, assert_left, calls, cause, failure, rehearsal, rest, run, setting, three_tier,
};

/// Runs with faults, then again without them in the same world.
fn then_mended(procedure: Procedure, seed: u64, rules: &[&str]) -> Outcome {
    let mut rehearsal = rehearsal(procedure, 3, seed);
    for rule in rules {
        rehearsal.fail(rule).unwrap_or_else(|problem| panic!("{rule}: {problem}"));
    }
    let first = run(&mut rehearsal, procedure).outcome;
    rehearsal.mend();
    if procedure == Procedure::Failback {
        let second = run(&mut rehearsal, procedure);
        assert_done(&rehearsal, &second, rest(procedure));
    } else if first != Outcome::Succeeded {
        // The first run may only complete an interrupted clean-up; the next one drills.
        run(&mut rehearsal, procedure);
        let third = run(&mut rehearsal, procedure);
        assert_done(&rehearsal, &third, rest(procedure));
    }
    first
}

/// What EC2 does not terminate on request is found before the first change, not in the last hour.
#[test]
fn what_is_protected_from_termination_is_found_at_the_start() {
    type Protect = fn(&mut Switches);
    let cases: [(Procedure, Protect, &str); 3] = [
        (Procedure::Failback, |on| on.originals_protected = true, "A1 is to be terminated, and is protected"),
        (Procedure::Failback, |on| on.recovered_protected = true, "B3 is protected from termination"),
        (Procedure::Drill, |on| on.recovered_protected = true, "B1's launch template protects B3"),
    ];
    for (procedure, protect, said) in cases {
        let mut setting = setting(procedure, three_tier(|_| ()), 3, 1);
        protect(&mut setting.switches);
        let mut rehearsal = Rehearsal::new(setting);
        let run = run(&mut rehearsal, procedure);
        let cause = run.failure.expect("it is refused").cause;
        assert!(cause.contains(said) && cause.contains("nothing was changed"), "{cause}");
    }
}

#[test]
fn a_call_that_is_refused_a_few_times_holds_nothing_up() {
    for procedure in BOTH {
        for operation in ["StartRecovery", "ReverseReplication", "DescribeSourceServers", "TagResource"] {
            for code in ["ThrottlingException", "InternalServerException"] {
                let rule = format!("error:{operation}={code}x3");
                assert_eq!(then_mended(procedure, 2, &[&rule]), Outcome::Succeeded, "{procedure} {rule}");
            }
        }
    }
}

#[test]
fn a_call_that_is_refused_for_good_ends_safely_and_carries_on_later() {
    for procedure in BOTH {
        for operation in
            ["StartRecovery", "TerminateRecoveryInstances", "ReverseReplication", "DeleteSourceServer"]
        {
            for code in ["AccessDeniedException", "ThrottlingException", "ConflictException"] {
                let rule = format!("error:{operation}={code}x*");
                assert_ne!(then_mended(procedure, 3, &[&rule]), Outcome::Succeeded, "{procedure} {rule}");
            }
        }
    }
}

#[test]
fn an_answer_that_never_arrives_launches_nothing_twice() {
    for procedure in BOTH {
        let mut clean = rehearsal(procedure, 3, 4);
        run(&mut clean, procedure);
        let mut rehearsal = rehearsal(procedure, 3, 4);
        rehearsal.fail("lost:StartRecoveryx2").expect("a rule");
        let run = run(&mut rehearsal, procedure);
        assert_done(&rehearsal, &run, rest(procedure));
        assert_eq!(calls(&rehearsal, "StartRecovery"), calls(&clean, "StartRecovery"));
    }
}

#[test]
fn a_step_that_dies_after_its_first_write_is_carried_on() {
    for procedure in BOTH {
        for step in STEPS {
            let once = format!("crash:{}", step.name);
            assert_eq!(then_mended(procedure, 5, &[&once]), Outcome::Succeeded, "{procedure} {once}");
            let always = format!("crash:{}x*", step.name);
            then_mended(procedure, 5, &[&always]);
        }
    }
}

#[test]
fn a_stall_is_waited_for_with_its_remedy() {
    for procedure in BOTH {
        assert_eq!(then_mended(procedure, 6, &["stall:db-1=90"]), Outcome::Succeeded);
    }
}

/// Polls become rarer, so that an execution has some left when a wait of weeks ends.
#[test]
fn a_stall_of_thirteen_days_is_waited_for_where_the_plan_allows_it() {
    let minutes = 13 * 24 * 60;
    for procedure in BOTH {
        let plan = three_tier(|plan| plan["limits"] = json!({ "replicationHours": 336 }));
        let mut rehearsal = Rehearsal::new(setting(procedure, plan, 3, 6));
        rehearsal.fail(&format!("stall:db-1={minutes}")).expect("a rule");
        let run = run(&mut rehearsal, procedure);
        assert_done(&rehearsal, &run, rest(procedure));
        assert!(run.polls < 1_000, "{procedure}: {} polls", run.polls);
    }
}

#[test]
fn a_launch_that_fails_is_repeated_as_often_as_the_plan_says() {
    for procedure in BOTH {
        assert_eq!(then_mended(procedure, 7, &["launch:db-1x2"]), Outcome::Succeeded);
        assert_ne!(then_mended(procedure, 7, &["launch:db-1x3"]), Outcome::Succeeded);
    }
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 7);
    rehearsal.fail("launch:db-1x3").expect("a rule");
    let held = run(&mut rehearsal, Procedure::Failback);
    assert_eq!(held.outcome, Outcome::Held);
    assert_eq!(failure(&held), ("Launch For Failback", "Failback.LaunchFailed"));
    assert!(cause(&held).contains("db-1") && cause(&held).contains("drsjob-"), "{}", cause(&held));
}

#[test]
fn a_server_that_does_not_work_is_launched_again_alone() {
    for procedure in BOTH {
        assert_eq!(then_mended(procedure, 8, &["boot:web-1x2"]), Outcome::Succeeded);
    }
    // The others' data grows old meanwhile: EC2 calls an A4 impaired that only boots slowly, so it has its time.
    let plan = three_tier(|plan| plan["launch"]["dataAgeSecondsMax"] = json!(7_200));
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, plan, 6, 8));
    rehearsal.fail("boot:web-1").expect("a rule");
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
    let world = rehearsal.simulation.world();
    let launched: Vec<usize> = world.fleet().iter().map(|server| server.a4.len()).collect();
    assert_eq!(launched.iter().filter(|n| **n == 2).count(), 1, "{launched:?}");
}

#[test]
fn servers_that_never_work_hold_the_failback_before_traffic_moves() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 9);
    rehearsal.fail("boot:db-1x9").expect("a rule");
    let held = run(&mut rehearsal, Procedure::Failback);
    assert_eq!((held.outcome, failure(&held).1), (Outcome::Held, "Failback.ValidationFailed"));
    assert_eq!(calls(&rehearsal, "ChangeResourceRecordSets"), 0);
}

#[test]
fn a_failed_drill_leaves_production_and_nothing_else() {
    let mut rehearsal = rehearsal(Procedure::Drill, 3, 10);
    rehearsal.fail("launch:app-1x9").expect("a rule");
    let failed = run(&mut rehearsal, Procedure::Drill);
    assert_eq!(failed.outcome, Outcome::Failed);
    assert_left(&rehearsal, rest(Procedure::Drill));
}

#[test]
fn an_unknown_rule_names_what_is_known() {
    let mut rehearsal = rehearsal(Procedure::Drill, 3, 1);
    for (rule, known) in [
        ("error:StartRecoveryy=ThrottlingException", "StartRecovery"),
        ("crash:no-such-step", "launch-for-failback"),
        ("boot:nobody", "web-1"),
    ] {
        let problem = rehearsal.fail(rule).expect_err("an unknown name");
        assert!(problem.contains(known), "{problem}");
    }
}

#[test]
fn outages_are_waited_out_whenever_they_come() {
    for procedure in BOTH {
        for seed in 1..=40 {
            let mut rehearsal = rehearsal(procedure, 3, seed);
            let (service, minutes) =
                [("all", 10), ("drs", 60), ("ec2", 30), ("route53", 20)][(seed % 4) as usize];
            rehearsal.fail(&format!("outage:{service}={minutes}@{}", seed * 2)).expect("a fault");
            let run = run(&mut rehearsal, procedure);
            assert_done(&rehearsal, &run, rest(procedure));
        }
    }
}

/// Slow calls, short lags and an outage at the same time, at the size of a real fleet.
#[test]
fn three_hundred_servers_come_home_through_all_of_it() {
    for procedure in BOTH {
        let mut setting = setting(procedure, three_tier(|_| ()), 300, 7);
        setting.switches.slow_calls = true;
        setting.switches.lag_blips = true;
        let mut rehearsal = Rehearsal::new(setting);
        rehearsal.fail("outage:all=10@70").expect("a fault");
        let run = run(&mut rehearsal, procedure);
        assert_done(&rehearsal, &run, rest(procedure));
    }
}

/// As slow as large Windows servers were seen to be: nothing is launched twice.
#[test]
fn slow_servers_are_waited_for() {
    for procedure in BOTH {
        let plan = three_tier(|plan| {
            plan["launch"]["dataAgeSecondsMax"] = json!(36_000);
            plan["limits"] = json!({ "validationMinutes": 60 });
        });
        let mut setting = setting(procedure, plan, 3, 10);
        setting.switches.slow_servers = true;
        let mut rehearsal = Rehearsal::new(setting);
        let run = run(&mut rehearsal, procedure);
        assert_done(&rehearsal, &run, rest(procedure));
        let world = rehearsal.simulation.world();
        assert!(world.fleet().iter().all(|server| server.a4.len() == 1), "{procedure}");
    }
}

/// Only EC2's state reason tells why. The next start needs no new sync, and waits for nothing that will not come.
#[test]
fn an_a4_that_dies_at_its_launch_is_told_with_its_reason_and_launched_at_the_next_start() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 11);
    rehearsal.fail("dies:db-1=Client.VolumeLimitExceeded").expect("a rule");
    let held = run(&mut rehearsal, Procedure::Failback);
    assert_eq!(failure(&held), ("Launch For Failback", "Failback.LaunchFailed"));
    let said = cause(&held);
    assert!(said.contains("Volume limit exceeded. Have the quota"), "{said}");
    let syncs = calls(&rehearsal, "ReverseReplication");
    let again = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &again, rest(Procedure::Failback));
    assert!(again.virtual_seconds < 5_400.0, "{}", again.virtual_seconds);
    assert_eq!(calls(&rehearsal, "ReverseReplication"), syncs + 3, "only the reversal back to Region B");
    for code in ["Server.InternalError", "Server.InsufficientInstanceCapacity"] {
        assert_eq!(then_mended(Procedure::Failback, 12, &[&format!("dies:db-1={code}")]), Outcome::Succeeded);
    }
}

/// The role of A1's instance profile may not talk to DRS: B1 could never protect that A4.
#[test]
fn an_a4_that_cannot_be_protected_holds_the_failback_before_traffic_moves() {
    let mut setting = setting(Procedure::Failback, three_tier(|_| ()), 3, 13);
    setting.switches.originals_lack_policy = true;
    let mut rehearsal = Rehearsal::new(setting);
    let held = run(&mut rehearsal, Procedure::Failback);
    assert_eq!(failure(&held), ("Validate Failed Back Servers", "Failback.TimedOut"));
    assert!(cause(&held).contains("AWSElasticDisasterRecoveryRecoveryInstancePolicy"), "{}", cause(&held));
    assert_eq!(calls(&rehearsal, "ChangeResourceRecordSets"), 0);
}
