use failback_asl::Event;
use failback_core::cloud::Clock as _;
use failback_core::procedure::Procedure;
use failback_core::{Error, ErrorName};
use failback_rehearsal::rehearsal::Rehearsal;
use failback_rehearsal::runner::{GateAnswer, Watcher};
use failback_rehearsal::steps::STEPS;
use failback_sim::World;
use serde_json::{Value, json};

use crate::support::{rehearsal, setting, three_tier, writes};

/// A watcher that refuses at every gate, and keeps the payload of the last step.
#[derive(Default)]
struct Keep {
    payload: Value,
}

impl Watcher for Keep {
    fn event(&mut self, _: &World, event: &Event) {
        if let Event::TaskStarted { arguments, .. } = event
            && arguments["Payload"]["fleet"].is_object()
        {
            self.payload = arguments["Payload"].clone();
        }
    }

    fn gate(&mut self, _: &str) -> GateAnswer {
        GateAnswer::No("kept for the test".into())
    }
}

/// Returns a failback that is held before traffic moves, with the payload of its last step: A4 works, B3 is
/// production.
fn held() -> (Rehearsal, Value) {
    held_by(&[])
}

/// Returns a failback that is held by these faults, or else before traffic moves.
fn held_by(rules: &[&str]) -> (Rehearsal, Value) {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    for rule in rules {
        rehearsal.fail(rule).expect("a rule");
    }
    let mut keep = Keep::default();
    rehearsal.run(Procedure::Failback, &mut keep);
    let payload = json!({ "run": keep.payload["run"], "fleet": keep.payload["fleet"], "wait": null });
    (rehearsal, payload)
}

/// Calls a step as a wrong state machine might.
fn call(rehearsal: &Rehearsal, step: &str, payload: &Value) -> Result<Value, Error> {
    let step = STEPS.iter().find(|it| it.name == step).expect("a step");
    let deadline = rehearsal.simulation.now().plus_seconds(55);
    rehearsal
        .simulation
        .run(step.call(&rehearsal.simulation, payload, deadline))
        .expect("the step has not died")
}

/// Asserts that the guard refuses, says why, and changes nothing.
fn assert_refused(rehearsal: &Rehearsal, step: &str, payload: &Value, said: &str) {
    let before = writes(rehearsal);
    let error = call(rehearsal, step, payload).expect_err("the guard refuses");
    assert_eq!(error.name(), ErrorName::Guard, "{step}: {error}");
    assert!(error.to_string().contains(said), "{step}: {error}");
    assert_eq!(writes(rehearsal), before, "{step} changed something");
}

#[test]
fn clean_up_is_refused_while_b3_is_production() {
    let (rehearsal, payload) = held();
    for step in ["terminate-recovered-servers", "terminate-original-servers", "protect-failed-back-servers"] {
        assert_refused(&rehearsal, step, &payload, "S2");
    }
    assert_refused(&rehearsal, "delete-recovery-instances", &payload, "not protected");
    assert_refused(&rehearsal, "remove-source-servers", &payload, "S4");
}

#[test]
fn a_step_of_one_procedure_is_no_step_of_the_other() {
    let (rehearsal, payload) = held();
    let mut of_a_drill = payload.clone();
    of_a_drill["run"]["procedure"] = json!("drill");
    for step in [
        "redirect-traffic",
        "protect-failed-back-servers",
        "stop-original-replication",
        "terminate-original-servers",
        "delete-recovery-instances",
    ] {
        assert_refused(&rehearsal, step, &of_a_drill, "does not belong to a drill");
    }
    for step in ["launch-recovered-servers", "terminate-drill-servers"] {
        assert_refused(&rehearsal, step, &payload, "does not belong to a failback");
    }
}

#[test]
fn a_drill_never_terminates_a_b3_that_may_be_production() {
    // Production runs on B3, and the drill's clean-up is called for it.
    let (rehearsal, mut payload) = held();
    assert_refused(&rehearsal, "stop-reversed-replication", &payload, "does not point at A4");
    payload["run"]["procedure"] = json!("drill");
    assert_refused(&rehearsal, "stop-reversed-replication", &payload, "may be production");
    // A person stops A2.
    let (source, _) = rehearsal.simulation.world().region_pair();
    let a2s: Vec<_> = (0..3).filter_map(|server| rehearsal.simulation.world().labels(server).a2).collect();
    for a2 in a2s {
        rehearsal.simulation.world().stop_replication(source, &a2).expect("A2 may be stopped");
    }
    rehearsal.simulation.world().advance_by(600_000);
    assert_refused(&rehearsal, "terminate-recovered-servers", &payload, "may be production");
}

#[test]
fn what_the_plan_does_not_ask_for_is_refused() {
    // Before anything is launched from A2.
    let (rehearsal, payload) = held_by(&["task:launch-for-failback=Failback.AccessDenied"]);
    assert_refused(&rehearsal, "stop-original-replication", &payload, "does not request");
    let (rehearsal, mut kept) = held();
    kept["run"]["plan"]["cleanup"] = json!({});
    assert_refused(&rehearsal, "terminate-original-servers", &kept, "keeps the original servers");
}

#[test]
fn a_ledger_that_names_other_peoples_servers_moves_nothing() {
    let (rehearsal, payload) = held();
    let (b2, b1) = {
        let world = rehearsal.simulation.world();
        let (_, away) = world.region_pair();
        let others = world.bystanders();
        let b2 = others.recovery_instances.iter().find(|(region, _)| *region == away);
        let b2 = b2.map(|(_, id)| id.clone()).expect("a bystander is recovered");
        let b1 = world.recovery_instance(away, &b2).map(|record| record.source_server.clone());
        (b2, b1.expect("it was launched from a server"))
    };
    // The chain is read again from live ids: a B1 of another owner has no A2 of this fleet.
    let mut foreign = payload.clone();
    foreign["fleet"]["servers"][0]["b1"] = json!(b1);
    foreign["fleet"]["servers"][0]["b2"] = json!(b2);
    assert_refused(&rehearsal, "terminate-recovered-servers", &foreign, "S");
    // A2 of this fleet is tagged with its own B1.
    let mut crossed = payload;
    crossed["fleet"]["servers"][0]["b1"] = json!(b1);
    let before = writes(&rehearsal);
    let error =
        call(&rehearsal, "stop-reversed-replication", &crossed).expect_err("not provably the fleet's");
    assert!(error.to_string().contains("tagged as another server's"), "{error}");
    assert_eq!(writes(&rehearsal), before);
}

#[test]
fn a_payload_that_is_not_the_steps_is_a_defect_and_says_so() {
    let (rehearsal, mut payload) = held();
    payload["colour"] = json!("blue");
    let error = call(&rehearsal, "prepare-launch", &payload).expect_err("an unknown field");
    assert_eq!(error.name(), ErrorName::Internal);
    assert!(error.to_string().contains("Deploy state machines and functions together"), "{error}");
}

#[test]
fn a_wait_that_takes_longer_than_the_plan_allows_ends() {
    let plan = three_tier(|plan| plan["limits"] = json!({ "replicationHours": 1 }));
    let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, plan, 3, 1));
    rehearsal.fail("stall:db-1=600").expect("a rule");
    let run = crate::support::run(&mut rehearsal, Procedure::Failback);
    assert_eq!(crate::support::failure(&run), ("Check Launch State", "Failback.TimedOut"));
    assert!(crate::support::cause(&run).contains("NOT_CONVERGING"), "{}", crate::support::cause(&run));
}
