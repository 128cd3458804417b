//! The interface to AWS: traits in the project's own terms, implemented by the simulator and with the AWS SDK.
//!
//! Every method names its Region first; Route 53 and Step Functions have none. Reading needs no permission. Every
//! method that changes something takes a [`Warrant`](crate::guard::Warrant), which carries the target and which only
//! the guard can issue. Operations that no procedure may use have no method here: disconnecting a recovery instance,
//! stopping an EC2 instance and starting replication again.

mod clock;
mod drs;
mod ec2;
mod executions;
mod hook;
mod operations;
mod quotas;
mod route53;

pub use clock::Clock;
pub use drs::{
    Direction, FailbackState, Job, JobKind, JobLogItem, JobServer, JobStatus, LastLaunch,
    LaunchConfiguration, LaunchConfigurationTemplate, LaunchStatus, PostLaunchActions, RecoveryInstance,
    RecoveryInstanceFilter, Replication, ReplicationState, ReplicationTemplate, RightSizing, SourceServer,
};
pub use ec2::{Address, Check, Instance, InstanceState, InstanceStatus, LaunchTemplateVersion, Subnet};
pub use executions::{ExecutionState, Executions, RunningExecution};
pub use hook::{Hook, HookAction, HookAnswer, HookRequest, HookServer};
pub use operations::{Drs, Ec2, Route53};
pub use quotas::{DrsQuotas, Quotas};
pub use route53::{ChangeStatus, RecordSet, RecordType, record_name};

pub use crate::tags::Tags;

/// The part of AWS that a step can use.
pub trait Cloud: Drs + Ec2 + Route53 + Executions + Quotas + Hook + Clock {}

impl<T: Drs + Ec2 + Route53 + Executions + Quotas + Hook + Clock> Cloud for T {}
