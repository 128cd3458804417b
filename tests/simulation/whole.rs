use failback_core::procedure::Procedure;

use crate::support::{BOTH, assert_done, rehearsal, rest, run};

#[test]
fn every_seed_ends_in_exactly_what_should_be_left() {
    for procedure in BOTH {
        for servers in [1, 3] {
            for seed in 1..=50 {
                let mut rehearsal = rehearsal(procedure, servers, seed);
                let run = run(&mut rehearsal, procedure);
                assert_done(&rehearsal, &run, rest(procedure));
                assert_eq!(rehearsal.simulation.world().fleet().len(), servers);
            }
        }
    }
}

#[test]
fn three_hundred_servers_end_alike() {
    for procedure in BOTH {
        let mut rehearsal = rehearsal(procedure, 300, 1);
        let run = run(&mut rehearsal, procedure);
        assert_done(&rehearsal, &run, rest(procedure));
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let dump = |seed| {
        let mut rehearsal = rehearsal(Procedure::Failback, 3, seed);
        run(&mut rehearsal, Procedure::Failback);
        rehearsal.simulation.world().dump()
    };
    assert_eq!(dump(7), dump(7));
    assert_ne!(dump(7), dump(8));
}

#[test]
fn a_failback_that_has_ended_has_nothing_left_to_do() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    run(&mut rehearsal, Procedure::Failback);
    let writes = crate::support::writes(&rehearsal);
    let again = run(&mut rehearsal, Procedure::Failback);
    assert_done(&rehearsal, &again, rest(Procedure::Failback));
    assert_eq!(crate::support::writes(&rehearsal), writes);
}

#[test]
fn a_drill_can_follow_a_failback_only_when_production_is_home() {
    // B1 protects A4 now, which is the new A1.
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    run(&mut rehearsal, Procedure::Failback);
    let drill = rehearsal.run(
        Procedure::Drill,
        &mut failback_rehearsal::rehearsal::Always(failback_rehearsal::runner::GateAnswer::Yes),
    );
    assert_eq!(drill.outcome, failback_core::report::Outcome::Succeeded, "{:?}", drill.failure);
}
