//! What the product says that a person must do, helps: after it, the procedure ends as the page does.

use failback_campaign::{Case, CaseResult, Settled};

/// Cases in which people have done something, and the words of the first message that a person follows afterwards.
const CURED: &[(&str, &str)] = &[
    (
        "recovered, 3 servers, seed 1: hand reverse; hand sync; hand reverse-first; hand terminate-a1; try failback",
        "Name it in $.launch",
    ),
    (
        "recovered, 3 servers, seed 1: \
         hand reverse; hand sync; hand launch; hand redirect; hand protect; hand stop-a2; try failback",
        "start it again in the DRS console",
    ),
    ("steady, 3 servers, seed 1: during drill 3 terminate-a1; try drill", "Set drill.keepRecoveredServers"),
    ("steady, 3 servers, seed 1: during drill 8 use-b3; try drill", "Set drill.keepRecoveredServers"),
    (
        "steady, 3 servers, seed 1: during drill 1 launch-b1; try drill",
        "set drill.launchRecoveredServers to false",
    ),
    ("steady, 3 servers, seed 1: during drill 24 terminate-b3; try drill", "If not, terminate both"),
    ("recovered, 3 servers, seed 1: during failback 7 recover; try failback", "If not, terminate both"),
    (
        "recovered, 3 servers, seed 1: \
         hand reverse; hand sync; hand prepare; hand launch; hand redirect; hand protect; try failback",
        "= the id of the original instance",
    ),
    (
        "drilled, 3 servers, seed 1, drill-recovered: \
         hand reverse; hand sync; hand prepare-for-drill; hand launch; try drill",
        "terminate it in the DRS console",
    ),
    (
        "steady, 3 servers, seed 1, as-drill, refuses_to_reverse_drills: try drill",
        "set drill.launchAs to recovery",
    ),
    ("recovered, 3 servers, seed 1: during failback 4 point-at-a1; try failback", "point the record at it"),
    ("recovered, 3 servers, seed 1: during failback 115 launch; try failback", "point the record at it"),
    ("recovered, 3 servers, seed 1: during failback 5 stop-b3; try failback", "Start the recovered instance"),
    ("recovered, 3 servers, seed 1: during failback 139 stop-a4; try failback", "Start A4"),
    (
        "recovered, 1 servers, seed 1, ask-nobody: \
         hand reverse; hand sync; hand prepare; hand launch; try failback",
        "Add gates.beforeRedirect",
    ),
    ("steady, 1 servers, seed 1: during drill 37 launch; try drill", "terminate it in the DRS console"),
];

fn played(case: &str) -> CaseResult {
    let case: Case = case.parse().unwrap_or_else(|error| panic!("{case}: {error}"));
    failback_campaign::play(&case).expect("a case")
}

#[test]
fn what_a_person_is_told_to_do_helps() {
    for (case, words) in CURED {
        let CaseResult { settled, violations, .. } = played(case);
        assert!(violations.is_empty(), "{case}: {violations:#?}");
        let [Settled::Cured(message)] = settled.as_slice() else { panic!("{case}: {settled:#?}") };
        assert!(message.contains(words), "{case}: {message}");
    }
}

/// To wait for what people have begun is no remedy.
#[test]
fn a_job_of_a_person_is_waited_for() {
    let case = "recovered, 3 servers, seed 1: hand reverse; hand sync; hand launch-and-leave; try failback";
    assert_eq!(played(case).settled, [Settled::Reached]);
}

/// It said that it had, each time it was started.
#[test]
fn a_drill_that_cannot_clean_up_says_why() {
    let settled = played("steady, 3 servers, seed 1: during drill 99 redirect; try drill").settled;
    let [Settled::Stopped(message)] = settled.as_slice() else { panic!("{settled:#?}") };
    assert!(message.contains("a record points at an A4"), "{message}");
}
