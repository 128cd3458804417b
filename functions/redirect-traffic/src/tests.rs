use std::sync::atomic::{AtomicUsize, Ordering};

use failback_core::ErrorName;
use failback_core::fleet::Redirected;
use failback_sim::{ChangeAction, Fault, Known, RecordChange};
use failback_testkit::{Fixture, Response};
use serde_json::json;

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
    fixture.keeps::<Step>();
    let asked = fixture.now();
    let wait = fixture.waits::<Step>("Route 53 is propagating the change of 1 record", 1);
    assert!((20..=50).contains(&wait), "{wait}");
    assert_eq!(fixture.call::<Step>().unwrap().why, "Route 53 has not reported INSYNC for 1 change yet");
    assert_eq!(fixture.done::<Step>().last().unwrap(), "traffic is redirected to the failed-back servers");
    assert_eq!(address(&fixture), a4(&fixture));
    let redirected = fixture.fleet.redirected.unwrap();
    assert_eq!(redirected.asked.unwrap().seconds_since(asked), 0, "from here on nothing is lost");
    assert_eq!(redirected.in_sync, Some(fixture.now()));
}

#[test]
fn records_that_point_at_a4_already_were_changed_at_an_unknown_time() {
    let mut fixture = Fixture::failback(|_| ()).redirected();
    fixture.fleet.redirected = None;
    let wait = fixture.waits::<Step>("the records point at A4 already; their change may still be", 0);
    assert_eq!(wait, 60);
    let redirected = fixture.fleet.redirected.unwrap();
    assert_eq!((redirected.asked, redirected.old_ttl_seconds), (None, Some(3_600)), "both are unknown");
    fixture.pass(30);
    assert_eq!(fixture.waits::<Step>("may still be propagating", 0), 30);
    fixture.pass(30);
    fixture.idle::<Step>("traffic is redirected");
    assert_eq!(fixture.fleet.redirected.unwrap().in_sync, Some(fixture.now()));
}

#[test]
fn a_lost_answer_does_not_lose_the_old_ttl() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    fixture.fleet.redirected = Some(Redirected { old_ttl_seconds: Some(900), ..Redirected::default() });
    fixture.keeps::<Step>();
    fixture.fail("lost:route53:ChangeResourceRecordSets");
    let error = fixture.call::<Step>().unwrap_err();
    assert_eq!(error.name(), ErrorName::Unavailable);
    fixture.waits::<Step>("may still be propagating", 0);
    assert_eq!(fixture.fleet.redirected.unwrap().old_ttl_seconds, Some(900));
}

#[test]
fn the_larger_of_the_noted_and_the_present_ttl_counts() {
    for (noted, counts) in [(None, 60), (Some(30), 60), (Some(900), 900)] {
        let mut fixture = Fixture::failback(|_| ()).launched();
        fixture.fleet.redirected =
            noted.map(|ttl| Redirected { old_ttl_seconds: Some(ttl), ..Redirected::default() });
        fixture.keeps::<Step>();
        fixture.waits::<Step>("is propagating the change of 1 record", 1);
        assert_eq!(fixture.fleet.redirected.unwrap().old_ttl_seconds, Some(counts), "{noted:?}");
    }
}

#[test]
fn what_is_changed_is_kept_first_as_the_input_that_puts_it_back() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    let before = address(&fixture);
    let kept = fixture.keeps::<Step>();
    let set = json!({
        "Name": "shop.example.com.", "Type": "A", "TTL": 60, "ResourceRecords": [{ "Value": before }]
    });
    let changes = json!([{ "Action": "UPSERT", "ResourceRecordSet": set }]);
    let zone = "Z0123456789ABCDEFGHIJ";
    assert_eq!(kept, json!({ "records": [{ "HostedZoneId": zone, "ChangeBatch": { "Changes": changes } }] }));
    // Somebody lowers the TTL meanwhile: what would be changed is not what was kept.
    let record = fixture.run.plan.redirect.records()[0].clone();
    let lower = RecordChange::of_simple(ChangeAction::Upsert, &record.name, 30, vec![before]);
    fixture.simulation.world().change_record_sets(&record.zone_id, &[lower]).unwrap();
    let kept = fixture.keeps::<Step>();
    assert_eq!(kept["records"][0]["ChangeBatch"]["Changes"][0]["ResourceRecordSet"]["TTL"], 30);
    fixture.waits::<Step>("is propagating the change of 1 record", 1);
}

#[test]
fn a_record_that_points_elsewhere_is_left_alone() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    let a1 =
        fixture.simulation.world().instance(fixture.source(), &fixture.a1(0)).unwrap().private_ip.clone();
    fixture.point_at(&a1);
    fixture.refused::<Step>("an address of A1, the original of web-1");
    fixture.point_at("10.9.9.9");
    fixture.refused::<Step>("the record holds 10.9.9.9, not an address of B3 or A4 of web-1");
}

/// Lets a person point the record at an address between the step's reading and its change.
fn meanwhile(fixture: &mut Fixture, ttl_seconds: u64, address: String) {
    let record = fixture.run.plan.redirect.records()[0].clone();
    let simulation = fixture.simulation.clone();
    fixture.tamper(move |seen| {
        if let Response::Changes(_) = seen {
            let address = vec![address.clone()];
            let change = RecordChange::of_simple(ChangeAction::Upsert, &record.name, ttl_seconds, address);
            simulation.world().change_record_sets(&record.zone_id, &[change]).unwrap();
        }
    });
}

#[test]
fn a_record_that_a_person_changes_meanwhile_is_left_alone() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    fixture.keeps::<Step>();
    meanwhile(&mut fixture, 60, "10.9.9.9".to_owned());
    let error = fixture.call::<Step>().unwrap_err();
    assert_eq!(error.name(), ErrorName::Conflict);
    assert!(error.to_string().contains("shop.example.com.: the record now holds 10.9.9.9"), "{error}");
    assert!(error.to_string().contains("do not match the current values"), "{error}");
    assert_eq!(address(&fixture), "10.9.9.9");
}

#[test]
fn a_record_that_a_person_points_at_a4_meanwhile_is_as_wanted() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    let wanted = a4(&fixture);
    fixture.keeps::<Step>();
    meanwhile(&mut fixture, 300, wanted.clone());
    fixture.waits::<Step>("the records point at A4 already", 0);
    assert_eq!(address(&fixture), wanted);
    fixture.done::<Step>();
}

#[test]
fn a_call_without_time_leaves_the_change_to_the_next() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    fixture.keeps::<Step>();
    let output = fixture.call_until::<Step>(fixture.now()).unwrap();
    assert_eq!((output.why.as_str(), output.wait_seconds), ("this call has no time left", 1));
    fixture.waits::<Step>("is propagating the change of 1 record", 1);
}

/// An A4 whose checks are not passed for a moment, after the records were kept.
#[test]
fn records_are_kept_once_whatever_the_change_waits_for() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    fixture.keeps::<Step>();
    fixture.tamper(|seen| {
        if let Response::InstanceStatus(found) = seen {
            found.clear();
        }
    });
    fixture.waits::<Step>("traffic cannot be redirected yet", 0);
    fixture.tamper(|_| ());
    fixture.waits::<Step>("is propagating the change of 1 record", 1);
}

/// Route 53 answers few calls a second: those that have taken their changes are not forgotten for those that have not.
#[test]
fn a_change_that_was_taken_is_followed_though_another_was_refused() {
    let mut fixture = Fixture::failback(|plan| {
        let mut record = plan["redirect"]["records"][0].clone();
        record["name"] = json!("all.example.com");
        record["server"] = json!("all-1");
        plan["redirect"]["records"].as_array_mut().unwrap().push(record);
    })
    .launched();
    fixture.keeps::<Step>();
    let (simulation, changes) = (fixture.simulation.clone(), AtomicUsize::new(0));
    fixture.tamper(move |seen| {
        if matches!(seen, Response::Changes(_)) && changes.fetch_add(1, Ordering::Relaxed) == 1 {
            let known = Known { steps: &[], servers: &[], errors: &[] };
            let fault = Fault::parse("error:route53:ChangeResourceRecordSets=Throttling", &known);
            simulation.world().add_fault(fault.unwrap());
        }
    });
    fixture.waits::<Step>("this call has no time left", 1);
    fixture.waits::<Step>("Route 53 is propagating the change of 2 records", 1);
    assert_eq!(fixture.call::<Step>().unwrap().why, "Route 53 has not reported INSYNC for 2 changes yet");
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
    fixture.keeps::<Step>();
    fixture.waits::<Step>("Route 53 is propagating the change of 1 record", 1);
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(<crate::RedirectTraffic as failback_core::step::Step>::limit(&plan).seconds(), 900);
}
