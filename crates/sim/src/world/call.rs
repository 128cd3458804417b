//! The one way through which calls come in: latency, faults, the log and the observers.

use failback_core::id::{
    ChangeId, HostedZoneId, InstanceId, JobId, LaunchTemplateId, RecoveryInstanceId, SourceServerId,
};
use failback_core::region::Region;

use super::World;
use crate::durations::{READ_LATENCY, WRITE_LATENCY};
use crate::operation::{Access, Operation};
use crate::service_error::ServiceError;

/// A call as it comes in.
#[derive(Debug, Clone)]
pub struct CallRequest {
    /// Which operation.
    pub operation: Operation,
    /// In which Region; Route 53 and Step Functions have none.
    pub region: Option<Region>,
    /// Ids that it names.
    pub targets: Vec<String>,
}

impl CallRequest {
    /// A call of an operation by its name.
    ///
    /// # Panics
    /// When no such operation is in [`OPERATIONS`](crate::OPERATIONS): names are written in the code.
    pub fn new(
        operation: &str,
        region: Option<Region>,
        targets: impl IntoIterator<Item = impl ToString>,
    ) -> Self {
        let Some(operation) = Operation::find(operation) else { panic!("`{operation}` is not modelled") };
        Self { operation, region, targets: targets.into_iter().map(|target| target.to_string()).collect() }
    }
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallOutcome {
    /// It did what it says.
    Ok,
    /// AWS refused, with this code.
    Err(&'static str),
    /// It did what it says, and the answer was lost.
    Lost,
}

/// An object that a call or an event changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // Each is the id of what it names.
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
    /// When it took effect.
    pub at_ms: i64,
    /// Such as `drs`.
    pub service: &'static str,
    /// Such as `StartRecovery`.
    pub operation: &'static str,
    /// Whether it can change anything.
    pub kind: Access,
    /// In which Region.
    pub region: Option<Region>,
    /// Ids that it named.
    pub targets: Vec<String>,
    /// Which execution made it.
    pub actor: Option<String>,
    /// In which step.
    pub step: Option<String>,
    /// How it ended.
    pub outcome: CallOutcome,
    /// What it changed at once.
    pub changed: Vec<Changed>,
}

impl Call {
    /// True when it has changed something in DRS, EC2 or Route 53. Evidence that is kept in a bucket changes nothing.
    pub fn has_changed(&self) -> bool {
        self.kind == Access::Write && self.service != "s3" && !matches!(self.outcome, CallOutcome::Err(_))
    }
}

/// What has just happened.
#[derive(Debug, Clone, Copy)]
pub enum Occurrence<'a> {
    /// A call.
    Call(&'a Call),
    /// Something by itself.
    Event {
        /// What.
        label: &'static str,
        /// What it changed.
        changed: &'a [Changed],
    },
}

impl<'a> Occurrence<'a> {
    /// The objects that were changed.
    pub fn changed(&self) -> &'a [Changed] {
        match self {
            Self::Call(call) => &call.changed,
            Self::Event { changed, .. } => changed,
        }
    }
}

/// Somebody who watches the world. What it finds it keeps where its owner can reach it.
pub trait Observer {
    /// Called after every call and every event.
    fn after(&mut self, world: &World, what: &Occurrence<'_>);
}

/// What the caller of a call gets.
#[derive(Debug)]
pub enum CallResult<T> {
    /// An answer.
    Ok(T),
    /// A refusal.
    Refused(ServiceError),
    /// Nothing: the connection was closed. The call took effect.
    Lost,
    /// Nothing, ever: the caller died once the call had taken effect.
    Died,
}

impl<T> CallResult<T> {
    /// The answer, as far as there is one.
    pub fn ok(self) -> Option<T> {
        match self {
            Self::Ok(value) => Some(value),
            _ => None,
        }
    }
}

impl World {
    /// Every call comes through here: time passes, faults are asked for, the operation runs, the call is logged.
    pub fn call<T>(
        &mut self,
        request: CallRequest,
        run: impl FnOnce(&mut Self) -> Result<T, ServiceError>,
    ) -> CallResult<T> {
        let CallRequest { operation, region, targets } = request;
        let base = if operation.kind == Access::Read { READ_LATENCY } else { WRITE_LATENCY };
        let jitter = self.latency.i64(0..=base / 2);
        self.advance_to(self.now_ms + base + jitter);
        self.changed.clear();
        let result = if let Some(fault) = self.injected_error(operation) {
            Err(fault)
        } else {
            let questions = self.begin_questions(operation, region, &targets);
            let result = run(self);
            self.asked(questions);
            result
        };
        let lost = result.is_ok() && self.loses_answer(operation);
        let died = result.is_ok() && operation.kind == Access::Write && self.dies_now();
        let outcome = match &result {
            Err(fault) => CallOutcome::Err(fault.code),
            Ok(_) if lost => CallOutcome::Lost,
            Ok(_) => CallOutcome::Ok,
        };
        self.log(operation, region, targets, outcome);
        match result {
            Ok(_) if died => CallResult::Died,
            Ok(_) if lost => CallResult::Lost,
            Ok(value) => CallResult::Ok(value),
            Err(fault) => CallResult::Refused(fault),
        }
    }

    /// True when the step that acts now is to die after this write, the first of its attempt.
    fn dies_now(&mut self) -> bool {
        let first = !std::mem::replace(&mut self.wrote, true);
        let Some(step) = self.step.clone().filter(|_| first) else { return false };
        self.faults.iter_mut().any(|fault| fault.crashes(&step))
    }

    fn injected_error(&mut self, operation: Operation) -> Option<ServiceError> {
        self.faults.iter_mut().find_map(|fault| fault.refuses(operation))
    }

    fn loses_answer(&mut self, operation: Operation) -> bool {
        self.faults.iter_mut().any(|fault| fault.loses(operation))
    }

    fn log(
        &mut self,
        operation: Operation,
        region: Option<Region>,
        targets: Vec<String>,
        outcome: CallOutcome,
    ) {
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort();
        changed.dedup();
        let call = Call {
            at_ms: self.now_ms,
            service: operation.service(),
            operation: operation.action(),
            kind: operation.kind,
            region,
            targets,
            actor: self.actor.clone(),
            step: self.step.clone(),
            outcome,
            changed,
        };
        self.tell(&Occurrence::Call(&call));
        self.calls.push(call);
    }

    /// Tells every observer.
    pub(crate) fn tell(&mut self, what: &Occurrence<'_>) {
        let mut observers = std::mem::take(&mut self.observers);
        for observer in &mut observers {
            observer.after(self, what);
        }
        self.observers = observers;
    }

    /// Notes that an object is being changed.
    pub(crate) fn note_change(&mut self, what: Changed) {
        self.changed.push(what);
    }
}
