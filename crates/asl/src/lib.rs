//! Reads and runs state machines of the Amazon States Language, in the query language `JSONata`.
//!
//! An [`Interpreter`] runs one execution of a [`Machine`]. It does not wait, call a resource or read a
//! clock. Its caller [advances](Interpreter::advance) it to a time, and gets back the [`NextAction`]
//! that the execution needs: a task to run, or a time to wait for. So any number of executions can run
//! side by side in virtual time.
//!
//! [`Machine::parse`] is strict on purpose. Step Functions accepts each definition that it accepts, and
//! runs it in the same way. Any other definition is refused with all of its problems at once.
//!
//! ```
//! use failback_asl::{NextAction, Interpreter, Machine, ExecutionResult, Start};
//! use serde_json::json;
//!
//! let machine = Machine::parse(
//!     r#"{ "QueryLanguage": "JSONata", "StartAt": "Rest", "States": {
//!         "Rest": { "Type": "Wait", "Seconds": "{% $states.input.s %}", "Output": "rested", "End": true }
//!     } }"#,
//! )
//! .unwrap();
//! let start = Start {
//!     execution_id: "id".into(),
//!     execution_name: "name".into(),
//!     state_machine_name: "machine".into(),
//!     input: json!({ "s": 60 }),
//!     seed: 0,
//! };
//! let mut interpreter = Interpreter::start(&machine, start, 0);
//! assert_eq!(interpreter.advance(0), NextAction::SleepUntil(60_000));
//! assert_eq!(interpreter.advance(60_000), NextAction::Ended(ExecutionResult::Succeeded(json!("rested"))));
//! ```

mod advance;
mod deterministic;
mod enter;
mod error_handling;
mod error_output;
mod evaluation;
mod event;
mod exit;
mod fields;
mod functions;
mod graph;
mod history;
mod interpreter;
mod json;
mod machine;
mod mermaid;
mod next_action;
mod parse;
mod parse_task;
mod plain_path;
mod problem;
mod query;
mod resource;
mod restrictions;
mod retry;
mod scope;
mod simple;
mod states_object;
mod template;
mod timestamp;
mod variables;

pub use error_output::{ErrorOutput, ExecutionResult};
pub use event::Event;
pub use history::{HISTORY_LIMIT, PAYLOAD_LIMIT, Stats};
pub use interpreter::{Interpreter, Start};
pub use machine::{
    Assignment, Catcher, Choice, ChoiceRule, Edge, Fail, Jitter, Machine, Retrier, State, StateKind, Task,
    Via, Wait,
};
pub use next_action::{NextAction, TaskCall};
pub use problem::DefinitionProblem;
pub use template::Template;
