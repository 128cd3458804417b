use failback_testkit::Fixture;

use crate::RedirectTraffic as Step;

fn address(fixture: &Fixture) -> String {
    let record = &fixture.run.plan.redirect.records()[0];
    fixture.simulation.world().record(&record.zone_id, &record.name, "A").unwrap().values[0].clone()
}

fn a4(fixture: &Fixture) -> String {
    let a4 = fixture.fleet.find("web-1").and_then(failback_core::fleet::Server::a4).unwrap();
    fixture.simulation.world().instance(fixture.source(), &a4).unwrap().private_ip.clone()
}

#[test]
fn the_record_points_at_a4_once_route_53_is_in_sync() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    assert_ne!(address(&fixture), a4(&fixture));
    let asked = fixture.now();
    let wait = fixture.waits::<Step>("Route 53 is propagating the change of 1 record", 1);
    assert!((20..=50).contains(&wait), "{wait}");
    assert_eq!(fixture.call::<Step>().unwrap().why, "1 of 1 changes are not INSYNC yet");
    assert_eq!(fixture.done::<Step>().last().unwrap(), "traffic is redirected to the failed-back servers");
    assert_eq!(address(&fixture), a4(&fixture));
    let redirected = fixture.fleet.redirected.unwrap();
    assert_eq!(redirected.asked.unwrap().seconds_since(asked), 0, "from here on nothing is lost");
    assert_eq!(redirected.in_sync, Some(fixture.now()));
}

#[test]
fn records_that_point_at_a4_already_were_changed_at_an_unknown_time() {
    let mut fixture = Fixture::failback(|_| ()).redirected();
    fixture.waits::<Step>("is propagating the change", 1);
    assert_eq!(fixture.fleet.redirected.unwrap().asked, None);
    fixture.done::<Step>();
}

#[test]
fn a_fleet_that_is_home_has_its_traffic() {
    let mut fixture = Fixture::failback(|_| ());
    fixture.fleet.servers.iter_mut().for_each(|server| server.already_failed_back = true);
    fixture.idle::<Step>("every server has failed back already");
}

#[test]
fn traffic_goes_only_to_an_a4_that_works() {
    Fixture::failback(|_| ()).reversed().refused::<Step>("A4 is not launched");
    let mut fixture = Fixture::failback(|_| ()).launched();
    let a4 = fixture.fleet.servers[0].a4().unwrap();
    fixture.simulation.world().stop_instances(fixture.source(), &[a4]).unwrap();
    fixture.pass(60);
    fixture.refused::<Step>("does not run (S2:");
}

#[test]
fn it_does_not_belong_to_a_drill() {
    Fixture::drill(|_| ()).launched().refused::<Step>("does not belong to a drill");
}

#[test]
fn what_the_ledger_has_lost_is_found_again() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    for server in &mut fixture.fleet.servers {
        server.a3 = None;
    }
    fixture.waits::<Step>("Route 53 is propagating the change of 1 record", 1);
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(<crate::RedirectTraffic as failback_core::step::Step>::limit_seconds(&plan), 900);
}
