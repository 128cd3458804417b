//! Reads and runs state machines of the Amazon States Language, in its `JSONata` form only.
//!
//! Nothing here waits, calls or looks at a clock. An [`Interpreter`] is a value: its driver
//! [advances](Interpreter::advance) it to a moment, is told what the machine needs from the world
//! (a task done, a time reached), and comes back with the answer. So any number of executions run
//! side by side in a time that the driver makes up.
//!
//! [`Machine::parse`] is strict on purpose. Whatever it accepts, Step Functions accepts and runs the
//! same way; a definition outside that part of the language is refused with all its faults at once.
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
//! let mut execution = Interpreter::start(&machine, start, 0);
//! assert_eq!(execution.advance(0), NextAction::SleepUntil(60_000));
//! assert_eq!(execution.advance(60_000), NextAction::Ended(ExecutionResult::Succeeded(json!("rested"))));
//! ```

mod chance;
mod check;
mod clock;
mod event;
mod fields;
mod functions;
mod history;
mod interpreter;
mod json;
mod machine;
mod memory;
mod mermaid;
mod parse;
mod problem;
mod query;
mod resource;
mod restrictions;
mod retry;
mod steps;
mod task;
mod template;

pub use event::Event;
pub use history::{HISTORY_LIMIT, PAYLOAD_LIMIT, Stats};
pub use interpreter::{ErrorOutput, ExecutionResult, Interpreter, NextAction, Start, TaskCall};
pub use machine::{
    Assignment, Catcher, Choice, ChoiceRule, Edge, Fail, Jitter, Machine, Retrier, State, StateKind, Task,
    Via, Wait,
};
pub use problem::DefinitionProblem;
pub use template::Template;
