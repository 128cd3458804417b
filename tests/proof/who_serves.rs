//! Planted bugs about what serves: a mistake that the guard once made is made for it again, by what it reads.

use failback_campaign::Broken;
use failback_core::cloud::{Instance, InstanceState, RecordSet};
use failback_core::id::InstanceId;
use failback_core::procedure::Procedure;
use failback_core::rule::SafetyRule;
use failback_rehearsal::program::Program;
use failback_sim::World;
use serde_json::{Value, json};

use crate::bug::{Bug, Bugged};
use crate::bugs::Reader;
use crate::planted::{assert_caught_in, assert_caught_in_some, with};

/// An original that runs is taken for one that cannot serve.
#[derive(Default)]
struct OriginalsServeNobody(Reader);

impl Bug for OriginalsServeNobody {
    fn given(&self, step: &str, _payload: &mut Value) {
        self.0.begins(step);
    }

    fn instances(&self, world: &World, instances: &mut Vec<Instance>) {
        let is_a1 = |id: &InstanceId| world.fleet().iter().any(|server| server.a1 == *id);
        for a1 in instances.iter_mut().filter(|instance| is_a1(&instance.id)) {
            if self.0.is("stop-original-replication") {
                a1.state = InstanceState::Stopped;
            }
        }
    }
}

#[test]
fn an_original_without_a_record_taken_for_one_that_serves_nobody() {
    let case = "recovered, 2 servers, seed 763, stop-b1: during failback 12 point-at-a1";
    assert_caught_in(case, OriginalsServeNobody::default(), Broken::Rule(SafetyRule::ProductionRuns));
}

/// A record at an address that nobody has any more is taken for one at A1.
struct UnknownIsA1;

impl Bug for UnknownIsA1 {
    fn records(&self, world: &World, sets: &mut Vec<RecordSet>) {
        let (source, _) = world.region_pair();
        let a1 = world.fleet().first().and_then(|server| world.instance(source, &server.a1));
        for value in sets.iter_mut().flat_map(|set| &mut set.values) {
            let owner = world.owner_of(value).and_then(|(region, id)| world.instance(region, id));
            if let Some(a1) = a1
                && owner.is_none_or(|owner| owner.state == InstanceState::Terminated)
            {
                value.clone_from(&a1.private_ip);
            }
        }
    }
}

#[test]
fn a_record_at_no_instance_taken_for_no_sign_of_production() {
    // The B3 that the record was pointed at is launched again, and the server without a record goes on with the new one.
    let cases = (15..45).step_by(5).map(|turn| {
        format!(
            "drilled, 2 servers, seed 1222, drill-recovered, disposable: \
             during drill 14 use-b3 {turn} recover; try drill"
        )
    });
    let program = Program::deployed().expect("the machines").performed_by(Bugged(UnknownIsA1));
    assert_caught_in_some(cases, &program, Broken::Rule(SafetyRule::ServingUntouched));
}

/// The step that stops A2 sees every record at A4.
#[derive(Default)]
struct TrafficNeverGoesBack(Reader);

impl Bug for TrafficNeverGoesBack {
    fn given(&self, step: &str, _payload: &mut Value) {
        self.0.begins(step);
    }

    fn records(&self, world: &World, sets: &mut Vec<RecordSet>) {
        let (source, _) = world.region_pair();
        // The first server has the record, which the others follow.
        let a4 = world.fleet().first().and_then(|server| world.instance(source, server.a4.last()?));
        let Some(a4) = a4.filter(|_| self.0.is("stop-reversed-replication")) else { return };
        for set in sets {
            set.values = vec![a4.public_ip.clone()];
        }
    }
}

#[test]
fn a2_of_a_b3_that_serves_again_taken_for_one_that_protects_nothing() {
    let case = "recovered, 3 servers, seed 1: during failback 110 use-b3";
    assert_caught_in(case, TrafficNeverGoesBack::default(), Broken::Rule(SafetyRule::ServingUntouched));
}

/// People's word that traffic has moved is taken for their word that it has stayed.
struct AskedOnce;

impl Bug for AskedOnce {
    fn given(&self, _step: &str, payload: &mut Value) {
        if payload.pointer("/run/trafficMovedByHand") == Some(&json!(true)) {
            payload["run"]["cleanUpApproved"] = payload["run"]["redrives"].as_u64().unwrap_or(0).into();
        }
    }
}

#[test]
fn traffic_moved_by_hand_taken_to_stay_where_it_is() {
    let program = with(Procedure::Failback, |states| {
        states["Ask Before Clean Up?"]["Choices"][0]["Condition"] = json!("{% $run.plan.name = 'asked' %}");
    })
    .performed_by(Bugged(AskedOnce));
    let case = "recovered, 2 servers, seed 2481, by-hand: during failback 105 use-b3".to_owned();
    assert_caught_in_some(std::iter::once(case), &program, Broken::Rule(SafetyRule::ProductionRuns));
}
