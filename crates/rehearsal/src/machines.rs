//! The state machines, as they are deployed.

use failback_asl::Machine;
use failback_core::procedure::Procedure;

/// The drill, as text.
pub const DRILL: &str = include_str!("../../../statemachine/drill.asl.json");

/// The failback, as text.
pub const FAILBACK: &str = include_str!("../../../statemachine/failback.asl.json");

/// A machine's text.
pub fn text(procedure: Procedure) -> &'static str {
    match procedure {
        Procedure::Drill => DRILL,
        Procedure::Failback => FAILBACK,
    }
}

/// Reads a machine as it is deployed.
///
/// # Errors
/// Every problem of the definition, one a line.
pub fn read(procedure: Procedure) -> Result<Machine, String> {
    parse(procedure, text(procedure))
}

/// Reads a machine's text.
///
/// # Errors
/// Every problem of the definition, one a line.
pub fn parse(procedure: Procedure, text: &str) -> Result<Machine, String> {
    Machine::parse(text).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        format!("statemachine/{procedure}.asl.json:\n{}", lines.join("\n"))
    })
}
