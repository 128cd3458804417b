//! The front door: which service a request is for, and what may go wrong before it gets there.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use failback_core::region::Region;
use failback_sim::{ServiceError, Simulation};
use serde_json::json;

use crate::answer::{Answer, Reply};
use crate::clock::{Pace, Speed};
use crate::fidelity::{Mishap, Strain};
use crate::incoming::Incoming;
use crate::scope::Scope;
use crate::{drs, ec2, route53, sim_api, states, sts};

/// A simulated world and the protocols in front of it.
#[derive(Debug)]
pub struct Front {
    simulation: Simulation,
    strain: Mutex<Strain>,
    pace: Mutex<Pace>,
    steps: Vec<String>,
}

/// The services that are modelled, by their signing names.
const SERVICES: &str = "drs, ec2, route53, sts, states";

impl Front {
    /// Opens a world. Its time passes at this speed.
    pub fn new(simulation: Simulation, speed: Speed, strain: Strain) -> Self {
        let (strain, pace) = (Mutex::new(strain), Mutex::new(Pace::new(speed)));
        Self { simulation, strain, pace, steps: Vec::new() }
    }

    /// Says which steps there are: `crash` rules name them.
    #[must_use]
    pub fn with_steps(mut self, steps: Vec<String>) -> Self {
        self.steps = steps;
        self
    }

    /// The world.
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    pub(crate) fn steps(&self) -> &[String] {
        &self.steps
    }

    pub(crate) fn strain(&self) -> MutexGuard<'_, Strain> {
        self.strain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets as much virtual time pass as has passed since the last request.
    fn keep_pace(&self) {
        let passed = self.pace.lock().unwrap_or_else(PoisonError::into_inner).passed_ms();
        if passed > 0 {
            self.simulation.world().advance_by(passed);
        }
    }

    /// Answers a request. What the answer takes besides is for the transport to wait.
    pub fn handle(&self, incoming: &Incoming) -> (Reply, Duration) {
        self.keep_pace();
        if let Some(answer) = sim_api::answer(self, incoming) {
            return (Reply::Answer(answer), Duration::ZERO);
        }
        let mut strain = self.strain();
        let mishap = strain.next();
        let strain = strain.clone();
        let reply = match Scope::read(incoming.header("authorization")) {
            Ok(scope) => self.dispatch(incoming, &scope, &strain, mishap),
            Err(message) => Reply::Answer(unsigned(message)),
        };
        (reply, strain.delay())
    }

    fn dispatch(&self, incoming: &Incoming, scope: &Scope, strain: &Strain, mishap: Option<Mishap>) -> Reply {
        match mishap {
            Some(Mishap::CutBefore) => return Reply::Cut,
            Some(Mishap::Throttled(retry_after)) => {
                return Reply::Answer(throttled(&scope.service, retry_after));
            }
            Some(Mishap::CutAfter) | None => {}
        }
        let region = scope.region.parse::<Region>();
        let mut world = self.simulation.world();
        let application = incoming.application();
        if application.is_some() {
            world.enter_step(application, None);
        }
        let reply = match (scope.service.as_str(), region) {
            ("route53", _) => route53::answer(&mut world, incoming, strain),
            ("sts", region) => sts::answer(&mut world, region.ok(), incoming, scope),
            ("states", _) => states::answer(&mut world, incoming, strain.page_size()),
            ("drs", Ok(region)) => drs::answer(&mut world, region, incoming, strain),
            ("ec2", Ok(region)) => ec2::answer(&mut world, region, incoming, strain),
            ("drs", Err(error)) => Reply::Answer(drs::error(&ServiceError::new(
                "UnrecognizedClientException",
                error.to_string(),
            ))),
            ("ec2", Err(error)) => {
                Reply::Answer(ec2::error(&ServiceError::new("AuthFailure", error.to_string())))
            }
            (service, _) => Reply::Answer(no_service(service)),
        };
        if application.is_some() {
            world.enter_step(None, None);
        }
        if mishap == Some(Mishap::CutAfter) { Reply::Cut } else { reply }
    }
}

/// Each service says in its own words that it is asked too often.
fn throttled(service: &str, retry_after_seconds: Option<u32>) -> Answer {
    const MESSAGE: &str = "Rate exceeded";
    match service {
        "ec2" => ec2::error(&ServiceError::new("RequestLimitExceeded", "Request limit exceeded.")),
        "route53" => route53::error(&ServiceError::new("Throttling", MESSAGE)),
        "sts" => sts::error(&ServiceError::new("Throttling", MESSAGE)),
        "states" => {
            states::error(&ServiceError { http: 400, ..ServiceError::new("ThrottlingException", MESSAGE) })
        }
        _ => drs::error(&ServiceError {
            retry_after_seconds,
            ..ServiceError::new("ThrottlingException", MESSAGE)
        }),
    }
}

/// No service can be told from the request, so the answer is in the form that most of them read.
fn unsigned(message: &str) -> Answer {
    let body = json!({ "message": message });
    Answer::json(403, &body).with("x-amzn-errortype", "MissingAuthenticationTokenException")
}

fn no_service(service: &str) -> Answer {
    let body = json!({
        "message": format!("the service `{service}` is not modelled by this simulator; modelled are {SERVICES}"),
    });
    Answer::json(501, &body).with("x-amzn-errortype", "UnsupportedOperationException")
}
