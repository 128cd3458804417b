//! Calls, their results, and the call log.

use std::sync::Arc;

use failback_core::id::{
    ChangeId, HostedZoneId, InstanceId, JobId, LaunchTemplateId, RecoveryInstanceId, SourceServerId,
};
use failback_core::region::Region;

use crate::operation::{Access, Operation};
use crate::service_error::ServiceError;

/// A call as it arrives.
#[derive(Debug, Clone)]
pub struct CallRequest {
    /// Operation that is called.
    pub operation: Operation,
    /// Region of the call; absent for Route 53, Step Functions and STS.
    pub region: Option<Region>,
    /// Ids, ARNs or names that the call names.
    pub targets: Vec<String>,
}

impl CallRequest {
    /// Creates a call of an operation by its name.
    ///
    /// # Panics
    /// When the name is not in [`OPERATIONS`](crate::OPERATIONS): names are constants of the caller's code.
    pub fn new(
        operation: &str,
        region: Option<Region>,
        targets: impl IntoIterator<Item = impl ToString>,
    ) -> Self {
        let Some(operation) = Operation::find(operation) else { panic!("`{operation}` is not modelled") };
        Self { operation, region, targets: targets.into_iter().map(|target| target.to_string()).collect() }
    }
}

/// The end of a call, as it is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallOutcome {
    /// The call took effect.
    Ok,
    /// AWS refused the call, with this error code.
    Err(&'static str),
    /// The call took effect, and its response was lost.
    Lost,
}

/// An object that a call or an event changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // Each is the id of the object that it is named after.
pub enum Changed {
    SourceServer(Region, SourceServerId),
    RecoveryInstance(Region, RecoveryInstanceId),
    Instance(Region, InstanceId),
    Job(Region, JobId),
    LaunchTemplate(Region, LaunchTemplateId),
    Record { zone: HostedZoneId, name: String, kind: String, set_identifier: Option<String> },
    Change(ChangeId),
}

/// A line of the call log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Time at which the call took effect, in milliseconds since 1970.
    pub at_ms: i64,
    /// Service, such as `drs`.
    pub service: &'static str,
    /// Operation without its service, such as `StartRecovery`.
    pub operation: &'static str,
    /// Reading or writing.
    pub kind: Access,
    /// Region of the call; absent for Route 53, Step Functions and STS.
    pub region: Option<Region>,
    /// Ids, ARNs or names that the call named.
    pub targets: Vec<String>,
    /// ARN of the execution that made the call; absent for calls by hand.
    pub actor: Option<Arc<str>>,
    /// Step that made the call; absent for calls by hand.
    pub step: Option<Arc<str>>,
    /// End of the call.
    pub outcome: CallOutcome,
    /// Objects that the call changed at once. Events that it scheduled are not among them.
    pub changed: Vec<Changed>,
}

impl Call {
    /// Returns true when the call can have changed a resource of DRS, EC2 or Route 53. Evidence in a bucket does not
    /// count.
    pub fn has_changed(&self) -> bool {
        self.kind == Access::Write && self.service != "s3" && !matches!(self.outcome, CallOutcome::Err(_))
    }
}

/// A call or an event that has just happened.
#[derive(Debug, Clone, Copy)]
pub enum Occurrence<'a> {
    /// A call, as it is logged.
    Call(&'a Call),
    /// An event of AWS, later than the call that caused it.
    Event {
        /// Kind of event, such as `job started`.
        label: &'static str,
        /// ARN of the execution whose call caused it; absent for what people caused, and for the scenario.
        actor: Option<&'a str>,
        /// Objects that it changed.
        changed: &'a [Changed],
    },
}

impl<'a> Occurrence<'a> {
    /// Returns the execution that caused it; `None` for people.
    pub fn actor(&self) -> Option<&'a str> {
        match self {
            Self::Call(call) => call.actor.as_deref(),
            Self::Event { actor, .. } => *actor,
        }
    }

    /// Returns the objects that were changed.
    pub fn changed(&self) -> &'a [Changed] {
        match self {
            Self::Call(call) => &call.changed,
            Self::Event { changed, .. } => changed,
        }
    }
}

/// The result of a call for its caller.
#[derive(Debug)]
pub enum CallResult<T> {
    /// A response.
    Ok(T),
    /// An error response.
    Refused(ServiceError),
    /// No response: the connection was closed. The call took effect.
    Lost,
    /// No response, because the caller crashed after the call took effect.
    Died,
}

impl<T> CallResult<T> {
    /// Returns the response, if there is one.
    pub fn ok(self) -> Option<T> {
        match self {
            Self::Ok(value) => Some(value),
            _ => None,
        }
    }
}
