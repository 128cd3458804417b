//! The HTTP API: starts, shows, approves and stops runs.
//!
//! API Gateway lets in nobody whom IAM does not; a request that names no caller is refused here again. Everything is
//! read from Step Functions and nothing is kept: there is no table that could be wrong. A plan is checked before a run
//! is started, and the caller's identity goes into the run's input, its report, and the answer at its gates.

mod answer;
mod event;
mod execution;
mod gate;
mod history;
mod problem;
mod route;
mod show;
mod start;

use failback_core::step_functions::StepFunctions;
use failback_core::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::event::Request;
use crate::problem::HttpProblem;
use crate::route::Route;
pub use crate::route::{route_key, routes};

/// Bytes of a plan that Step Functions takes as an execution's input.
pub const BODY_BYTES_MAX: usize = 262_144;

/// The API's description, in OpenAPI 3.1.
pub const OPENAPI: &str = include_str!("../../../docs/openapi.json");

/// The response to a request.
pub(crate) struct Response {
    status: u16,
    body: Value,
    location: Option<String>,
}

impl Response {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, body, location: None }
    }
}

/// Answers one event of API Gateway's HTTP API, payload format 2.0.
pub async fn answer(step_functions: &dyn StepFunctions, event: Value, now: Timestamp) -> Value {
    let request = Request::of(&event);
    let (caller, method, path) = (request.caller().unwrap_or_default(), &request.method, &request.path);
    let response = match respond(step_functions, &request, now).await {
        Ok(response) => written(response),
        Err(problem) => problem.written(&request.path),
    };
    let status = response["statusCode"].as_u64().unwrap_or_default();
    tracing::info!(caller, method, path, status, "answers");
    response
}

async fn respond(
    step_functions: &dyn StepFunctions,
    request: &Request,
    now: Timestamp,
) -> Result<Response, HttpProblem> {
    let route = Route::of(request)?;
    if route == Route::OpenApi {
        let document = serde_json::from_str(OPENAPI).map_err(|error| HttpProblem::internal(&error))?;
        return Ok(Response::ok(document));
    }
    let caller = request.caller().ok_or_else(HttpProblem::no_caller)?;
    match route {
        Route::OpenApi => unreachable!("answered above"),
        Route::CheckPlan => start::check(request),
        Route::Start(procedure) => start::start(step_functions, request, procedure, caller, now).await,
        Route::List(procedure) => show::list(step_functions, request, procedure).await,
        Route::Show(procedure, name) => show::one(step_functions, procedure, &name).await,
        Route::Approve(procedure, name) => {
            gate::approve(step_functions, request, procedure, &name, caller).await
        }
        Route::Reject(procedure, name) => {
            gate::reject(step_functions, request, procedure, &name, caller).await
        }
        Route::LaunchAgain(name) => answer::launch_again(step_functions, request, &name, caller).await,
        Route::Abort(name) => answer::abort(step_functions, request, &name, caller).await,
        Route::Stop(procedure, name) => gate::stop(step_functions, request, procedure, &name, caller).await,
    }
}

fn written(response: Response) -> Value {
    let mut headers = json!({ "content-type": "application/json", "cache-control": "no-store" });
    if let Some(location) = response.location {
        headers["location"] = Value::String(location);
    }
    json!({ "statusCode": response.status, "headers": headers, "body": response.body.to_string() })
}
