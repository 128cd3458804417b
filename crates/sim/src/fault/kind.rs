//! One fault: its kind, and how often it still applies.

use crate::objects::StateReason;
use crate::operation::Operation;
use crate::service_error::ServiceError;

/// The error codes that an `error` fault may name.
pub const ERROR_CODES: &[&str] = &[
    "ThrottlingException",
    "TooManyRequestsException",
    "Throttling",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "ConflictException",
    "IncorrectInstanceState",
    "OperationNotPermitted",
    "UninitializedAccountException",
    "AccessDeniedException",
    "AccessDenied",
    "UnauthorizedOperation",
    "ResourceNotFoundException",
    "ServiceQuotaExceededException",
    "ValidationException",
    "InvalidChangeBatch",
    "InternalServerException",
    "InternalError",
    "ServiceUnavailable",
];

/// The kinds of faults, as they are written before the colon.
pub const KINDS: [&str; 11] =
    ["error", "lost", "outage", "crash", "stall", "launch", "boot", "dies", "task", "late", "odd"];

/// The services that an `outage` fault may name.
pub(super) const SERVICES: [&str; 4] = ["drs", "ec2", "route53", "all"];

/// The remaining count of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remaining {
    Times(u32),
    Always,
}

/// A kind of fault with its operands. Servers, steps and errors are names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FaultKind {
    Error(Operation, &'static str),
    Lost(Operation),
    /// From and to in milliseconds after the start of the scenario.
    Outage {
        service: &'static str,
        from_ms: i64,
        to_ms: i64,
    },
    Crash {
        step: String,
    },
    Stall {
        server: String,
        ms: i64,
    },
    Launch {
        server: String,
    },
    Boot {
        server: String,
    },
    Dies {
        server: String,
        reason: StateReason,
    },
    Task {
        step: String,
        error: String,
    },
    Late {
        step: String,
        error: String,
    },
    Odd {
        step: String,
    },
}

/// A fault in the answer of a step as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskFault {
    /// This error, before the step does anything.
    Instead(String),
    /// This error, after the step has done its work.
    After(String),
    /// A status that the state machine does not know, after the step has done its work.
    Odd,
}

/// A failure of a call, a step or AWS's own work that a rehearsal asks for.
///
/// | text | effect |
/// |---|---|
/// | `error:OPERATION=Code x3` | AWS refuses three times |
/// | `lost:OPERATION` | the effect happens, the answer never arrives |
/// | `outage:SERVICE=MINUTES@MINUTE` | the service refuses every call for that long, from that minute on |
/// | `crash:STEP` | the step crashes right after its first write takes effect |
/// | `stall:SERVER=MINUTES` | replication of the server's A2 stalls half-way through its initial sync |
/// | `launch:SERVER` | a launch of the server's A2 fails |
/// | `boot:SERVER` | the server's A4 comes up with an impaired instance status check |
/// | `dies:SERVER=Code` | EC2 terminates the server's A4 as soon as it was launched, with this state reason |
/// | `task:STEP=Error` | the step, or the gate, fails with this error before it does anything |
/// | `late:STEP=Error` | the step does what it does, and this error arrives instead of its answer |
/// | `odd:STEP` | the step does what it does, and answers a status that the state machine does not know |
///
/// A final `x3` means three times, `x*` always. Without it, the fault applies once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    kind: FaultKind,
    remaining: Remaining,
    applied: u32,
}

impl Fault {
    pub(super) fn new(kind: FaultKind, remaining: Remaining) -> Self {
        Self { kind, remaining, applied: 0 }
    }

    /// Returns true when it will not apply any more.
    pub fn is_used_up(&self) -> bool {
        self.remaining == Remaining::Times(0)
    }

    /// Returns its kind, which is one of [`KINDS`].
    pub fn kind(&self) -> &'static str {
        match self.kind {
            FaultKind::Error(..) => "error",
            FaultKind::Lost(_) => "lost",
            FaultKind::Outage { .. } => "outage",
            FaultKind::Crash { .. } => "crash",
            FaultKind::Stall { .. } => "stall",
            FaultKind::Launch { .. } => "launch",
            FaultKind::Boot { .. } => "boot",
            FaultKind::Dies { .. } => "dies",
            FaultKind::Task { .. } => "task",
            FaultKind::Late { .. } => "late",
            FaultKind::Odd { .. } => "odd",
        }
    }

    /// Returns true when both apply to the same, and as often from now on.
    pub(super) fn acts_like(&self, other: &Self) -> bool {
        self.kind == other.kind && self.remaining == other.remaining
    }

    /// Returns how often it has applied.
    pub fn times_applied(&self) -> u32 {
        self.applied
    }

    /// Applies once. Returns false when the fault is used up.
    fn apply(&mut self) -> bool {
        match &mut self.remaining {
            Remaining::Times(0) => return false,
            Remaining::Times(left) => *left -= 1,
            Remaining::Always => {}
        }
        self.applied = self.applied.saturating_add(1);
        true
    }

    /// Applies to the answer of a step.
    pub(super) fn answer_of(&mut self, called: &str) -> Option<TaskFault> {
        let fault = match &self.kind {
            FaultKind::Task { step, error } if step == called => TaskFault::Instead(error.clone()),
            FaultKind::Late { step, error } if step == called => TaskFault::After(error.clone()),
            FaultKind::Odd { step } if step == called => TaskFault::Odd,
            _ => return None,
        };
        self.apply().then_some(fault)
    }

    /// Applies to a call that AWS refuses.
    pub(super) fn refusal(&mut self, called: Operation, since_start_ms: i64) -> Option<ServiceError> {
        let code = match self.kind {
            FaultKind::Error(operation, code) if operation == called => code,
            FaultKind::Outage { service, from_ms, to_ms }
                if (service == "all" || service == called.service())
                    && (from_ms..to_ms).contains(&since_start_ms) =>
            {
                "ServiceUnavailable"
            }
            _ => return None,
        };
        self.apply().then(|| ServiceError::new(code, "refused by a fault of the rehearsal"))
    }

    /// Applies to a call whose answer is lost.
    pub(super) fn loses_answer(&mut self, called: Operation) -> bool {
        matches!(self.kind, FaultKind::Lost(operation) if operation == called) && self.apply()
    }

    /// Applies to a step that crashes.
    pub(super) fn crashes(&mut self, running: &str) -> bool {
        matches!(&self.kind, FaultKind::Crash { step } if step == running) && self.apply()
    }

    /// Applies to a launch of A2.
    pub(super) fn fails_launch(&mut self) -> bool {
        matches!(self.kind, FaultKind::Launch { .. }) && self.apply()
    }

    /// Applies to the boot of A4.
    pub(super) fn impairs_boot(&mut self) -> bool {
        matches!(self.kind, FaultKind::Boot { .. }) && self.apply()
    }

    /// Applies to an A4 that was just launched. Returns the reason for which it ends.
    pub(super) fn dies(&mut self) -> Option<StateReason> {
        let FaultKind::Dies { reason, .. } = self.kind else { return None };
        self.apply().then_some(reason)
    }

    /// Applies to the initial sync of A2. Returns the length of the stall, in milliseconds.
    pub(super) fn stall_ms(&mut self) -> Option<i64> {
        let FaultKind::Stall { ms, .. } = self.kind else { return None };
        self.apply().then_some(ms)
    }

    /// Returns the server that a fault names.
    pub(super) fn server(&self) -> Option<&str> {
        match &self.kind {
            FaultKind::Stall { server, .. }
            | FaultKind::Launch { server }
            | FaultKind::Boot { server }
            | FaultKind::Dies { server, .. } => Some(server),
            _ => None,
        }
    }
}
