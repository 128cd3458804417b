use failback_core::cloud::Cloud;
use failback_core::moment::Moment;
use failback_stage::{Pending, Stage};
use serde_json::Value;

fn step(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Pending<'_> {
    Box::pin(crate::handle(cloud, payload, deadline))
}

#[test]
fn the_initial_sync_is_waited_for_with_its_progress() {
    let mut stage = Stage::failback(|_| ());
    for server in 0..2 {
        let b2 = stage.b2(server);
        stage.simulation.world().reverse_replication(stage.away(), &b2).unwrap();
    }
    stage.pass(600);
    let wait = stage.waits(step, "GiB copied, about ", 0);
    assert!((5..=3_600).contains(&wait), "{wait}");
    let said = stage.done(step);
    assert_eq!(said.last().unwrap(), "2 servers ready");
    assert!(stage.fleet.members.iter().all(|member| member.times.ready.is_some()));
    stage.idle(step, "2 servers ready");
}

#[test]
fn without_an_a2_nothing_is_copied() {
    let wait = Stage::failback(|_| ()).waits(step, "copy nothing: A2 is not there", 0);
    assert!(wait > 0);
}

#[test]
fn a_stopped_a2_is_told_with_its_remedy() {
    let mut stage = Stage::failback(|_| ()).reversed().stopped();
    stage.waits(step, "copy nothing: ", 0);
}

#[test]
fn what_is_launched_is_past_this_step() {
    let mut stage = Stage::failback(|_| ()).launched();
    stage.idle(step, "2 servers ready");
    assert!(stage.fleet.members.iter().all(|member| member.times.ready.is_none()));
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Stage::failback(|_| ()).run.plan;
    assert_eq!(<crate::CheckLaunchState as failback_core::step::Step>::limit_seconds(&plan), 172_800);
}
