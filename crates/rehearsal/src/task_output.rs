//! The results of Tasks, as the rehearsal and its display read them.

use check_readiness::Output as Readiness;
use failback_core::report::Report;
use failback_core::run::Which;
use failback_core::step::Answer;
use serde::Deserialize;
use serde_json::Value;

/// The state that decides whether a run may start.
pub const CHECK_READINESS: &str = "Check Readiness";

/// The gate at which a person says that writes to B3 are stopped, where the plan has that.
pub const ASK_BEFORE_LAUNCH: &str = "Ask Before Launch";
/// The gate at which a person who redirects traffic by hand says that it has moved.
pub const ASK_BEFORE_REDIRECT: &str = "Ask Before Redirect";

/// The state whose approval says, where traffic is moved by hand, that clients still use A4.
pub const ASK_BEFORE_CLEAN_UP: &str = "Ask Before Clean Up";

/// The crate of the step that claims the servers.
pub const CLAIM_SERVERS: &str = "claim-servers";
/// The state that keeps the evidence of a refusal.
pub const KEEP_REFUSAL: &str = "Keep Refusal";
/// The state that writes the report.
pub const WRITE_REPORT: &str = "Write Report";

/// The result of a Task.
#[derive(Debug)]
pub enum TaskOutput {
    /// A step that is polled.
    Step(Answer),
    /// The readiness check without blockers.
    Readiness(Box<Readiness>),
    /// The report.
    Report(Box<Report>),
    /// A person's answer at a gate.
    Gate(Approval),
    /// Evidence in the bucket.
    Kept,
    /// A result that no version of a step returns.
    Unknown,
}

/// The output of `SendTaskSuccess` at a gate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// True when the run may go on.
    #[serde(default)]
    pub approved: bool,
    /// True when the run leads back.
    #[serde(default)]
    pub abort: bool,
    /// The servers that are launched again.
    pub launch_again: Option<Which>,
    /// The person's name, where one was given.
    pub by: Option<String>,
}

impl TaskOutput {
    /// Reads the result of a state's Task.
    pub fn read(state: &str, result: &Value) -> Self {
        let Some(payload) = result.get("Payload") else {
            let is_answer = ["approved", "abort", "launchAgain"].iter().any(|key| result.get(key).is_some());
            return match Approval::deserialize(result) {
                Ok(approval) if is_answer => Self::Gate(approval),
                _ if result.get("ETag").is_some() => Self::Kept,
                _ => Self::Unknown,
            };
        };
        let read = match state {
            CHECK_READINESS => Readiness::deserialize(payload).map(|output| Self::Readiness(output.into())),
            WRITE_REPORT => Report::deserialize(payload).map(|report| Self::Report(report.into())),
            _ => Answer::deserialize(&payload["answer"]).map(Self::Step),
        };
        read.unwrap_or(Self::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::program::Program;
    use failback_core::procedure::Procedure;

    #[test]
    fn the_named_states_are_states_of_both_machines() {
        let program = Program::deployed().unwrap();
        for procedure in [Procedure::Drill, Procedure::Failback] {
            for name in [CHECK_READINESS, KEEP_REFUSAL, WRITE_REPORT] {
                assert!(program.machine(procedure).states().any(|(state, _)| state == name), "{name}");
            }
        }
    }

    #[test]
    fn a_result_of_another_version_is_unknown() {
        let odd = json!({ "Payload": { "answer": { "status": "of another version", "why": "", "waitSeconds": 0 } } });
        assert!(matches!(TaskOutput::read("Prepare Launch", &odd), TaskOutput::Unknown));
        assert!(matches!(TaskOutput::read("Write Report", &odd), TaskOutput::Unknown));
        let gate = json!({ "approved": false });
        assert!(matches!(TaskOutput::read("Ask", &gate), TaskOutput::Gate(Approval { approved: false, .. })));
    }
}
