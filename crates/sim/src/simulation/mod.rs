//! A handle to a world that implements the cloud traits.

mod drs;
mod ec2;
mod rest;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use failback_core::Result;
use failback_core::region::Region;

use crate::service_error::{ServiceError, no_answer};
use crate::world::{CallRequest, CallResult, World};

/// A world that several steps, a driver and an auditor share.
#[derive(Debug, Clone)]
pub struct Simulation {
    world: Arc<Mutex<World>>,
}

impl Simulation {
    /// A handle to a world.
    pub fn new(world: World) -> Self {
        Self { world: Arc::new(Mutex::new(world)) }
    }

    /// The world itself. Hold it briefly: every call waits for it.
    pub fn world(&self) -> MutexGuard<'_, World> {
        // A panic elsewhere leaves the world as it was; a test that goes on may still look at it.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a call through the world's one way in. Never completes when the caller dies of it.
    async fn call<T>(
        &self,
        operation: &'static str,
        region: impl Into<Option<Region>>,
        targets: Vec<String>,
        run: impl FnOnce(&mut World) -> Result<T, ServiceError>,
    ) -> Result<T> {
        let request = CallRequest::new(operation, region.into(), targets);
        let answer = self.world().call(request, run);
        match answer {
            CallResult::Ok(value) => Ok(value),
            CallResult::Refused(fault) => Err(fault.into_error(operation)),
            CallResult::Lost => Err(no_answer(operation)),
            CallResult::Died => {
                // The process is gone: nobody will ever see an answer.
                drop(answer);
                std::future::pending().await
            }
        }
    }
}

/// Ids as text, for the call log.
fn names<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
