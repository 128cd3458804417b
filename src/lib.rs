//! Rehearse and run the failback of AWS Elastic Disaster Recovery.
//!
//! This library is the `drs-failback` command: it runs the state machines of `statemachine/` and the steps of
//! `functions/` against the simulated world of `failback-sim`, in virtual time.

pub mod account;
pub mod campaign;
pub mod faults;
pub mod history;
pub mod machines;
pub mod plans;
pub mod program;
pub mod rehearsal;
pub mod result;
pub mod runner;
pub mod show;
pub mod steps;
pub mod worlds;
