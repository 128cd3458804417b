//! The object that `--json` prints.

use std::collections::BTreeMap;

use failback_sim::{Access, World};
use serde::Serialize;
use serde_json::{Value, json};

use crate::rehearsal::{Rehearsal, RunResult};

/// A server with its identities, including those that no longer exist.
#[derive(Debug, Serialize)]
struct Server {
    name: String,
    wave: String,
    a1: Option<String>,
    a2: Option<String>,
    a3: Option<String>,
    a4: Option<String>,
    b1: Option<String>,
    b2: Option<String>,
    b3: Option<String>,
    outcome: Value,
}

/// Returns the object that `--json` prints.
pub fn object(rehearsal: &Rehearsal, run: &RunResult) -> Value {
    let world = rehearsal.simulation.world();
    let rules: Vec<Value> = run
        .verdicts
        .iter()
        .map(|verdict| {
            let findings: Vec<&str> =
                verdict.violations.iter().map(|violation| violation.what.as_str()).collect();
            json!({ "id": verdict.rule.code(), "held": verdict.held(), "findings": findings })
        })
        .collect();
    let left: Vec<Value> = world
        .left()
        .iter()
        .map(|left| {
            json!({
                "label": left.label,
                "id": left.id,
                "region": left.region,
                "kind": left.kind.to_string(),
                "server": world.fleet()[left.server].name,
            })
        })
        .collect();
    json!({
        "procedure": run.procedure,
        "outcome": run.outcome,
        "failure": run.failure,
        "seed": rehearsal.setting().seed,
        "servers": servers(&world, rehearsal, run),
        "left": left,
        "rules": rules,
        "virtualSeconds": run.virtual_seconds,
        "awsSeconds": run.aws_seconds,
        "polls": run.polls,
        "transitions": run.transitions,
        "historyEvents": run.history_events,
        "payloadBytesMax": run.payload_bytes_max,
        "calls": calls(&world),
        "report": run.report,
    })
}

fn servers(world: &World, rehearsal: &Rehearsal, run: &RunResult) -> Vec<Server> {
    let waves = rehearsal.setting().plan.wave_names();
    let told = |b1: &str| {
        let report = run.report.as_ref()?;
        report.servers.iter().find(|server| server.b1.as_str() == b1).map(|server| server.outcome)
    };
    let last = |ids: Vec<String>| ids.into_iter().next_back();
    let text = |ids: &[failback_core::id::InstanceId]| last(ids.iter().map(ToString::to_string).collect());
    world
        .fleet()
        .iter()
        .map(|server| Server {
            name: server.name.clone(),
            wave: waves.get(server.wave).cloned().unwrap_or_default(),
            a1: Some(server.a1.to_string()),
            a2: last(server.a2.iter().map(ToString::to_string).collect()),
            a3: last(server.a3.iter().map(ToString::to_string).collect()),
            a4: text(&server.a4),
            b1: Some(server.b1.to_string()),
            b2: last(server.b2.iter().map(ToString::to_string).collect()),
            b3: text(&server.b3),
            outcome: told(server.b1.as_str()).map_or_else(|| "notStarted".into(), |outcome| json!(outcome)),
        })
        .collect()
}

fn calls(world: &World) -> Value {
    let mut reads: BTreeMap<String, u64> = BTreeMap::new();
    let mut writes: BTreeMap<String, u64> = BTreeMap::new();
    for call in world.calls().iter() {
        let counts = if call.kind == Access::Read { &mut reads } else { &mut writes };
        *counts.entry(format!("{}:{}", call.service, call.operation)).or_default() += 1;
    }
    json!({ "reads": reads, "writes": writes })
}
