use failback_asl::Event;
use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_rehearsal::runner::{GateAnswer, Watcher};
use failback_sim::World;
use serde_json::json;

use crate::support::{
    assert_done, assert_left, calls, cause, example, failure, rehearsal, rest, run, run_with, setting,
    three_tier,
};
use failback_rehearsal::rehearsal::Rehearsal;

const ALL: &[&str] = &["A1", "A2", "A3", "A4", "B1", "B2", "B3"];

#[test]
fn a_no_holds_the_failback_and_deletes_nothing() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    let held = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::No("not tonight".into()));
    assert_eq!((held.outcome, failure(&held)), (Outcome::Held, ("Ask Before Redirect", "Failback.Refused")));
    assert_eq!(cause(&held), "not tonight");
    assert_eq!(calls(&rehearsal, "ChangeResourceRecordSets"), 0);
    assert_left(&rehearsal, ALL);
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
}

#[test]
fn time_running_out_means_no() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    let held = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::Silence);
    assert_eq!((held.outcome, failure(&held)), (Outcome::Held, ("Ask Before Redirect", "States.Timeout")));
    assert!(held.virtual_seconds >= 240.0 * 60.0);
    assert_left(&rehearsal, ALL);
}

#[test]
fn a_no_before_the_clean_up_keeps_everything_running_at_home() {
    let only_cleanup =
        three_tier(|plan| plan["gates"] = json!({ "beforeCleanup": { "timeoutMinutes": 60 } }));
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, only_cleanup, 3, 1));
    let held = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::No("look first".into()));
    assert_eq!((held.outcome, failure(&held).0), (Outcome::Held, "Ask Before Clean Up"));
    assert_left(&rehearsal, ALL);
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
}

#[test]
fn without_gates_nobody_is_asked() {
    let plan = three_tier(|plan| plan["gates"] = json!({}));
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, plan, 3, 1));
    let done = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::No("never asked".into()));
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
}

#[test]
fn traffic_moved_by_hand_is_believed_only_after_a_yes() {
    let plan = three_tier(|plan| {
        plan["redirect"] = json!({ "byHand": true });
        plan["launch"]["dataAgeSecondsMax"] = json!(1_209_600);
        let gate = || json!({ "timeoutMinutes": 60 });
        plan["gates"] = json!({ "beforeRedirect": gate(), "beforeCleanup": gate() });
    });
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, plan, 3, 1));
    let held = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::Silence);
    assert_eq!(held.outcome, Outcome::Held);
    assert_left(&rehearsal, ALL);
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
    assert_eq!(calls(&rehearsal, "ChangeResourceRecordSets"), 0);
}

#[test]
fn originals_are_kept_unless_the_plan_says_otherwise() {
    let plan = three_tier(|plan| plan["cleanup"] = json!({}));
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, plan, 3, 1));
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, &["A1", "A4", "B1"]);
}

#[test]
fn original_replication_is_stopped_only_where_the_plan_says_so() {
    let plan = three_tier(|plan| {
        plan["stopOriginalReplication"] = json!(true);
        plan["gates"]["beforeStop"] = json!({ "timeoutMinutes": 60 });
    });
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, plan, 3, 1));
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
    // B1 of each server, then A2 of each server.
    assert_eq!(calls(&rehearsal, "StopReplication"), 6);
}

/// Before the first instance of A starts, a person hears what that loses.
#[test]
fn a_no_before_the_launch_launches_nothing() {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, example(), 3, 1));
    let held = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::No("not tonight".into()));
    assert_eq!((held.outcome, failure(&held)), (Outcome::Held, ("Ask Before Launch", "Failback.Refused")));
    assert_eq!(calls(&rehearsal, "StartRecovery"), 0);
    assert_left(&rehearsal, &["A1", "A2", "B1", "B2", "B3"]);
    let done = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &done, rest(Procedure::Failback));
}

#[test]
fn no_answer_before_the_launch_holds_after_a_day() {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, example(), 3, 1));
    let held = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::Silence);
    assert_eq!((held.outcome, failure(&held)), (Outcome::Held, ("Ask Before Launch", "States.Timeout")));
    assert!((86_400.0..2.0 * 86_400.0).contains(&held.virtual_seconds), "{}", held.virtual_seconds);
    assert_left(&rehearsal, &["A1", "A2", "B1", "B2", "B3"]);
}

/// A run that was held with its A4 launched has nothing left to lose by a launch.
#[test]
fn nobody_is_asked_about_a_launch_that_is_over() {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, three_tier(|_| ()), 3, 1));
    let held = run_with(&mut rehearsal, Procedure::Failback, GateAnswer::No("not yet".into()));
    assert_eq!(failure(&held).0, "Ask Before Redirect");
    let input = example();
    let plan = failback_core::plan::Plan::read(&input).expect("a plan");
    rehearsal.replan(input, plan);
    let mut asked = Asked(Vec::new());
    let run = rehearsal.run(Procedure::Failback, &mut asked);
    assert_eq!(run.outcome, Outcome::Succeeded, "{:?}", run.failure);
    assert_eq!(asked.0.iter().filter(|message| message.contains("can be launched")).count(), 0);
}

/// The loss that the gate foretells is the loss that is counted, or more.
#[test]
fn the_loss_is_told_before_the_launch() {
    for (seed, servers) in [(1, 1), (2, 3), (3, 6)] {
        let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, example(), servers, seed));
        let mut asked = Asked(Vec::new());
        let run = rehearsal.run(Procedure::Failback, &mut asked);
        assert_eq!(run.outcome, Outcome::Succeeded, "{:?}", run.failure);
        let told = asked.0[0].split("usually ").nth(1).and_then(|rest| rest.split(' ').next());
        let told_seconds = told.and_then(|minutes| minutes.parse::<u64>().ok()).expect("minutes") * 60;
        let world = rehearsal.simulation.world();
        let lost = (0..world.fleet().len()).filter_map(|server| world.lost(server)).map(|lost| lost.records);
        let lost_seconds = lost.max().expect("without a freeze, something is lost");
        assert!(
            lost_seconds <= told_seconds + 120,
            "seed {seed}: {lost_seconds} s lost, {told_seconds} s told"
        );
        assert!(lost_seconds * 2 > told_seconds, "seed {seed}: {lost_seconds} s lost, {told_seconds} s told");
    }
}

/// The questions at the gates.
struct Asked(Vec<String>);

impl Watcher for Asked {
    fn event(&mut self, _: &World, _: &Event) {}

    fn gate(&mut self, message: &str) -> GateAnswer {
        self.0.push(message.to_owned());
        GateAnswer::Yes
    }
}

/// At night somebody pastes a command into a shell that may be set to the other Region, where no such token is known.
#[test]
fn the_commands_of_every_gate_name_the_region_of_the_machine() {
    let input = three_tier(|plan| {
        plan["stopOriginalReplication"] = json!(true);
        plan["gates"]["beforeStop"] = json!({ "timeoutMinutes": 60 });
    });
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, input, 3, 1)).with_arns();
    let mut asked = Asked(Vec::new());
    let run = rehearsal.run(Procedure::Failback, &mut asked);
    assert_eq!(run.outcome, Outcome::Succeeded, "{:?}", run.failure);
    assert_eq!(asked.0.len(), 3);
    let approvals = run.report.expect("a report").approvals;
    let gates: Vec<&str> = approvals.iter().map(|approval| approval.gate.as_str()).collect();
    assert_eq!(gates, ["Ask Before Stop", "Ask Before Redirect", "Ask Before Clean Up"]);
    assert!(approvals.iter().all(|approval| approval.by.as_deref() == Some("the rehearsal")));
    assert!(approvals.windows(2).all(|two| two[0].at < two[1].at), "{approvals:?}");
    // Yes, no and abort; also another launch; and only yes and no once traffic has moved.
    for (message, count) in asked.0.iter().zip([3, 4, 2]) {
        let commands: Vec<&str> = message.lines().filter(|line| line.starts_with("aws ")).collect();
        assert_eq!(commands.len(), count, "{message}");
        for command in commands {
            assert!(command.contains(" --region us-east-2 --"), "{command}");
        }
    }
}
