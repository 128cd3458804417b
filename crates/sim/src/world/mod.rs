//! The world: DRS and EC2 of two Regions, Route 53, the clock, and the log of calls.

mod call;
mod change_batch;
mod clock;
mod describe;
mod dispatch;
mod dns;
mod ec2;
mod event;
mod evidence;
mod executions;
mod faults;
mod fleet;
mod hook;
mod instances;
mod inventory;
mod jobs;
mod launch;
mod launched;
mod log;
mod rate_limits;
mod read;
mod region;
mod remove;
mod reverse;
mod settings;
mod state;
mod terminate;
mod traffic;
mod workload;

pub use call::{Call, CallOutcome, CallRequest, CallResult, Changed, Occurrence};
pub use change_batch::{ChangeAction, RecordChange};
pub use ec2::Version;
pub use executions::Stack;
pub use fleet::{Bystanders, FleetServer, Labels, Left, LeftKind};
pub use launch::RecoveryRequest;
pub use log::Log;
pub use settings::LaunchChange;
pub use state::{Observer, World};
pub use workload::{LossWindow, Serving};

pub(crate) use change_batch::with_dot;
pub(crate) use evidence::BUCKET;
pub(crate) use workload::Traffic;
