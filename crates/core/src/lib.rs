//! Ids, plan, fleet ledger, errors, guard, cloud traits and the frame of a step. No I/O.

pub mod cloud;
pub mod error;
pub mod fleet;
pub mod guard;
pub mod id;
pub mod job_capacity;
pub mod launch_spec;
pub mod live;
pub mod plan;
pub mod poll_interval;
pub mod procedure;
pub mod ready;
pub mod region;
pub mod report;
pub mod run;
pub mod step;
pub mod step_functions;
pub mod timestamp;

pub use error::{Error, ErrorName, Result};
