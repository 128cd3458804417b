use failback_core::cloud::Cloud;
use failback_core::moment::Moment;
use failback_stage::{Pending, Seen, Stage};
use serde_json::Value;

fn step(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Pending<'_> {
    Box::pin(crate::handle(cloud, payload, deadline))
}

#[test]
fn every_a2_is_stopped() {
    let mut stage = Stage::failback(|_| ()).reversed();
    let before = stage.writes();
    assert_eq!(stage.done(step), ["no server replicates home any more"]);
    // Each is tagged while B2 still proves whose it is, and stopped.
    assert_eq!(stage.writes() - before, 4);
    stage.idle(step, "no server replicates home any more");
}

#[test]
fn nothing_is_reversed_so_nothing_is_stopped() {
    Stage::drill(|_| ()).idle(step, "no server replicates home");
}

#[test]
fn a_launch_that_is_at_work_comes_first() {
    let mut stage = Stage::failback(|_| ()).reversed();
    let job = stage.launch();
    let wait = stage.waits(step, &format!("all-1: job {job} must end first"), 0);
    assert!(wait > 515, "{wait}: a launch takes nine minutes");
    stage.done(step);
    stage.idle(step, "no server replicates home");
}

#[test]
fn what_drs_refuses_for_now_is_waited_for() {
    let mut stage = Stage::failback(|_| ()).reversed();
    stage.fail("error:drs:StopReplication=ConflictException");
    stage.waits(step, "web-1: replication of A2 does not stop yet", 3);
    stage.done(step);
    stage.idle(step, "no server replicates home");
}

#[test]
fn a_call_that_is_late_leaves_the_rest_to_the_next() {
    let mut stage = Stage::failback(|_| ()).reversed();
    let before = stage.writes();
    let answer = stage.call_until(stage.now(), step).unwrap();
    assert_eq!((answer.status.as_str(), answer.why.as_str()), ("waiting", "this call has no time left"));
    assert_eq!(stage.writes(), before);
}

/// B2 is reversed, and DRS does not show A2.
fn unseen() -> Stage {
    let mut stage = Stage::failback(|_| ()).reversed();
    for member in &mut stage.fleet.members {
        member.a2 = None;
    }
    let home = stage.home();
    stage.see(move |seen| {
        if let Seen::SourceServers(region, servers) = seen
            && region == home
        {
            servers.clear();
        }
    });
    stage
}

#[test]
fn an_a2_that_does_not_show_is_waited_for_a_minute_and_no_longer() {
    let mut stage = unseen();
    let began = stage.now();
    stage.waits(step, "B2 replicates and DRS does not show A2 yet", 0);
    stage.simulation.world().advance_to(began.plus_seconds(59).millis());
    stage.waits(step, "B2 replicates and DRS does not show A2 yet", 0);
    stage.simulation.world().advance_to(began.plus_seconds(60).millis());
    stage.idle(step, "no server replicates home any more");
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Stage::failback(|_| ()).run.plan;
    assert_eq!(<crate::StopReversedReplication as failback_core::step::Step>::limit_seconds(&plan), 3_600);
}
