use failback_core::cloud::{RunningExecution, Tags};
use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_core::tags::tag;
use failback_core::timestamp::Timestamp;
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

/// Each server was left by a run of its own, so that reading the owners takes longer than a claim's state is proof.
#[test]
fn a_fleet_of_many_owners_is_taken_over() {
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, three_tier(|_| ()), 300, 1));
    leave_an_owner_of_each(&rehearsal);
    let run = rehearsal.run(Procedure::Failback, &mut Always(GateAnswer::Yes));
    assert_safe(&rehearsal, &run);
    assert_eq!(run.outcome, Outcome::Succeeded, "{:?}", run.failure);
    assert_left(&rehearsal, rest(Procedure::Failback));
}

fn leave_an_owner_of_each(rehearsal: &Rehearsal) {
    let mut world = rehearsal.simulation.world();
    let (_, recovery) = world.region_pair();
    for index in 0..world.fleet().len() {
        let id = format!("failback-of-{index}");
        let started = Timestamp::from_millis(world.now_ms());
        let input = rehearsal.setting().input.clone();
        let execution = RunningExecution { id: id.clone(), started, procedure: Procedure::Failback, input };
        world.execution_started(execution, Stack::First);
        world.execution_ended(&id);
        let b2 = world.labels(index).b2.expect("it is recovered");
        let arn = world.recovery_instance(recovery, &b2).expect("it exists").arn.clone();
        world.tag_resource(&arn, &Tags::from([(tag::RUN.to_owned(), id)])).expect("it exists");
    }
}
