use drs_failback::machines;
use drs_failback::rehearsal::{Always, Rehearsal};
use drs_failback::runner::{Answer, Running};
use failback_core::procedure::Procedure;
use failback_core::report::Outcome;

use crate::support::{assert_done, rehearsal, rest, run};

/// Runs until so many turns are done, then forgets the execution: as if somebody had stopped it.
fn cut_after(rehearsal: &Rehearsal, procedure: Procedure, turns: usize) -> bool {
    let machine = machines::read(procedure).expect("the machine is read");
    let setting = rehearsal.setting();
    rehearsal.auditor.begin(&rehearsal.simulation.world(), "cut", procedure, &setting.plan);
    let input = setting.input.clone();
    let mut running = Running::start(&rehearsal.simulation, &machine, procedure, "cut", input, setting.seed);
    for _ in 0..turns {
        if running.outcome().is_some() {
            return false;
        }
        running.go_on(&rehearsal.simulation, &mut Always(Answer::Yes));
    }
    rehearsal.simulation.world().execution_ended("cut");
    running.outcome().is_none()
}

#[test]
fn a_failback_that_is_cut_anywhere_is_carried_on() {
    let mut turns = 1;
    loop {
        let mut rehearsal = rehearsal(Procedure::Failback, 3, 12);
        if !cut_after(&rehearsal, Procedure::Failback, turns) {
            break;
        }
        let again = run(&mut rehearsal, Procedure::Failback);
        assert_eq!(again.outcome, Outcome::Succeeded, "cut after {turns} turns: {:?}", again.failure);
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
        if !cut_after(&rehearsal, Procedure::Drill, turns) {
            break;
        }
        let again = run(&mut rehearsal, Procedure::Drill);
        // A half cleaned field is cleaned first; then the drill can be started.
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
