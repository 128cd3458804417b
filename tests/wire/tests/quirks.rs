//! Whole procedures over the wire, with responses that differ from the service model. They reach the same end.

use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_rehearsal::rehearsal::Rehearsal;
use failback_wire::Quirk;
use wire_tests::{left, run, setting};

fn comes_home(quirks: &[Quirk]) {
    for (procedure, rest) in [(Procedure::Drill, ["A1", "B1"]), (Procedure::Failback, ["A4", "B1"])] {
        let mut rehearsal = Rehearsal::new(setting(procedure, 1));
        let (run, _) = run(&mut rehearsal, procedure, quirks.iter().copied());
        assert_eq!(run.outcome, Outcome::Succeeded, "{procedure} with {quirks:?}: {:?}", run.failure);
        assert!(run.is_safe(), "{procedure} with {quirks:?}: {:?}", run.verdicts);
        for left in left(&rehearsal) {
            assert_eq!(left, rest, "{procedure} with {quirks:?}");
        }
    }
}

#[test]
fn tidy_answers() {
    comes_home(&[]);
}

#[test]
fn members_and_words_of_tomorrow() {
    comes_home(&[Quirk::UnknownMembers, Quirk::UnknownWords]);
}

#[test]
fn jobs_without_recovery_instance_ids() {
    comes_home(&[Quirk::NoRecoveryInstanceIds]);
}

#[test]
fn one_item_a_page() {
    comes_home(&[Quirk::PageSizeOne]);
}

#[test]
fn throttling() {
    comes_home(&[Quirk::Throttling]);
}

#[test]
fn throttling_that_says_when_to_try_again() {
    comes_home(&[Quirk::ThrottlingWithRetryAfter]);
}

#[test]
fn connections_cut_before_the_effect() {
    comes_home(&[Quirk::CutBefore]);
}

#[test]
fn connections_cut_after_the_effect() {
    comes_home(&[Quirk::CutAfter]);
}

#[test]
fn slow_answers() {
    comes_home(&[Quirk::Slow]);
}
