use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_rehearsal::rehearsal::{Always, Rehearsal, Start};
use failback_rehearsal::runner::GateAnswer;
use failback_sim::{Scenario, Stack};

use crate::support::{assert_left, assert_safe, rest, setting, three_tier};

/// Starts the second this many seconds after the first, and drives both to their ends. Returns which succeeded. No
/// rule may be broken.
fn both(rehearsal: &mut Rehearsal, [first, second]: [Procedure; 2], later_seconds: u64) -> Vec<bool> {
    let start = |procedure, after_seconds| Start { procedure, after_seconds, stack: Stack::First };
    let starts = [start(first, 0), start(second, later_seconds)];
    let runs = rehearsal.together(starts, &mut Always(GateAnswer::Yes));
    for run in &runs {
        assert_safe(rehearsal, run);
    }
    runs.iter().map(|run| run.outcome == Outcome::Succeeded).collect()
}

#[test]
fn of_two_starts_of_one_fleet_the_first_goes_on() {
    for procedure in [Procedure::Drill, Procedure::Failback] {
        for seed in 1..=3 {
            for later_seconds in [0, 1] {
                let mut rehearsal = Rehearsal::new(setting(procedure, three_tier(|_| ()), 3, seed));
                assert_eq!(both(&mut rehearsal, [procedure, procedure], later_seconds), [true, false]);
                assert_left(&rehearsal, rest(procedure));
            }
        }
    }
}

#[test]
fn a_drill_and_a_failback_of_one_fleet_do_not_meet() {
    let mut setting = setting(Procedure::Failback, three_tier(|_| ()), 3, 1);
    setting.scenario = Scenario::Recovered;
    let mut rehearsal = Rehearsal::new(setting);
    assert_eq!(both(&mut rehearsal, [Procedure::Failback, Procedure::Drill], 1), [true, false]);
    assert_left(&rehearsal, rest(Procedure::Failback));
}
