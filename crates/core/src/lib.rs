//! The core of drs-failback: the plan, the fleet, the guard, the traits through which steps see AWS, and the contract
//! of a step. It depends on no other crate of the project and does no I/O.

pub mod at_once;
pub mod catalogue;
pub mod cloud;
pub mod error;
pub mod fleet;
pub mod guard;
pub mod id;
pub mod job_capacity;
pub mod launch_spec;
pub mod message;
pub mod payload;
pub mod plan;
pub mod poll_interval;
pub mod procedure;
pub mod ready;
pub mod region;
pub mod report;
pub mod rule;
pub mod run;
pub mod step;
pub mod step_functions;
pub mod tags;
pub mod timestamp;

pub use error::{Error, ErrorName, Result};
