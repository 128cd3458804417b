//! Ids, plan, fleet ledger, errors, guard, cloud traits and the frame of a step. No I/O.

pub mod cloud;
pub mod control;
pub mod error;
pub mod fleet;
pub mod guard;
pub mod id;
pub mod launch;
pub mod live;
pub mod moment;
pub mod pace;
pub mod plan;
pub mod procedure;
pub mod ready;
pub mod region;
pub mod report;
pub mod room;
pub mod run;
pub mod step;

pub use error::{Error, ErrorName, Result};
