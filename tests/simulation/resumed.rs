use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_rehearsal::rehearsal::Always;
use failback_rehearsal::runner::GateAnswer;

use crate::support::{assert_done, rehearsal, rest, run};

#[test]
fn a_failback_that_is_cut_anywhere_is_carried_on() {
    let mut turns = 1;
    loop {
        let mut rehearsal = rehearsal(Procedure::Failback, 3, 12);
        if rehearsal.cut(Procedure::Failback, turns, &mut Always(GateAnswer::Yes)).is_some() {
            break;
        }
        let again = run(&mut rehearsal, Procedure::Failback);
        assert!(again.outcome.is_done(), "cut after {turns} turns: {:?}", again.failure);
        assert_done(&rehearsal, &again, rest(Procedure::Failback));
        turns += 1;
    }
    assert!(turns > 50, "the failback took {turns} turns");
}

#[test]
fn a_drill_that_is_cut_anywhere_leaves_nothing_behind() {
    let mut turns = 1;
    loop {
        let mut rehearsal = rehearsal(Procedure::Drill, 3, 12);
        if rehearsal.cut(Procedure::Drill, turns, &mut Always(GateAnswer::Yes)).is_some() {
            break;
        }
        let again = run(&mut rehearsal, Procedure::Drill);
        // The first run may only complete an interrupted clean-up; the next one drills.
        if again.outcome != Outcome::Succeeded {
            let third = run(&mut rehearsal, Procedure::Drill);
            assert_eq!(third.outcome, Outcome::Succeeded, "cut after {turns} turns: {:?}", third.failure);
        }
        for left in crate::support::left(&rehearsal) {
            assert_eq!(left, rest(Procedure::Drill).iter().copied().collect(), "cut after {turns} turns");
        }
        turns += 1;
    }
}
