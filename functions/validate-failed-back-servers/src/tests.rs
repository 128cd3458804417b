use failback_core::cloud::Cloud;
use failback_core::moment::Moment;
use failback_stage::{Pending, Stage};
use serde_json::Value;

fn step(cloud: &dyn Cloud, mut payload: Value, deadline: Moment) -> Pending<'_> {
    payload["wave"] = 0.into();
    Box::pin(crate::handle(cloud, payload, deadline))
}

#[test]
fn servers_work_when_both_status_checks_pass() {
    let mut stage = Stage::failback(|_| ()).launched();
    stage.idle(step, "2 failed-back servers working");
    assert!(stage.fleet.members.iter().all(|member| member.times.validated.is_some()));
}

#[test]
fn an_a4_that_is_gone_is_launched_again() {
    let mut stage = Stage::failback(|_| ()).launched();
    let a4 = stage.fleet.members[0].a4().unwrap();
    stage.simulation.world().terminate_instances(stage.home(), &[a4]).unwrap();
    stage.pass(120);
    let answer = stage.call(step).unwrap();
    assert!(answer.why.contains("are launched again: A4 is gone"), "{}", answer.why);
    assert!(stage.fleet.members[0].a3.is_none() && stage.fleet.members[0].replace.is_some());
    assert!(stage.fleet.members[1].a3.is_some() && stage.fleet.members[1].replace.is_none());
}

#[test]
fn nothing_is_launched_so_nothing_works() {
    let answer = Stage::failback(|_| ()).reversed().call(step).unwrap();
    assert!(answer.why.contains("A4 is gone"), "{}", answer.why);
}
