//! Faults as text.

use std::fmt;

use super::kind::{ERROR_CODES, Fault, FaultKind, KINDS, Remaining, SERVICES};
use crate::objects::StateReason;
use crate::operation::{OPERATIONS, Operation};

/// The names that a fault may use.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// Names of steps.
    pub steps: &'a [String],
    /// Names of servers.
    pub servers: &'a [String],
    /// Names of errors that a step can end with, as Step Functions reports them.
    pub errors: &'a [String],
}

/// The error for a text that is not a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultError {
    text: String,
    problem: Problem,
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.text, self.problem.message)?;
        if !self.problem.known.is_empty() {
            write!(f, "; known are: {}", self.problem.known.join(", "))?;
        }
        Ok(())
    }
}

impl std::error::Error for FaultError {}

/// A problem in a text, with the words that are valid in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Problem {
    message: &'static str,
    known: Vec<String>,
}

impl Problem {
    fn new(message: &'static str) -> Self {
        Self { message, known: Vec::new() }
    }

    fn unknown(message: &'static str, known: &[String]) -> Self {
        Self { message, known: known.to_vec() }
    }

    fn unknown_operation() -> Self {
        let known = OPERATIONS.iter().map(|operation| operation.name.to_owned()).collect();
        Self { message: "unknown operation", known }
    }

    fn unknown_kind(message: &'static str) -> Self {
        Self { message, known: KINDS.map(|kind| format!("{kind}:")).to_vec() }
    }
}

impl Fault {
    /// Reads a fault.
    ///
    /// # Errors
    /// When the text is not a fault, with the names that it could have used.
    pub fn parse(text: &str, known: &Known<'_>) -> Result<Self, FaultError> {
        match parse(text, known) {
            Ok((_, Remaining::Times(0))) => {
                let problem = Problem::new("zero times is never: leave the fault out");
                Err(FaultError { text: text.to_owned(), problem })
            }
            Ok((kind, remaining)) => Ok(Self::new(kind, remaining)),
            Err(problem) => Err(FaultError { text: text.to_owned(), problem }),
        }
    }
}

fn parse(text: &str, known: &Known<'_>) -> Result<(FaultKind, Remaining), Problem> {
    let Some((kind, operands)) = text.trim().split_once(':') else {
        return Err(Problem::unknown_kind("not a fault"));
    };
    match kind {
        "error" => error(operands),
        "lost" => {
            let found = counted(operands, Operation::find);
            let (operation, times) = found.ok_or_else(Problem::unknown_operation)?;
            Ok((FaultKind::Lost(operation), times))
        }
        "outage" => Ok((outage(operands)?, Remaining::Always)),
        "crash" => {
            let (step, times) = counted_name(operands, known.steps, "unknown step")?;
            Ok((FaultKind::Crash { step }, times))
        }
        "odd" => {
            let (step, times) = counted_name(operands, known.steps, "unknown step")?;
            Ok((FaultKind::Odd { step }, times))
        }
        "task" => {
            let (step, error, times) = step_and_error(operands, known)?;
            Ok((FaultKind::Task { step, error }, times))
        }
        "late" => {
            let (step, error, times) = step_and_error(operands, known)?;
            Ok((FaultKind::Late { step, error }, times))
        }
        "stall" => Ok((stall(operands, known)?, Remaining::Times(1))),
        "launch" => {
            let (server, times) = counted_name(operands, known.servers, "unknown server")?;
            Ok((FaultKind::Launch { server }, times))
        }
        "boot" => {
            let (server, times) = counted_name(operands, known.servers, "unknown server")?;
            Ok((FaultKind::Boot { server }, times))
        }
        "dies" => dies(operands, known),
        _ => Err(Problem::unknown_kind("not a kind of fault")),
    }
}

/// Reads `OPERATION=Code` with a count.
fn error(operands: &str) -> Result<(FaultKind, Remaining), Problem> {
    let Some((operation, code)) = operands.split_once('=') else {
        return Err(Problem::new("expected error:OPERATION=Code"));
    };
    let operation = Operation::find(operation.trim()).ok_or_else(Problem::unknown_operation)?;
    let Some((code, times)) = counted(code, find_code) else {
        let known = ERROR_CODES.iter().map(|code| (*code).to_owned()).collect();
        return Err(Problem { message: "unknown error code", known });
    };
    Ok((FaultKind::Error(operation, code), times))
}

/// Reads `STEP=ERROR` with a count.
fn step_and_error(operands: &str, known: &Known<'_>) -> Result<(String, String, Remaining), Problem> {
    let Some((step, error)) = operands.split_once('=') else {
        return Err(Problem::new("expected STEP=ERROR after the colon"));
    };
    let Some(step) = find_name(known.steps, step.trim()) else {
        return Err(Problem::unknown("unknown step", known.steps));
    };
    let (error, times) = counted_name(error, known.errors, "unknown error")?;
    Ok((step, error, times))
}

/// Reads `SERVER=MINUTES`.
fn stall(operands: &str, known: &Known<'_>) -> Result<FaultKind, Problem> {
    let Some((server, minutes)) = operands.rsplit_once('=') else {
        return Err(Problem::new("expected stall:SERVER=MINUTES"));
    };
    let Some(server) = find_name(known.servers, server.trim()) else {
        return Err(Problem::unknown("unknown server", known.servers));
    };
    match minutes.trim().parse::<u32>() {
        Ok(minutes) => Ok(FaultKind::Stall { server, ms: i64::from(minutes) * 60_000 }),
        Err(_) => Err(Problem::new("not a number of minutes")),
    }
}

/// Reads `SERVER=Code` with a count.
fn dies(operands: &str, known: &Known<'_>) -> Result<(FaultKind, Remaining), Problem> {
    let Some((server, code)) = operands.rsplit_once('=') else {
        return Err(Problem::new("expected dies:SERVER=Code"));
    };
    let Some(server) = find_name(known.servers, server.trim()) else {
        return Err(Problem::unknown("unknown server", known.servers));
    };
    let Some((reason, times)) = counted(code, StateReason::at_launch) else {
        let known = StateReason::AT_LAUNCH.map(|reason| reason.code.to_owned()).to_vec();
        return Err(Problem { message: "unknown state reason", known });
    };
    Ok((FaultKind::Dies { server, reason }, times))
}

/// Reads `SERVICE=MINUTES@MINUTE`.
fn outage(operands: &str) -> Result<FaultKind, Problem> {
    let wrong = || Problem::new("expected outage:SERVICE=MINUTES@MINUTE");
    let (service, times) = operands.split_once('=').ok_or_else(wrong)?;
    let (minutes, from) = times.split_once('@').ok_or_else(wrong)?;
    let Some(service) = SERVICES.into_iter().find(|known| *known == service.trim()) else {
        let known = SERVICES.map(str::to_owned).to_vec();
        return Err(Problem { message: "unknown service", known });
    };
    let ms = |text: &str| text.trim().parse::<u32>().map(|minutes| i64::from(minutes) * 60_000);
    match (ms(from), ms(minutes)) {
        (Ok(from_ms), Ok(ms)) => Ok(FaultKind::Outage { service, from_ms, to_ms: from_ms + ms }),
        _ => Err(Problem::new("not a number of minutes")),
    }
}

fn find_code(code: &str) -> Option<&'static str> {
    ERROR_CODES.iter().copied().find(|known| *known == code)
}

fn find_name(known: &[String], name: &str) -> Option<String> {
    known.iter().find(|known| *known == name).cloned()
}

/// Reads a known name with a count.
fn counted_name(text: &str, known: &[String], message: &'static str) -> Result<(String, Remaining), Problem> {
    counted(text, |name| find_name(known, name)).ok_or_else(|| Problem::unknown(message, known))
}

/// Reads `NAME`, `NAMEx3`, `NAME x3` or `NAME x*`.
fn counted<T>(text: &str, find: impl Fn(&str) -> Option<T>) -> Option<(T, Remaining)> {
    // A server may be called `box1`, which is not `bo` once.
    if let Some(found) = find(text.trim()) {
        return Some((found, Remaining::Times(1)));
    }
    let (name, count) = text.trim().rsplit_once('x')?;
    let remaining = match count {
        "*" => Remaining::Always,
        digits => Remaining::Times(digits.parse().ok()?),
    };
    Some((find(name.trim())?, remaining))
}
