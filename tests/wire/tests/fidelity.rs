//! Whole procedures over the wire, with answers that strain their reader: they come to the same end.

use drs_failback::rehearsal::Rehearsal;
use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_wire::Fidelity;
use wire_tests::{left, run, setting};

fn comes_home(strain: &[Fidelity]) {
    for (procedure, rest) in [(Procedure::Drill, ["A1", "B1"]), (Procedure::Failback, ["A4", "B1"])] {
        let mut rehearsal = Rehearsal::new(setting(procedure, 1));
        let (run, _) = run(&mut rehearsal, procedure, strain.iter().copied());
        assert_eq!(run.outcome, Outcome::Succeeded, "{procedure} with {strain:?}: {:?}", run.failure);
        assert!(run.is_safe(), "{procedure} with {strain:?}: {:?}", run.verdicts);
        for left in left(&rehearsal) {
            assert_eq!(left, rest, "{procedure} with {strain:?}");
        }
    }
}

#[test]
fn tidy_answers() {
    comes_home(&[]);
}

#[test]
fn members_and_words_of_tomorrow() {
    comes_home(&[Fidelity::UnknownMembers, Fidelity::UnknownWords]);
}

#[test]
fn jobs_without_recovery_instance_ids() {
    comes_home(&[Fidelity::NoRecoveryInstanceIds]);
}

#[test]
fn one_item_a_page() {
    comes_home(&[Fidelity::PageSizeOne]);
}

#[test]
fn throttling() {
    comes_home(&[Fidelity::Throttling]);
}

#[test]
fn throttling_that_says_when_to_try_again() {
    comes_home(&[Fidelity::ThrottlingWithRetryAfter]);
}

#[test]
fn connections_cut_before_the_effect() {
    comes_home(&[Fidelity::CutBefore]);
}

#[test]
fn connections_cut_after_the_effect() {
    comes_home(&[Fidelity::CutAfter]);
}

#[test]
fn slow_answers() {
    comes_home(&[Fidelity::Slow]);
}
