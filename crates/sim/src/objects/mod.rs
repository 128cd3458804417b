//! The objects of the world, with what AWS shows of them.

mod dns;
mod drs;
mod ec2;
mod view;

pub use dns::{Change, DnsRecord, Zone};
pub use drs::{
    Job, JobPart, LastLaunchInfo, LaunchConfig, LogLine, RecoveryInstance, RecoveryTemplate, Reversal,
    SourceServer,
};
pub use ec2::{Disk, DiskSpec, Instance, LaunchTemplate, Subnet, TemplateVersion};
pub use view::{DiskView, InstanceDetails, RecoveryInstanceView, ReplicationView, SourceServerView};
