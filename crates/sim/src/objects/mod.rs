//! The resources of DRS, EC2 and Route 53, and the views of them that AWS returns.

mod dns;
mod drs;
mod ec2;
mod tags;
mod view;

pub(crate) use dns::RecordKey;
pub use dns::{Change, DnsRecord, Zone};
pub use drs::{
    Job, JobPart, LastLaunchInfo, LaunchConfig, LogLine, RecoveryInstance, RecoveryTemplate, Reversal,
    SourceServer,
};
pub use ec2::{Disk, DiskSpec, Instance, LaunchTemplate, StateReason, Subnet, TemplateVersion};
pub use tags::ResourceTags;
pub use view::{DiskView, InstanceDetails, RecoveryInstanceView, ReplicationView, SourceServerView};
