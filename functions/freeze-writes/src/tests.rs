use failback_core::cloud::HookAnswer;
use failback_core::fleet::Lease;
use failback_core::tags::tag;
use failback_core::timestamp::Timestamp;
use failback_testkit::{Fixture, Response};
use serde_json::json;

use crate::FreezeWrites as Step;

/// Returns a failback whose A2 are ready, and whose plan has the hook freeze B3 for an hour at most.
fn ready() -> Fixture {
    let fixture = Fixture::failback(|plan| {
        plan["cutover"] = json!({ "freeze": "byHook", "freezeMinutesMax": 60 });
        plan["waves"] = json!([]);
    })
    .reversed();
    fixture.pass(7_200);
    fixture
}

/// Returns the tag of the first B2, and who took it.
fn lease(fixture: &Fixture) -> (String, String) {
    let world = fixture.simulation.world();
    let (_, recovery) = world.region_pair();
    let b2 = world.fleet()[0].b2.last().expect("B2").clone();
    let tags = world.recovery_instance(recovery, &b2).expect("B2").tags.clone();
    let of = |key: &str| tags.get(key).cloned().unwrap_or_default();
    (of(tag::FREEZE), of(tag::FROZEN_BY))
}

fn tags(fixture: &Fixture, lease: Lease, by: &str) {
    let mut tags = lease.tags();
    tags.insert(tag::FROZEN_BY.to_owned(), by.to_owned());
    for server in 0..2 {
        let b2 = fixture.b2(server);
        let mut world = fixture.simulation.world();
        let arn = world.recovery_instance(fixture.recovery(), &b2).expect("B2").arn.clone();
        world.tag_resource(&arn, &tags).expect("it exists");
    }
}

fn is_frozen(fixture: &Fixture) -> bool {
    fixture.simulation.world().has_frozen_production()
}

#[test]
fn the_lease_is_shown_before_the_hook_is_called() {
    let mut fixture = ready();
    let began = fixture.now();
    fixture.waits::<Step>("its lease is taken, and not shown yet", 2);
    assert!(!is_frozen(&fixture), "the lease comes first");
    let (lease, by) = lease(&fixture);
    let until = Timestamp::parse(lease.strip_prefix("until ").expect("a lease")).expect("a time");
    assert!((3_600..3_610).contains(&until.seconds_since(began)), "{lease}");
    assert_eq!(by, fixture.run.tag_value());
    let told = fixture.done::<Step>();
    assert_eq!(told.last().map(String::as_str), Some("the hook has frozen B3 of 2 servers"));
    assert!(is_frozen(&fixture));
}

#[test]
fn a_hook_that_is_not_done_is_called_again() {
    let mut fixture = ready();
    fixture.tamper(|seen| {
        if let Response::Hook(answer) = seen {
            *answer = HookAnswer::read(&json!({ "status": "waiting", "why": "a queue drains" }))
                .expect("an answer");
        }
    });
    fixture.waits::<Step>("its lease is taken", 2);
    for _ in 0..2 {
        fixture.waits::<Step>("the hook stops writes to B3: a queue drains", 1);
    }
}

#[test]
fn a_freeze_that_another_execution_has_left_is_lifted_first() {
    for left in [Lease::Lifting(Timestamp::from_millis(0)), Lease::Until(ready().now().plus_seconds(3_000))] {
        let mut fixture = ready();
        tags(&fixture, left, "another");
        fixture.waits::<Step>("an earlier freeze of B3 is being lifted", 0);
        assert!(!is_frozen(&fixture));
    }
    let mut fixture = ready();
    tags(&fixture, Lease::Lifted(fixture.now()), "another");
    fixture.waits::<Step>("an earlier freeze of B3 is being lifted", 0);
    fixture.pass(110);
    fixture.waits::<Step>("its lease is taken", 2);
}

#[test]
fn a_lease_that_is_over_is_not_used_any_more() {
    let mut fixture = ready();
    let own = fixture.run.tag_value();
    tags(&fixture, Lease::Until(fixture.now().plus_seconds(599)), &own);
    fixture.refused::<Step>("the freeze of B3 is over");
    assert!(!is_frozen(&fixture));
}
