use drs_failback::machines;
use drs_failback::rehearsal::{Always, Rehearsal};
use drs_failback::runner::{Answer, Running, drive};
use failback_asl::Outcome;
use failback_core::procedure::Procedure;
use failback_sim::Scene;

use crate::support::{assert_left, rest, setting, three_tier};

/// Starts both at once, drives them to their ends, and says which succeeded. No rule may be broken.
fn both(rehearsal: &Rehearsal, procedures: [Procedure; 2]) -> Vec<bool> {
    let machines = procedures.map(|procedure| machines::read(procedure).expect("the machine is read"));
    let setting = rehearsal.setting();
    let mut running = Vec::new();
    for (index, (procedure, machine)) in procedures.into_iter().zip(&machines).enumerate() {
        let id = format!("execution-{index}");
        rehearsal.auditor.begin(&rehearsal.simulation.world(), &id, procedure, &setting.plan);
        let seed = setting.seed;
        running.push(Running::start(
            &rehearsal.simulation,
            machine,
            procedure,
            &id,
            setting.input.clone(),
            seed,
        ));
    }
    drive(&rehearsal.simulation, &mut running, &mut Always(Answer::Yes));
    let findings = rehearsal.auditor.findings();
    assert!(findings.is_empty(), "{findings:#?}");
    running.iter().map(|run| matches!(run.outcome(), Some(Outcome::Succeeded(_)))).collect()
}

#[test]
fn of_two_starts_of_one_fleet_the_first_goes_on() {
    for procedure in [Procedure::Drill, Procedure::Failback] {
        for seed in 1..=3 {
            let rehearsal = Rehearsal::new(setting(procedure, three_tier(|_| ()), 3, seed));
            assert_eq!(both(&rehearsal, [procedure, procedure]), [true, false]);
            assert_left(&rehearsal, rest(procedure));
        }
    }
}

#[test]
fn a_drill_and_a_failback_of_one_fleet_do_not_meet() {
    let mut setting = setting(Procedure::Failback, three_tier(|_| ()), 3, 1);
    setting.scene = Scene::Recovered;
    let rehearsal = Rehearsal::new(setting);
    assert_eq!(both(&rehearsal, [Procedure::Failback, Procedure::Drill]), [true, false]);
    assert_left(&rehearsal, rest(Procedure::Failback));
}
