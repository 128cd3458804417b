//! The router: it finds the service of each request, and applies the disturbances on the way there.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use failback_core::region::Region;
use failback_sim::{ServiceError, Simulation};
use serde_json::json;

use crate::clock::{Pace, Speed};
use crate::credential_scope::CredentialScope;
use crate::quirks::{Disturbance, Quirks};
use crate::request::HttpRequest;
use crate::response::{HttpResponse, Reply};
use crate::{drs, ec2, lambda, route53, sim_api, step_functions, sts};

/// A simulated world and the protocols in front of it.
#[derive(Debug)]
pub struct Router {
    simulation: Simulation,
    quirks: Mutex<Quirks>,
    pace: Mutex<Pace>,
    steps: Vec<String>,
}

/// The services that are modelled, by their signing names.
const SERVICES: &str = "drs, ec2, lambda, route53, sts, states";

impl Router {
    /// Creates a router to a world whose time passes at this speed.
    pub fn new(simulation: Simulation, speed: Speed, quirks: Quirks) -> Self {
        let (quirks, pace) = (Mutex::new(quirks), Mutex::new(Pace::new(speed)));
        Self { simulation, quirks, pace, steps: Vec::new() }
    }

    /// Sets the names of the steps, which `crash` faults use.
    #[must_use]
    pub fn with_steps(mut self, steps: Vec<String>) -> Self {
        self.steps = steps;
        self
    }

    /// Returns the world.
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    pub(crate) fn quirks(&self) -> MutexGuard<'_, Quirks> {
        self.quirks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets virtual time pass for the real time since the last request.
    fn keep_pace(&self) {
        let passed = self.pace.lock().unwrap_or_else(PoisonError::into_inner).passed_ms();
        if passed > 0 {
            self.simulation.world().advance_by(passed);
        }
    }

    /// Answers a request. Returns the reply, and the delay that the transport adds.
    pub fn handle(&self, request: &HttpRequest) -> (Reply, Duration) {
        self.keep_pace();
        if let Some(answer) = sim_api::answer(&self.simulation, &self.steps, request) {
            return (Reply::Response(answer), Duration::ZERO);
        }
        let mut quirks = self.quirks();
        let disturbance = quirks.next();
        let quirks = quirks.clone();
        let reply = match CredentialScope::read(request.header("authorization")) {
            Ok(scope) => self.dispatch(request, &scope, &quirks, disturbance),
            Err(message) => Reply::Response(unsigned(message)),
        };
        (reply, quirks.delay())
    }

    fn dispatch(
        &self,
        request: &HttpRequest,
        scope: &CredentialScope,
        quirks: &Quirks,
        disturbance: Option<Disturbance>,
    ) -> Reply {
        match disturbance {
            Some(Disturbance::CutBefore) => return Reply::Cut,
            Some(Disturbance::Throttled(retry_after)) => {
                return Reply::Response(throttled(&scope.service, retry_after));
            }
            Some(Disturbance::CutAfter) | None => {}
        }
        let region = scope.region.parse::<Region>();
        let mut world = self.simulation.world();
        let application = request.application();
        if application.is_some() {
            world.enter_step(application, None);
        }
        let reply = match (scope.service.as_str(), region) {
            ("route53", _) => route53::answer(&mut world, request, quirks),
            ("sts", region) => sts::answer(&mut world, region.ok(), request, scope),
            ("lambda", _) => lambda::answer(&mut world, request),
            ("states", _) => step_functions::answer(&mut world, request, quirks.page_size()),
            ("drs", Ok(region)) => drs::answer(&mut world, region, request, quirks),
            ("ec2", Ok(region)) => ec2::answer(&mut world, region, request, quirks),
            ("drs", Err(error)) => Reply::Response(drs::error(&ServiceError::new(
                "UnrecognizedClientException",
                error.to_string(),
            ))),
            ("ec2", Err(error)) => {
                Reply::Response(ec2::error(&ServiceError::new("AuthFailure", error.to_string())))
            }
            (service, _) => Reply::Response(no_service(service)),
        };
        if application.is_some() {
            world.enter_step(None, None);
        }
        if disturbance == Some(Disturbance::CutAfter) { Reply::Cut } else { reply }
    }
}

/// Returns the throttling error of a service, in the service's own words.
fn throttled(service: &str, retry_after_seconds: Option<u32>) -> HttpResponse {
    const MESSAGE: &str = "Rate exceeded";
    match service {
        "ec2" => ec2::error(&ServiceError::new("RequestLimitExceeded", "Request limit exceeded.")),
        "route53" => route53::error(&ServiceError::new("Throttling", MESSAGE)),
        "sts" => sts::error(&ServiceError::new("Throttling", MESSAGE)),
        "lambda" => lambda::error(&ServiceError {
            http: 429,
            ..ServiceError::new("TooManyRequestsException", MESSAGE)
        }),
        "states" => step_functions::error(&ServiceError {
            http: 400,
            ..ServiceError::new("ThrottlingException", MESSAGE)
        }),
        _ => drs::error(&ServiceError {
            retry_after_seconds,
            ..ServiceError::new("ThrottlingException", MESSAGE)
        }),
    }
}

/// Returns the error for an unsigned request. The service is unknown, so the form is the one that most services use.
fn unsigned(message: &str) -> HttpResponse {
    let body = json!({ "message": message });
    HttpResponse::json(403, &body).with("x-amzn-errortype", "MissingAuthenticationTokenException")
}

fn no_service(service: &str) -> HttpResponse {
    let body = json!({
        "message": format!("the service `{service}` is not modelled by this simulator; modelled are {SERVICES}"),
    });
    HttpResponse::json(501, &body).with("x-amzn-errortype", "UnsupportedOperationException")
}
