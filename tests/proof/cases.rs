use failback_campaign::{Act, Broken, Case};
use failback_core::procedure::Procedure;
use failback_rehearsal::faults;

#[test]
fn every_case_of_the_campaign_is_read_back_from_its_text() {
    for (part, cases) in failback_campaign::campaign(300) {
        assert!(!cases.is_empty(), "{part}");
        for case in cases {
            let text = case.to_string();
            assert_eq!(text.parse::<Case>().as_ref(), Ok(&case), "{part}: {text}");
        }
    }
}

#[test]
fn the_same_seed_draws_the_same_case() {
    assert_eq!(failback_campaign::random(7), failback_campaign::random(7));
    assert_ne!(failback_campaign::random(7), failback_campaign::random(8));
}

#[test]
fn a_text_that_is_no_case_says_what_is_known() {
    for (text, said) in [
        ("nowhere", "known are steady"),
        ("steady, 0 servers", "1 to 1000"),
        ("steady, seed x", "not a number"),
        ("steady: fly drill", "known are hand"),
        ("steady: hand wave", "known are launch-b1"),
        ("steady: run away", "neither drill nor failback"),
    ] {
        let problem = text.parse::<Case>().expect_err(text);
        assert!(problem.contains(said), "{text}: {problem}");
    }
    let unknown_rule: Case =
        "steady: fail late:no-such-step=States.Timeout; run drill".parse().expect("a case");
    assert!(failback_campaign::play(&unknown_rule).expect_err("no step").contains("unknown step"));
}

#[test]
fn a_failing_case_loses_what_is_not_needed() {
    let text = "recovered, 5 servers, seed 9, lag-0, post_launch: fail lost:StartRecovery; fail boot:db-1x4; \
                hand reverse; cut failback 64; settle failback";
    let case: Case = text.parse().expect("a case");
    // The failing boot alone breaks the rule.
    let breaks = |case: &Case, _: Broken| {
        case.acts.iter().any(|act| matches!(act, Act::Fail(rule) if rule.starts_with("boot:")))
            && case.acts.contains(&Act::Settle(Procedure::Failback))
    };
    let small = failback_campaign::shrink(&case, Broken::Eventually, breaks);
    assert_eq!(small.to_string(), "recovered, 1 servers, seed 9: fail boot:db-1; settle failback");
}

#[test]
fn every_error_of_a_class_is_handled_alike() {
    for procedure in [Procedure::Drill, Procedure::Failback] {
        for task in faults::tasks(procedure) {
            // Two classes: retried and caught, or caught at once. The end of a hold's time has a catcher of its own.
            let is_hold = procedure == Procedure::Drill && task.starts_with("ask-before-");
            let classes = failback_campaign::classes(procedure, &task);
            assert_eq!(classes.len(), if is_hold { 3 } else { 2 }, "{procedure}, {task}: {classes:?}");
        }
    }
}
