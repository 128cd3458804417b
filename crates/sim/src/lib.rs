//! DRS, EC2 and Route 53 of two Regions in memory: a stateful fake that obeys the rules of DRS, in virtual time.
//!
//! [`World`] holds the resources, and has one method for each AWS operation. Resources change only by calls and by the
//! virtual clock. The same seed and the same calls give the same bytes. [`Simulation`] is a handle to a world that
//! implements the cloud traits of `failback-core`.
//!
//! Facts about DRS are cited as `drs-facts §N`, or `§N` for short: `docs/drs-facts.md`.

mod chain;
mod drs_tags;
mod durations;
mod fault;
mod ids;
pub mod objects;
mod operation;
mod permission;
mod ranges;
mod replication;
mod scenario;
mod service_error;
mod simulation;
mod switches;
mod world;

pub use chain::{Work, longest_chain_ms};
pub use durations::ACTIONS_MS;
pub use fault::{Asked, ERROR_CODES, Fault, FaultError, Faults, KINDS, Known, TaskFault};
pub use operation::{Access, OPERATIONS, Operation};
pub use permission::{Permission, RequestContext as Context};
pub use ranges::RangeSet;
pub use replication::{ContentSpan, Phase, Replication};
pub use scenario::{Options, Scenario, ServerSpec, Zone};
pub use service_error::ServiceError;
pub use simulation::Simulation;
pub use switches::Switches;
pub use world::{
    Bystanders, Call, CallOutcome, CallRequest, CallResult, ChangeAction, Changed, FleetServer, Labels,
    LaunchChange, Left, LeftKind, Log, LossWindow, Observer, Occurrence, RecordChange, RecoveryRequest,
    Serving, Stack, Version, World,
};
