//! Change batches of Route 53, and the clients that follow them.

#![allow(clippy::unwrap_used)] // Also in the functions that tests share.

mod common;

use common::{source, world};
use failback_core::id::HostedZoneId;
use failback_sim::{ChangeAction, RecordChange, Scenario, World};

const NAME: &str = "shop.example.com";

fn zone() -> HostedZoneId {
    "Z0123456789ABCDEFGHIJ".parse().unwrap()
}

fn change(action: ChangeAction, ttl_seconds: u64, values: &[&str]) -> RecordChange {
    RecordChange::of_simple(
        action,
        NAME,
        ttl_seconds,
        values.iter().map(|value| (*value).to_owned()).collect(),
    )
}

fn values(world: &World) -> Vec<String> {
    world.record(&zone(), NAME, "A").map(|record| record.values.clone()).unwrap_or_default()
}

/// Asserts that Route 53 refuses a batch with these words and changes nothing.
fn refused(world: &mut World, batch: &[RecordChange], said: &str) {
    let before = values(world);
    let error = world.change_record_sets(&zone(), batch).unwrap_err();
    assert_eq!((error.code, error.http), ("InvalidChangeBatch", 400));
    assert!(error.message.contains(said), "{}", error.message);
    assert_eq!(values(world), before);
}

#[test]
fn a_record_set_is_replaced_only_if_it_is_named_exactly() {
    let mut world = world(Scenario::Recovered);
    let seen = values(&world)[0].clone();
    let create = change(ChangeAction::Create, 60, &["10.0.0.4"]);
    let named = "[name='shop.example.com.', type='A']";
    for wrong in [
        change(ChangeAction::Delete, 300, &[&seen]),
        change(ChangeAction::Delete, 60, &["10.0.0.9"]),
        change(ChangeAction::Delete, 60, &[&seen, "10.0.0.9"]),
    ] {
        let said =
            format!("Tried to delete resource record set {named} but the values provided do not match");
        refused(&mut world, &[wrong, create.clone()], &said);
    }
    let said = format!("Tried to create resource record set {named} but it already exists");
    refused(&mut world, std::slice::from_ref(&create), &said);
    let delete = change(ChangeAction::Delete, 60, &[&seen]);
    let twice = [delete.clone(), delete.clone()];
    refused(&mut world, &twice, &format!("Tried to delete resource record set {named} but it was not found"));
    let other = RecordChange { set_identifier: Some("blue".into()), weight: Some(1), ..delete.clone() };
    refused(&mut world, &[other], "type='A', set-identifier='blue'] but it was not found");
    world.change_record_sets(&zone(), &[delete, create]).unwrap();
    assert_eq!(values(&world), ["10.0.0.4"]);
}

#[test]
fn the_order_of_values_does_not_matter_and_a_batch_is_made_as_a_whole() {
    let mut world = world(Scenario::Recovered);
    let two = change(ChangeAction::Upsert, 60, &["10.0.0.1", "10.0.0.2"]);
    world.change_record_sets(&zone(), &[two]).unwrap();
    let delete = change(ChangeAction::Delete, 60, &["10.0.0.2", "10.0.0.1"]);
    let missing = RecordChange { name: "none.example.com".into(), ..delete.clone() };
    refused(&mut world, &[delete.clone(), missing], "it was not found");
    world.change_record_sets(&zone(), &[delete]).unwrap();
    assert!(values(&world).is_empty());
}

#[test]
fn clients_follow_when_the_old_answer_has_expired() {
    let mut world = world(Scenario::Recovered);
    let seen = values(&world)[0].clone();
    let a1 = world.fleet()[0].a1.clone();
    let address = world.instance(source(), &a1).unwrap().private_ip.clone();
    world.start_instances(source(), std::slice::from_ref(&a1)).unwrap();
    let slow = change(ChangeAction::Upsert, 3_600, &[&seen]);
    world.change_record_sets(&zone(), &[slow]).unwrap();
    world.advance_by(600_000);
    let batch =
        [change(ChangeAction::Delete, 3_600, &[&seen]), change(ChangeAction::Create, 60, &[&address])];
    let id = world.change_record_sets(&zone(), &batch).unwrap();
    world.advance_by(60_000);
    assert!(world.get_change(&id).unwrap(), "the name servers return A1");
    let index = world.index_of("web-1").unwrap();
    let serving = |world: &World| world.serving(index).unwrap().instance;
    assert_ne!(serving(&world), a1, "resolvers hold the old answer");
    world.advance_by(3_500_000);
    assert_ne!(serving(&world), a1);
    world.advance_by(100_000);
    assert_eq!(serving(&world), a1);
}
