//! The deployed state machines.

use failback_asl::Machine;
use failback_core::procedure::Procedure;

/// The text of the drill's state machine.
pub const DRILL: &str = include_str!("../../../statemachine/drill.asl.json");

/// The text of the failback's state machine.
pub const FAILBACK: &str = include_str!("../../../statemachine/failback.asl.json");

/// Returns the text of a procedure's state machine.
pub fn text(procedure: Procedure) -> &'static str {
    match procedure {
        Procedure::Drill => DRILL,
        Procedure::Failback => FAILBACK,
    }
}

/// Reads a deployed state machine.
///
/// # Errors
/// Every problem of the definition, one per line.
pub fn read(procedure: Procedure) -> Result<Machine, String> {
    parse(procedure, text(procedure))
}

/// Reads a state machine's text.
///
/// # Errors
/// Every problem of the definition, one per line.
pub fn parse(procedure: Procedure, text: &str) -> Result<Machine, String> {
    Machine::parse(text).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        format!("statemachine/{procedure}.asl.json:\n{}", lines.join("\n"))
    })
}
