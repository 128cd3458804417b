//! Instances, subnets and launch templates.

use failback_core::cloud::{InstanceState, Tags};
use failback_core::id::{InstanceId, LaunchTemplateId, SecurityGroupId, SubnetId};
use failback_core::region::Region;

use crate::ranges::RangeSet;

/// A disk's name and size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskSpec {
    /// Such as `/dev/xvda`.
    pub device: String,
    /// Its size.
    pub bytes: u64,
}

/// Which acknowledged records an instance's disks hold: those it was launched with, and those written since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disk {
    /// Records that it was launched with.
    pub base: RangeSet,
    /// From when to when it took production's writes; the last may be open.
    pub written: Vec<(i64, Option<i64>)>,
}

/// An EC2 instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// `instanceId`.
    pub id: InstanceId,
    /// Where.
    pub region: Region,
    /// Its state.
    pub state: InstanceState,
    /// Since when it has been in that state.
    pub since_ms: i64,
    /// `launchTime`.
    pub launched_ms: i64,
    /// Tags.
    pub tags: Tags,
    /// Type.
    pub instance_type: String,
    /// Subnet.
    pub subnet: SubnetId,
    /// VPC.
    pub vpc: String,
    /// Security groups.
    pub security_groups: Vec<SecurityGroupId>,
    /// ARN of the instance profile.
    pub profile_arn: Option<String>,
    /// Private address.
    pub private_ip: String,
    /// Public address.
    pub public_ip: String,
    /// When both status checks pass; unknown until the job that launches it has ended.
    pub checks_pass_ms: Option<i64>,
    /// The instance status check fails for good.
    pub impaired: bool,
    /// When its DRS agent checks in for the first time.
    pub agent_seen_ms: Option<i64>,
    /// The metadata endpoint is enabled.
    pub metadata_reachable: bool,
    /// `disableApiTermination`.
    pub termination_protected: bool,
    /// Device names and sizes.
    pub disks: Vec<DiskSpec>,
    /// What is on them.
    pub disk: Disk,
    /// Index in the fleet, for instances of the fleet.
    pub server: Option<usize>,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// `subnetId`.
    pub id: SubnetId,
    /// `vpcId`.
    pub vpc: String,
    /// `availabilityZone`.
    pub zone: String,
    /// `cidrBlock`.
    pub cidr: String,
    /// `availableIpAddressCount`.
    pub free_addresses: u32,
    /// Number of its /16, from which addresses are made.
    pub(crate) number: u32,
    /// Addresses given out so far; none is given twice.
    pub(crate) given: u32,
}

/// A version of a launch template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateVersion {
    /// Subnet of the first network interface.
    pub subnet: Option<SubnetId>,
    /// Security groups of the first network interface.
    pub security_groups: Vec<SecurityGroupId>,
    /// Name or ARN of the instance profile.
    pub profile: Option<String>,
    /// Type.
    pub instance_type: Option<String>,
    /// Tags for the instance.
    pub tags: Tags,
}

/// A launch template: its versions count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchTemplate {
    /// Its id.
    pub id: LaunchTemplateId,
    /// Its name.
    pub name: String,
    /// Tags.
    pub tags: Tags,
    /// Versions, the first is 1.
    pub versions: Vec<TemplateVersion>,
    /// Which version is the default.
    pub default_version: u64,
}

impl LaunchTemplate {
    /// A version by its number.
    pub fn version(&self, number: u64) -> Option<&TemplateVersion> {
        usize::try_from(number).ok()?.checked_sub(1).and_then(|i| self.versions.get(i))
    }

    /// The default version.
    pub fn default(&self) -> Option<&TemplateVersion> {
        self.version(self.default_version)
    }
}
