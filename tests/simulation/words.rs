use failback_core::procedure::Procedure;
use failback_rehearsal::rehearsal::{Always, Rehearsal, RunResult};
use failback_rehearsal::runner::GateAnswer;
use serde_json::{Value, json};

use crate::support::{assert_safe, cause, rehearsal, setting, three_tier};

/// Runs a failback with faults, and with a plan that has these limits.
fn with(limits: &Value, faults: &[&str]) -> (Rehearsal, RunResult) {
    let plan = three_tier(|plan| {
        for (name, value) in limits.as_object().into_iter().flatten() {
            plan["limits"][name] = value.clone();
        }
    });
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, plan, 3, 1));
    for fault in faults {
        rehearsal.fail(fault).unwrap_or_else(|problem| panic!("{fault}: {problem}"));
    }
    let run = rehearsal.run(Procedure::Failback, &mut Always(GateAnswer::Yes));
    assert_safe(&rehearsal, &run);
    (rehearsal, run)
}

#[test]
fn a_missing_permission_is_named_with_the_role_that_lacks_it() {
    let (_, run) = with(&json!({}), &["error:StartRecovery=AccessDeniedExceptionx9"]);
    let cause = cause(&run);
    assert!(cause.contains("Allow drs:StartRecovery in the role of this function"), "{cause}");
    assert!(cause.contains("service control policy"), "{cause}");
}

#[test]
fn what_ran_out_of_time_names_the_field_of_the_plan() {
    let (_, run) = with(&json!({ "replicationHours": 2 }), &["stall:db-1=10080"]);
    assert!(cause(&run).contains("limits.replicationHours (2 h)"), "{}", cause(&run));
    assert!(cause(&run).contains("db-1"), "{}", cause(&run));
}

#[test]
fn a_quota_is_named_with_the_way_to_raise_it() {
    let faults = ["error:ReverseReplication=ServiceQuotaExceededExceptionx999"];
    let (_, run) = with(&json!({ "reversalMinutes": 30 }), &faults);
    let cause = cause(&run);
    assert!(cause.contains("L-C1D14A2B") && cause.contains("Service Quotas"), "{cause}");
    assert!(cause.contains("limits.reversalMinutes"), "{cause}");
}

#[test]
fn a_status_that_nobody_knows_is_not_2_000_polls() {
    let (_, run) = with(&json!({}), &["odd:check-launch-state"]);
    let cause = cause(&run);
    assert!(!cause.contains("2,000"), "{cause}");
    assert!(cause.contains("Deploy functions and state machines together"), "{cause}");
}

#[test]
fn a_drill_without_a_network_is_told_once_and_of_the_drills_network() {
    let plan = three_tier(|plan| {
        plan["drill"].as_object_mut().expect("the example has a drill").remove("network");
    });
    let mut rehearsal = Rehearsal::new(setting(Procedure::Drill, plan, 3, 1));
    let run = rehearsal.run(Procedure::Drill, &mut Always(GateAnswer::Yes));
    let cause = cause(&run);
    assert!(cause.starts_with("1 thing stands in the way"), "{cause}");
    assert!(cause.contains("$.drill.network") && !cause.contains("$.launch"), "{cause}");
}

#[test]
fn the_verb_agrees_with_the_number_of_servers() {
    let (_, run) = with(&json!({}), &["boot:db-1x9"]);
    let cause = cause(&run);
    assert!(cause.contains("A4 does not work: db-1: "), "{cause}");
    let mut rehearsal = rehearsal(Procedure::Failback, 1, 1);
    rehearsal.fail("boot:web-1").expect("a rule");
    let mut texts = Texts::default();
    rehearsal.run(Procedure::Failback, &mut texts);
    for text in &texts.0 {
        for wrong in ["1 servers", "web-1 are ", "web-1 do ", "web-1 wait ", "web-1 copy ", "of 1 servers"] {
            assert!(!text.contains(wrong), "{text}");
        }
    }
}

#[test]
fn advice_never_ends_what_may_be_production() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    rehearsal.fail("launch:db-1x3").expect("a rule");
    rehearsal.run(Procedure::Failback, &mut Always(GateAnswer::Yes));
    rehearsal.mend();
    let refused = rehearsal.run(Procedure::Drill, &mut Always(GateAnswer::Yes));
    let of_b3 =
        cause(&refused).lines().filter(|line| line.contains("B1 has a") || line.contains("B1 has the"));
    for line in of_b3 {
        assert!(!line.contains("terminate it"), "{line}");
    }
}

/// A watcher that keeps every text of a run.
#[derive(Default)]
struct Texts(Vec<String>);

impl failback_rehearsal::runner::Watcher for Texts {
    fn event(&mut self, _: &failback_sim::World, event: &failback_asl::Event) {
        if let failback_asl::Event::TaskSucceeded { result, .. } = event {
            self.0.extend(result["Payload"]["answer"]["why"].as_str().map(str::to_owned));
            self.0.extend(result["Payload"]["summary"].as_str().map(str::to_owned));
        }
    }

    fn gate(&mut self, message: &str) -> GateAnswer {
        self.0.push(message.to_owned());
        GateAnswer::Yes
    }
}

/// A message that names an instance is another one for each server.
#[test]
fn one_fact_about_many_servers_is_one_finding() {
    let mut rehearsal = rehearsal(Procedure::Failback, 120, 1);
    rehearsal.run(Procedure::Failback, &mut Always(GateAnswer::No("not yet".into())));
    let refused = rehearsal.run(Procedure::Drill, &mut Always(GateAnswer::Yes));
    assert_safe(&rehearsal, &refused);
    let cause = refused.failure.expect("a refusal").cause;
    let findings = cause.lines().filter(|line| line.starts_with("  blocker")).count();
    assert!((2..=8).contains(&findings), "{findings} findings:\n{cause}");
    assert!(cause.contains("a failback of it was started and has not finished"), "{cause}");
}
