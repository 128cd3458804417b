//! A handle to a world that implements the cloud traits.

mod drs;
mod ec2;
mod in_flight;
mod other_services;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use failback_core::Result;
use failback_core::region::Region;

use crate::service_error::{ServiceError, no_answer};
use crate::world::{CallRequest, CallResult, World};
use in_flight::InFlight;

/// A handle to a world, which steps, a driver and an auditor share.
#[derive(Debug, Clone)]
pub struct Simulation {
    world: Arc<Mutex<World>>,
    in_flight: Arc<InFlight>,
}

impl Simulation {
    /// Creates a handle to a world.
    pub fn new(world: World) -> Self {
        Self { world: Arc::new(Mutex::new(world)), in_flight: Arc::default() }
    }

    /// Locks the world and returns it. Every call waits while it is held.
    pub fn world(&self) -> MutexGuard<'_, World> {
        // After a panic elsewhere the world is still whole, and a test that continues may read it.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a call, which takes effect after its latency. Never completes when the caller crashes after it. [`run`](Self::run)
    /// lets the time pass.
    async fn call<T>(
        &self,
        operation: &'static str,
        region: impl Into<Option<Region>>,
        targets: Vec<String>,
        run: impl FnOnce(&mut World) -> Result<T, ServiceError>,
    ) -> Result<T> {
        let request = CallRequest { targets, ..CallRequest::new(operation, region.into(), NO_TARGETS) };
        let arrives_ms = self.world().arrival_ms(request.operation);
        self.until(arrives_ms).await;
        let result = self.world().take_effect(request, run);
        match result {
            CallResult::Ok(value) => Ok(value),
            CallResult::Refused(error) => Err(error.into_error(operation)),
            CallResult::Lost => Err(no_answer(operation)),
            CallResult::Died => {
                // The process of the step has ended, so it never gets a response. Results need not be `Send`, and so
                // none may live across the await.
                drop(result);
                self.in_flight.die();
                std::future::pending().await
            }
        }
    }
}

/// The targets of a call before they are named.
const NO_TARGETS: [&str; 0] = [];

/// Returns ids as text, for the call log.
fn names<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
