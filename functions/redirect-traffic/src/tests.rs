use failback_core::cloud::Cloud;
use failback_core::moment::Moment;
use failback_stage::{Pending, Stage};
use serde_json::Value;

fn step(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Pending<'_> {
    Box::pin(crate::handle(cloud, payload, deadline))
}

fn address(stage: &Stage) -> String {
    let record = &stage.run.plan.redirect.records[0];
    stage.simulation.world().record(&record.zone_id, &record.name, "A").unwrap().values[0].clone()
}

fn a4(stage: &Stage) -> String {
    let a4 = stage.fleet.find("web-1").and_then(failback_core::fleet::Member::a4).unwrap();
    stage.simulation.world().instance(stage.home(), &a4).unwrap().private_ip.clone()
}

#[test]
fn the_record_points_at_a4_once_route_53_is_in_sync() {
    let mut stage = Stage::failback(|_| ()).launched();
    assert_ne!(address(&stage), a4(&stage));
    let asked = stage.now();
    let wait = stage.waits(step, "Route 53 spreads the change of 1 record", 1);
    assert!((20..=50).contains(&wait), "{wait}");
    assert_eq!(stage.call(step).unwrap().why, "1 of 1 changes are not INSYNC yet");
    assert_eq!(stage.done(step).last().unwrap(), "traffic goes to the failed-back servers");
    assert_eq!(address(&stage), a4(&stage));
    let redirected = stage.fleet.redirected.unwrap();
    assert_eq!(redirected.asked.unwrap().seconds_since(asked), 0, "from here on nothing is lost");
    assert_eq!(redirected.in_sync, Some(stage.now()));
}

#[test]
fn records_that_point_at_a4_already_were_changed_at_an_unknown_time() {
    let mut stage = Stage::failback(|_| ()).redirected();
    stage.waits(step, "spreads the change", 1);
    assert_eq!(stage.fleet.redirected.unwrap().asked, None);
    stage.done(step);
}

#[test]
fn a_fleet_that_is_home_has_its_traffic() {
    let mut stage = Stage::failback(|_| ());
    stage.fleet.members.iter_mut().for_each(|member| member.home = true);
    stage.idle(step, "every server is home already");
}

#[test]
fn traffic_goes_only_to_an_a4_that_works() {
    Stage::failback(|_| ()).reversed().refused(step, "A4 is not launched");
    let mut stage = Stage::failback(|_| ()).launched();
    let a4 = stage.fleet.members[0].a4().unwrap();
    stage.simulation.world().stop_instances(stage.home(), &[a4]).unwrap();
    stage.pass(60);
    stage.refused(step, "does not run (S2)");
}

#[test]
fn it_is_no_part_of_a_drill() {
    Stage::drill(|_| ()).launched().refused(step, "no part of a drill");
}

#[test]
fn what_the_ledger_has_lost_is_found_again() {
    let mut stage = Stage::failback(|_| ()).launched();
    for member in &mut stage.fleet.members {
        member.a3 = None;
    }
    stage.waits(step, "Route 53 spreads the change of 1 record", 1);
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Stage::failback(|_| ()).run.plan;
    assert_eq!(<crate::RedirectTraffic as failback_core::step::Step>::limit_seconds(&plan), 900);
}
