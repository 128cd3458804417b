//! The entry point of every call: latency, faults, authorization, the operation itself, the log and the observers.

use failback_core::region::Region;

use super::call::{Call, CallOutcome, CallRequest, CallResult, Occurrence};
use super::state::World;
use crate::durations::{READ_LATENCY, SLOW_LATENCY, WRITE_LATENCY};
use crate::operation::{Access, Operation};
use crate::service_error::ServiceError;

impl World {
    /// Makes a call: its latency passes, and it takes effect.
    pub fn call<T>(
        &mut self,
        request: CallRequest,
        run: impl FnOnce(&mut Self) -> Result<T, ServiceError>,
    ) -> CallResult<T> {
        let arrives_ms = self.arrival_ms(request.operation);
        self.advance_to(arrives_ms);
        self.take_effect(request, run)
    }

    /// Draws the moment at which a call that is made now takes effect, in milliseconds since 1970.
    pub(crate) fn arrival_ms(&mut self, operation: Operation) -> i64 {
        let latency = match operation.kind {
            _ if self.switches.slow_calls => SLOW_LATENCY,
            Access::Read => READ_LATENCY,
            Access::Write => WRITE_LATENCY,
        };
        self.now_ms + latency + self.latency_rng.i64(0..=latency / 2)
    }

    /// Lets a call take effect: a fault may refuse it, the operation runs, and the call is logged.
    pub(crate) fn take_effect<T>(
        &mut self,
        request: CallRequest,
        run: impl FnOnce(&mut Self) -> Result<T, ServiceError>,
    ) -> CallResult<T> {
        let CallRequest { operation, region, targets } = request;
        self.changed.clear();
        let since_start_ms = self.now_ms - self.start_ms;
        let refusal = self.faults.refusal(operation, since_start_ms);
        let result = match refusal.or_else(|| self.too_many(operation, region)) {
            Some(error) => Err(error),
            None => self.run_authorized(operation, region, &targets, run),
        };
        let lost =
            result.is_ok() && (self.faults.loses_answer(operation) || self.answers_too_late(operation));
        let died = result.is_ok() && operation.kind == Access::Write && self.crashes_now();
        let outcome = match &result {
            Err(error) => CallOutcome::Err(error.code),
            Ok(_) if lost => CallOutcome::Lost,
            Ok(_) => CallOutcome::Ok,
        };
        self.log_call(operation, region, targets, outcome);
        match result {
            Ok(_) if died => CallResult::Died,
            Ok(_) if lost => CallResult::Lost,
            Ok(value) => CallResult::Ok(value),
            Err(error) => CallResult::Refused(error),
        }
    }

    /// Runs an operation, and logs its authorization requests.
    fn run_authorized<T>(
        &mut self,
        operation: Operation,
        region: Option<Region>,
        targets: &[String],
        run: impl FnOnce(&mut Self) -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        // IAM decides by the tags from before the call. The call itself adds the keys of its parameters.
        let requests = self.authorization_requests(operation, region, targets);
        let result = run(self);
        self.log_authorization(requests);
        result
    }

    /// Returns true for a call of an execution that is answered after its function has given up. People wait.
    fn answers_too_late(&self, operation: Operation) -> bool {
        self.switches.slow_servers
            && operation.action() == "drs:StartRecovery"
            && self.caller.execution.is_some()
    }

    /// Returns true when the present step crashes after this write, which is the first of its attempt.
    fn crashes_now(&mut self) -> bool {
        let is_first = !std::mem::replace(&mut self.has_written, true);
        match &self.caller.step {
            Some(step) if is_first => self.faults.crashes(step),
            _ => false,
        }
    }

    fn log_call(
        &mut self,
        operation: Operation,
        region: Option<Region>,
        targets: Vec<String>,
        outcome: CallOutcome,
    ) {
        let call = Call {
            at_ms: self.now_ms,
            service: operation.service(),
            operation: operation.action(),
            kind: operation.kind,
            region,
            targets,
            actor: self.caller.execution.clone(),
            step: self.caller.step.clone(),
            outcome,
            changed: self.take_changed(),
        };
        self.notify_observers(&Occurrence::Call(&call));
        self.calls.push(call);
    }
}
