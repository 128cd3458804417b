//! Faults: what is to go wrong, and how it is written.

use std::fmt;

use crate::operation::{OPERATIONS, Operation};
use crate::service_error::ServiceError;

/// The error codes that a fault may have AWS answer.
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
pub const KINDS: [&str; 9] = ["error", "lost", "crash", "stall", "launch", "boot", "task", "late", "odd"];

/// How often a fault still applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    Left(u32),
    Always,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Error(Operation, &'static str),
    Lost(Operation),
    Crash(String),
    Stall(String, i64),
    Launch(String),
    Boot(String),
    Task(String, String),
    Late(String, String),
    Odd(String),
}

/// What a fault does to the answer of a step as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskFault {
    /// The step never begins: this error instead.
    Instead(String),
    /// The step does all it does, and this error is what arrives.
    After(String),
    /// The step does all it does, and answers a status that no state machine knows.
    Odd,
}

/// Something that goes wrong.
///
/// | text | what happens |
/// |---|---|
/// | `error:OPERATION=Code x3` | AWS refuses three times |
/// | `lost:OPERATION` | the effect happens, the answer never arrives |
/// | `crash:STEP` | the step dies right after its first write took effect |
/// | `stall:SERVER=MINUTES` | replication of the server's A2 stalls half-way through its initial sync |
/// | `launch:SERVER` | a launch of the server's A2 fails |
/// | `boot:SERVER` | the server's A4 comes up with an impaired instance status check |
/// | `task:STEP=Error` | the step, or the gate, fails with this error before it does anything |
/// | `late:STEP=Error` | the step does what it does, and this error arrives instead of its answer |
/// | `odd:STEP` | the step does what it does, and answers a status that the state machine does not know |
///
/// `x3` at the end means three times, `x*` always; without it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    what: What,
    times: Repeat,
    applied: u32,
}

/// The names that a fault may use.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// Names of steps.
    pub steps: &'a [String],
    /// Names of servers.
    pub servers: &'a [String],
    /// Names of errors that a step can end with, as Step Functions sees them.
    pub errors: &'a [String],
}

/// A text that is not a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultError {
    text: String,
    problem: String,
    known: Vec<String>,
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.text, self.problem)?;
        if !self.known.is_empty() {
            write!(f, "; known are: {}", self.known.join(", "))?;
        }
        Ok(())
    }
}

impl std::error::Error for FaultError {}

/// Reads `NAME`, `NAMEx3`, `NAME x3`, `NAME x*`. A name that itself ends like that is tried first.
fn counted<T>(text: &str, find: impl Fn(&str) -> Option<T>) -> Option<(T, Repeat)> {
    if let Some(found) = find(text.trim()) {
        return Some((found, Repeat::Left(1)));
    }
    let (name, count) = text.trim().rsplit_once('x')?;
    let times = match count {
        "*" => Repeat::Always,
        digits => Repeat::Left(digits.parse().ok()?),
    };
    find(name.trim()).map(|found| (found, times))
}

impl Fault {
    /// Reads a fault.
    ///
    /// # Errors
    /// When the text is not a fault, with the names that it could have used.
    pub fn parse(text: &str, known: &Known<'_>) -> Result<Self, FaultError> {
        let fail = |problem: &str, known: Vec<String>| {
            Err(FaultError { text: text.to_owned(), problem: problem.to_owned(), known })
        };
        let kinds = KINDS.map(|kind| format!("{kind}:")).to_vec();
        let Some((kind, rest)) = text.trim().split_once(':') else { return fail("not a fault", kinds) };
        let in_list = |list: &[String], name: &str| list.iter().find(|known| *known == name).cloned();
        let server = |name: &str| in_list(known.servers, name);
        let fault = |(what, times)| Ok(Self { what, times, applied: 0 });
        let step = |name: &str| in_list(known.steps, name);
        match kind {
            "error" => Self::parse_error(text, rest),
            "lost" => match counted(rest, Operation::find) {
                Some((operation, times)) => fault((What::Lost(operation), times)),
                None => fail("unknown operation", operation_names()),
            },
            "crash" | "odd" => match counted(rest, step) {
                Some((step, times)) if kind == "crash" => fault((What::Crash(step), times)),
                Some((step, times)) => fault((What::Odd(step), times)),
                None => fail("unknown step", known.steps.to_vec()),
            },
            "task" | "late" => {
                let Some((name, error)) = rest.split_once('=') else {
                    return fail("expected STEP=ERROR after the colon", Vec::new());
                };
                let Some(step) = step(name.trim()) else {
                    return fail("unknown step", known.steps.to_vec());
                };
                match counted(error, |name| in_list(known.errors, name)) {
                    Some((error, times)) if kind == "task" => fault((What::Task(step, error), times)),
                    Some((error, times)) => fault((What::Late(step, error), times)),
                    None => fail("unknown error", known.errors.to_vec()),
                }
            }
            "stall" => {
                let Some((name, minutes)) = rest.rsplit_once('=') else {
                    return fail("expected stall:SERVER=MINUTES", Vec::new());
                };
                match (server(name.trim()), minutes.trim().parse::<u32>()) {
                    (Some(name), Ok(minutes)) => {
                        fault((What::Stall(name, i64::from(minutes) * 60_000), Repeat::Left(1)))
                    }
                    (Some(_), Err(_)) => fail("not a number of minutes", Vec::new()),
                    (None, _) => fail("unknown server", known.servers.to_vec()),
                }
            }
            "launch" | "boot" => match counted(rest, server) {
                Some((name, times)) if kind == "launch" => fault((What::Launch(name), times)),
                Some((name, times)) => fault((What::Boot(name), times)),
                None => fail("unknown server", known.servers.to_vec()),
            },
            _ => fail("not a kind of fault", kinds),
        }
    }

    fn parse_error(text: &str, rest: &str) -> Result<Self, FaultError> {
        let fail = |problem: &str, known| {
            Err(FaultError { text: text.to_owned(), problem: problem.to_owned(), known })
        };
        let Some((operation, code)) = rest.split_once('=') else {
            return fail("expected error:OPERATION=Code", Vec::new());
        };
        let Some(operation) = Operation::find(operation.trim()) else {
            return fail("unknown operation", operation_names());
        };
        match counted(code, |code| ERROR_CODES.iter().copied().find(|known| *known == code)) {
            Some((code, times)) => Ok(Self { what: What::Error(operation, code), times, applied: 0 }),
            None => fail("unknown error code", ERROR_CODES.iter().map(|code| (*code).to_owned()).collect()),
        }
    }

    /// True when it will not apply any more.
    pub fn is_used_up(&self) -> bool {
        self.times == Repeat::Left(0)
    }

    /// Applies once, if it still does.
    fn apply(&mut self) -> bool {
        match &mut self.times {
            Repeat::Left(0) => return false,
            Repeat::Left(left) => *left -= 1,
            Repeat::Always => {}
        }
        self.applied = self.applied.saturating_add(1);
        true
    }

    /// Its kind: one of [`KINDS`].
    pub fn kind(&self) -> &'static str {
        match self.what {
            What::Error(..) => "error",
            What::Lost(_) => "lost",
            What::Crash(_) => "crash",
            What::Stall(..) => "stall",
            What::Launch(_) => "launch",
            What::Boot(_) => "boot",
            What::Task(..) => "task",
            What::Late(..) => "late",
            What::Odd(_) => "odd",
        }
    }

    /// How often it has applied.
    pub fn times_applied(&self) -> u32 {
        self.applied
    }

    /// What it does to the answer of this step, now that the step is called.
    pub(crate) fn answers(&mut self, step: &str) -> Option<TaskFault> {
        let fault = match &self.what {
            What::Task(name, error) if name == step => TaskFault::Instead(error.clone()),
            What::Late(name, error) if name == step => TaskFault::After(error.clone()),
            What::Odd(name) if name == step => TaskFault::Odd,
            _ => return None,
        };
        self.apply().then_some(fault)
    }

    pub(crate) fn refuses(&mut self, operation: Operation) -> Option<ServiceError> {
        let What::Error(refused, code) = self.what else { return None };
        (refused == operation && self.apply())
            .then(|| ServiceError::new(code, "refused by a fault of the rehearsal"))
    }

    pub(crate) fn loses(&mut self, operation: Operation) -> bool {
        matches!(self.what, What::Lost(lost) if lost == operation) && self.apply()
    }

    pub(crate) fn crashes(&mut self, step: &str) -> bool {
        matches!(&self.what, What::Crash(name) if name == step) && self.apply()
    }

    pub(crate) fn fails_launch(&mut self) -> bool {
        matches!(self.what, What::Launch(_)) && self.apply()
    }

    pub(crate) fn fails_boot(&mut self) -> bool {
        matches!(self.what, What::Boot(_)) && self.apply()
    }

    pub(crate) fn stalls(&mut self) -> Option<i64> {
        let What::Stall(_, ms) = self.what else { return None };
        self.apply().then_some(ms)
    }

    /// The server that it is about.
    pub(crate) fn server(&self) -> Option<&str> {
        match &self.what {
            What::Stall(name, _) | What::Launch(name) | What::Boot(name) => Some(name),
            _ => None,
        }
    }
}

fn operation_names() -> Vec<String> {
    OPERATIONS.iter().map(|operation| operation.name.to_owned()).collect()
}
