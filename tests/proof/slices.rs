use std::collections::BTreeSet;

use failback_audit::Coverage;
use failback_campaign::{Case, Summary, Tried};
use failback_core::procedure::Procedure;
use failback_rehearsal::program::Program;

fn tried(cases: &[Case]) -> Tried {
    let program = Program::deployed().expect("the machines are read");
    failback_campaign::play_all(&program, cases, 2, &|_| ())
}

fn assert_holds(cases: &[Case]) -> Tried {
    let tried = tried(cases);
    let found: Vec<String> = tried
        .found
        .iter()
        .map(|found| {
            format!("{}: {}\n  prove --case '{}'", found.violation.broken, found.violation.what, found.case)
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    tried
}

/// Returns every nth case.
fn every(nth: usize, cases: Vec<Case>) -> Vec<Case> {
    cases.into_iter().step_by(nth).collect()
}

#[test]
fn some_random_worlds_hold() {
    let cases: Vec<Case> = (1..=60).map(failback_campaign::random).collect();
    let tried = assert_holds(&cases);
    assert_eq!(tried.tally.worlds, 60);
    let kinds: BTreeSet<&str> = tried.tally.faults.keys().copied().collect();
    assert!(kinds.len() >= 6, "few kinds of faults are drawn: {kinds:?}");
}

#[test]
fn some_of_everything_twice_holds() {
    assert_holds(&every(37, failback_campaign::repetitions()));
}

#[test]
fn some_half_manual_beginnings_hold() {
    assert_holds(&every(17, failback_campaign::manual_starts()));
}

#[test]
fn some_pairs_of_failures_hold() {
    assert_holds(&every(401, failback_campaign::pairs()));
}

/// One case for each place that only a fault reaches, so that every state and branch is visited.
#[test]
fn every_state_and_branch_is_visited() {
    let only = |case: &&Case| {
        let text = case.to_string();
        let named = [
            "=Failback.AccessDeniedx*",
            "=Failback.Throttledx*",
            "=S3.S3Exceptionx*",
            "=SNS.AmazonSNSExceptionx*",
            "odd:",
            "StopReplication=ConflictException",
            "UpdateLaunchConfiguration=ThrottlingException",
            "DeleteRecoveryInstance=ConflictException",
            "run failback no",
            " not-approved",
            "boot:app-1x1",
        ];
        (named.iter().any(|name| text.contains(name)) && !text.contains("late:") && !text.contains("x61"))
            || !text.contains("fail ")
    };
    let mut cases: Vec<Case> = failback_campaign::grid().iter().filter(only).cloned().collect();
    let twice = failback_campaign::repetitions();
    cases.extend(twice.into_iter().filter(|case| case.to_string().contains(": twice ")));
    cases.extend((1..=60).map(failback_campaign::random));
    cases.extend(every(9, failback_campaign::manual_starts()));
    // Launch settings that a person changes while replication takes its time.
    let changed = ["during failback 4", "during drill 4"];
    let prepared = [" prepare-for-drill;", " prepare;"];
    cases.extend(failback_campaign::people().into_iter().filter(|case| {
        let text = case.to_string();
        changed.iter().zip(prepared).any(|(turn, by_hand)| text.contains(turn) && text.contains(by_hand))
    }));
    let tried = assert_holds(&cases);
    let program = Program::deployed().expect("the machines are read");
    for procedure in [Procedure::Drill, Procedure::Failback] {
        let places = Coverage::places(procedure, program.machine(procedure));
        let never = tried.tally.coverage.unvisited(&places);
        assert!(
            never.is_empty(),
            "no run visits {}",
            never.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        );
    }
}

#[test]
fn what_is_found_does_not_depend_on_the_threads() {
    let cases: Vec<Case> = (1..=12).map(failback_campaign::random).collect();
    let program = Program::deployed().expect("the machines are read");
    let [one, two] = [1, 2].map(|jobs| failback_campaign::play_all(&program, &cases, jobs, &|_| ()));
    assert_eq!(one.tally.coverage, two.tally.coverage);
    assert_eq!((one.tally.calls, one.tally.worst), (two.tally.calls, two.tally.worst));
}

/// Cases that start alike share a world until they part. Each must go as it goes alone.
#[test]
fn a_case_goes_among_others_as_it_goes_alone() {
    let mut cases = every(151, failback_campaign::grid());
    cases.extend(every(607, failback_campaign::pairs()));
    cases.extend(every(97, failback_campaign::repetitions()));
    cases.extend(every(211, failback_campaign::people()));
    cases.extend(every(89, failback_campaign::manual_starts()));
    // Answers at a gate, faults that go on, a step of a person at another turn, and a case that is there twice.
    for text in [
        "recovered, 3 servers, seed 1: run failback no; settle failback",
        "recovered, 3 servers, seed 1: run failback silence; settle failback",
        "recovered, 3 servers, seed 1: fail task:redirect-traffic=Failback.Throttled; run failback; settle failback",
        "recovered, 3 servers, seed 1: fail task:redirect-traffic=Failback.Throttledx2; run failback; settle failback",
        "recovered, 3 servers, seed 1: fail crash:redirect-traffic; run failback; fail odd:write-report; mend; settle failback",
        "recovered, 3 servers, seed 1: during failback 20 stop-a2; try failback",
        "recovered, 3 servers, seed 1: during failback 21 stop-a2; try failback",
        "recovered, 3 servers, seed 1: during failback 21 stop-a2; try failback",
    ] {
        cases.push(text.parse().unwrap_or_else(|problem| panic!("{text}: {problem}")));
    }
    let program = Program::deployed().expect("the machines are read");
    let (together, mut alone) = (tried(&cases).tally, Summary::default());
    for (number, case) in cases.iter().enumerate() {
        let played = failback_campaign::play_with(&program, case).expect("a case");
        alone.add(number, case, &played);
    }
    assert_eq!((together.worlds, together.runs, together.calls), (alone.worlds, alone.runs, alone.calls));
    assert_eq!((together.faults, together.worst), (alone.faults, alone.worst));
    assert_eq!(together.coverage, alone.coverage);
}
