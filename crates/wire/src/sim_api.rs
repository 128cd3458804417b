//! The simulator's own API, below `/_sim`, for people and for programs that rehearse. It is not part of AWS.

use failback_core::cloud::RunningExecution;
use failback_core::procedure::Procedure;
use failback_core::timestamp::Timestamp;
use failback_sim::{Access, Call, CallOutcome, Fault, Known, Simulation, Stack, World};
use serde_json::{Value, json};

use crate::request::HttpRequest;
use crate::response::HttpResponse;

/// The most seconds by which one request moves time: 60 days.
const MOST_SECONDS: f64 = 5_184_000.0;

/// Answers a request to the simulator itself. Returns nothing for any other request.
pub(crate) fn answer(
    simulation: &Simulation,
    steps: &[String],
    request: &HttpRequest,
) -> Option<HttpResponse> {
    let segments = request.segments();
    let (first, rest) = segments.split_first()?;
    if first != "_sim" {
        return None;
    }
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let result = match (request.method.as_str(), &rest[..]) {
        ("GET", []) => Ok(overview(&simulation.world())),
        ("POST", ["advance"]) => advance(simulation, &body),
        ("GET", ["calls"]) => Ok(calls(&simulation.world(), request)),
        ("GET", ["permissions"]) => Ok(permissions(&simulation.world())),
        ("GET", ["faults"]) => Ok(faults(&simulation.world())),
        ("POST", ["faults"]) => add_fault(simulation, steps, &body),
        ("DELETE", ["faults"]) => {
            simulation.world().clear_faults();
            Ok(json!({}))
        }
        ("POST", ["executions"]) => begin(simulation, &body),
        ("DELETE", ["executions", id]) => {
            simulation.world().execution_ended(id);
            Ok(json!({}))
        }
        ("POST", ["traffic"]) => {
            // For plans in which people redirect the traffic.
            simulation.world().operator_moves_traffic();
            Ok(json!({}))
        }
        (method, _) => {
            let message = format!(
                "{method} {} is not known. Known are GET /_sim, POST /_sim/advance, GET /_sim/calls, GET \
                 /_sim/permissions, GET, POST and DELETE /_sim/faults, POST and DELETE /_sim/executions, POST \
                 /_sim/traffic",
                request.path
            );
            return Some(shown(404, &json!({ "message": message })));
        }
    };
    Some(match result {
        Ok(value) => shown(200, &value),
        Err(message) => shown(400, &json!({ "message": message })),
    })
}

/// Returns indented JSON, for people who use curl.
fn shown(status: u16, value: &Value) -> HttpResponse {
    HttpResponse { body: format!("{value:#}\n").into_bytes(), ..HttpResponse::json(status, value) }
}

fn now(world: &World) -> String {
    Timestamp::from_millis(world.now_ms()).to_string()
}

/// Returns the fleet by the labels of AWS's page.
fn overview(world: &World) -> Value {
    let (source, recovery) = world.region_pair();
    let servers = world.fleet().iter().enumerate().map(|(index, server)| {
        let labels = world.labels(index);
        let text = |id: Option<String>| id.map_or(Value::Null, Value::String);
        json!({
            "name": server.name,
            "a1": text(labels.a1.map(|id| id.to_string())),
            "a2": text(labels.a2.map(|id| id.to_string())),
            "a3": text(labels.a3.map(|id| id.to_string())),
            "a4": text(labels.a4.map(|id| id.to_string())),
            "b1": text(labels.b1.map(|id| id.to_string())),
            "b2": text(labels.b2.map(|id| id.to_string())),
            "b3": text(labels.b3.map(|id| id.to_string())),
        })
    });
    json!({
        "now": now(world),
        "nowMillis": world.now_ms(),
        "nextEvent": world.next_event_ms().map(|ms| Timestamp::from_millis(ms).to_string()),
        "regions": { "source": source, "recovery": recovery },
        "account": world.account(),
        "servers": servers.collect::<Vec<_>>(),
    })
}

fn advance(simulation: &Simulation, body: &Value) -> Result<Value, String> {
    let seconds = body["seconds"].as_f64().filter(|seconds| (0.0..=MOST_SECONDS).contains(seconds));
    let seconds = seconds.ok_or_else(|| {
        format!(
            "say how far time is to move, such as {{\"seconds\": 600}}, with at most {MOST_SECONDS} seconds"
        )
    })?;
    let mut world = simulation.world();
    #[allow(clippy::cast_possible_truncation, reason = "bounded above")]
    world.advance_by((seconds * 1_000.0) as i64);
    Ok(json!({ "now": now(&world), "nowMillis": world.now_ms() }))
}

fn calls(world: &World, request: &HttpRequest) -> Value {
    let writes = request.parameter("kind").as_deref() == Some("write");
    let since: usize = request.parameter("since").and_then(|text| text.parse().ok()).unwrap_or(0);
    let shape = |(number, call): (usize, &Call)| {
        json!({
            "number": number,
            "at": Timestamp::from_millis(call.at_ms).to_string(),
            "operation": format!("{}:{}", call.service, call.operation),
            "write": call.kind == Access::Write,
            "region": call.region,
            "targets": call.targets,
            "step": call.step.as_deref(),
            "outcome": match &call.outcome {
                CallOutcome::Ok => "ok",
                CallOutcome::Err(code) => *code,
                CallOutcome::Lost => "answer lost",
            },
            "changed": call.changed.iter().map(|changed| format!("{changed:?}")).collect::<Vec<_>>(),
        })
    };
    let kept = world.calls().iter().enumerate().skip(since);
    let kept = kept.filter(|(_, call)| !writes || call.kind == Access::Write);
    json!({ "calls": kept.map(shape).collect::<Vec<_>>() })
}

/// Returns the authorization requests, including the forwarded requests of DRS.
fn permissions(world: &World) -> Value {
    let asked = world.permissions().iter().map(|permission| {
        json!({
            "action": permission.action,
            "resource": permission.resource,
            "region": permission.region,
            "viaDrs": permission.via_drs,
            "step": permission.step.as_deref(),
        })
    });
    json!({ "permissions": asked.collect::<Vec<_>>() })
}

fn faults(world: &World) -> Value {
    let shown = |fault: &Fault| json!({ "fault": format!("{fault:?}"), "usedUp": fault.is_used_up() });
    json!({ "faults": world.faults().iter().map(shown).collect::<Vec<_>>() })
}

fn add_fault(simulation: &Simulation, steps: &[String], body: &Value) -> Result<Value, String> {
    let text = body["fault"].as_str().ok_or("say what goes wrong, such as {\"fault\": \"boot:web-1\"}")?;
    let mut world = simulation.world();
    let servers: Vec<String> = world.fleet().iter().map(|server| server.name.clone()).collect();
    let fault = Fault::parse(text, &Known { steps, servers: &servers, ..Known::default() });
    world.add_fault(fault.map_err(|error| error.to_string())?);
    Ok(json!({}))
}

/// Adds an execution that runs elsewhere, so that `ListExecutions` knows it.
fn begin(simulation: &Simulation, body: &Value) -> Result<Value, String> {
    let id = body["id"].as_str().ok_or("`id` is missing: the ARN of the execution")?;
    let procedure = match body["procedure"].as_str() {
        Some("drill") => Procedure::Drill,
        Some("failback") => Procedure::Failback,
        _ => return Err("`procedure` must be `drill` or `failback`".to_owned()),
    };
    let mut world = simulation.world();
    let started = Timestamp::from_millis(world.now_ms());
    let input = body["input"].clone();
    world.execution_started(RunningExecution { id: id.to_owned(), started, procedure, input }, Stack::First);
    Ok(json!({}))
}
