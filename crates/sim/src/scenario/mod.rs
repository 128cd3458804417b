//! Builds a world that fits a plan, in the state in which a procedure finds it.

mod build;
mod builder;
mod bystanders;
mod draft;
mod network;
mod network_layout;
mod options;
mod past;
mod servers;

pub use options::{Options, Scenario, ServerSpec, Zone};
