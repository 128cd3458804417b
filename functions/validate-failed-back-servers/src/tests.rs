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

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Stage::failback(|_| ()).run.plan;
    assert_eq!(<crate::ValidateFailedBackServers as failback_core::step::Step>::limit_seconds(&plan), 3_000);
}

/// A4 of the first server has come up with an impaired instance status check.
fn impaired(change: impl FnOnce(&mut Value)) -> Stage {
    let stage = Stage::failback(change);
    stage.fail("boot:web-1");
    stage.launched()
}

#[test]
fn an_a4_that_is_impaired_is_launched_again_and_the_other_is_not() {
    let mut stage = impaired(|_| ());
    let answer = stage.call(step).unwrap();
    assert!(answer.why.contains("are launched again: the instance status check fails"), "{}", answer.why);
    let again = stage.fleet.find("web-1").unwrap();
    assert!(again.a3.is_none() && again.replace.is_some() && again.times.validated.is_none());
    let works = stage.fleet.members.iter().find(|member| member.name != "web-1").unwrap();
    assert!(works.a3.is_some() && works.replace.is_none() && works.times.validated.is_some());
}

#[test]
fn a_plan_without_status_checks_takes_what_runs() {
    let mut stage = impaired(|plan| plan["validation"] = serde_json::json!({ "statusChecks": false }));
    stage.idle(step, "2 failed-back servers working");
}
