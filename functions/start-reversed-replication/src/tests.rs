use failback_core::cloud::Cloud;
use failback_core::moment::Moment;
use failback_stage::{Pending, Seen, Stage};
use serde_json::Value;

fn step(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Pending<'_> {
    Box::pin(crate::handle(cloud, payload, deadline))
}

#[test]
fn every_b2_is_reversed_once_and_its_a2_waited_for() {
    let mut stage = Stage::failback(|_| ());
    let before = stage.writes();
    let wait = stage.waits(step, "DRS does not show A2 yet", 2);
    assert!((1..=60).contains(&wait), "{wait}");
    stage.pass(60);
    assert_eq!(stage.done(step), ["2 servers replicating home"]);
    assert_eq!(stage.writes() - before, 2);
    assert!(stage.fleet.members.iter().all(|member| member.a2.is_some()));
    stage.idle(step, "2 servers replicating home");
}

#[test]
fn what_has_been_asked_is_not_asked_again_at_once() {
    let mut stage = Stage::failback(|_| ());
    stage.waits(step, "DRS does not show A2 yet", 2);
    stage.waits(step, "DRS does not show A2 yet", 0);
}

#[test]
fn what_a_person_has_reversed_is_left_as_it_is() {
    Stage::failback(|_| ()).reversed().idle(step, "2 servers replicating home");
}

#[test]
fn what_drs_refuses_for_now_is_waited_for_with_its_words() {
    let mut stage = Stage::failback(|_| ());
    stage.fail("error:drs:ReverseReplication=ConflictExceptionx2");
    let wait = stage.waits(step, "refused by a rule of the rehearsal", 0);
    assert!(wait >= 5, "{wait}");
    stage.done(step);
}

#[test]
fn a_call_that_is_late_begins_nothing() {
    let mut stage = Stage::failback(|_| ());
    let before = stage.writes();
    let answer = stage.call_until(stage.now(), step).unwrap();
    assert!(answer.why.ends_with("this call has no time left"), "{}", answer.why);
    assert_eq!((answer.wait_seconds, stage.writes()), (1, before));
}

#[test]
fn a_b2_that_does_not_run_is_waited_for() {
    let mut stage = Stage::failback(|_| ());
    let b2 = stage.b2(0);
    stage.simulation.world().terminate_recovery_instances(stage.away(), &[b2]).unwrap();
    stage.pass(1_200);
    stage.waits(step, "B2 does not run", 1);
}

#[test]
fn what_was_not_asked_yet_is_asked_beside_what_was() {
    let mut stage = Stage::failback(|_| ());
    stage.fail("error:drs:ReverseReplication=ConflictException");
    stage.waits(step, "web-1, all-1: refused by a rule", 1);
    stage.waits(step, "web-1, all-1: DRS does not show A2 yet", 1);
    stage.waits(step, "web-1, all-1: DRS does not show A2 yet", 0);
}

#[test]
fn what_does_not_show_for_long_is_asked_anew() {
    let mut stage = Stage::failback(|_| ());
    let home = stage.home();
    stage.see(move |seen| {
        if let Seen::SourceServers(region, servers) = seen
            && region == home
        {
            servers.clear();
        }
    });
    let asked = |stage: &Stage| {
        let world = stage.simulation.world();
        let of = |call: &&failback_sim::Call| call.operation == "ReverseReplication";
        world.calls().iter().filter(of).count()
    };
    for polls in 0..17 {
        stage.call(step).unwrap();
        assert_eq!(asked(&stage), 2 * (1 + polls / 8), "after {polls}");
    }
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Stage::failback(|_| ()).run.plan;
    assert_eq!(<crate::StartReversedReplication as failback_core::step::Step>::limit_seconds(&plan), 3_600);
}
